"""Trips to watch, on the grid of `sample`: one of every kind."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from tests.report import sample
from tests.report.sample import TURNS, Json

ORIGIN, GOAL = 61, 103
"""Two avenues and two streets apart: N N E E leads there, and so does N E E N."""


def step(symbol: str, legal: str, *top: tuple[str, float], wanted: str | None = None) -> Json:
    """One step; without `top` the model is sure of what it wanted."""
    wanted = wanted or symbol
    return {
        "symbol": symbol,
        "detour": symbol != wanted,
        "wanted": wanted,
        "top": [list(pair) for pair in top or ((wanted, 1.0),)],
        "legal": legal.split(),
    }


def trip(steps: Sequence[Json], *, arrived: bool = False) -> Json:
    names = sample.drawing()["names"]
    legal = [each["symbol"] for each in steps if each["symbol"] in each["legal"]]
    off_map = bool(steps) and steps[-1]["symbol"] not in steps[-1]["legal"]
    return {
        "sequence": [names[ORIGIN], names[GOAL], *(each["symbol"] for each in steps)],
        "path": sample.walk(ORIGIN, " ".join(turn for turn in legal if turn in TURNS)),
        "arrived": arrived,
        "left": len(steps) - 1 if off_map else None,
        "steps": list(steps),
    }


START = [
    step("N", "N E", ("N", 0.93), ("E", 0.0412), ("W", 0.02)),
    step("N", "N W", ("N", 0.88), ("W", 0.11)),
]
ARRIVES = [*START, step("E", "E N"), step("E", "E S"), step("end", "end N", ("end", 0.7))]
TURNED = [
    START[0],
    step("W", "N W", ("N", 0.88), ("W", 0.11), wanted="N"),
    step("SW", "N S", ("SW", 0.61), ("N", 0.3)),
]
STOPS = [START[0], step("end", "N W", ("end", 0.5), ("N", 0.4), ("W", 0.1))]


def route(trial: int, plain: Json, detour: Json) -> Json:
    shortest = sample.walk(ORIGIN, "N N E E")
    return {"trial": trial, "shortest": shortest, "plain": plain, "detour": detour}


def routes() -> list[Json]:
    """Arrives both times; leaves the map; is up in time; arrives but not after a detour."""
    arrives, turned = trip(ARRIVES, arrived=True), trip(TURNED)
    return [
        route(0, arrives, arrives),
        route(1, trip(STOPS), trip(STOPS)),
        route(3, trip(START), trip([])),
        route(4, arrives, turned),
    ]


def record(model: str = "checkpoints/midtown-shortest") -> Json:
    # Trips share steps here; a test may damage one of them.
    return sample.record(model) | {"routes": [copy.deepcopy(each) for each in routes()]}
