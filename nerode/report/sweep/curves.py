"""Scores while training, a small picture for each arm: all alike, so that shapes can be compared.

Lines of a dozen arms in one figure cannot be told apart. Here every arm has a picture of its own,
with the arm that it is compared with in grey behind it. Inline SVG: there is nothing to zoom into.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import UNSET

from nerode.report.rows import Row, estimate_at
from nerode.report.series.steps import SeriesSteps, is_judged, main_rows, read_series
from nerode.report.sweep.arms import SweepScores
from nerode.series.folder import SeriesFolder, is_series, read_terms

WIDTH, HEIGHT = 220, 118
"""Size of a picture, in its own units."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 26, 8, 8, 20
_MINUTE = 60.0
_ROUND = tuple(digit * 10**power for power in range(-3, 8) for digit in (1, 2, 5))

CurvePoint = tuple[float, float]


@dataclass(frozen=True)
class ArmCurves:
    """One arm's picture: the points of each line in it."""

    name: str
    lines: tuple[tuple[CurvePoint, ...], ...]
    behind: tuple[tuple[CurvePoint, ...], ...]
    values: str


@dataclass(frozen=True)
class ScoreCurves:
    """One score while training, of all arms.

    `ticks` are places on the axis to the right and what stands there.
    """

    title: str
    arms: tuple[ArmCurves, ...]
    ticks: tuple[tuple[float, str], ...]
    levels: tuple[tuple[float, str], ...]
    unit: str


def score_curves(sweep: SweepScores) -> list[ScoreCurves]:
    """The main scores that were measured while training; nothing where no series is there."""
    series: dict[str, list[SeriesSteps]] = {}
    for arm in sweep.arms:
        for model in arm.models:
            folder = sweep.folder.training_of(model.cell) / "series"
            if _has_steps(folder):
                series.setdefault(arm.name, []).extend(read_series([folder]))
    if not series:
        return []
    every = [each for its in series.values() for each in its]
    # Epochs are counted in steps; so is whatever nobody has timed.
    timed = sweep.terms.minutes is not None
    timed &= all(s.line.at is not UNSET for each in every for s in each.measured)
    most = max(_place(each, at, timed=timed) for each in every for at in range(len(each.measured)))
    rows = [row for row in main_rows(every[0].rows()) if is_judged(row) and row.score.is_share]
    return [_curves(row, series, sweep.against, most, timed=timed) for row in rows]


def while_training(sweep: SweepScores) -> str:
    """What the series of the trainings asked at every step; empty where there is none."""
    for model in sweep.models:
        folder = sweep.folder.training_of(model.cell) / "series"
        if _has_steps(folder):
            terms = read_terms(folder)
            return (
                f"At every step of a series: {terms.trials} trials a metric, {terms.samples} "
                f"continuations of at most {terms.length} symbols."
            )
    return ""


def _has_steps(folder: Path) -> bool:
    return is_series(folder) and SeriesFolder(folder).has_measured()


def _place(series: SeriesSteps, at: int, *, timed: bool) -> float:
    """Where a step stands to the right: minutes of training, or steps."""
    line = series.measured[at].line
    return line.at / _MINUTE if timed and line.at is not UNSET else float(line.step)


def _curves(
    row: Row,
    series: dict[str, list[SeriesSteps]],
    against: str,
    most: float,
    *,
    timed: bool,
) -> ScoreCurves:
    lines = {
        name: tuple(_line(each, row, most, timed=timed) for each in its)
        for name, its in series.items()
    }
    arms = [
        ArmCurves(
            name,
            its,
            () if name == against else lines.get(against, ()),
            _values_in_words(row, series[name]),
        )
        for name, its in lines.items()
    ]
    # The end of the axis is where its unit stands.
    ticks = [(_x(tick, most), f"{tick:g}") for tick in _ticks(most) if tick <= 0.75 * most]
    levels = [(_y(level), f"{level:g}") for level in (0, 0.5, 1)]
    unit = "minutes" if timed else "steps"
    return ScoreCurves(f"{row.group}: {row.label}", tuple(arms), tuple(ticks), tuple(levels), unit)


def _line(series: SeriesSteps, row: Row, most: float, *, timed: bool) -> tuple[CurvePoint, ...]:
    points = []
    for at, step in enumerate(series.measured):
        estimate = estimate_at(step.record.metrics, row.path)
        if estimate is not None and estimate.value is not None:
            points.append((_x(_place(series, at, timed=timed), most), _y(estimate.value)))
    return tuple(points)


def _values_in_words(row: Row, series: Sequence[SeriesSteps]) -> str:
    """First and last value of each line, for those who cannot see it."""
    said = []
    for each in series:
        found = [estimate_at(step.record.metrics, row.path) for step in each.measured]
        values = [e.value for e in found if e is not None and e.value is not None]
        if values:
            said.append(f"{values[0]:.2f} to {values[-1]:.2f}")
    return "; ".join(said) or "undefined"


def _ticks(most: float) -> list[float]:
    """Some three round places on an axis from 0."""
    step = next((each for each in _ROUND if most / each <= 4), _ROUND[-1])  # noqa: PLR2004
    return [step * n for n in range(int(most // step) + 1)]


def _x(value: float, most: float) -> float:
    return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (value / most if most else 0.0), 1)


def _y(value: float) -> float:
    return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value, 1)
