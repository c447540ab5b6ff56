"""A run on disk: every trial is appended as it is measured, so that nothing is lost.

run.json          what was asked for; a run goes on only under the same terms
trials.jsonl      one line a trial, appended and flushed; read back one at a time
evaluation.json   the result, written last (nerode/evaluation/evaluation.py)
"""

from __future__ import annotations

import json
import os
import tempfile
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from nerode.errors import FormatError, InvalidParameter, MissingFile, RunMismatch
from nerode.files import naming, whole_file
from nerode.schema.decoding import DamageError
from nerode.schema.trial import (
    AnyTrial,
    PlainTrial,
    TrialLine,
    decode_line,
    entries_of,
    number_of,
    plain_trial,
)

FORMAT = 1
TERMS = "run.json"
TRIALS = "trials.jsonl"
RESULT = "evaluation.json"
SHARD = "shard.json"
"""What only a part of a run has (nerode/evaluation/shards.py)."""

_COMMANDS = {"reconstruction": "reconstruct", "chat": "chat"}
"""Commands other than `evaluate`, by the term that only their runs have."""

_OPTIONS = {
    "most_listed": "list-up-to",
    "max_tokens": "max-tokens",
    "first_token": "first-token",
    "curve": "curve (--curve or --no-curve)",
}
"""Terms by the option that sets them, where that is called otherwise."""

_ANOTHER = "give another --out to begin a new run"

Key = tuple[str, str]
"""(model, metric)"""

_Read = TypeVar("_Read")

ReadTrial = Callable[[Key, bytes], _Read]
"""The trial of a metric in a line of a file. Raises DamageError where it is none."""


class _Places:
    """Where the lines of trials begin in the file: twelve bytes a trial."""

    def __init__(self) -> None:
        self._trials = array("I")
        self._offsets = array("q")

    def add(self, trial: int, offset: int) -> None:
        self._trials.append(trial)
        self._offsets.append(offset)

    def add_all(self, offsets: NDArray[np.int64]) -> None:
        """Add trials 0, 1, 2, ... that begin at these places."""
        self._trials.extend(range(len(offsets)))
        self._offsets.extend(offsets.tolist())

    def __len__(self) -> int:
        return len(set(self._trials))

    def numbers(self) -> Iterable[int]:
        """The trials, by number; one that was written twice comes twice."""
        return self._trials

    def of(self, count: int) -> NDArray[np.int64]:
        """Places of the first `count` trials, -1 where there is none: (count,)."""
        places = np.full(count, -1, dtype=np.int64)
        trials = np.array(self._trials)
        wanted = trials < count
        # Of two lines for one trial the later one is assigned last, and stays.
        places[trials[wanted]] = np.array(self._offsets)[wanted]
        return places


