"""Routes: some trips on a street map step by step, to be watched in the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nerode.metrics.setting import Record, Setting
from nerode.metrics.trips import Step
from nerode.metrics.watched import Driven, Watch, most_probable, watched
from nerode.models.model import Model
from nerode.worlds.world import HasGoal, LiesOnMap, World

NAME = "routes"
MOST = 60
"""Trips that are written down: enough to choose from, few enough for a page."""
TOP = 5
"""Symbols of a step that are told with their probability."""
LEAST = 0.0005
"""What is less probable is not told, but for what was wanted or played."""


def routes(setting: Setting, model: Model) -> list[Record]:
    """The first trips of the traversal metric in trial order; none where there is no map."""
    world = setting.world
    if not (isinstance(world, LiesOnMap) and isinstance(world, HasGoal)):
        return []
    return [
        {
            "trial": each.trial,
            "shortest": world.trace((*each.prompt, *_shortest(world, each.prompt))),
            "plain": _trip(world, each.plain),
            "detour": _trip(world, each.detour),
        }
        for each in watched(setting, model, Watch(NAME, MOST, _top))
    ]


def _trip(world: LiesOnMap, driven: Driven) -> Record:
    return {**driven.told, "path": world.trace(driven.symbols)}


def _top(step: Step) -> list[int]:
    return most_probable(step, LEAST, TOP)


def _shortest(world: World[Any], prompt: Sequence[int]) -> list[int]:
    """Symbols of the canonical way after the prompt; as far as there is one."""
    assert isinstance(world, HasGoal)  # noqa: S101 - `routes` has checked; this tells the type
    state, symbols = world.run(prompt), list[int]()
    while (symbol := world.toward_goal(state)) not in (None, world.end):
        symbols.append(symbol)
        state = world.step(state, symbol)
    return symbols
