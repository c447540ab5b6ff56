"""How many detours there really were, and how many a model survives, in figures and in words."""

from __future__ import annotations

from nerode.metrics.metric import as_percent
from nerode.report.descriptions import description, score_at
from nerode.report.figures.figures import Figure, Line, banded, layout, named, quiet
from nerode.report.rows import Metrics, Row, estimate_at
from nerode.report.verdict import percent
from nerode.schema.record import Record
from nerode.stats.estimate import Estimate

METRIC = "detours"
DETOUR_LINES = {
    "random": Line("random detours", 1, "solid", "circle"),
    "adversarial": Line("adversarial detours", 2, "dash", "square"),
}
"""Kinds of detours, and how their curves are drawn."""

EXPLAINED = (
    "Met: of the trips with random detours, those that met so many. Replaced of 75 %: how many "
    "turns really were, no score."
)
"""What the rows of a terminal mean."""

_MOST = "0.75"
_FEW = {
    (METRIC, "survival", "random", "1"): "met 1",
    (METRIC, "survival", "random", "6+"): "met 6 or more",
    (METRIC, "replaced", "random", _MOST): f"replaced of {as_percent(_MOST)}",
}
_RANGES = {"3-5": "3\N{EN DASH}5"}


def few_rows(metrics: Metrics) -> list[Row]:
    """Rows for the terminal, where there is no room for all; none where nobody counted."""
    return [
        Row(path, description(METRIC).title, label, score_at(path))
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
        line.name: (line, survival)
        for kind, line in DETOUR_LINES.items()
        if (survival := _survival(record.metrics, kind))
    }
    if not driven:
        return None
    groups = list(next(iter(driven.values()))[1])
    numbers = [_RANGES.get(group, group) for group in groups]
    data: list[Figure] = []
    names, columns = {}, {}
    for name, (line, survival) in driven.items():
        columns[name] = values = list(survival.values())
        data += banded(line, numbers, values)
        names[name] = (line.color, values)
    for name, metrics in record.baselines.items():
        baseline = _survival(metrics, "random")
        if list(baseline) != groups:
            continue
        columns[f"{name}, random"] = values = list(baseline.values())
        if name == "oracle":
            data.append(quiet(name, numbers, values))
            names[name] = ("var(--quiet)", values)
    frame = layout("detours that the trip met", "trips that arrive", named(names))
    frame["xaxis"] |= {"type": "category"}
    return {"data": data, "layout": frame}, numbers, columns


def remark(record: Record) -> str:
    """How many turns were really replaced, in a sentence; nothing where nobody counted."""
    path = (METRIC, "replaced", "random", _MOST)
    replaced = estimate_at(record.metrics, path)
    if replaced is None or replaced.value is None:
        return ""
    oracle = estimate_at(record.baselines.get("oracle", {}), path)
    of_oracle = ""
    if oracle is not None and oracle.value is not None:
        of_oracle = f", {percent(oracle.value)} of the oracle's"
    return (
        f" Where {as_percent(_MOST)} are asked for, {percent(replaced.value)} of this model's "
        f"turns were really replaced{of_oracle}: there is nothing to replace at the destination, "
        "nor where only one turn is left."
    )


def _survival(metrics: Metrics, kind: str) -> dict[str, Estimate]:
    """The share of trips that arrive, by the number of detours on the way as it is written."""
    return metrics[METRIC].group("survival", kind) if METRIC in metrics else {}
