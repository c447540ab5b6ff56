"""What the page shows of a record: plain values that the template lays out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath
from typing import Any

from nerode.metrics.estimate import Estimate
from nerode.report.contradictions import Contradiction, contradictions
from nerode.report.figures import Figure, detours, thresholds
from nerode.report.maps import Plan
from nerode.report.record import Record
from nerode.report.rows import Row, estimate_at, interval, number, rows
from nerode.report.verdict import is_street_map, verdict

_SHOWN = 4
"""Contradictions of a kind that stand open; the longer ones are folded away."""

_STRIP_START, _STRIP_LENGTH = 6, 120
_UNDEFINED = Estimate(None, None, None, 0)


_DIFFER = (
    "They end in different states of the world. Here the model makes a difference where there "
    "is none, or makes none where there is one:"
)
_CHAPTERS = {
    True: {
        "compression": (
            "Two routes to the same corner",
            (
                "Both end at one corner, bound for one destination: what may follow is the same. "
                "The model continues them differently. The shortest such contradictions:"
            ),
        ),
        "distinction": ("Two routes to different places", _DIFFER),
    },
    False: {
        "compression": (
            "Two histories of the same state",
            (
                "What may follow is the same after both. The model continues them differently. The "
                "shortest such contradictions:"
            ),
        ),
        "distinction": ("Two histories of different states", _DIFFER),
    },
}
"""Title and lead of the chapters, on street maps and elsewhere."""


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
        return round(_STRIP_START + _STRIP_LENGTH * share, 1)


@dataclass(frozen=True)
class TableRow:
    """One metric of every column."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class TableGroup:
    """Metrics that belong together, and the number of trials that most of their cells share."""

    title: str
    n: int | None
    rows: tuple[TableRow, ...]


@dataclass(frozen=True)
class MetricTable:
    """Metrics in groups; one column per model or run."""

    columns: tuple[str, ...]
    groups: tuple[TableGroup, ...]


@dataclass(frozen=True)
class NumberTable:
    """Text in rows: the numbers behind a figure."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class FigureView:
    """A Plotly figure, the sentence that goes with it, and its numbers as a table."""

    id: str
    title: str
    told: str
    figure: Figure
    numbers: NumberTable | None = None


@dataclass(frozen=True)
class Chapter:
    """Contradictions of one kind; the longer ones are folded away."""

    id: str
    title: str
    lead: str
    shown: tuple[Contradiction, ...]
    folded: tuple[Contradiction, ...]


@dataclass(frozen=True)
class RunView:
    """One run's section of the page. `plan` is the number of its street plan, if it has one."""

    id: str
    title: str
    verdict: str
    table: MetricTable
    figures: tuple[FigureView, ...]
    chapters: tuple[Chapter, ...]
    plan: int | None
    conditions: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, str, int], ...]
    left_out: tuple[tuple[str, str], ...]


def run_view(
    name: str, title: str, record: Record, plan: Plan | None, plan_number: int | None
) -> RunView:
    """What the page shows of one record; `name` begins the ids of its elements."""
    columns = {_short(record["model"]): record["metrics"]} | record["baselines"]
    skipped = (record.get("skipped") or {}).items()
    return RunView(
        id=name,
        title=title,
        verdict=verdict(record),
        table=_table(columns),
        figures=_figures(name, record),
        chapters=_chapters(name, record, plan),
        plan=plan_number,
        conditions=_conditions(record),
        skipped=tuple((metric, *each) for metric, told in skipped for each in told.items()),
        left_out=tuple((record.get("left_out") or {}).items()),
    )


def titles(records: Sequence[Record]) -> list[str]:
    """Each run in a few words.

    Runs of one model in one world are told apart by the conditions in which they differ, and by
    their number where they do not.
    """
    short = [f"{_short(record['model'])} on {record['world']}" for record in records]
    told = []
    for name, record in zip(short, records, strict=True):
        alike = [dict(_terms(r)) for n, r in zip(short, records, strict=True) if n == name]
        differ = [
            f"{term} {value}"
            for term, value in _terms(record)
            if any(other.get(term) != value for other in alike)
        ]
        told.append(" · ".join([name, *differ]))
    return [
        f"{number_} · {name}" if told.count(name) > 1 else name
        for number_, name in enumerate(told, start=1)
    ]


