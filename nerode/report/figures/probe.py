"""The figure of a probe: what can be read off each layer."""

from __future__ import annotations

from nerode.metrics.probe.scores import layer_name
from nerode.report.figures.figures import Figure, Line, banded, label, layout, named, quiet
from nerode.report.rows import Metrics, estimate_at
from nerode.schema.record import Record
from nerode.stats.estimate import Estimate

_LINES = {
    "accuracy": Line("true state", 1, "solid", "circle"),
    "control": Line("control task", 2, "dash", "square"),
}
_MAJORITY = "most common"
_BITS = Line("true state", 1, "solid", "circle")
_REFERENCES = {"no_memory": "no memory", "true_state": "state given"}

LayerCurves = dict[str, dict[str, Estimate]]
"""Estimates by layer, by the name of their curve."""


def probe_figure(record: Record) -> tuple[Figure, LayerCurves] | None:
    """Accuracy and control over the layers; None where there are no two layers to compare.

    Behind them, thin: the same accuracy in other models that have the same layers, and
    what can be said without a look at the model: the most common class, or what the probe reads off
    the last symbol and the number of symbols; and what it reads off the true state itself. The
    second value holds all curves, those of models with other layers too.
    """
    metrics = record.metrics
    known = {name: curve for name in _LINES if (curve := _over_layers(metrics, name))}
    if len(known.get("accuracy", ())) < 2:  # noqa: PLR2004
        return None
    x = list(known["accuracy"])
    data: list[Figure] = []
    names: dict[str, tuple[str, list[Estimate]]] = {}
    for name, curve in known.items():
        line = _LINES[name]
        data += banded(line, list(curve), list(curve.values()))
        names[line.name] = (line.color, list(curve.values()))
    baselines = {
        label(name): curve
        for name, other in record.baselines.items()
        if (curve := _over_layers(other, "accuracy"))
    }
    thin = {name: curve for name, curve in baselines.items() if list(curve) == x}
    majority = estimate_at(metrics, ("probe", "majority"))
    if majority is not None:
        thin[_MAJORITY] = dict.fromkeys(x, majority)
    thin |= _references(metrics, "accuracy", x)
    for name, curve in thin.items():
        data.append(quiet(name, list(curve), list(curve.values())))
        names[name] = ("var(--quiet)", list(curve.values()))
    frame = layout("layer", "features told rightly", named(names))
    frame["xaxis"] |= {"type": "category"}
    columns = {_LINES[name].name: curve for name, curve in known.items()}
    columns |= {f"{name}, true state": curve for name, curve in baselines.items()}
    return {"data": data, "layout": frame}, columns


def bits_figure(record: Record) -> tuple[Figure, LayerCurves] | None:
    """Bits of a feature over the layers; None where there are no two layers to compare.

    Thin behind them: other models with the same layers, a code that knows class frequencies alone,
    and the probe without memory and with the true state.
    """
    metrics = record.metrics
    curve = _over_layers(metrics, "bits")
    if len(curve) < 2:  # noqa: PLR2004
        return None
    x = list(curve)
    columns = {record.model: curve}
    baselines = {
        label(name): found
        for name, other in record.baselines.items()
        if (found := _over_layers(other, "bits"))
    }
    thin = {name: found for name, found in baselines.items() if list(found) == x}
    frequencies = estimate_at(metrics, ("probe", "frequencies"))
    if frequencies is not None:
        thin["class frequencies"] = dict.fromkeys(x, frequencies)
    thin |= _references(metrics, "bits", x)
    every = [each.value or 0.0 for found in (curve, *thin.values()) for each in found.values()]
    top = 1.05 * max(*every, 1e-9)
    # Names are set apart on an axis from 0 to 1.
    names = {
        name: (color, [_scaled(each, top) for each in found.values()])
        for name, found, color in (
            (_BITS.name, curve, _BITS.color),
            *((name, found, "var(--quiet)") for name, found in thin.items()),
        )
    }
    notes = [note | {"y": note["y"] * top} for note in named(names)]
    frame = layout("layer", "bits a feature", notes)
    frame["xaxis"] |= {"type": "category"}
    frame["yaxis"] = {key: each for key, each in frame["yaxis"].items() if key != "dtick"}
    frame["yaxis"] |= {"range": [-0.03 * top, top]}
    data = banded(_BITS, x, list(curve.values()))
    data += [quiet(name, x, list(found.values())) for name, found in thin.items()]
    return {"data": data, "layout": frame}, columns | thin | baselines


def _scaled(estimate: Estimate, top: float) -> Estimate:
    value = None if estimate.value is None else estimate.value / top
    return Estimate(value, None, None, estimate.n)


def _references(metrics: Metrics, score: str, x: list[str]) -> LayerCurves:
    """What the same probe reads off what it is given instead of hidden states."""
    found = {name: estimate_at(metrics, ("probe", key, score)) for key, name in _REFERENCES.items()}
    return {name: dict.fromkeys(x, each) for name, each in found.items() if each is not None}


def _over_layers(metrics: Metrics, name: str) -> dict[str, Estimate]:
    """Estimates by layer, as it is called, the embeddings first."""
    layers = metrics["probe"].group(name) if "probe" in metrics else {}
    keys = sorted((key for key in layers if key.isdigit()), key=int)
    return {layer_name(key).removeprefix("layer "): layers[key] for key in keys}
