"""Trials and scores of baselines, measured once and read from the user's cache afterwards.

An entry is one baseline measured by one metric in one setting. Its file is named after the hash of
its key, which holds all that a trial depends on (`CacheKeys`): world, sequences, options, the
source files of this package, versions and processor. docs/formats.md describes the file.

Never cached: worlds, metrics and models of the user's own, whose code may change unseen.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import msgspec

from nerode.cache import CachedFiles, cache_folder
from nerode.engine.cores import cores
from nerode.metrics.metric import AnyMetric
from nerode.metrics.registry import METRICS
from nerode.metrics.setting import Setting
from nerode.models.baselines.policy_oracle import POLICY_ORACLE
from nerode.models.registry import MADE_HERE
from nerode.schema.decoding import DamageError, decoded, encoded
from nerode.schema.part import Part
from nerode.schema.scores import Scores
from nerode.sequences.corpus import Corpus
from nerode.sequences.store import folder_state
from nerode.worlds.registry import comes_with_library
from nerode.worlds.world import AnyWorld, LiesOnMap

ENTRY_FORMAT: Literal[1] = 1
ENTRIES_FOLDER = "baselines"
"""Name of the folder within the cache."""
LARGEST_ENTRY = 50_000_000
"""Bytes of the trials of one entry: about 50,000 trials."""

NUMERICAL_LIBRARIES = (
    "llvmlite",
    "msgspec",
    "numba",
    "numpy",
    "pyarrow",
    "scipy",
    "torch",
    "transformers",
)
"""Packages whose version may change a trial."""

_NETWORK = "untrained"
_PACKAGE = Path(__file__).parent.parent
_LOADED = time.time()
"""When this file was loaded: source files that are newer may not be the code that runs."""


@dataclass(frozen=True)
class CachedBaseline:
    """One baseline measured by one metric.

    Attributes
    ----------
    model
        The baseline's name in records, which may be written differently from the one it was opened
        by (`noisy-oracle:0.10`).
    scores
        Its scores; None where the metric does not measure this baseline.
    """

    model: str
    scores: Scores | None


class _First(Part, frozen=True, kw_only=True):
    """The first line of a file: what says whether the rest is whole."""

    format: Literal[1] = ENTRY_FORMAT
    sha256: str
    """Of all further lines."""


class _Head(Part, frozen=True, kw_only=True):
    """The second line; the trials follow."""

    key: dict[str, Any]
    model: str
    scores: dict[str, Any] | None


@dataclass(frozen=True)
class CacheKeys:
    """The keys of the entries of one evaluation.

    Attributes
    ----------
    setting
        The setting in which baselines are measured.
    sequences
        Where the sequences come from that are measured and fitted on (`sequences_key`).
    trained_on
        What the evaluated model was trained on, which says what policy `policy-oracle` follows.
    sources
        Digest of the package's source files (`digest_of_sources`).
    """

    setting: Setting
    sequences: Sequence[object]
    trained_on: Mapping[str, Any] | None
    sources: str

    def key(self, baseline: str, metric: AnyMetric) -> dict[str, Any]:
        """All that the trials and the scores of a baseline depend on, as JSON has it."""
        kind = baseline.partition(":")[0]
        policy = {name: str((self.trained_on or {}).get(name)) for name in _POLICY}
        key = {
            "baseline": baseline,
            "metric": metric.name,
            "histories": self._histories(metric),
            "policy": policy if kind == POLICY_ORACLE else None,
            "network": _network_key() if kind == _NETWORK else None,
            **self._shared,
        }
        return dict(encoded(key))

    def _histories(self, metric: AnyMetric) -> str | None:
        return metric.within(self.setting).histories.name if metric.reads_histories else None

    @cached_property
    def _shared(self) -> dict[str, Any]:
        """What all entries of the evaluation have in common."""
        setting = self.setting
        return {
            "world": setting.world.name,
            "class": f"{type(setting.world).__module__}.{type(setting.world).__qualname__}",
            "map": digest_of_map(setting.world),
            "sequences": list(self.sequences),
            "trials": setting.trials,
            "samples": setting.samples,
            "epsilon": [float(each) for each in setting.acceptance.thresholds],
            "depth": setting.depth,
            "length": setting.length,
            "protocol": setting.protocol,
            "seed": setting.seed,
            "sources": self.sources,
            "versions": _versions(),
            "processor": [platform.machine(), _processor()],
        }


_POLICY = ("world", "policy", "sequences_seed")


@dataclass(frozen=True)
class BaselineCache:
    """Entries of one evaluation, read from files and written to them.

    With `fresh` none is read, and all that are measured are written anew.
    """

    files: CachedFiles
    keys: CacheKeys
    fresh: bool = False

    @classmethod
    def of(
        cls,
        setting: Setting,
        corpus: Corpus,
        folder: Path | None,
        trained_on: Mapping[str, Any] | None,
        *,
        fresh: bool,
    ) -> BaselineCache | None:
        """The cache for a setting; None where it is off, or where nothing is cached.

        Parameters
        ----------
        setting
            As baselines are measured in it.
        corpus, folder
            The sequences, and the folder they were read from; None where they were drawn.
        trained_on
            What the evaluated model was trained on, where it says so.
        fresh
            Read no entry.
        """
        place = cache_folder()
        if place is None or not comes_with_library(setting.world):
            return None
        sources, sequences = digest_of_sources(), sequences_key(corpus, folder)
        if sources is None or sequences is None:
            return None
        keys = CacheKeys(setting, sequences, trained_on, sources)
        return cls(CachedFiles(place / ENTRIES_FOLDER), keys, fresh)

    def entries(self, baseline: str, metrics: Sequence[AnyMetric]) -> dict[str, CachedBaseline]:
        """All that there are of a baseline, by metric."""
        found = ((metric.name, self.find(baseline, metric)) for metric in metrics)
        return {name: entry for name, entry in found if entry is not None}

    def find(self, baseline: str, metric: AnyMetric) -> CachedBaseline | None:
        """The entry of a baseline, by the name it is opened by; None where it is to be measured."""
        found = self._read(baseline, metric)
        return None if found is None else found[0]

    def lines(self, baseline: str, metric: AnyMetric) -> bytes | None:
        """The trials of an entry in their order, as lines of trials.jsonl.

        They are read when they are needed, so that those of one entry only are in memory. None
        where the entry has gone since.
        """
        found = self._read(baseline, metric)
        return None if found is None else found[1]

    def _read(self, baseline: str, metric: AnyMetric) -> tuple[CachedBaseline, bytes] | None:
        if self.fresh or not _is_cached(baseline, metric):
            return None
        key = self.keys.key(baseline, metric)
        content = self.files.read(_name_of(key))
        return None if content is None else _decoded(content, key)

    def store(
        self, baseline: str, metric: AnyMetric, entry: CachedBaseline, lines: Iterable[bytes] = ()
    ) -> None:
        """Keep an entry, in place of one of the same key, unless it is large.

        `lines` are its trials in their order.
        """
        if not _is_cached(baseline, metric):
            return
        trials = _joined(lines)
        if trials is None:
            return
        key = self.keys.key(baseline, metric)
        scores = None if entry.scores is None else encoded(entry.scores)
        head = _Head(key=key, model=entry.model, scores=scores)
        rest = _json(encoded(head)).encode() + b"\n" + trials
        first = _First(sha256=hashlib.sha256(rest).hexdigest())
        content = _json(encoded(first)) + "\n" + rest.decode()
        self.files.write(_name_of(key), content)


def sequences_key(corpus: Corpus, folder: Path | None) -> list[object] | None:
    """What tells sequences apart: how they were drawn, or the state of a folder's files.

    None where the folder cannot be looked into.
    """
    if folder is None:
        return [corpus.source]
    try:
        state = json.dumps(folder_state(folder))
        return [str(folder.resolve()), hashlib.sha256(state.encode()).hexdigest()]
    except (OSError, ValueError):
        return None


def digest_of_map(world: AnyWorld) -> str:
    """SHA-256 of a world's alphabet, and of places and streets where it lies on a map."""
    drawn: list[object] = [world.alphabet]
    if isinstance(world, LiesOnMap):
        drawn += [world.names, world.lat.tolist(), world.lon.tolist(), world.streets]
    return hashlib.sha256(json.dumps(drawn).encode()).hexdigest()


