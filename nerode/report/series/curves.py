"""Scores over the steps of a training, as figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nerode.report.figures.curves import NumberTable
from nerode.report.figures.figures import Figure, Line, banded, label, layout, quiet
from nerode.report.rows import Metrics, Row, estimate_at, with_interval
from nerode.report.series.differences import SeriesDifferences
from nerode.report.series.steps import SeriesSteps
from nerode.stats.estimate import Estimate

_SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up")
_DASHES = ("solid", "longdashdot", "dashdot")
_QUIET_DASHES = ("dash", "dot", "longdash", "dashdot", "longdashdot")
_COLORS = 3
_SHARE_RANGE = [-0.03, 1.03]


@dataclass(frozen=True)
class LegendEntry:
    """A name in a legend: `series` is the number of its colour, 0 for grey; `dash` as in SVG."""

    name: str
    series: int
    dash: str


@dataclass(frozen=True)
class StepsFigure:
    """A figure of one score over the steps.

    `caption` says from which step on each series is saturated.
    """

    id: str
    title: str
    caption: str
    figure: Figure
    legend: tuple[LegendEntry, ...]
    numbers: NumberTable


_SVG_DASHES = {
    "solid": "",
    "dash": "6 4",
    "dot": "1.5 3",
    "longdash": "10 4",
    "dashdot": "7 3 1.5 3",
    "longdashdot": "11 3 1.5 3",
}


def lines_of(series: Sequence[SeriesSteps]) -> list[Line]:
    """How each series is drawn; more than three share colours and differ in dash and symbol."""
    return [
        Line(
            each.name,
            1 + at % _COLORS,
            _DASHES[at // _COLORS % len(_DASHES)],
            _SYMBOLS[at % len(_SYMBOLS)],
        )
        for at, each in enumerate(series)
    ]


def score_figure(
    name: str,
    row: Row,
    series: Sequence[SeriesSteps],
    levels: Mapping[str, Metrics],
    found: Sequence[SeriesDifferences],
    caption: str,
) -> StepsFigure | None:
    """One score of all series; None where none of them has a value of it.

    Parameters
    ----------
    name
        The id of the figure.
    row
        The score.
    series
        All series, in the order of their colours.
    levels
        What has no steps and is drawn as a level line (baselines, single runs), by name.
    found
        The differences of each series, for the marks where it is saturated.
    caption
        What is said below it.
    """
    data: list[Figure] = []
    legend: list[LegendEntry] = []
    columns: dict[str, dict[int, Estimate]] = {}
    for line, each, differences in zip(lines_of(series), series, found, strict=True):
        curve = _curve(each, row)
        if not any(estimate.value is not None for estimate in curve.values()):
            continue
        columns[each.name] = curve
        drawn = banded(line, list(curve), list(curve.values()))
        data += drawn if row.score.has_interval else drawn[-1:]
        data += _ring(line, curve, differences, row)
        legend.append(LegendEntry(line.name, line.series, _SVG_DASHES[line.dash]))
    if not columns:
        return None
    steps = sorted({step for curve in columns.values() for step in curve})
    constant: dict[str, Estimate] = {}
    for at, (level, metrics) in enumerate(levels.items()):
        estimate = estimate_at(metrics, row.path)
        if estimate is None or estimate.value is None:
            continue
        constant[level] = estimate
        dash = _QUIET_DASHES[at % len(_QUIET_DASHES)]
        ends = [steps[0], steps[-1]] if len(steps) > 1 else steps
        line_of_level = quiet(level, ends, [estimate] * len(ends))
        line_of_level["line"] = {"color": "var(--quiet)", "width": 1.5, "dash": dash}
        data.append(line_of_level)
        legend.append(LegendEntry(level, 0, _SVG_DASHES[dash]))
    frame = layout("steps of training", row.label)
    frame["margin"] |= {"r": 16}
    if not row.score.is_share:
        frame["yaxis"] = {k: v for k, v in frame["yaxis"].items() if k not in ("range", "dtick")}
    return StepsFigure(
        id=name,
        title=f"{row.group}: {row.label}",
        caption=caption,
        figure={"data": data, "layout": frame},
        legend=tuple(legend),
        numbers=_numbers(steps, columns, constant),
    )


def value_figures(series: Sequence[SeriesSteps]) -> list[StepsFigure]:
    """What trainings say of themselves, such as their loss: one figure for each such value."""
    names = dict.fromkeys(
        name for each in series for step in each.measured for name in step.line.values or ()
    )
    return [_value_figure(f"value-{at}", name, series) for at, name in enumerate(names)]


def _value_figure(at: str, name: str, series: Sequence[SeriesSteps]) -> StepsFigure:
    data: list[Figure] = []
    legend = []
    columns: dict[str, dict[int, float]] = {}
    for line, each in zip(lines_of(series), series, strict=True):
        said = ((s.step, (s.line.values or {}).get(name)) for s in each.measured)
        curve = {step: value for step, value in said if value is not None}
        if not curve:
            continue
        columns[each.name] = curve
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": label(line.name),
                "x": list(curve),
                "y": list(curve.values()),
                "hovertemplate": "%{y:.4g}",
                "line": {"color": line.color, "dash": line.dash, "width": 2.5},
                "marker": {"symbol": line.symbol, "size": 8, "color": line.color},
            }
        )
        legend.append(LegendEntry(line.name, line.series, _SVG_DASHES[line.dash]))
    frame = layout("steps of training", label(name))
    frame["margin"] |= {"r": 16}
    frame["yaxis"] = {k: v for k, v in frame["yaxis"].items() if k not in ("range", "dtick")}
    steps = sorted({step for curve in columns.values() for step in curve})
    rows = tuple(
        (f"{step}", *(f"{c[step]:.4g}" if step in c else "" for c in columns.values()))
        for step in steps
    )
    return StepsFigure(
        id=at,
        title=f"Reported by the training: {name}",
        caption="As the training logged it; without an interval.",
        figure={"data": data, "layout": frame},
        legend=tuple(legend),
        numbers=NumberTable(("step", *columns), rows),
    )


def _curve(series: SeriesSteps, row: Row) -> dict[int, Estimate]:
    """The score by step; undefined ones are gaps."""
    found = ((s.step, estimate_at(s.record.metrics, row.path)) for s in series.measured)
    return {step: estimate for step, estimate in found if estimate is not None}


def _ring(
    line: Line, curve: Mapping[int, Estimate], found: SeriesDifferences, row: Row
) -> list[Figure]:
    """A ring around the step from which on the score is saturated; none at the last step."""
    differences = found.of(row)
    step = None if differences is None else differences.saturated
    if differences is None or step is None or step == differences.last or step not in curve:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [step],
            "y": [curve[step].value],
            "marker": {
                "symbol": "circle-open",
                "size": 18,
                "color": line.color,
                "line": {"width": 2, "color": line.color},
            },
            "hoverinfo": "skip",
            "showlegend": False,
        }
    ]


def _numbers(
    steps: Sequence[int],
    columns: Mapping[str, Mapping[int, Estimate]],
    levels: Mapping[str, Estimate],
) -> NumberTable:
    rows = [
        (f"{step}", *(with_interval(curve.get(step)) for curve in columns.values()))
        for step in steps
    ]
    # A level stands for all steps: its number is said once.
    rows += [
        (name, with_interval(each), *[""] * (len(columns) - 1)) for name, each in levels.items()
    ]
    return NumberTable(("step", *columns), tuple(rows))