class Run:
    """Trials of one evaluation by model and metric.

    They stand in the run's folder or, without one, in a temporary file that no one else sees. In
    memory stays where each line begins, so that the number of trials hardly matters.
    """

    def __init__(
        self,
        folder: Path | None,
        terms: dict[str, Any],
        read: ReadTrial[object] | None = None,
    ) -> None:
        """Begin a run, or go on with one, whose trials `read` can read.

        Raises RunMismatch when the folder was begun under other terms, FormatError when its
        files are damaged, OSError when it cannot be written.
        """
        self.folder, self._read = folder, read
        self._places: dict[Key, _Places] = {}
        self._noted = 0  # bytes of the file of trials up to the last one in `_places`
        if folder is None:
            self._name = f"a temporary file in {tempfile.gettempdir()}"
            # Kept open for the whole run and closed by `close`, as is the other.
            self._stream: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115
            return
        terms = {"format": FORMAT, **terms}
        agree(folder, terms)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / TERMS).exists():
            write_json(folder / TERMS, terms)
        self._name = str(folder / TRIALS)
        self._load(folder / TRIALS, read)
        self._stream = (folder / TRIALS).open("a+b")

    def _load(self, path: Path, read: ReadTrial[object] | None) -> None:
        if not path.exists():
            return
        whole = 0
        for head, line, where in _whole_lines(path):
            key = (head.model, head.metric)
            if read is not None:
                _read(read, key, line, where)
            self._at(key).add(head.trial, whole)
            whole += len(line)
        os.truncate(path, whole)
        self._noted = whole

    def _at(self, key: Key) -> _Places:
        return self._places.setdefault(key, _Places())

    def missing(self, key: Key, count: int) -> NDArray[np.bool_]:
        """Which of the first `count` trials are not there yet: (count,)."""
        return self._at(key).of(count) < 0

    def trials(self, key: Key, count: int, decode: Callable[[bytes], _Read]) -> Iterator[_Read]:
        """The first `count` trials in order, read one at a time; all of them must be there."""
        yield from map(decode, self.lines(key, count))

    def lines(self, key: Key, count: int) -> Iterator[bytes]:
        """The lines of the first `count` trials in order; all of them must be there."""
        for place in self._at(key).of(count):
            if place < 0:
                message = f"expected {count} trials of {' '.join(key)}, got fewer"
                raise LookupError(message)
            self._stream.seek(int(place))
            yield self._stream.readline()

    def records(self, key: Key, count: int) -> Iterator[PlainTrial]:
        """The same as dictionaries."""
        return self.trials(key, count, plain_trial)

    def append(self, key: Key, trials: Iterable[AnyTrial]) -> None:
        """Add trials as they come. Raises OSError (with the file) when one cannot be written."""
        for trial in trials:
            entries = {"model": key[0], "metric": key[1], **entries_of(trial)}
            line = json.dumps(entries, allow_nan=False).encode() + b"\n"
            self._append_line(key, number_of(trial), line)

    def _append_line(self, key: Key, trial: int, line: bytes) -> None:
        with naming(self._name):
            place = self._stream.seek(0, os.SEEK_END)
            self._stream.write(line)
            self._stream.flush()
        self._at(key).add(trial, place)
        self._noted = place + len(line)

    def append_lines(self, key: Key, lines: bytes) -> None:
        """Add trials 0, 1, 2, ... at once, whose lines another run has written.

        Raises OSError (with the file) when they cannot be written.
        """
        ends = np.flatnonzero(np.frombuffer(lines, dtype=np.uint8) == ord("\n")) + 1
        with naming(self._name):
            place = self._stream.seek(0, os.SEEK_END)
            self._stream.write(lines)
            self._stream.flush()
        self._at(key).add_all(place + np.concatenate(([0], ends))[:-1])
        self._noted = place + len(lines)

    def adopt(self, folder: Path) -> int:
        """Add the trials of another run of the same terms that this one lacks; how many they are.

        Raises FormatError where they are damaged, OSError when one cannot be written.
        """
        path, added = folder / TRIALS, 0
        if not path.exists():
            return 0
        had = {key: set(places.numbers()) for key, places in self._places.items()}
        for head, line, where in _whole_lines(path):
            key = (head.model, head.metric)
            numbers = had.setdefault(key, set())
            if head.trial in numbers:
                continue
            if self._read is not None:
                _read(self._read, key, line, where)
            self._append_line(key, head.trial, line)
            numbers.add(head.trial)
            added += 1
        return added

    def beyond(self, keys: Collection[Key], count: int) -> list[str]:
        """A sentence about trials in the folder that are none of the first `count` of these."""
        if self.folder is None:
            return []
        extra = sum(
            len(places) - (int((places.of(count) >= 0).sum()) if key in keys else 0)
            for key, places in self._places.items()
        )
        if not extra:
            return []
        more = "1 more trial is" if extra == 1 else f"{extra:,} more trials are"
        others = "of other metrics or baselines, or of higher numbers"
        return [f"{more} in the run's folder, {others}: they are told where they are asked for."]

    def remains(self) -> str:
        """What of the run is there for the same command to go on with, in words."""
        if self.folder is None:
            return "nothing of it is on disk, for no run folder was named (--out)"
        count = sum(map(len, self._places.values())) + self._written_last()
        if not count:
            return f"no trial is in {self.folder} yet; the same command begins anew"
        trials = "1 trial is" if count == 1 else f"{count:,} trials are"
        return f"{trials} in {self.folder}; the same command goes on from there"

    def _written_last(self) -> int:
        """Trials that were written and are not in `_places`: Ctrl-C may come between the two."""
        with suppress(OSError), Path(self._name).open("rb") as file:
            file.seek(self._noted)
            return file.read().count(b"\n")
        return 0

    def close(self) -> None:
        """Close the file of trials."""
        with naming(self._name):
            self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is None:
            self.close()
            return
        with suppress(OSError):  # what could not be written is the error that counts
            self.close()


