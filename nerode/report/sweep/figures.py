"""One score of all arms: every model a dot, the mean with its interval, the arm compared with."""

from __future__ import annotations

from dataclasses import dataclass

from nerode.report.figures.figures import Figure, label, layout
from nerode.report.rows import Row, number, with_interval
from nerode.report.sweep.arms import ArmModels, ArmScore, Mark, SweepScores
from nerode.report.sweep.table import difference_text

_COLORS = {"better": "var(--series-3)", "worse": "var(--series-2)", "": "var(--series-1)"}
_SYMBOLS = {"better": "triangle-up", "worse": "triangle-down", "": "circle"}
_HEIGHT, _EACH = 56, 34
"""Pixels of a figure without arms, and of each arm."""


@dataclass(frozen=True)
class ArmsFigure:
    """A figure of one score; `height` in pixels."""

    id: str
    title: str
    figure: Figure
    height: int


def arms_figures(sweep: SweepScores) -> list[ArmsFigure]:
    """A figure for each main score that any arm has."""
    found = []
    for at, row in enumerate(sweep.main):
        arms = [(arm, arm.scores[row.path]) for arm in sweep.arms if row.path in arm.scores]
        arms = [(arm, score) for arm, score in arms if score.mean.value is not None]
        if arms:
            found.append(_figure(f"arms-{at}", row, arms, sweep.against))
    return found


def _figure(
    name: str, row: Row, arms: list[tuple[ArmModels, ArmScore]], against: str
) -> ArmsFigure:
    # Plotly counts upwards; tables, and readers, from the top.
    arms.reverse()
    names = [label(arm.name) for arm, _ in arms]
    height = _HEIGHT + _EACH * len(arms)
    frame = layout("", "")
    frame |= {"height": height, "hovermode": "closest"}
    frame["margin"] = {"l": 8, "r": 12, "t": 8, "b": 28}
    upwards, across = frame["yaxis"], frame["xaxis"]
    for key in ("range", "dtick"):
        upwards.pop(key)
    upwards |= {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": names,
        "ticks": "",
        "title": {"text": ""},
        "range": [-0.6, len(arms) - 0.4],
    }
    across |= {"showgrid": True}
    if row.score.is_share:
        across |= {"range": [-0.02, 1.02], "dtick": 0.25}
    else:
        across |= {"rangemode": "tozero"}
    level = next((s.mean.value for arm, s in arms if arm.name == against), None)
    if level is not None:
        frame["shapes"] = [
            {
                "type": "line",
                "x0": level,
                "x1": level,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": "var(--quiet)", "width": 1, "dash": "dot"},
            }
        ]
    data = [_seeds(arms)]
    marks: tuple[Mark, ...] = ("", "better", "worse")
    data += [
        _means([each for each in arms if each[1].mark == mark], mark)
        for mark in marks
        if any(score.mark == mark for _, score in arms)
    ]
    return ArmsFigure(name, f"{row.group}: {row.label}", {"data": data, "layout": frame}, height)


def _seeds(arms: list[tuple[ArmModels, ArmScore]]) -> Figure:
    """Every model as an open dot."""
    points = [
        (label(arm.name), seed, estimate)
        for arm, score in arms
        for seed, estimate in score.seeds.items()
        if estimate.value is not None
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [estimate.value for _, _, estimate in points],
        "y": [name for name, _, _ in points],
        "customdata": [f"seed {seed}: {label(with_interval(e))}" for _, seed, e in points],
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": {
            "symbol": "circle-open",
            "size": 9,
            "color": "var(--quiet)",
            "line": {"color": "var(--quiet)", "width": 1},
        },
    }


def _means(arms: list[tuple[ArmModels, ArmScore]], mark: Mark) -> Figure:
    """Means with their intervals."""
    color = _COLORS[mark]
    above, below, said = [], [], []
    for _, score in arms:
        mean = score.mean
        value = mean.value or 0.0
        above.append(0.0 if mean.high is None else mean.high - value)
        below.append(0.0 if mean.low is None else value - mean.low)
        text = f"mean {label(number(mean.value))}"
        more = difference_text(score)
        said.append(f"{text}; difference {label(more)}" if more else text)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [score.mean.value for _, score in arms],
        "y": [label(arm.name) for arm, _ in arms],
        "customdata": said,
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": {"symbol": _SYMBOLS[mark], "size": 11, "color": color},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": above,
            "arrayminus": below,
            "color": color,
            "thickness": 1.75,
            "width": 0,
        },
    }
