"""Histories of either source side by side: one model, measured on any history and on its own.

`uniform` histories owe nothing to a policy; `on-policy` ones are such as the model was trained on.
A model may hold together on the second and fall apart on the first.
"""

from __future__ import annotations

from collections.abc import Sequence

from nerode.report.figures.curves import FigureView, NumberTable
from nerode.report.figures.figures import Figure, Line, hover, label, layout
from nerode.report.kinds import alone, kinds
from nerode.report.names import short, terms
from nerode.report.rows import estimate_at, with_interval
from nerode.schema.record import Record
from nerode.stats.estimate import Estimate

_SCORES = {
    ("compression", "precision"): "compression precision",
    ("compression", "disagreement"): "compression disagreement",
    ("distinction", "precision"): "distinction precision",
    ("distinction", "recall"): "distinction recall",
}
_SOURCES = {
    "uniform": (Line("any history (uniform)", 1, "solid", "circle"), 0.14),
    "on-policy": (Line("as it was trained (on-policy)", 2, "solid", "diamond"), -0.14),
}
_FREE = {"histories", "sequences", "trials", "met_in"}
"""Terms in which the two runs may differ: where histories come from, and how many there are."""


def sources(records: Sequence[Record]) -> tuple[FigureView, ...]:
    """One figure for each model that was measured on histories of both sources, in a run or two."""
    records = [alone(record, kind) for record in records for kind in kinds(record)]
    groups: dict[tuple[object, ...], dict[str, Record]] = {}
    for record in records:
        fixed = [(name, value) for name, value in terms(record) if name not in _FREE]
        group = groups.setdefault((record.world, *fixed), {})
        group.setdefault(str(record.histories or None), record)
    both = [group for group in groups.values() if group.keys() >= _SOURCES.keys()]
    views = (_view(f"histories-{count}", group) for count, group in enumerate(both, start=1))
    return tuple(view for view in views if view is not None)


def _view(name: str, group: dict[str, Record]) -> FigureView | None:
    paths = [
        path
        for path in _SCORES
        if all(estimate_at(group[source].metrics, path) is not None for source in _SOURCES)
    ]
    if not paths:
        return None
    scores = {
        source: [e for p in paths if (e := estimate_at(group[source].metrics, p)) is not None]
        for source in _SOURCES
    }
    model = short(group["uniform"].model)
    rows = [
        (_SCORES[path], *(with_interval(scores[source][at]) for source in _SOURCES))
        for at, path in enumerate(paths)
    ]
    return FigureView(
        name,
        f"{model}: any history, and histories as it was trained",
        "Circles: histories drawn at random from all that reach a state. Diamonds: beginnings of "
        "sequences such as the model was trained on. Lines are 95 % intervals.",
        _figure([_SCORES[path] for path in paths], scores),
        NumberTable(("score", *(line.name for line, _ in _SOURCES.values())), tuple(rows)),
    )


def _figure(names: Sequence[str], scores: dict[str, list[Estimate]]) -> Figure:
    """Scores from the top down, the two sources of each a little apart."""
    places = [len(names) - 1 - at for at in range(len(names))]
    frame = layout("score", "")
    frame["margin"] |= {"r": 16, "l": 16}
    frame["hovermode"] = "closest"
    frame["height"] = 110 + 62 * len(names)
    frame["xaxis"] |= {"range": [-0.03, 1.03], "dtick": 0.25, "showgrid": True}
    frame["yaxis"] |= {
        "range": [-0.6, len(names) - 0.25],
        "tickvals": places,
        "ticktext": [label(name).replace(" ", "<br>") for name in names],
        "ticks": "",
    }
    data = []
    for source, (line, shift) in _SOURCES.items():
        values = scores[source]
        data.append(_dots(line, [place + shift for place in places], values))
        if values[0].value is not None:
            frame["annotations"].append(_name(line, values[0].value, places[0], shift))
    return {"data": data, "layout": frame}


def _dots(line: Line, places: Sequence[float], values: Sequence[Estimate]) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": label(line.name),
        "x": [value.value for value in values],
        "y": list(places),
        "customdata": hover(values),
        "hovertemplate": "%{customdata}",
        "marker": {"symbol": line.symbol, "size": 11, "color": line.color},
        "error_x": {
            "type": "data",
            "symmetric": False,
            # of an undefined score there is no point to draw these from
            "array": [(v.high or 0) - (v.value or 0) for v in values],
            "arrayminus": [(v.value or 0) - (v.low or 0) for v in values],
            "color": line.color,
            "thickness": 2.5,
            "width": 0,
        },
    }


def _name(line: Line, x: float, place: float, shift: float) -> Figure:
    """The name of a source by its first score: above it or below, where the other one is not."""
    return {
        "text": label(line.name),
        "x": x,
        "xanchor": "left" if x < 0.5 else "right",  # noqa: PLR2004 - the middle
        "y": place + shift,
        "yshift": 14 if shift > 0 else -14,
        "showarrow": False,
        "font": {"color": line.color, "size": 12},
    }
