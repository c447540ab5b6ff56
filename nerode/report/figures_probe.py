"""The figure of a probe: what can be read off each layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nerode.metrics.estimate import Estimate
from nerode.report.figures import Figure, Line, banded, label, layout, named, quiet
from nerode.report.record import Record
from nerode.report.rows import estimate_at, layer

_LINES = {
    "accuracy": Line("true state", 1, "solid", "circle"),
    "control": Line("control task", 2, "dash", "square"),
}
_MAJORITY = "most common"

Curves = dict[str, dict[str, Estimate]]
"""Estimates by layer, by the name of their curve."""


def probe_figure(record: Record) -> tuple[Figure, Curves] | None:
    """Accuracy and control over the layers; None where there are no two layers to compare.

    Behind them, thin: the same accuracy in models beside this one that have the same layers, and
    what can be said without a look at the model. The second value holds all curves, those of
    models with other layers too.
    """
    metrics = record["metrics"]
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
    beside = {
        label(name): curve
        for name, other in record["baselines"].items()
        if (curve := _over_layers(other, "accuracy"))
    }
    thin = {name: curve for name, curve in beside.items() if list(curve) == x}
    majority = estimate_at(metrics, ("probe", "majority"))
    if majority is not None:
        thin[_MAJORITY] = dict.fromkeys(x, majority)
    for name, curve in thin.items():
        data.append(quiet(name, list(curve), list(curve.values())))
        names[name] = ("var(--quiet)", list(curve.values()))
    frame = layout("layer", "features told rightly", named(names))
    frame["xaxis"] |= {"type": "category"}
    columns = {_LINES[name].name: curve for name, curve in known.items()}
    columns |= {f"{name}, true state": curve for name, curve in beside.items()}
    return {"data": data, "layout": frame}, columns


def _over_layers(metrics: Mapping[str, Any], name: str) -> dict[str, Estimate]:
    """Estimates by layer, as it is called, the embeddings first."""
    found = metrics.get("probe", {}).get(name, {})
    keys = sorted((key for key in found if key.isdigit()), key=int)
    curve = {
        layer(key).removeprefix("layer "): estimate_at(metrics, ("probe", name, key))
        for key in keys
    }
    return {key: estimate for key, estimate in curve.items() if estimate is not None}