def digest_of_sources(package: Path = _PACKAGE, loaded: float = _LOADED) -> str | None:
    """SHA-256 of the source files of a package, their names included.

    None where there are none, and where one has changed since `loaded` (seconds since 1970): then
    nobody knows whether the code that runs is the old or the new one.
    """
    digest = hashlib.sha256()
    paths = sorted(package.rglob("*.py"))
    try:
        for path in paths:
            if path.stat().st_mtime > loaded:
                return None
            content = path.read_bytes()
            digest.update(f"{path.relative_to(package)} {len(content)}\n".encode())
            digest.update(content)
    except OSError:
        return None
    return digest.hexdigest() if paths else None


def _is_cached(baseline: str, metric: AnyMetric) -> bool:
    """Whether model and metric are both made by this package."""
    return baseline.partition(":")[0] in MADE_HERE and METRICS.get(metric.name) == metric


def _name_of(key: Mapping[str, Any]) -> str:
    return hashlib.sha256(_json(key, sort=True).encode()).hexdigest()


def _joined(lines: Iterable[bytes]) -> bytes | None:
    """All lines; None where they are too many to keep, and to have in memory."""
    found: list[bytes] = []
    size = 0
    for line in lines:
        size += len(line)
        if size > LARGEST_ENTRY:
            return None
        found.append(line)
    return b"".join(found)