def read_trials(folder: Path, read: ReadTrial[_Read]) -> Iterator[tuple[Key, _Read]]:
    """All trials of a run on disk, one at a time; of two for one trial the later one counts.

    Raises FileNotFoundError where the folder has none, FormatError where they are damaged.
    """
    for head, line, where in _whole_lines(Path(folder) / TRIALS):
        key = (head.model, head.metric)
        yield key, _read(read, key, line, where)


def read_plain(_key: Key, line: bytes) -> PlainTrial:
    """A trial as a dictionary, whatever it holds."""
    return plain_trial(line)


def _whole_lines(path: Path) -> Iterator[tuple[TrialLine, bytes, str]]:
    """Whose trial each line of a file is, and where it stands, as far as lines are whole."""
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.endswith(b"\n"):
                break  # the run was killed while it wrote this line
            where = f"{path}:{number}"
            try:
                yield decode_line(line), line, where
            except DamageError as damage:
                message = f"{where}: expected a trial; {damage}"
                raise FormatError(message) from None


def _read(read: ReadTrial[_Read], key: Key, line: bytes, where: str) -> _Read:
    try:
        return read(key, line)
    except DamageError as damage:
        message = f"{where}: expected a trial of {key[1]}; {damage}"
        raise FormatError(message) from None


def agree(folder: Path, terms: dict[str, Any]) -> None:
    """Raise unless a folder is free for a run of these terms, or holds one; nothing is written.

    Raises InvalidParameter for a file, FormatError where a folder holds anything but a run,
    RunMismatch where it holds a run of another command or of other terms.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        message = f"expected a folder to write, got the file {folder}"
        raise InvalidParameter(message)
    held = sorted(entry.name for entry in folder.iterdir())
    if not held:
        return
    if TERMS not in held:
        message = f"{folder}: expected a run ({TERMS}) or an empty folder, got {held[0]} in it"
        raise FormatError(message)
    before = of_today(read_json(folder / TERMS))
    expected, got = (f"`nerode {_command(each)}`" for each in (terms, before))
    if expected != got:
        message = f"{folder}: expected a run of {expected}, got one of {got}; {_ANOTHER}"
        raise RunMismatch(message)
    for name in dict.fromkeys([*terms, *before]):
        was, now = before.get(name), terms.get(name)
        if was != now:
            option = _OPTIONS.get(name, name)
            message = (
                f"{folder}: expected the {option} this run was begun with ({_word(was)}), "
                f"got {_word(now)}; {_ANOTHER}"
            )
            raise RunMismatch(message)


def of_today(found: dict[str, Any]) -> dict[str, Any]:
    """The terms or the record of a run with the protocol's name that it has today.

    Runs of chat models had one protocol, which was called `chat`: it is their `exact` one.

    >>> of_today({"protocol": "chat"})
    {'protocol': 'exact'}
    """
    return found | {"protocol": "exact"} if found.get("protocol") == "chat" else found


def unfinished(folder: Path) -> str | None:
    """What to do about a folder with a run that has no result yet; None where it has one, or none.

    >>> unfinished(Path("nowhere")) is None
    True
    """
    if not (folder / TERMS).is_file() or (folder / RESULT).exists():
        return None
    if (folder / SHARD).is_file():
        return "one part of a run: `nerode merge` joins parts"
    command = _command(read_json(folder / TERMS))
    return f"not finished: repeat the command (`nerode {command} ...`), which goes on where it was"


def _command(terms: dict[str, Any]) -> str:
    """The command that a run of these terms is one of."""
    return next((command for name, command in _COMMANDS.items() if name in terms), "evaluate")


def _word(value: object) -> str:
    return "none" if value is None else str(value)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises FormatError where it holds anything else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        message = f"{path}: expected JSON, got {error}"
        raise FormatError(message) from None
    if not isinstance(value, dict):
        message = f"{path}: expected a JSON object, got {type(value).__name__}"
        raise FormatError(message)
    return value


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file whole or not at all. Raises MissingFile where its folder is gone."""
    text = json.dumps(value, indent=1, allow_nan=False) + "\n"
    try:
        with whole_file(path) as file:
            file.write(text)
    except FileNotFoundError:
        message = f"expected the folder {path.parent} to write {path.name} to, got none any more"
        raise MissingFile(message) from None
