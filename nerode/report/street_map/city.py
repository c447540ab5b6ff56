"""The city in the model's head: streets that its sequences need, beside the true ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nerode.report.player import Json
from nerode.report.street_map.orders import (
    GROW,
    GrowthRow,
    growth,
    in_words,
    matched,
    means_of,
    per_street,
)
from nerode.report.street_map.score import (
    ScoreTable,
    StreetRow,
    score_table,
    sentence,
    strangest,
)
from nerode.schema.drawing import MapDrawing
from nerode.schema.reconstruction import Reconstruction
from nerode.schema.record import Record

HEADING = "The map in the model's head"
TRUE_MAP = "The true map"


@dataclass(frozen=True)
class ReconstructionView:
    """One run in words and numbers."""

    title: str
    sentence: str
    score: ScoreTable
    strangest: tuple[StreetRow, ...]
    in_orders: bool
    per_street: str
    growth: tuple[GrowthRow, ...]


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
    reconstructions: tuple[ReconstructionView, ...]
    grow: str
    attribution: str
    data: Json


@dataclass(frozen=True)
class _Run:
    title: str
    reconstruction: Reconstruction


@dataclass(frozen=True)
class _City:
    """A street map and the runs that reconstruct it."""

    world: str
    drawing: MapDrawing
    runs: list[_Run]


def city_views(records: Sequence[Record], titles: Sequence[str]) -> tuple[CityView, ...]:
    """One view for each street map that any record reconstructs; runs on one map share it."""
    cities: list[_City] = []
    for record, title in zip(records, titles, strict=True):
        if not isinstance(record.drawing, MapDrawing) or not record.reconstruction:
            continue
        city = next((city for city in cities if city.drawing == record.drawing), None)
        if city is None:
            cities.append(city := _City(record.world, record.drawing, []))
        # All runs of a city are on one map: their names need not say so.
        short = title.replace(f" on {record.world}", "", 1)
        city.runs.append(_Run(short, record.reconstruction))
    headings = (f"{HEADING} · {city.world}" if len(cities) > 1 else HEADING for city in cities)
    named = enumerate(zip(headings, cities, strict=True), start=1)
    return tuple(_view(f"city-{count}", heading, city) for count, (heading, city) in named)


def _view(name: str, heading: str, city: _City) -> CityView:
    drawing, runs = city.drawing, city.runs
    names = _names(drawing)
    views = tuple(
        ReconstructionView(
            run.title,
            sentence(run.reconstruction),
            score_table(run.reconstruction),
            strangest(run.reconstruction, names),
            bool(run.reconstruction.orders),
            per_street(run.reconstruction),
            growth(run.reconstruction),
        )
        for run in runs
    )
    true = _true_counts(drawing, runs[0].reconstruction)
    counts = (true, *(_counts(run.reconstruction) for run in runs))
    first = 0 if len(runs) == 1 else 1
    return CityView(
        id=name,
        heading=heading,
        choices=(TRUE_MAP, *(run.title for run in runs)),
        panels=(
            Panel(f"{name}-a", first, counts[first]),
            Panel(f"{name}-b", first + 1, counts[first + 1]),
        ),
        sequences=max(run.reconstruction.counts.sequences for run in runs),
        reconstructions=views,
        grow=GROW,
        attribution=drawing.attribution or "",
        data={
            "names": names,
            "lat": [round(latitude, 6) for latitude, _ in drawing.nodes],
            "lon": [round(longitude, 6) for _, longitude in drawing.nodes],
            "runs": [_streets(run.reconstruction) for run in runs],
        },
    )


def _true_counts(
    drawing: MapDrawing, reconstruction: Reconstruction
) -> tuple[tuple[str, str], ...]:
    streets = reconstruction.counts.true + reconstruction.counts.unused
    return (("used", f"{streets:,} streets between {len(drawing.nodes):,} crossings"),)


def _counts(reconstruction: Reconstruction) -> tuple[tuple[str, str], ...]:
    """What the script says after all sequences, so that nothing moves once it runs."""
    counts = reconstruction.counts
    return (
        ("used", f"{counts.true:,} true streets needed"),
        ("new", f"{counts.new:,} invented{_noise(reconstruction)}"),
        ("impossible", f"{counts.impossible:,} impossible"),
        ("", f"{counts.given_up:,} given up"),
    )


def _noise(reconstruction: Reconstruction) -> str:
    """What noise needs, in brackets, where it was walked in the same order as the map."""
    control = matched(reconstruction)
    if control is None or control.new.mean is None or means_of(reconstruction):
        return ""
    return f" (noise {in_words(control.new)})"


def _names(drawing: MapDrawing) -> list[str]:
    """The names of all nodes; their numbers where the drawing gives none."""
    numbers = range(len(drawing.names), len(drawing.nodes))
    return [*drawing.names, *(f"node {node}" for node in numbers)]


def _streets(reconstruction: Reconstruction) -> Json:
    """One run's streets in columns; labels and reasons are written once and then numbered."""
    streets = reconstruction.streets
    labels = list(dict.fromkeys(streets.label))
    reasons = list(dict.fromkeys(["", *streets.why]))
    numbered = {label: number for number, label in enumerate(labels)}
    reason = {why: number for number, why in enumerate(reasons)}
    return {
        "sequences": reconstruction.counts.sequences,
        "gaveUp": reconstruction.gave_up,
        "noise": _noise(reconstruction),
        "labels": labels,
        "reasons": reasons,
        "from": streets.from_,
        "to": streets.to,
        "label": [numbered[label] for label in streets.label],
        "kind": "".join(kind[0] for kind in streets.kind),
        "first": streets.first,
        "uses": streets.uses,
        "metres": streets.metres,
        "why": [reason[why] for why in streets.why],
    }
