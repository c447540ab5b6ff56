"""The curves of one record: detours, thresholds, lengths of histories."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nerode.metrics.history_kinds import WORDS
from nerode.metrics.metric import as_percent
from nerode.report.descriptions import Descriptions, descriptions
from nerode.report.figures.disagreement import slips_sentence, within_figure
from nerode.report.figures.dose import DETOUR_LINES, remark, survival_figure
from nerode.report.figures.figures import Figure, Line, banded, label, layout, named, quiet
from nerode.report.figures.probe import LayerCurves, bits_figure, probe_figure
from nerode.report.kinds import alone, kinds
from nerode.report.rows import Metrics, with_interval
from nerode.schema.record import Record
from nerode.schema.scores import Curves
from nerode.stats.estimate import Estimate

_STYLES = (
    ("solid", "circle"),
    ("dash", "square"),
    ("dot", "diamond"),
    ("dashdot", "cross"),
    ("longdash", "x"),
    ("longdashdot", "triangle-up"),
)
_COLORS = 3
_LENGTHS = {
    "precision": Line("precision", 1, "solid", "circle"),
    "disagreement": Line("disagreement", 2, "dash", "square"),
}


@dataclass(frozen=True)
class NumberTable:
    """Text in rows: the numbers behind a figure."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class FigureView:
    """A Plotly figure, the sentence that goes with it, and its numbers as a table."""

    id: str
    title: str
    caption: str
    figure: Figure
    numbers: NumberTable


def figures(name: str, record: Record) -> tuple[FigureView, ...]:
    """All curves that a record has; `name` begins the ids."""
    views = []
    each = {kind: alone(record, kind) for kind in kinds(record)}
    for key, (title, caption, draw) in _FIGURES.items():
        apart = len(each) > 1 and key in _OF_HISTORIES
        for kind, of_kind in each.items() if apart else [("", record)]:
            figure = draw(of_kind)
            if figure is not None:
                at = f"{name}-{key}-{kind}" if apart else f"{name}-{key}"
                called = f"{title} ({WORDS.get(kind, kind)} histories)" if apart else title
                text = " ".join(filter(None, (caption, _remark(key, of_kind))))
                views.append(FigureView(at, called, text, *figure))
    return tuple(views)


def _remark(key: str, record: Record) -> str:
    """What is said below a figure after its caption: numbers of this record."""
    if key == "within":
        return slips_sentence(record.metrics)
    return remark(record).strip() if key == "detours" else ""


FigureWithNumbers = tuple[Figure, NumberTable]


def detours(record: Record) -> FigureWithNumbers | None:
    """Share of trips that still arrive, over p; None where no detours were measured.

    Every p is one step on the axis: on a linear one 0, 1 and 10 % would fall together.
    """
    curves = {kind: _over_rates(record.metrics, kind) for kind in DETOUR_LINES}
    driven = {kind: curve for kind, curve in curves.items() if curve}
    if not driven:
        return None
    baselines = {
        name: curve
        for name, metrics in record.baselines.items()
        if (curve := _over_rates(metrics, "random"))
    }
    data, names = [], {}
    for kind, curve in driven.items():
        line = DETOUR_LINES[kind]
        data += banded(line, list(curve), list(curve.values()))
        names[line.name] = (line.color, list(curve.values()))
    if "oracle" in baselines:
        oracle = baselines["oracle"]
        data.append(quiet("oracle", list(oracle), list(oracle.values())))
        names["oracle"] = ("var(--quiet)", list(oracle.values()))
    frame = layout("share of turns replaced by a detour", "trips that arrive", named(names))
    frame["xaxis"] |= {"type": "category"}
    columns = {DETOUR_LINES[kind].name: curve for kind, curve in driven.items()}
    columns |= {f"{name}, random": curve for name, curve in baselines.items()}
    columns |= {
        f"really replaced, {kind}": curve
        for kind in driven
        if (curve := _over_rates(record.metrics, "replaced", kind))
    }
    rates = dict.fromkeys(rate for curve in columns.values() for rate in curve)
    lines = [
        (rate, *(with_interval(curve.get(rate)) for curve in columns.values())) for rate in rates
    ]
    return {"data": data, "layout": frame}, NumberTable(("replaced", *columns), tuple(lines))


