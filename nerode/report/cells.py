"""Tables of metrics as the page lays them out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from nerode.metrics.metric import ScorePath
from nerode.report.compare.family import ScoreComparison
from nerode.report.descriptions import KNOWN, Descriptions
from nerode.report.rows import (
    Metrics,
    Row,
    estimate_at,
    interval,
    number,
    p_text,
    perfect,
    rows_of_all,
    signed,
    signed_interval,
    without_interval,
)
from nerode.stats.estimate import Difference, Estimate

_STRIP_START, _STRIP_LENGTH = 6, 120


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

    score: ScoreComparison | None

    @property
    def difference(self) -> Difference | None:
        """The run's score less the first one's; None where they are not compared."""
        return None if self.score is None else self.score.difference

    @property
    def defined(self) -> bool:
        """Whether there is a number."""
        return self.difference is not None and self.difference.value is not None

    @property
    def mark(self) -> str:
        """`better` or `worse` where the two differ, corrected for how many are compared."""
        return "" if self.score is None or self.score.verdict == "none" else self.score.verdict

    @property
    def value(self) -> str:
        """The difference with its sign, nothing where there is none."""
        return "" if self.difference is None else signed(self.difference.value)

    @property
    def interval(self) -> str:
        """The 95 % interval, nothing where there is none."""
        return "" if self.difference is None else signed_interval(self.difference)

    @property
    def p(self) -> str:
        """The corrected p, nothing where the score is left out."""
        p_adjusted = None if self.score is None else self.score.p_adjusted
        return "" if p_adjusted is None else p_text(p_adjusted)

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
    share: bool = True
    """Whether it is a share, which has its place on a strip from 0 to 1."""


@dataclass(frozen=True)
class TableGroup:
    """Metrics that belong together, and the number of trials that most of their cells share.

    `compared` says whether any column but the first has any of them.
    """

    title: str
    n: int | None
    compared: bool
    rows: tuple[TableRow, ...]


@dataclass(frozen=True)
class MetricTable:
    """Metrics in groups; one column per model or run.

    `perfect` says which values are the best, `alone` which rows have no interval, and why.
    """

    columns: tuple[str, ...]
    groups: tuple[TableGroup, ...]
    perfect: str
    alone: str


def metric_table(
    columns: Mapping[str, Metrics],
    comparisons: Sequence[Mapping[ScorePath, ScoreComparison]] = (),
    about: Descriptions = KNOWN,
) -> MetricTable:
    """Every metric of every column, in groups; `comparisons` compare others with the first.

    `about` has the metrics that records describe, too.
    """
    there = rows_of_all(*columns.values(), about=about)
    groups = [
        _group(title, [_row(row, columns, comparisons) for row in members])
        for title, members in groupby(there, key=lambda row: row.group)
    ]
    return MetricTable(tuple(columns), tuple(groups), perfect(there), without_interval(there))


def _row(
    row: Row,
    columns: Mapping[str, Metrics],
    comparisons: Sequence[Mapping[ScorePath, ScoreComparison]],
) -> TableRow:
    estimates = (estimate_at(metrics, row.path) for metrics in columns.values())
    gaps = (Gap(scores.get(row.path)) for scores in comparisons)
    return TableRow(row.label, tuple(map(Cell, estimates)), tuple(gaps), row.score.is_share)


def _group(title: str, members: Sequence[TableRow]) -> TableGroup:
    estimates = (cell.estimate for row in members for cell in row.cells)
    counts = Counter(estimate.n for estimate in estimates if estimate and estimate.n)
    common = counts.most_common(1)
    compared = any(cell.measured for row in members for cell in row.cells[1:])
    return TableGroup(title, common[0][0] if common else None, compared, tuple(members))
