"""What curves are made of, as Plotly reads it: plain data, no colours of its own.

A figure is a dict `{"data", "layout"}`. Colours are written `var(--name)`; the page's script looks
them up in its style sheet, so that one figure serves light and dark. Text from data goes through
`label`, because Plotly reads a few tags in text.

Curves bear their names at their ends: a legend would have to be matched by colour, and costs the
room that the curves need on a phone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from nerode.report.rows import interval, number, trials
from nerode.stats.estimate import Estimate

Figure = dict[str, Any]

_LONGEST = 40
"""Letters of the longest name in a figure."""

_APART = 0.075
"""Least distance of two names at the ends of curves, as a share of the axis from 0 to 1."""

_NAMES = 104
"""Pixels to the right of a plot in which the names of its curves stand."""


@dataclass(frozen=True)
class Line:
    """How one curve is drawn; shape and dash tell it apart where colour cannot."""

    name: str
    series: int
    dash: str
    symbol: str

    @property
    def color(self) -> str:
        """Its colour, to be looked up in the style sheet."""
        return f"var(--series-{self.series})"


def label(text: str) -> str:
    """Text that Plotly shows letter by letter: no tag or entity in it is obeyed.

    Long text is cut, because Plotly gives names all the room they ask for and then fails to draw
    the axes in what is left.
    """
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def banded(line: Line, x: Sequence[Any], values: Sequence[Estimate]) -> list[Figure]:
    """A curve on the band of its intervals."""
    return [*_bands(line, x, values), _curve(line, x, values)]


def quiet(name: str, x: Sequence[Any], values: Sequence[Estimate]) -> Figure:
    """A curve for comparison: thin and grey."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label(name),
        "x": list(x),
        "y": [value.value for value in values],
        "customdata": hover(values),
        "hovertemplate": "%{customdata}",
        "line": {"color": "var(--quiet)", "width": 1.25},
    }


def named(curves: Mapping[str, tuple[str, Sequence[Estimate]]]) -> list[Figure]:
    """Annotations that name curves where they end: colour and values by name."""
    ends = []
    for name, (color, values) in curves.items():
        defined = [value.value for value in values if value.value is not None]
        if defined:
            ends.append((defined[-1], name, color))
    ends.sort(key=lambda end: end[0])
    heights = _spread([height for height, *_ in ends])
    return [
        {
            "text": label(name).replace(" ", "<br>", 1) if " " in name else label(name),
            "x": 1,
            "xref": "paper",
            "xanchor": "left",
            "xshift": 6,
            "y": height,
            "align": "left",
            "showarrow": False,
            "font": {"color": color, "size": 12},
        }
        for height, (_, name, color) in zip(heights, ends, strict=True)
    ]


def _spread(heights: Sequence[float]) -> list[float]:
    """Ascending heights moved apart by as much as names need, and back below the top."""
    apart = 2 * _APART  # names take two lines
    placed = list(heights)
    for at in range(1, len(placed)):
        placed[at] = max(placed[at], placed[at - 1] + apart)
    for at in range(len(placed) - 1, -1, -1):
        ceiling = 1.0 if at == len(placed) - 1 else placed[at + 1] - apart
        placed[at] = round(min(placed[at], ceiling), 4)
    return placed


def hover(values: Sequence[Estimate]) -> list[str]:
    """What is said of each point."""
    return [
        f"{label(number(value.value))} (95 %: {interval(value)}, n {trials(value)})"
        for value in values
    ]


def _curve(line: Line, x: Sequence[Any], values: Sequence[Estimate]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": label(line.name),
        "x": list(x),
        "y": [value.value for value in values],
        "customdata": hover(values),
        "hovertemplate": "%{customdata}",
        "line": {"color": line.color, "dash": line.dash, "width": 2.5},
        "marker": {"symbol": line.symbol, "size": 8, "color": line.color},
    }


def _bands(line: Line, x: Sequence[Any], values: Sequence[Estimate]) -> list[Figure]:
    """The intervals as filled outlines, one for each stretch without an undefined point."""
    points = list(zip(x, values, strict=True))
    outlines = []
    for defined, stretch in groupby(points, key=lambda point: point[1].n > 0):
        if defined:
            there = list(stretch)
            lows = [(at, value.low) for at, value in there]
            outline = lows + [(at, value.high) for at, value in reversed(there)]
            outlines.append(_band(line, outline))
    return outlines


def _band(line: Line, outline: Sequence[tuple[Any, float | None]]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [at for at, _ in outline],
        "y": [bound for _, bound in outline],
        "fill": "toself",
        "fillcolor": f"var(--band-{line.series})",
        "line": {"width": 0.75, "color": f"var(--band-{line.series})"},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def layout(x: str, y: str, annotations: Sequence[Figure] = ()) -> Figure:
    """The frame of a plot with a score upwards, its curves' names to the right."""
    axis = {
        "fixedrange": True,
        "gridcolor": "var(--rule)",
        "linecolor": "var(--quiet)",
        "zeroline": False,
        "ticks": "outside",
        "tickcolor": "var(--rule)",
        "automargin": True,
    }
    return {
        "height": 360,
        "margin": {"l": 52, "r": _NAMES, "t": 24, "b": 56},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "var(--ink)", "family": "system-ui, sans-serif", "size": 13},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "var(--paper)", "font": {"color": "var(--ink)"}},
        "dragmode": False,
        "showlegend": False,
        "annotations": list(annotations),
        "xaxis": axis | {"title": {"text": x, "font": {"size": 13}}, "showgrid": False},
        "yaxis": axis
        | {"title": {"text": y, "font": {"size": 13}}, "range": [-0.03, 1.03], "dtick": 0.25},
    }