def survival(record: Record) -> FigureWithNumbers | None:
    """Share of trips that arrive by the number of detours they met; None where nobody counted."""
    found = survival_figure(record)
    if found is None:
        return None
    figure, names, columns = found
    return figure, _numbers("detours met", names, columns)


def thresholds(record: Record) -> FigureWithNumbers | None:
    """Compression and distinction over the threshold, the run's own marked; None without others."""
    curves = record.curves or Curves()
    x, scores = curves.epsilon, curves.scores
    known = _over_epsilon(curves, descriptions(record))
    if len(x) <= 1 or not known:
        return None
    data, names = [], {}
    for (metric, name), line in known.items():
        values = scores[metric][name]
        data += banded(line, x, values)
        names[line.name] = (line.color, values)
    frame = layout("threshold ε (log scale)", "score", named(names))
    frame["xaxis"] |= {"type": "log", "dtick": 1, "exponentformat": "none"}
    epsilon = record.parameters.epsilon
    if epsilon:
        shapes, notes = _mark(epsilon)
        frame |= {"shapes": shapes, "annotations": frame["annotations"] + notes}
    columns = {
        f"{metric} {name}": points
        for metric, curves_of in scores.items()
        for name, points in curves_of.items()
    }
    return {"data": data, "layout": frame}, _numbers("ε", [f"{e:g}" for e in x], columns)


def _over_epsilon(curves: Curves, about: Descriptions) -> dict[tuple[str, str], Line]:
    """The curves that are drawn, in the order of metrics, each with its colour and dashes."""
    shown = [
        ((metric.name, name), f"{metric.title.lower()} {score.label}")
        for metric in about.values()
        for name, score in metric.scores.items()
        if score.curve and name in curves.scores.get(metric.name, {})
    ]
    return {
        path: Line(called, at % _COLORS + 1, *_STYLES[at % len(_STYLES)])
        for at, (path, called) in enumerate(shown)
    }


def within(record: Record) -> FigureWithNumbers | None:
    """Share of pairs known to disagree over the number of symbols; None where it is not known."""
    found = within_figure(record)
    if found is None:
        return None
    figure, symbols, columns = found
    return figure, _numbers("symbols", symbols, columns)


def lengths(record: Record) -> FigureWithNumbers | None:
    """Compression over the length of histories; None where there are not two lengths to compare."""
    bins = (record.lengths or {}).get("compression")
    if bins is None:
        return None
    spans = [
        f"{low:g}" if low == high else f"{low:g}\N{EN DASH}{high:g}"
        for low, high in zip(bins.shortest, bins.longest, strict=True)
    ]
    known = {name: line for name, line in _LENGTHS.items() if name in bins.scores}
    if len(set(spans)) <= 1 or not known:
        return None
    data, names = [], {}
    for name, line in known.items():
        values = bins.scores[name]
        data += banded(line, spans, values)
        names[line.name] = (line.color, values)
    frame = layout("symbols in the longer history", "compression", named(names))
    frame["xaxis"] |= {"type": "category"}
    columns = {name: bins.scores[name] for name in known}
    return {"data": data, "layout": frame}, _numbers("symbols", spans, columns)


def layers(record: Record) -> FigureWithNumbers | None:
    """What a probe reads off each layer; None where none was fitted on two layers."""
    return _by_layer(probe_figure(record))


def bits(record: Record) -> FigureWithNumbers | None:
    """What a feature costs in each layer; None where that is not known of two layers."""
    return _by_layer(bits_figure(record))


