"""The map that a file or folder of sequences speaks of, as a run that reports can draw.

run.json          the terms of the run
streets.csv       every street: u,v,direction,edge_type (true, new or true_unused)
evaluation.json   the result, written last: a record (nerode/schema/record.py)
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from nerode.errors import FormatError, InvalidParameter
from nerode.evaluation.record import versions
from nerode.evaluation.witnesses import drawing
from nerode.files import whole_file
from nerode.interrupted import state_what_remains
from nerode.metrics.reconstruction.algorithm import Rules
from nerode.metrics.reconstruction.config import DRAWS, NOISE_SHARES, ReconstructionConfig
from nerode.metrics.reconstruction.noise import Noise
from nerode.metrics.reconstruction.order import ORDER, RANDOM_ORDERS, order_of
from nerode.metrics.reconstruction.reconstruction import RECONSTRUCTION
from nerode.metrics.reconstruction.record import ReconstructionRecord, reconstruct_with_noise
from nerode.progress import count_progress, notebook_progress
from nerode.runs import RESULT, TERMS, agree, write_json
from nerode.schema.decoding import decoded, encoded
from nerode.schema.reconstruction import Reconstruction
from nerode.schema.record import SCHEMA, Parameters, Record
from nerode.schema.run import ReconstructTerms
from nerode.schema.scores import Scores
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import open_sequences
from nerode.sequences.split import check_seed
from nerode.sequences.text import Unreadable, read_lines
from nerode.stats.estimate import Estimate
from nerode.worlds.elsewhere import Workers
from nerode.worlds.world import AnyStreetPlan, AnyWorld, StreetPlan

STREETS = "streets.csv"

_BLOCK = 1 << 12
_EDGE_TYPES = {"true": "true", "new": "new", "unused": "true_unused"}


@dataclass(frozen=True)
class ReconstructionOptions:
    """What is read, and how its map is reconstructed and compared."""

    degree: int = 4
    """Most used streets out of a crossing."""
    miles: float = 0.5
    """Greatest length of a new street."""
    limit: int | None = None
    """Read so many sequences only."""
    noise: Sequence[float] | None = NOISE_SHARES
    """Probabilities that a turn is replaced in the noise controls; None for no controls."""
    order: str = ORDER
    """In which order sequences are walked, those of the noise too: `given` (as they stand, as
    published), `valid-first` (those that are valid, then the others) or `mean` (numbers are means
    over random orders; the map that is drawn is that of `valid-first`)."""
    orders: int = RANDOM_ORDERS
    """Over how many random orders the numbers are averaged, whatever the order; 0 for none."""
    seed: int = 0

    def config(self) -> ReconstructionConfig:
        """The configuration of the metric; raises InvalidParameter where a value makes no sense."""
        if self.limit is not None and self.limit < 1:
            raise InvalidParameter(f"expected a limit of 1 or more sequences, got {self.limit}")
        check_seed(self.seed)
        return ReconstructionConfig(
            Rules(self.degree, self.miles),
            shares=tuple(self.noise or ()),
            draws=0 if self.noise is None else DRAWS,
            seed=self.seed,
            order=order_of(self.order),
            orders=self.orders,
        )

    def terms(self, world: AnyWorld, path: Path) -> dict[str, Any]:
        """What run.json holds."""
        terms = ReconstructTerms(
            reconstruction=str(path),
            world=world.name,
            degree=self.degree,
            miles=self.miles,
            limit=self.limit,
            noise=None if self.noise is None else list(self.noise),
            order=self.order,
            orders=self.orders,
            seed=self.seed,
        )
        return dict(encoded(terms))


@notebook_progress("maps", lambda bar, _: count_progress(bar, "orders and noise"))
def run_reconstruction(
    world: AnyWorld,
    sequences: Path | str,
    options: ReconstructionOptions | None = None,
    *,
    out: Path | str | None = None,
    progress: Callable[[int, int], object] | None = None,
    workers: Workers | None = None,
) -> dict[str, Any]:
    """Reconstruct the map of some sequences; the record, which is also written to `out`.

    Parameters
    ----------
    sequences
        A text file, one sequence a line, or a folder that `nerode sequences` wrote, of which the
        training part is read (the held-out part where there is no other). A line of text with
        unknown symbols is malformed.
    options
        How it is reconstructed; None for the defaults.
    out
        A folder for run.json, streets.csv and evaluation.json. It may hold a run under the same
        terms, which is then made anew.
    progress
        Called with the number of maps drawn, in other orders and of noise, and of all maps;
        without it, a notebook shows a bar.
    workers
        An engine whose workers draw the noise controls; None for threads on all cores.

    Raises
    ------
    InvalidParameter
        For a world that is no street map, and for numbers that make no sense.
    MissingFile, FormatError, ModelMismatch
        Where the sequences cannot be read or are those of another world.
    RunMismatch
        When `out` holds another run.
    """
    if not isinstance(world, StreetPlan):
        raise InvalidParameter(f"expected a street map to reconstruct, got the world {world.name}")
    path, options = Path(sequences), options or ReconstructionOptions()
    city = world.with_unused_symbols()
    config, terms = options.config(), options.terms(city, path)
    if out is not None:
        agree(Path(out), terms)
    unreadable = Unreadable()
    with state_what_remains(lambda: "it is made in one piece; the same command begins anew"):
        batch = SequenceBatch.concat(list(_batches(city, path, options.limit, unreadable)))
        unreadable.refuse_foreign(len(batch))
        found = reconstruct_with_noise(city, [batch], config, progress, workers)
        record = _record(found, str(path), unreadable.as_dict())
        if out is not None:
            _write(Path(out), terms, record)
    return record


def summary(record: dict[str, Any]) -> dict[str, Any]:
    """The short form of a record that `nerode reconstruct --json` prints.

    Counts are those of the map that is drawn, the four numbers after "order" those of that order.
    """
    found = record[RECONSTRUCTION.name]
    score = found["score"]
    return {
        **found["counts"],
        "order": found["parameters"]["order"],
        "given_up_share": score["given_up"]["value"],
        "new_per_1000": score["new_per_1000"]["value"],
        "precision": score["precision"],
        "recall": score["recall"],
        "orders": found.get("orders"),
        "noise": found["noise"],
        "growth": found["growth"],
        **{key: found[key] for key in ("unreadable", "first_unreadable") if key in found},
    }


def _batches(
    world: AnyStreetPlan, path: Path, limit: int | None, unreadable: Unreadable
) -> Iterator[SequenceBatch]:
    """The sequences at a path, some thousand at a time; unreadable lines come as empty ones."""
    left = limit
    folder = path.is_dir()
    for batch in _of_folder(world, path) if folder else _of_text(world, path, limit, unreadable):
        part = batch if left is None or left >= len(batch) else batch.part(0, left)
        yield part
        if left is not None:
            left -= len(part)
            if left == 0:
                return


def _of_text(
    world: AnyStreetPlan, path: Path, limit: int | None, unreadable: Unreadable
) -> Iterator[SequenceBatch]:
    lines = islice(read_lines(path, world, unreadable), limit)
    while block := list(islice(lines, _BLOCK)):
        yield SequenceBatch.of(block)


def _of_folder(world: AnyStreetPlan, path: Path) -> Iterator[SequenceBatch]:
    opened = open_sequences(path, world)
    split = "train" if opened.manifest.train else "held_out"
    if not opened.manifest.count(split):
        raise FormatError(f"{path}: expected one or more sequences, got none")
    return opened.batches(split)


def _record(found: ReconstructionRecord, name: str, unreadable: dict[str, Any]) -> dict[str, Any]:
    """The result as an evaluation's record: noise controls stand where baselines do."""
    shares = found.shares
    record = Record(
        schema=SCHEMA,
        world=found.world.name,
        model=name,
        protocol="paper",
        seed=found.config.seed,
        parameters=Parameters(sequences=name),
        versions=versions(),
        metrics={RECONSTRUCTION.name: Scores(shares)},
        baselines={
            noise.name: {RECONSTRUCTION.name: _of_noise(noise, shares)} for noise in found.noise
        },
        drawing=drawing(found.world),
        reconstruction=decoded(encoded(found.as_field()) | unreadable, Reconstruction),
    )
    return dict(encoded(record))