def _decoded(content: bytes, key: Mapping[str, Any]) -> tuple[CachedBaseline, bytes] | None:
    """The entry in a file and its lines; None where it is damaged, or another key's."""
    first, _, rest = content.partition(b"\n")
    head, _, lines = rest.partition(b"\n")
    try:
        if msgspec.json.decode(first, type=_First).sha256 != hashlib.sha256(rest).hexdigest():
            return None
        found = msgspec.json.decode(head, type=_Head)
        if found.key != key:
            return None
        scores = None if found.scores is None else decoded(found.scores, Scores)
    except (ValueError, RecursionError, DamageError):
        return None
    expected = 0 if scores is None else key["trials"]
    return (CachedBaseline(found.model, scores), lines) if lines.count(b"\n") == expected else None


def _json(value: Mapping[str, Any], *, sort: bool = False) -> str:
    return json.dumps(value, sort_keys=sort)


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        **dict(_installed(("nerode", *NUMERICAL_LIBRARIES))),
    }


def _installed(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in names:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue


def _processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Name of the processor: its instructions decide the last digit of sums."""
    try:
        with cpuinfo.open("rb") as file:
            start = file.read(4096).decode(errors="replace")
    except OSError:
        return platform.processor()
    lines = (line.partition(":") for line in start.splitlines())
    named = [text.strip() for name, _, text in lines if name.strip() == "model name"]
    return named[0] if named else platform.processor()


def _network_key() -> list[object]:
    """Where a network computes, and on how many cores: batches and sums depend on it."""
    return [_device(), cores(), os.environ.get("OMP_NUM_THREADS")]


def _device() -> str:
    """Name of the accelerator that a network would use, `cpu` where there is none.

    torch, which takes seconds to load, is asked only where there may be an accelerator.
    """
    files = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd", "/dev/dxg")
    may_be = sys.platform == "win32" or any(Path(file).exists() for file in files)
    if not may_be:
        return "cpu"
    try:
        import torch  # noqa: PLC0415
    except ImportError:
        return "cpu"
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