def comparison(records: Sequence[Record]) -> MetricTable:
    """The models of several runs side by side, each run a column."""
    named = zip(titles(records), (record["metrics"] for record in records), strict=True)
    return _table(dict(named))


def _short(model: str) -> str:
    """A model's name without the folders it lies in."""
    return PurePath(model).name or model


def _table(columns: Mapping[str, Mapping[str, Any]]) -> MetricTable:
    union = {row.path: row for metrics in columns.values() for row in rows(metrics)}
    groups = [
        _group(title, [_row(row, columns) for row in members])
        for title, members in groupby(rows(_nested(union)), key=lambda row: row.group)
    ]
    return MetricTable(tuple(columns), tuple(groups))


def _row(row: Row, columns: Mapping[str, Mapping[str, Any]]) -> TableRow:
    found = (estimate_at(metrics, row.path) for metrics in columns.values())
    return TableRow(row.label, tuple(Cell(estimate) for estimate in found))


def _group(title: str, members: Sequence[TableRow]) -> TableGroup:
    found = (cell.estimate for row in members for cell in row.cells)
    counts = Counter(estimate.n for estimate in found if estimate and estimate.n)
    common = counts.most_common(1)
    return TableGroup(title, common[0][0] if common else None, tuple(members))


def _nested(paths: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    """One set of metrics that has an (undefined) estimate at every path."""
    tree: dict[str, Any] = {}
    for path in paths:
        node = tree
        for key in path[:-1]:
            node = node.setdefault(key, {})
        node[path[-1]] = _UNDEFINED.as_dict()
    return tree


def _figures(name: str, record: Record) -> tuple[FigureView, ...]:
    arriving, curves = detours(record), thresholds(record)
    found = []
    if arriving:
        told = (
            "Share of trips that still arrive when turns are replaced: by a random legal turn, "
            "or by the one the model ranks last. Bands are 95 % intervals; the grey line is the "
            "oracle, other baselines can be switched on in the legend."
        )
        found.append(FigureView(f"{name}-detours", "Forced off its way", told, arriving))
    if curves:
        told = (
            "The same trials read at other thresholds ε: symbols at or below ε count as "
            "rejected. Bands are 95 % intervals; a gap is where a score is undefined."
        )
        numbers = _curve_numbers(record["curves"])
        heading = "Read at other thresholds"
        found.append(FigureView(f"{name}-thresholds", heading, told, curves, numbers))
    return tuple(found)


def _curve_numbers(curves: Mapping[str, Any]) -> NumberTable:
    named = {
        f"{group} {name}": [Estimate.of(point) for point in points]
        for group, members in curves.items()
        if group != "epsilon"
        for name, points in members.items()
    }
    lines = [
        (f"{epsilon:g}", *(_told(points[at]) for points in named.values()))
        for at, epsilon in enumerate(curves["epsilon"])
    ]
    return NumberTable(("ε", *named), tuple(lines))


def _told(estimate: Estimate) -> str:
    value = number(estimate.value)
    return value if estimate.value is None else f"{value} ({interval(estimate)})"


def _chapters(name: str, record: Record, plan: Plan | None) -> tuple[Chapter, ...]:
    chapters = []
    for kind, (heading, lead) in _CHAPTERS[is_street_map(record)].items():
        found = contradictions(record, kind, plan)
        if found:
            shown, folded = tuple(found[:_SHOWN]), tuple(found[_SHOWN:])
            chapters.append(Chapter(f"{name}-{kind}", heading, lead, shown, folded))
    return tuple(chapters)


def _conditions(record: Record) -> tuple[tuple[str, str], ...]:
    versions = ((name, str(value)) for name, value in (record.get("versions") or {}).items())
    return (("world", record["world"]), *_terms(record), *versions)


def _terms(record: Record) -> list[tuple[str, str]]:
    """How a run was measured, in its world."""
    told = [(name, record.get(name)) for name in ("model", "protocol", "histories", "seed")]
    told += list(record["parameters"].items())
    return [(name, str(value)) for name, value in told if value is not None]
