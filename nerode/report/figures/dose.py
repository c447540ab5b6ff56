"""How many detours there really were, and how many a model survives, as reports tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nerode.metrics.metric import as_percent
from nerode.report.described import score_at
from nerode.report.figures.figures import Figure, Line, banded, layout, named, quiet
from nerode.report.record.record import Record
from nerode.report.rows import Row, estimate_at
from nerode.report.verdict import percent
from nerode.stats.estimate import Estimate

KINDS = {
    "random": Line("random detours", 1, "solid", "circle"),
    "adversarial": Line("adversarial detours", 2, "dash", "square"),
}
"""Kinds of detours, and how their curves are drawn."""

GROUP = "Detours"
EXPLAINED = (
    "Met: of the trips with random detours, those that met so many. Replaced of 75 %: how many "
    "turns really were, no score."
)
"""What the rows of a terminal mean."""

_MOST = "0.75"
_FEW = {
    ("detours", "survival", "random", "1"): "met 1",
    ("detours", "survival", "random", "6+"): "met 6 or more",
    ("detours", "replaced", "random", _MOST): f"replaced of {as_percent(_MOST)}",
}
_MET = {"3-5": "3\N{EN DASH}5"}


def few_rows(metrics: Mapping[str, Any]) -> list[Row]:
    """Rows for the terminal, where there is no room for all; none where nobody counted."""
    return [
        Row(path, GROUP, label, score_at(path))
        for path, label in _FEW.items()
        if estimate_at(metrics, path)
    ]


def survival_figure(
    record: Record,
) -> tuple[Figure, list[str], dict[str, list[Estimate]]] | None:
    """Curves over the number of detours met, its groups, and every curve's estimates by name.

    None where nobody counted.
    """
    driven = {
        line.name: (line, by_met)
        for kind, line in KINDS.items()
        if (by_met := _by_met(record["metrics"], kind))
    }
    if not driven:
        return None
    groups = list(next(iter(driven.values()))[1])
    met = [_MET.get(group, group) for group in groups]
    data: list[Figure] = []
    names, columns = {}, {}
    for name, (line, by_met) in driven.items():
        columns[name] = values = list(by_met.values())
        data += banded(line, met, values)
        names[name] = (line.color, values)
    for name, metrics in record["baselines"].items():
        beside = _by_met(metrics, "random")
        if list(beside) != groups:
            continue
        columns[f"{name}, random"] = values = list(beside.values())
        if name == "oracle":
            data.append(quiet(name, met, values))
            names[name] = ("var(--quiet)", values)
    frame = layout("detours that the trip met", "trips that arrive", named(names))
    frame["xaxis"] |= {"type": "category"}
    return {"data": data, "layout": frame}, met, columns


def remark(record: Record) -> str:
    """How many turns were really replaced, in a sentence; nothing where nobody counted."""
    path = ("detours", "replaced", "random", _MOST)
    found = estimate_at(record["metrics"], path)
    if found is None or found.value is None:
        return ""
    oracle = estimate_at(record["baselines"].get("oracle", {}), path)
    beside = ""
    if oracle is not None and oracle.value is not None:
        beside = f", {percent(oracle.value)} of the oracle's"
    return (
        f" Where {as_percent(_MOST)} are asked for, {percent(found.value)} of this model's turns "
        f"were really replaced{beside}: there is nothing to replace at the destination, nor where "
        "only one turn is left."
    )


def _by_met(metrics: Mapping[str, Any], kind: str) -> dict[str, Estimate]:
    groups = metrics.get("detours", {}).get("survival", {}).get(kind, {})
    found = {met: estimate_at(metrics, ("detours", "survival", kind, met)) for met in groups}
    return {met: estimate for met, estimate in found.items() if estimate is not None}
