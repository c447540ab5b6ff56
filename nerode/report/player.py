"""Trips of the model, to be watched step by step.

A record's routes, made small for the page: symbols become numbers, places those of the drawing,
each step `[played, wanted, [symbol, probability, symbol, ...], [legal, ...]]`. The script writes
names with `textContent` only, so that they need no escaping here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nerode.report.street_map.sketch import PlanView
from nerode.schema.drawing import MapDrawing, Route, Step, Trip
from nerode.schema.record import Record

Json = dict[str, Any]
"""What a script of the page reads."""

TRIP_OUTCOMES = (
    "Arrives, but not after one detour",
    "Leaves the map or stops elsewhere",
    "Never arrives",
    "Arrives, also after one detour",
)
"""What can become of a trip, the most telling first."""

_TURNED, _LEFT, _LOST, _ARRIVES = range(len(TRIP_OUTCOMES))


@dataclass(frozen=True)
class PlayerView:
    """One street map with the trips driven on it; `data` is what its script plays.

    `world` is named only where there are several; `runs` is how many have trips here.
    """

    id: str
    world: str | None
    runs: int
    data: Json


def player_views(records: Sequence[Record], titles: Sequence[str]) -> tuple[PlayerView, ...]:
    """One view for each street map on which any record has trips.

    `plan` in its data is the number of the page's street plan: as there, maps are counted in
    the order in which they first come up, whether they have trips or not.
    """
    drawings: list[MapDrawing] = []
    runs_on: list[list[tuple[str, Record]]] = []
    for title, record in zip(titles, records, strict=True):
        if not isinstance(record.drawing, MapDrawing):
            continue
        if record.drawing not in drawings:
            drawings.append(record.drawing)
            runs_on.append([])
        if record.routes:
            runs_on[drawings.index(record.drawing)].append((title, record))
    several = sum(map(bool, runs_on)) > 1
    return tuple(
        PlayerView(
            id=f"player-{number + 1}",
            world=runs[0][1].world if several else None,
            runs=len(runs),
            data={"plan": number, **_data(drawings[number], runs)},
        )
        for number, runs in enumerate(runs_on)
        if runs
    )


def _data(drawing: MapDrawing, runs: Sequence[tuple[str, Record]]) -> Json:
    plan = PlanView.of(drawing)
    symbols: dict[str, int] = {}
    played = [
        {
            "title": title,
            **run_data(
                ((_route(route, plan, symbols), route.plain, route.detour) for route in routes),
                TRIP_OUTCOMES,
            ),
        }
        for title, routes in ((title, record.routes or []) for title, record in runs)
    ]
    return {
        "nodes": plan.nodes.round().astype(int).tolist(),
        "names": list(plan.names),
        "symbols": list(symbols),
        "runs": played,
    }


def run_data(trips: Iterable[tuple[Json, Trip, Trip]], outcomes: Sequence[str]) -> Json:
    """The trips of a run, and their numbers by outcome.

    Each is what the script reads, the trip itself, and the one with a detour.
    """
    there = list(trips)
    kinds = [_outcome(plain, detour) for _, plain, detour in there]
    groups = [
        (name, [number for number, each in enumerate(kinds) if each == kind])
        for kind, name in enumerate(outcomes)
    ]
    return {
        "trips": [data for data, _, _ in there],
        "groups": [[name, numbers] for name, numbers in groups if numbers],
    }


def _outcome(plain: Trip, detour: Trip) -> int:
    if plain.arrived:
        return _ARRIVES if detour.arrived else _TURNED
    return _LOST if plain.left is None else _LEFT


def _route(route: Route, plan: PlanView, symbols: dict[str, int]) -> Json:
    destination = [*route.plain.sequence, "", ""][1]
    goal = plan.names.index(destination) if destination in plan.names else None
    return {
        "goal": goal,
        "to": destination,
        "shortest": route.shortest or [],
        "drives": [
            {"path": trip.path, **drive_data(trip, symbols)} for trip in (route.plain, route.detour)
        ],
    }


def drive_data(trip: Trip, symbols: dict[str, int]) -> Json:
    """What became of a trip, and its steps."""
    return {
        "arrived": trip.arrived,
        "left": trip.left,
        "steps": [_step(step, symbols) for step in trip.steps],
    }


def _step(step: Step, symbols: dict[str, int]) -> list[object]:
    def number(symbol: str) -> int:
        return symbols.setdefault(symbol, len(symbols))

    return [
        number(step.symbol),
        number(step.wanted),
        [part for symbol, share in step.top for part in (number(symbol), share)],
        [number(symbol) for symbol in step.legal],
    ]