def _of_noise(noise: Noise, shares: dict[str, Estimate]) -> Scores:
    """Mean and range of a control as if they were estimates; n as the model's."""
    thousandth = {"valid": ("valid", 1), "given_up": ("given_up", 1), "new": ("new_per_1000", 1000)}
    columns = Scores()
    for key, (number, scale) in thousandth.items():
        numbers = noise.ranges[number].values()
        value, low, high = (None if each is None else each / scale for each in numbers)
        n = 0 if value is None else max(1, shares[key].n)
        columns[key] = Estimate(value, low, high, n)
    return columns


def _write(folder: Path, terms: dict[str, Any], record: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / TERMS, terms)
    with whole_file(folder / STREETS) as file:
        write_streets(csv.writer(file, lineterminator="\n").writerows, record)
    write_json(folder / RESULT, record)


def write_streets(write: Callable[[Iterable[Sequence[str]]], object], record: Any) -> None:
    """Give every street of a record to `write`, as rows under u,v,direction,edge_type."""
    names, streets = record["drawing"]["names"], record[RECONSTRUCTION.name]["streets"]
    columns = (streets[name] for name in ("from", "to", "label", "kind"))
    write([("u", "v", "direction", "edge_type")])
    write(
        (names[u], names[v], label, _EDGE_TYPES[kind])
        for u, v, label, kind in zip(*columns, strict=True)
    )
