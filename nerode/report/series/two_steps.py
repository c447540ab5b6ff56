"""Any two steps of a series, as a page shows them: two as a table, all of them for its script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from nerode.report.player import Json
from nerode.report.rows import p_text, signed, signed_interval
from nerode.report.series.differences import ScoreDifferences, SeriesDifferences, StepPair
from nerode.report.series.steps import SeriesSteps
from nerode.stats.estimate import Difference


@dataclass(frozen=True)
class DifferenceRow:
    """One score at a later step less that at an earlier one, as text."""

    label: str
    value: str
    interval: str
    p: str
    mark: str


@dataclass(frozen=True)
class DifferencesView:
    """Two steps of one series compared; the script shows any other two.

    `rows` compare the first step with the last. `pairs` says how many pairs of steps p-values of
    one score are corrected for.
    """

    id: str
    name: str
    steps: tuple[int, ...]
    rows: tuple[DifferenceRow, ...]
    pairs: int
    left_out: tuple[str, ...]
    data: Json


def differences_views(
    series: Sequence[SeriesSteps], found: Sequence[SeriesDifferences]
) -> list[DifferencesView]:
    """Those of every series of which two steps can be compared."""
    return [
        _differences(f"steps-{at}", each, its)
        for at, (each, its) in enumerate(zip(series, found, strict=True), start=1)
        if its.scores and len(each.measured) > 1
    ]


def _differences(name: str, series: SeriesSteps, found: SeriesDifferences) -> DifferencesView:
    steps = tuple(each.step for each in series.measured)
    pairs = list(combinations(steps, 2))
    return DifferencesView(
        id=name,
        name=series.name,
        steps=steps,
        rows=tuple(_difference_row(each, (steps[0], steps[-1])) for each in found.scores),
        pairs=len(pairs),
        left_out=tuple(f"{score} ({why})" for score, why in found.left_out.items()),
        data={
            "steps": steps,
            "scores": [_columns(each, pairs) for each in found.scores],
        },
    )


def _difference_row(score: ScoreDifferences, pair: StepPair) -> DifferenceRow:
    found = score.differences.get(pair, Difference(None, None, None))
    p = score.p_adjusted.get(pair)
    mark = "better" if score.better(*pair) else "worse" if score.worse(*pair) else ""
    return DifferenceRow(
        label=f"{score.row.group}: {score.row.label}",
        value=signed(found.value),
        interval=signed_interval(found),
        p="" if p is None else p_text(p),
        mark=mark,
    )


def _columns(score: ScoreDifferences, pairs: Sequence[StepPair]) -> Json:
    """The differences of one score in columns, in the order of pairs, for the script.

    `marks` has a letter a pair: b where the later step is certainly better, w where it is worse.
    """
    none = Difference(None, None, None)
    found = [score.differences.get(pair, none) for pair in pairs]
    return {
        "value": [_rounded(each.value) for each in found],
        "low": [_rounded(each.low) for each in found],
        "high": [_rounded(each.high) for each in found],
        "p": [_rounded(score.p_adjusted.get(pair)) for pair in pairs],
        "marks": "".join(
            "b" if score.better(*pair) else "w" if score.worse(*pair) else "-" for pair in pairs
        ),
    }


def _rounded(value: float | None) -> float | None:
    """A number with as many decimals as are shown, so that the script rounds as the page does.

    One that would look like 0 or 1 without being so has one more, for it is shown as `<0.001`.
    """
    if value is None:
        return None
    rounded = float(f"{value:.3f}")
    if rounded == value or abs(rounded) not in (0.0, 1.0):
        return rounded
    return 0.0004 * (1 if value > 0 else -1) if rounded == 0 else 0.9996 * rounded
