"""Several runs beside each other: in two sentences, in one table, in figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nerode.metrics.estimate import Difference
from nerode.report.cells import MetricTable, metric_table
from nerode.report.curves import FigureView
from nerode.report.differences import Answered, Compared, compared
from nerode.report.names import callings, headings, place
from nerode.report.record import Record
from nerode.report.rows import Keys, Row, estimate_at, rows
from nerode.report.sources import sources
from nerode.report.verdict import Words, percent, words_of

_SAID: dict[Keys, tuple[str, str]] = {
    ("compression", "precision"): ("continues {} of pairs of PAIRS alike", "{}"),
    ("distinction", "recall"): ("sees {} of the differences between states", "{}"),
    ("distinction", "precision"): ("is right about {} of the differences that it makes", "{}"),
    ("detours", "random", "0.1"): ("ARRIVES {} of TRIPS with 10 % of its TURNS replaced", "ON {}"),
    ("traversal", "valid"): ("ARRIVES {} of TRIPS", "ON {}"),
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
    labels = {row.path: row.label for row in rows(first["metrics"])}
    told = []
    for name, run in zip(names[1:], found, strict=True):
        for reason in dict.fromkeys(run.unpaired.values()):
            metrics = [titles[metric] for metric, why in run.unpaired.items() if why == reason]
            of = f"{name}: " if len(found) > 1 else ""
            told.append(f"{of}{', '.join(metrics)} ({reason})")
        for reason in dict.fromkeys(run.withheld.values()):
            scores = [labels[path] for path, why in run.withheld.items() if why == reason]
            of = f"{name}: " if len(found) > 1 else ""
            told.append(f"{of}not at all {' and '.join(scores)} ({reason})")
    return tuple(told)


def _verdict(records: Sequence[Record], names: Sequence[str], found: Sequence[Compared]) -> str:
    """How the runs of the first one's world differ from it, and that others are of other worlds."""
    world = records[0]["world"]
    here = [at for at, record in enumerate(records) if record["world"] == world]
    if len(here) == len(records):
        return _headline(records, names, found)
    worlds = list(dict.fromkeys(record["world"] for record in records))
    short = [place(each) for each in worlds]
    listed = short if len(set(short)) == len(short) else worlds
    apart = f"The runs are of different worlds ({', '.join(listed)})"
    if len(here) == 1:
        return f"{apart}: their scores are not compared."
    told = _headline(
        [records[at] for at in here],
        [names[at] for at in here],
        [found[at - 1] for at in here[1:]],
    )
    return f"{apart}; only those of {listed[0]} are compared. {told}"


def _headline(records: Sequence[Record], names: Sequence[str], found: Sequence[Compared]) -> str:
    """The two widest differences, of two metrics and in both directions where there are such.

    What is told of all else follows from every row of the table, also from those whose
    differences are told only where no other is certain.
    """
    if all(record == records[0] for record in records[1:]):
        often = "twice" if len(records) == 2 else f"{len(records)} times"  # noqa: PLR2004
        return f"This is the same run {often}: all its numbers are the same."
    gaps = [
        gap
        for at, run in enumerate(found, start=1)
        for path in run.differences
        if (gap := _gap(records, names, at, path, run.differences)) is not None
    ]
    if not gaps:
        return "The runs measured nothing in common that is defined for both."
    if _alike(records, found):
        return "The runs have the same numbers everywhere: no score that they share differs."
    told = _Telling.of(records)
    # Python sorts stably: what a sentence of its own is for comes first, the widest before others.
    gaps.sort(key=lambda gap: (gap.path not in _SAID, -gap.size))
    certain = [gap for gap in gaps if gap.certain]
    if not certain:
        nothing = "Nothing that was measured tells the runs apart for certain."
        widest = max(gaps, key=lambda gap: gap.size)
        return f"{nothing} The widest gap: {told(widest)}" if widest.size else nothing
    first = certain[0]
    others = [gap for gap in certain if gap.path != first.path]
    # Rows of one metric tell much the same.
    others.sort(key=lambda gap: (gap.path not in _SAID, gap.path[0] == first.path[0]))
    turned = [gap for gap in others if gap.names == first.names[::-1] and gap.path in _SAID]
    if not others:
        return f"{told(first)} In nothing else do they differ for certain."
    link = "In turn, " if turned else ""
    return f"{told(first)} {link}{told((turned or others)[0], brief=True)}"


def _alike(records: Sequence[Record], found: Sequence[Compared]) -> bool:
    """Whether every score that a run shares with the first one is the same."""
    return all(
        estimate_at(records[0]["metrics"], path) == estimate_at(record["metrics"], path)
        for record, run in zip(records[1:], found, strict=True)
        for path in (*run.differences, *run.withheld)
    )


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


@dataclass(frozen=True)
class _Telling:
    """Tells gaps in the terms of a world; `titles` are what the table calls its rows."""

    words: Words
    titles: Mapping[Keys, Row]

    @classmethod
    def of(cls, records: Sequence[Record]) -> _Telling:
        """In the terms of these runs' world, in plain ones where they come with no drawing."""
        words = {words_of(record) for record in records}
        plain = words_of({"drawing": None})
        titles = {row.path: row for record in records for row in rows(record["metrics"])}
        return cls(words.pop() if len(words) == 1 else plain, titles)

    def __call__(self, gap: _Gap, *, brief: bool = False) -> str:
        """One gap in a sentence; in brief where the one before has said what the numbers are."""
        low, high = (_points(bound) for bound in gap.bounds)
        points = ("" if brief else "percentage ") + (
            "point" if _points(gap.size) == "1" else "points"
        )
        bounds = f"{low} to {high}" if brief else f"95 % interval: {low} to {high}"
        higher, lower = self._scores(gap)
        return f"{higher}, {lower}: {_points(gap.size)} {points} more ({bounds})."

    def _scores(self, gap: _Gap) -> tuple[str, str]:
        values = [_share(value) for value in gap.values]
        if gap.path not in _SAID:
            row = self.titles[gap.path]
            title = f"{row.group} ({row.label})"
            return f"{title}: {gap.names[0]} has {values[0]}", f"{gap.names[1]} {values[1]}"
        words = self.words
        terms = {"PAIRS": words.pairs, "TURNS": words.turns, "ARRIVES": words.arrives}
        terms |= {"TRIPS": words.trips, "ON": words.on}
        full, brief = _SAID[gap.path]
        for term, word in terms.items():
            full, brief = full.replace(term, word), brief.replace(term, word)
        told = f"{gap.names[0]} {full.format(values[0])}"
        return told, f"{gap.names[1]} {brief.format(values[1])}"


def _share(value: float) -> str:
    """As `percent`; selectivity may be negative."""
    return percent(value) if value >= 0 else f"\N{MINUS SIGN}{percent(-value)}"


def _points(value: float) -> str:
    """A difference in percentage points, with a decimal where it is small."""
    points = 100 * value
    told = f"{points:.1f}" if abs(points) < 1 else f"{points:.0f}"
    return told.replace("-", "\N{MINUS SIGN}")
