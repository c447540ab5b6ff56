"""Tables of metrics as the page lays them out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from nerode.metrics.estimate import Difference, Estimate
from nerode.report.rows import (
    Keys,
    Row,
    estimate_at,
    interval,
    number,
    rows,
    signed,
    signed_interval,
)

_STRIP_START, _STRIP_LENGTH = 6, 120
_UNDEFINED = Estimate(None, None, None, 0)


@dataclass(frozen=True)
class Cell:
    """One estimate as the page writes it; None is what was not measured."""

    estimate: Estimate | None

    @property
    def measured(self) -> bool:
        """Whether anyone asked."""
        return self.estimate is not None

    @property
    def defined(self) -> bool:
        """Whether there is a number."""
        return self.estimate is not None and self.estimate.value is not None

    @property
    def value(self) -> str:
        """The number, a dash where it is undefined, nothing where it was not measured."""
        return "" if self.estimate is None else number(self.estimate.value)

    @property
    def interval(self) -> str:
        """The 95 % interval, a dash where it is undefined, nothing where it was not measured."""
        return "" if self.estimate is None else interval(self.estimate)

    @staticmethod
    def at(share: float) -> float:
        """Where a share lies on the strip that shows it between 0 and 1."""
        return round(_STRIP_START + _STRIP_LENGTH * min(max(share, 0.0), 1.0), 1)


@dataclass(frozen=True)
class Gap:
    """By how much a run differs from the first one, as the page writes it."""

    difference: Difference | None

    @property
    def defined(self) -> bool:
        """Whether there is a number."""
        return self.difference is not None and self.difference.value is not None

    @property
    def certain(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.difference is not None and self.difference.certain

    @property
    def mark(self) -> str:
        """Which way a certain difference goes, told by a shape."""
        if not self.certain or self.difference is None:
            return ""
        up = (self.difference.value or 0) > 0
        return "\N{BLACK UP-POINTING TRIANGLE}" if up else "\N{BLACK DOWN-POINTING TRIANGLE}"

    @property
    def value(self) -> str:
        """The difference with its sign, nothing where there is none."""
        return "" if self.difference is None else signed(self.difference.value)

    @property
    def interval(self) -> str:
        """The 95 % interval, nothing where there is none."""
        return "" if self.difference is None else signed_interval(self.difference)

    @staticmethod
    def at(difference: float) -> float:
        """Where a difference lies on the strip that shows it between -1 and 1."""
        return Cell.at((difference + 1) / 2)


@dataclass(frozen=True)
class TableRow:
    """One metric of every column; `gaps` are those of each column but the first to the first."""

    label: str
    cells: tuple[Cell, ...]
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True)
class TableGroup:
    """Metrics that belong together, and the number of trials that most of their cells share.

    `beside` says whether any column but the first has any of them.
    """

    title: str
    n: int | None
    beside: bool
    rows: tuple[TableRow, ...]


@dataclass(frozen=True)
class MetricTable:
    """Metrics in groups; one column per model or run."""

    columns: tuple[str, ...]
    groups: tuple[TableGroup, ...]


def metric_table(
    columns: Mapping[str, Mapping[str, Any]],
    beside: Sequence[Mapping[Keys, Difference]] = (),
) -> MetricTable:
    """Every metric of every column, in groups; `beside` are differences to the first column."""
    union = {row.path: row for metrics in columns.values() for row in rows(metrics)}
    groups = [
        _group(title, [_row(row, columns, beside) for row in members])
        for title, members in groupby(rows(_nested(union)), key=lambda row: row.group)
    ]
    return MetricTable(tuple(columns), tuple(groups))


def _row(
    row: Row,
    columns: Mapping[str, Mapping[str, Any]],
    beside: Sequence[Mapping[Keys, Difference]],
) -> TableRow:
    found = (estimate_at(metrics, row.path) for metrics in columns.values())
    gaps = (Gap(differences.get(row.path)) for differences in beside)
    return TableRow(row.label, tuple(Cell(estimate) for estimate in found), tuple(gaps))


def _group(title: str, members: Sequence[TableRow]) -> TableGroup:
    found = (cell.estimate for row in members for cell in row.cells)
    counts = Counter(estimate.n for estimate in found if estimate and estimate.n)
    common = counts.most_common(1)
    beside = any(cell.measured for row in members for cell in row.cells[1:])
    return TableGroup(title, common[0][0] if common else None, beside, tuple(members))


def _nested(paths: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    """One set of metrics that has an (undefined) estimate at every path."""
    tree: dict[str, Any] = {}
    for path in paths:
        node = tree
        for key in path[:-1]:
            node = node.setdefault(key, {})
        node[path[-1]] = _UNDEFINED.as_dict()
    return tree
