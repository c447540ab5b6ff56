"""Several runs beside each other: in two sentences, in one table, in figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nerode.metrics.estimate import Difference
from nerode.report.cells import MetricTable, metric_table
from nerode.report.curves import FigureView
from nerode.report.differences import Answered, Compared, compared
from nerode.report.names import callings, headings
from nerode.report.record import Record
from nerode.report.rows import Keys, estimate_at, rows
from nerode.report.sources import sources
from nerode.report.verdict import is_street_map, percent

_SAID: dict[Keys, tuple[str, str]] = {
    ("compression", "precision"): ("continues {} of pairs of PAIRS alike", "{}"),
    ("distinction", "recall"): ("sees {} of the differences between states", "{}"),
    ("distinction", "precision"): ("is right about {} of the differences that it makes", "{}"),
    ("detours", "random", "0.1"): ("arrives on {} of trips with 10 % of TURNS replaced", "on {}"),
    ("traversal", "valid"): ("arrives on {} of trips", "on {}"),
    ("next_symbol", "legal"): ("names a legal next symbol {} of the time", "{}"),
    ("reconstruction", "valid"): ("writes sequences of which {} can be walked", "{}"),
}
"""What is told of a score: of the higher one in full, of the other one in short."""


@dataclass(frozen=True)
class Comparison:
    """What the page shows above all runs.

    `apart` tells why which metrics are not paired, `pairs` whether any is, `uneven` whether some
    runs have more trials than others.
    """

    verdict: str
    table: MetricTable
    figures: tuple[FigureView, ...]
    apart: tuple[str, ...]
    pairs: bool
    uneven: bool


@dataclass(frozen=True)
class _Gap:
    """One score of two runs, the higher first, and by how much they differ (from 0 on)."""

    path: Keys
    names: tuple[str, str]
    values: tuple[float, float]
    size: float
    bounds: tuple[float, float]

    @property
    def certain(self) -> bool:
        return self.bounds[0] > 0


def comparison(records: Sequence[Record], answered: Sequence[Answered | None] = ()) -> Comparison:
    """Every run beside the first; `answered` are their trials, where they are there."""
    names = callings(records)
    found = compared(records, answered)
    columns = dict(zip(headings(records), (record["metrics"] for record in records), strict=True))
    return Comparison(
        verdict=_verdict(records, names, found),
        table=metric_table(columns, [each.differences for each in found]),
        figures=sources(records),
        apart=_apart(records[0], names, found),
        pairs=any(each.n for run in found for each in run.differences.values()),
        uneven=len({str(record["parameters"].get("trials")) for record in records}) > 1,
    )


def _apart(first: Record, names: Sequence[str], found: Sequence[Compared]) -> tuple[str, ...]:
    """One line for each run and reason: which metrics are not compared trial by trial, and why."""
    titles = {row.path[0]: row.group for row in rows(first["metrics"])}
    told = []
    for name, run in zip(names[1:], found, strict=True):
        for reason in dict.fromkeys(run.unpaired.values()):
            metrics = [titles[metric] for metric, why in run.unpaired.items() if why == reason]
            of = f"{name}: " if len(found) > 1 else ""
            told.append(f"{of}{', '.join(metrics)} ({reason})")
    return tuple(told)


def _verdict(records: Sequence[Record], names: Sequence[str], found: Sequence[Compared]) -> str:
    """The two widest differences, of two metrics and in both directions where there are such."""
    gaps = [
        gap
        for at, run in enumerate(found, start=1)
        for path in _SAID
        if (gap := _gap(records, names, at, path, run.differences)) is not None
    ]
    gaps.sort(key=lambda gap: -gap.size)
    certain = [gap for gap in gaps if gap.certain]
    street_map = all(is_street_map(record) for record in records)
    if not gaps:
        return "The runs measured nothing in common that is defined for both."
    if not certain:
        told = _sentence(gaps[0], street_map=street_map, interval="95 % interval")
        return f"Nothing that was measured tells the runs apart for certain. The widest gap: {told}"
    first = certain[0]
    others = [gap for gap in certain if gap.path != first.path]
    turned = [gap for gap in others if gap.names == first.names[::-1]]
    sentences = [_sentence(first, street_map=street_map, interval="95 % interval")]
    if turned or others:
        link = "In turn, " if turned else ""
        second = (turned or others)[0]
        sentences.append(link + _sentence(second, street_map=street_map, interval=""))
    else:
        sentences.append("In nothing else do they differ for certain.")
    return " ".join(sentences)


def _gap(
    records: Sequence[Record],
    names: Sequence[str],
    at: int,
    path: Keys,
    differences: Mapping[Keys, Difference],
) -> _Gap | None:
    difference = differences.get(path)
    one, other = (estimate_at(records[run]["metrics"], path) for run in (0, at))
    if difference is None or difference.value is None or one is None or other is None:
        return None
    assert one.value is not None  # noqa: S101 - for the type: their difference is defined
    assert other.value is not None  # noqa: S101
    low, high = difference.low or 0.0, difference.high or 0.0
    # Where one run has more trials, the difference is that over the trials they share.
    size = abs(difference.value)
    if difference.value >= 0:
        return _Gap(path, (names[at], names[0]), (other.value, one.value), size, (low, high))
    return _Gap(path, (names[0], names[at]), (one.value, other.value), size, (-high, -low))


def _sentence(gap: _Gap, *, street_map: bool, interval: str) -> str:
    full, brief = _SAID[gap.path]
    full = full.replace("PAIRS", "routes to one corner" if street_map else "histories of a state")
    full = full.replace("TURNS", "its turns" if street_map else "its steps")
    low, high = (_points(bound) for bound in gap.bounds)
    points = ("percentage " if interval else "") + (
        "point" if _points(gap.size) == "1" else "points"
    )
    bounds = f"{interval}: {low} to {high}" if interval else f"{low} to {high}"
    return (
        f"{gap.names[0]} {full.format(percent(gap.values[0]))}, {gap.names[1]} "
        f"{brief.format(percent(gap.values[1]))}: {_points(gap.size)} {points} more ({bounds})."
    )


def _points(value: float) -> str:
    """A difference in percentage points, with a decimal where it is small."""
    points = 100 * value
    told = f"{points:.1f}" if abs(points) < 1 else f"{points:.0f}"
    return told.replace("-", "\N{MINUS SIGN}")
