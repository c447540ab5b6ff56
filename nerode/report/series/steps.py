"""A series as reports read it: its steps in order, and the records of those that were measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from msgspec import UNSET, structs

from nerode.errors import FormatError, InvalidParameter, UnknownName
from nerode.report.descriptions import Descriptions, descriptions
from nerode.report.names import short
from nerode.report.record.record import read_record
from nerode.report.rows import Metrics, Row, number, rows_of, rows_of_all
from nerode.schema.record import Record
from nerode.schema.series import MeasuredStep, SeriesTerms
from nerode.series.folder import SeriesFolder, read_terms
from nerode.suggestions import did_you_mean

_Item = TypeVar("_Item")

MOST_STEPS = 60
"""Steps that a page shows; of more, some are left out evenly."""


@dataclass(frozen=True)
class StepRecord:
    """A step that was measured: its line in the list of steps, and its record."""

    line: MeasuredStep
    record: Record

    @property
    def step(self) -> int:
        """Steps of training before it was measured."""
        return self.line.step


@dataclass(frozen=True)
class SeriesSteps:
    """A series that was read from its folder.

    Attributes
    ----------
    name
        What the series is called: its folder's name, with those above it where two are alike.
    folder
        Where it lies.
    terms
        What every step was asked.
    lines
        All steps in order; also those that could not be measured.
    measured
        Steps that were measured, in order; at least one.
    left_out
        Measured steps that are left out of `measured`, because there are so many.
    """

    name: str
    folder: SeriesFolder
    terms: SeriesTerms
    lines: tuple[MeasuredStep, ...]
    measured: tuple[StepRecord, ...]
    left_out: int = 0

    @property
    def last(self) -> StepRecord:
        """The last step that was measured."""
        return self.measured[-1]

    @property
    def failed(self) -> tuple[MeasuredStep, ...]:
        """Steps that could not be measured."""
        return tuple(line for line in self.lines if line.failed is not UNSET)

    @property
    def baselines(self) -> Mapping[str, Metrics]:
        """Baselines by name, from whichever step measured them."""
        found: dict[str, Metrics] = {}
        for each in self.measured:
            for name, metrics in each.record.baselines.items():
                found.setdefault(name, metrics)
        return found

    @property
    def about(self) -> Descriptions:
        """What is known of the metrics of its records."""
        return descriptions(*(each.record for each in self.measured))

    def rows(self) -> list[Row]:
        """One row a score that any step has, in the order of tables."""
        return rows_of_all(*(each.record.metrics for each in self.measured), about=self.about)


def read_series(folders: Sequence[Path], most: int | None = None) -> list[SeriesSteps]:
    """Series by their folders, with names that tell them apart.

    Parameters
    ----------
    folders
        Folders that `Series`, `nerode watch` or `nerode train --measure` wrote.
    most
        How many measured steps of each are read at most: the first, the last, and others evenly
        between; None for all.

    Raises
    ------
    MissingFile
        Where a folder holds no series.
    FormatError
        Where a file of it is damaged.
    InvalidParameter
        Where no step of a series was measured.
    """
    return [
        _read(folder, name, most) for folder, name in zip(folders, _names(folders), strict=True)
    ]


def _read(path: Path, name: str, most: int | None) -> SeriesSteps:
    folder = SeriesFolder(path)
    terms = read_terms(path)
    lines = tuple(folder.steps().values())
    measured = [line for line in lines if line.failed is UNSET]
    if not measured:
        why = f": {lines[-1].failed}" if lines else ""
        raise InvalidParameter(f"{path}: expected a series with measured steps, got none{why}")
    kept = thinned(measured, most)
    records = tuple(StepRecord(line, _record(folder.run_of(line.step), terms)) for line in kept)
    return SeriesSteps(name, folder, terms, lines, records, len(measured) - len(kept))


def _record(run: Path, terms: SeriesTerms) -> Record:
    record = read_record(run)
    if record.world != terms.world:
        raise FormatError(f"{run}: expected a run in {terms.world}, got one in {record.world}")
    return record


def thinned(items: Sequence[_Item], most: int | None) -> list[_Item]:
    """The first, the last, and others evenly between, `most` (at least 2) in all.

    >>> thinned(range(11), 3)
    [0, 5, 10]
    """
    if most is None or len(items) <= most:
        return list(items)
    return [items[round(at * (len(items) - 1) / (most - 1))] for at in range(most)]


def _names(folders: Sequence[Path]) -> list[str]:
    """The shortest ends of paths that tell all folders apart; numbered where one comes twice."""
    parts = [folder.resolve().parts for folder in folders]
    for count in range(1, max(map(len, parts), default=1) + 1):
        names = ["/".join(each[-count:]) for each in parts]
        if len(set(names)) == len(names):
            return names
    return [f"{short(str(folder))} ({at})" for at, folder in enumerate(folders, start=1)]


def main_rows(rows: Sequence[Row]) -> list[Row]:
    """The scores that are told first: of each metric those that have a sentence of their own.

    Of a metric without any, the first score of which a value is the best.
    """
    found: list[Row] = []
    for metric in dict.fromkeys(row.path[0] for row in rows):
        judged = [row for row in rows if row.path[0] == metric and is_judged(row)]
        spoken = [row for row in judged if row.score.sentence is not None]
        found += spoken or judged[:1]
    return found


def main_scores(record: Record) -> str:
    """The scores of a record that are told first, on one line."""
    said = []
    for row in main_rows(rows_of(record)):
        estimate = record.metrics[row.path[0]].find(row.path[1:])
        value = None if estimate is None else estimate.value
        said.append(f"{row.path[0]} {row.label} {number(value)}")
    return "  ".join(said)


def is_judged(row: Row) -> bool:
    """Whether one value of a score is better than another, and models are compared by it."""
    score = row.score
    return score.best is not None and not score.reference and not score.never_compared


def of_metrics(rows: Sequence[Row], names: Sequence[str] | None) -> list[Row]:
    """The rows of these metrics; of all where no names are given.

    Raises UnknownName where a name is none of a metric that was measured.
    """
    if names is None:
        return list(rows)
    known = list(dict.fromkeys(row.path[0] for row in rows))
    for name in names:
        if name not in known:
            near = did_you_mean(name, known)
            listed = ", ".join(known) or "none"
            raise UnknownName(f"expected metrics that were measured ({listed}), got {name!r}{near}")
    return [row for row in rows if row.path[0] in names]


def with_baselines(series: SeriesSteps) -> Record:
    """The last record with the baselines that an earlier step measured on the same trials."""
    known = {name: dict(metrics) for name, metrics in series.baselines.items()}
    return structs.replace(series.last.record, baselines=known)
