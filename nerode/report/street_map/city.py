"""The city in the model's head: streets that its sequences need, beside the true ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nerode.report.record.record import Record
from nerode.report.street_map.orders import (
    GROW,
    Step,
    growth,
    in_words,
    is_mean,
    matched,
    per_street,
)
from nerode.report.street_map.score import Score, Street, score, sentence, strangest
from nerode.report.verdict import is_street_map

HEADING = "The map in the model's head"
TRUE_MAP = "The true map"


@dataclass(frozen=True)
class Reconstruction:
    """What is told in words and numbers of one run."""

    title: str
    sentence: str
    score: Score
    strangest: tuple[Street, ...]
    in_orders: bool
    per_street: str
    growth: tuple[Step, ...]


@dataclass(frozen=True)
class Panel:
    """One of the two maps; `shows` is which of the choices it starts with.

    `counts` are how many streets of each layer that is, in words.
    """

    id: str
    shows: int
    counts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CityView:
    """One street map with the reconstructions on it; `data` is what its script draws.

    A panel shows one of the choices: 0 is the true map, i the reconstruction of run i.
    """

    id: str
    heading: str
    choices: tuple[str, ...]
    panels: tuple[Panel, Panel]
    sequences: int
    reconstructions: tuple[Reconstruction, ...]
    grow: str
    attribution: str
    data: dict[str, Any]


def city_views(records: Sequence[Record], titles: Sequence[str]) -> tuple[CityView, ...]:
    """One view for each street map that any record reconstructs; runs on one map share it."""
    cities: list[list[tuple[Record, str]]] = []
    for record, title in zip(records, titles, strict=True):
        if not is_street_map(record) or "reconstruction" not in record:
            continue
        same = (city for city in cities if city[0][0]["drawing"] == record["drawing"])
        found = next(same, None)
        if found is None:
            cities.append(found := [])
        # All runs of a city are on one map: their names need not say so.
        found.append((record, title.replace(f" on {record['world']}", "", 1)))
    headings = (
        f"{HEADING} · {city[0][0]['world']}" if len(cities) > 1 else HEADING for city in cities
    )
    named = enumerate(zip(headings, cities, strict=True), start=1)
    return tuple(_view(f"city-{count}", heading, city) for count, (heading, city) in named)


def _view(name: str, heading: str, runs: Sequence[tuple[Record, str]]) -> CityView:
    drawing = runs[0][0]["drawing"]
    names = _names(drawing)
    told = tuple(
        Reconstruction(
            title,
            sentence(found),
            score(found),
            strangest(found, names),
            "orders" in found,
            per_street(found),
            growth(found),
        )
        for found, title in ((record["reconstruction"], title) for record, title in runs)
    )
    counts = (_true_counts(runs[0][0]), *(_counts(record) for record, _ in runs))
    first = 0 if len(runs) == 1 else 1
    return CityView(
        id=name,
        heading=heading,
        choices=(TRUE_MAP, *(title for _, title in runs)),
        panels=(
            Panel(f"{name}-a", first, counts[first]),
            Panel(f"{name}-b", first + 1, counts[first + 1]),
        ),
        sequences=max(record["reconstruction"]["counts"]["sequences"] for record, _ in runs),
        reconstructions=told,
        grow=GROW,
        attribution=str(drawing.get("attribution") or ""),
        data={
            "names": names,
            "lat": [round(place[0], 6) for place in drawing["nodes"]],
            "lon": [round(place[1], 6) for place in drawing["nodes"]],
            "runs": [_streets(record["reconstruction"]) for record, _ in runs],
        },
    )


def _true_counts(record: Record) -> tuple[tuple[str, str], ...]:
    counts, nodes = record["reconstruction"]["counts"], record["drawing"]["nodes"]
    streets = counts["true"] + counts["unused"]
    return (("used", f"{streets:,} streets between {len(nodes):,} crossings"),)


def _counts(record: Record) -> tuple[tuple[str, str], ...]:
    """What the script tells after all sequences, so that nothing moves once it runs."""
    counts = record["reconstruction"]["counts"]
    return (
        ("used", f"{counts['true']:,} true streets needed"),
        ("new", f"{counts['new']:,} invented{_noise(record['reconstruction'])}"),
        ("impossible", f"{counts['impossible']:,} impossible"),
        ("", f"{counts['given_up']:,} given up"),
    )


def _noise(found: Mapping[str, Any]) -> str:
    """What noise needs, in brackets, where it was walked in the same order as the map."""
    control = matched(found)
    if control is None or control["new"]["mean"] is None or is_mean(found):
        return ""
    return f" (noise {in_words(control['new'])})"


def _names(drawing: Mapping[str, Any]) -> list[str]:
    """The names of all nodes; their numbers where the drawing gives none."""
    names = [str(name) for name in drawing.get("names", ())]
    return names + [f"node {node}" for node in range(len(names), len(drawing["nodes"]))]


def _streets(found: Mapping[str, Any]) -> dict[str, Any]:
    """One run's streets in columns; labels and reasons are written once and then numbered."""
    streets = found["streets"]
    labels = list(dict.fromkeys(streets["label"]))
    reasons = list(dict.fromkeys(["", *streets["why"]]))
    numbered = {label: number for number, label in enumerate(labels)}
    reason = {why: number for number, why in enumerate(reasons)}
    return {
        "sequences": found["counts"]["sequences"],
        "gaveUp": found["gave_up"],
        "noise": _noise(found),
        "labels": labels,
        "reasons": reasons,
        "from": streets["from"],
        "to": streets["to"],
        "label": [numbered[label] for label in streets["label"]],
        "kind": "".join(kind[0] for kind in streets["kind"]),
        "first": streets["first"],
        "uses": streets["uses"],
        "metres": streets["metres"],
        "why": [reason[why] for why in streets["why"]],
    }
