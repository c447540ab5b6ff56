"""The curves of one record as Plotly figures: plain data, no colours of its own.

A figure is a dict `{"data", "layout"}` as Plotly reads it. Colours are written `var(--name)`; the
page's script looks them up in its style sheet, so that one figure serves light and dark. Text
from data goes through `label`, because Plotly reads a few tags in text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from nerode.metrics.estimate import Estimate
from nerode.report.record import Record
from nerode.report.rows import estimate_at, interval, number, share, trials

Figure = dict[str, Any]

_LONGEST = 40
"""Letters of the longest name in a figure."""


@dataclass(frozen=True)
class Line:
    """How one curve is drawn; shape and dash tell it apart where colour cannot."""

    name: str
    series: int
    dash: str
    symbol: str


_DETOURS = {
    "random": Line("random detours", 1, "solid", "circle"),
    "adversarial": Line("adversarial detours", 2, "dash", "square"),
}
_EPSILON = {
    ("compression", "precision"): Line("compression precision", 1, "solid", "circle"),
    ("distinction", "precision"): Line("distinction precision", 2, "dash", "square"),
    ("distinction", "recall"): Line("distinction recall", 3, "dot", "diamond"),
}


def label(text: str) -> str:
    """Text that Plotly shows letter by letter: no tag or entity in it is obeyed.

    Long text is cut, because Plotly gives a legend all the room it asks for and then fails to
    draw the axes in what is left.
    """
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def detours(record: Record) -> Figure | None:
    """Share of trips that still arrive, over p; None where no detours were measured.

    Every p is one step on the axis: on a linear one 0, 1 and 10 % would fall together.
    """
    kinds = {
        kind: line for kind, line in _DETOURS.items() if _over_rates(record["metrics"], kind)[0]
    }
    if not kinds:
        return None
    data = []
    for kind, line in kinds.items():
        x, values = _over_rates(record["metrics"], kind)
        data += [*_bands(line, x, values), _curve(line, x, values)]
    for name, metrics in record["baselines"].items():
        x, values = _over_rates(metrics, "random")
        if values:
            data.append(_baseline(name, x, values))
    layout = _layout("share of turns replaced by a detour", "trips that arrive")
    layout["xaxis"] |= {"type": "category"}
    return {"data": data, "layout": layout}


def thresholds(record: Record) -> Figure | None:
    """Compression and distinction over the threshold, the run's own marked; None without curves."""
    curves = record.get("curves") or {}
    x = curves.get("epsilon", [])
    known = {path: line for path, line in _EPSILON.items() if path[1] in curves.get(path[0], {})}
    if not x or not known:
        return None
    data = []
    for (group, name), line in known.items():
        values = [Estimate.of(point) for point in curves[group][name]]
        data += [*_bands(line, x, values), _curve(line, x, values)]
    layout = _layout("threshold ε (log scale)", "score")
    layout["xaxis"] |= {"type": "log", "dtick": 1, "exponentformat": "none"}
    epsilon = record["parameters"].get("epsilon")
    if epsilon:
        layout |= _mark(float(epsilon))
    return {"data": data, "layout": layout}


def _over_rates(metrics: Mapping[str, Any], kind: str) -> tuple[list[str], list[Estimate]]:
    rates = sorted(metrics.get("detours", {}).get(kind, {}), key=_rate)
    found = {label(share(rate)): estimate_at(metrics, ("detours", kind, rate)) for rate in rates}
    told = {rate: estimate for rate, estimate in found.items() if estimate is not None}
    return list(told), list(told.values())


def _rate(key: str) -> float:
    try:
        return float(key)
    except ValueError:
        return math.inf


def _curve(line: Line, x: Sequence[Any], values: Sequence[Estimate]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": label(line.name),
        "x": list(x),
        "y": [value.value for value in values],
        "customdata": _hover(values),
        "hovertemplate": "%{customdata}",
        "line": {"color": f"var(--series-{line.series})", "dash": line.dash, "width": 2.5},
        "marker": {"symbol": line.symbol, "size": 8, "color": f"var(--series-{line.series})"},
    }


def _baseline(name: str, x: Sequence[str], values: Sequence[Estimate]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label(f"{name} (random)"),
        "x": list(x),
        "y": [value.value for value in values],
        "customdata": _hover(values),
        "hovertemplate": "%{customdata}",
        "line": {"color": "var(--quiet)", "width": 1.25},
        "visible": True if name == "oracle" else "legendonly",
    }


def _hover(values: Sequence[Estimate]) -> list[str]:
    return [
        f"{label(number(value.value))} (95 %: {interval(value)}, n {trials(value)})"
        for value in values
    ]


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


def _mark(epsilon: float) -> Figure:
    """A line at the threshold of the run, labelled below the axis' end."""
    line = {"color": "var(--quiet)", "width": 1.25, "dash": "longdash"}
    shape = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "line": line}
    note = {
        "text": f"this run: ε = {epsilon:g}",
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "showarrow": False,
    }
    # a log axis takes shapes in its own unit and annotations in powers of ten
    return {
        "shapes": [shape | {"x0": epsilon, "x1": epsilon}],
        "annotations": [note | {"x": math.log10(epsilon)}],
    }


def _layout(x: str, y: str) -> Figure:
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
        "height": 420,
        "margin": {"l": 52, "r": 12, "t": 24, "b": 110},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "var(--ink)", "family": "system-ui, sans-serif", "size": 13},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "var(--paper)", "font": {"color": "var(--ink)"}},
        "dragmode": False,
        "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
        "xaxis": axis | {"title": {"text": x, "font": {"size": 13}}, "showgrid": False},
        "yaxis": axis
        | {"title": {"text": y, "font": {"size": 13}}, "range": [-0.03, 1.03], "dtick": 0.25},
    }
