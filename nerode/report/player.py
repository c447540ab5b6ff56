"""Trips of the model, to be watched step by step.

A record's routes, made small for the page: symbols become numbers, places those of the drawing,
each step `[played, wanted, [symbol, probability, symbol, ...], [legal, ...]]`. The script writes
names with `textContent` only, so that they need no escaping here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from nerode.report.record.record import Record, parts_of
from nerode.report.street_map.sketch import Plan
from nerode.report.verdict import is_street_map
from nerode.schema.drawing import Route, Step, Trip

OUTCOMES = (
    "Arrives, but not after one detour",
    "Leaves the map or stops elsewhere",
    "Never arrives",
    "Arrives, also after one detour",
)
"""What can become of a trip, the most telling first."""

_TURNED, _LEFT, _LOST, _ARRIVES = range(len(OUTCOMES))


@dataclass(frozen=True)
class PlayerView:
    """One street map with the trips driven on it; `data` is what its script plays.

    `world` is told only where there are several; `runs` is how many have trips here.
    """

    id: str
    world: str | None
    runs: int
    data: dict[str, Any]


def player_views(records: Sequence[Record], titles: Sequence[str]) -> tuple[PlayerView, ...]:
    """One view for each street map on which any record has trips.

    `plan` in its data is the number of the page's street plan: as there, maps are counted in
    the order in which they first come up, whether they have trips or not.
    """
    drawings: list[Any] = []
    driven: list[list[tuple[str, Record]]] = []
    for title, record in zip(titles, records, strict=True):
        if not is_street_map(record):
            continue
        if record["drawing"] not in drawings:
            drawings.append(record["drawing"])
            driven.append([])
        if record.get("routes"):
            driven[drawings.index(record["drawing"])].append((title, record))
    several = sum(map(bool, driven)) > 1
    return tuple(
        PlayerView(
            id=f"player-{number + 1}",
            world=runs[0][1]["world"] if several else None,
            runs=len(runs),
            data={"plan": number, **_data(drawings[number], runs)},
        )
        for number, runs in enumerate(driven)
        if runs
    )


def _data(drawing: Mapping[str, Any], runs: Sequence[tuple[str, Record]]) -> dict[str, Any]:
    plan = Plan.of(drawing)
    symbols: dict[str, int] = {}
    played = [
        {"title": title, **run_data(_routes(record, plan, symbols), OUTCOMES)}
        for title, record in runs
    ]
    return {
        "nodes": plan.nodes.round().astype(int).tolist(),
        "names": list(plan.names),
        "symbols": list(symbols),
        "runs": played,
    }


def run_data(trips: Sequence[dict[str, Any]], outcomes: Sequence[str]) -> dict[str, Any]:
    """The trips of a run, and their numbers by outcome."""
    kinds = [_outcome(*trip["drives"]) for trip in trips]
    groups = [
        [name, [number for number, found in enumerate(kinds) if found == kind]]
        for kind, name in enumerate(outcomes)
    ]
    return {"trips": list(trips), "groups": [group for group in groups if group[1]]}


def _outcome(plain: Mapping[str, Any], detour: Mapping[str, Any]) -> int:
    if plain["arrived"]:
        return _ARRIVES if detour["arrived"] else _TURNED
    return _LOST if plain["left"] is None else _LEFT


def _routes(record: Record, plan: Plan, symbols: dict[str, int]) -> list[dict[str, Any]]:
    return [_route(route, plan, symbols) for route in parts_of(record, "routes", Route)]


def _route(route: Route, plan: Plan, symbols: dict[str, int]) -> dict[str, Any]:
    destination = [*route.plain.sequence, "", ""][1]
    goal = plan.names.index(destination) if destination in plan.names else None
    return {
        "goal": goal,
        "to": destination,
        "shortest": [] if route.shortest is UNSET else route.shortest,
        "drives": [
            {"path": trip.path, **drive_data(trip, symbols)} for trip in (route.plain, route.detour)
        ],
    }


def drive_data(trip: Trip, symbols: dict[str, int]) -> dict[str, Any]:
    """What became of a trip, and its steps."""
    return {
        "arrived": trip.arrived,
        "left": trip.left,
        "steps": [_step(step, symbols) for step in trip.steps],
    }


def _step(step: Step, symbols: dict[str, int]) -> list[Any]:
    def number(symbol: str) -> int:
        return symbols.setdefault(symbol, len(symbols))

    return [
        number(step.symbol),
        number(step.wanted),
        [part for symbol, share in step.top for part in (number(symbol), share)],
        [number(symbol) for symbol in step.legal],
    ]
