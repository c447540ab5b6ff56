"""What stands on top of the page of series, and what is said of each score: no more than is known.

A score is called saturated from the first step on after which no later step is certainly better
than it (nerode/report/series/differences.py). That is no proof that nothing more was learnt: a gain
that is small beside the noise of so many trials stays unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nerode.report.rows import Row, estimate_at, number, signed, signed_interval
from nerode.report.series.differences import ScoreDifferences, SeriesDifferences
from nerode.report.series.steps import SeriesSteps, main_rows

_SCORES_OF_ONE, _SCORES_OF_MANY = 3, 2
"""Scores that the sentence on top tells of one series, and of each of several."""
_SERIES = 3

Course = Literal["improves", "saturated", "falls", "undefined"]


@dataclass(frozen=True)
class Saturation:
    """What became of one score of one series.

    Attributes
    ----------
    course
        `improves` to the last step; `saturated` before it; `falls`, where the last step is
        certainly worse than the step from which on none was better; or `undefined`.
    step
        The first step after which no later one is certainly better.
    text, aside
        That in words, and how much the score changed from there to the last step.
    """

    course: Course
    step: int | None
    text: str
    aside: str


def saturation(series: SeriesSteps, row: Row, found: SeriesDifferences) -> Saturation:
    """What became of a score over the steps of a series."""
    differences = found.of(row)
    if differences is None:
        reason = found.left_out.get(f"{row.group} ({row.label})", "not measured")
        return Saturation("undefined", None, "not compared", reason)
    step, last = differences.saturated, differences.last
    if step is None or last is None:
        return Saturation("undefined", None, "not compared", "fewer than two steps have a value")
    course = _course(differences, step, last)
    if course == "improves":
        value = number(_value(series, row, step))
        return Saturation(course, step, "improves to the last step", f"{value} at step {step:,}")
    text = f"step {step:,}" if course == "saturated" else f"step {step:,}; the last is worse"
    change = differences.differences[step, last]
    aside = f"{number(_value(series, row, step))} there; change to step {last:,}: "
    aside += f"{signed(change.value)} ({signed_interval(change)})"
    return Saturation(course, step, text, aside)


def _course(differences: ScoreDifferences, step: int, last: int) -> Course:
    if step == last:
        return "improves"
    return "falls" if differences.worse(step, last) else "saturated"


def caption(series: Sequence[SeriesSteps], row: Row, found: Sequence[SeriesDifferences]) -> str:
    """What is said below the figure of a score: where each series is saturated."""
    parts = []
    for each, differences in zip(series, found, strict=True):
        if differences.of(row) is None:
            continue
        told = saturation(each, row, differences)
        name = f"{each.name}: " if len(series) > 1 else ""
        parts.append(f"{name}{_SHORT[told.course].format(step=f'{told.step or 0:,}')}")
    text = "; ".join(parts)
    return f"{text[0].upper() if len(series) == 1 else text[0]}{text[1:]}." if text else ""


_SHORT: dict[Course, str] = {
    "improves": "improves to the last step",
    "saturated": "no step after {step} is certainly better",
    "falls": "no step after {step} is certainly better, and the last is certainly worse",
    "undefined": "not compared",
}


def series_verdict(series: Sequence[SeriesSteps], found: Sequence[SeriesDifferences]) -> str:
    """A sentence for each series, of which the numbers stand on the page."""
    most = _SCORES_OF_ONE if len(series) == 1 else _SCORES_OF_MANY
    sentences = []
    for each, differences in zip(series[:_SERIES], found, strict=False):
        clauses = [
            clause
            for row in main_rows(each.rows())
            if (clause := _clause(each, row, differences)) is not None
        ]
        if clauses:
            name = f"{each.name}: " if len(series) > 1 else ""
            text = "; ".join(clauses[:most])
            sentences.append(f"{name}{text if name else text[0].upper() + text[1:]}.")
    if not sentences:
        return "No two steps can be compared: the curves and tables have the numbers."
    more = len(series) - _SERIES
    rest = [f"{more} more series below."] if more > 0 else []
    return " ".join([*sentences, *rest])


def _clause(series: SeriesSteps, row: Row, found: SeriesDifferences) -> str | None:
    """What became of one score, with the numbers; None where it is not compared."""
    told = saturation(series, row, found)
    differences = found.of(row)
    if told.step is None or differences is None or differences.last is None:
        return None
    title = f"{row.group.lower()} ({row.label})"
    last = differences.last
    at_step, at_last = (number(_value(series, row, step)) for step in (told.step, last))
    if told.course == "improves":
        first = min(first for first, _ in differences.p_adjusted)
        start = number(_value(series, row, first))
        return (
            f"{title} improves to the last step, {start} at step {first:,}, {at_last} at {last:,}"
        )
    if told.course == "falls":
        return f"{title} falls from {at_step} at step {told.step:,} to {at_last} at {last:,}"
    there = f"{at_step} there, {at_last} at step {last:,}"
    return f"no step after {told.step:,} is certainly better in {title}: {there}"


def _value(series: SeriesSteps, row: Row, step: int) -> float | None:
    record = next(each.record for each in series.measured if each.step == step)
    estimate = estimate_at(record.metrics, row.path)
    return None if estimate is None else estimate.value