def _by_layer(drawing: tuple[Figure, LayerCurves] | None) -> FigureWithNumbers | None:
    if drawing is None:
        return None
    figure, columns = drawing
    names = dict.fromkeys(name for curve in columns.values() for name in curve)
    lines = [
        (name, *(with_interval(curve.get(name)) for curve in columns.values())) for name in names
    ]
    return figure, NumberTable(("layer", *columns), tuple(lines))


_FIGURES: dict[str, tuple[str, str, Callable[[Record], FigureWithNumbers | None]]] = {
    "detours": (
        "Forced off its way",
        (
            "Share of trips that still arrive when turns are replaced: by a random legal turn, "
            "or by the one the model ranks last. Bands are 95 % intervals; the grey line is "
            "the oracle, at 1 by construction: no detour leads where its way would be too long."
        ),
        detours,
    ),
    "survival": (
        "How many detours it survives",
        (
            "The same trips, all probabilities together, by the number of detours that they met. "
            "One that goes wrong is over and meets no more, so that those that met few are short "
            "trips and those that failed early. Bands are 95 % intervals; the grey line is the "
            "oracle, at 1 by construction."
        ),
        survival,
    ),
    "within": (
        "Where pairs first disagree",
        (
            "Two histories of one state: the share of such pairs that are known to disagree within "
            "so many symbols. At the first symbol that is exact; further on it is what the "
            "continuations that were drawn came upon, so that there may be more. Pairs that never "
            "did are missing from the curve. Bands are 95 % intervals; grey lines are baselines."
        ),
        within,
    ),
    "lengths": (
        "Short histories and long ones",
        (
            "The pairs of compression by the length of their longer history, in groups of about "
            "equal numbers. Precision: pairs continued alike. Disagreement: single continuations "
            "on which the two differ. Bands are 95 % intervals."
        ),
        lengths,
    ),
    "thresholds": (
        "Read at other thresholds",
        (
            "The same trials read at other thresholds ε: symbols at or below ε count as rejected. "
            "Bands are 95 % intervals; a gap is where a score is undefined."
        ),
        thresholds,
    ),
    "layers": (
        "What can be read off each layer",
        (
            "Share of features of the true state (the crossing; whether a square is empty, mine or "
            "theirs) that a linear probe of the hidden states tells rightly in held-out sequences. "
            "Grey: untrained weights, the most common class, the last symbol and the number of "
            "symbols without any memory, and the true state given as random directions. The "
            "control task has the same classes, shuffled for each symbol: it says whether a probe "
            "could learn by heart, and no more. Bands are 95 % intervals, over held-out sequences "
            "and over fits."
        ),
        layers,
    ),
    "bits": (
        "How openly the state lies in each layer",
        (
            "Bits that one feature takes in a code whose learner is the probe: fewer where it has "
            "less to learn before it tells the feature. Grey: the same without the model (class "
            "frequencies; last symbol and number of symbols), of untrained weights, and where the "
            "true state is given as random directions. Bands are 95 % intervals, over held-out "
            "sequences and over fits."
        ),
        bits,
    ),
}

_OF_HISTORIES = ("lengths", "thresholds")
"""Figures that are drawn once for each kind of histories."""


def _over_rates(metrics: Metrics, *names: str) -> dict[str, Estimate]:
    """Estimates by the share of turns replaced, as it is written, in ascending order."""
    rates = metrics["detours"].group(*names) if "detours" in metrics else {}
    return {label(as_percent(rate)): rates[rate] for rate in sorted(rates, key=_rate)}


def _rate(key: str) -> float:
    try:
        return float(key)
    except ValueError:
        return math.inf


def _numbers(
    first: str, x: Sequence[str], columns: Mapping[str, Sequence[Estimate]]
) -> NumberTable:
    lines = [(at, *(with_interval(c[row]) for c in columns.values())) for row, at in enumerate(x)]
    return NumberTable((first, *columns), tuple(lines))


def _mark(epsilon: float) -> tuple[list[Figure], list[Figure]]:
    """A line at the threshold of the run, and its name above it."""
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
    return [shape | {"x0": epsilon, "x1": epsilon}], [note | {"x": math.log10(epsilon)}]
