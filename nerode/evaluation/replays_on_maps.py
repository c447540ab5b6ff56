"""Routes: some trips on a street map step by step, to be watched in the report."""

from __future__ import annotations

from nerode.evaluation.replays import Driven, Watch, most_probable, watched
from nerode.metrics.rollouts import Step
from nerode.metrics.setting import Record, Setting
from nerode.models.model import Model
from nerode.sequences.play import way_to_goal
from nerode.worlds.world import HasGoal, LiesOnMap

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
            "shortest": world.trace(way_to_goal(world, each.prompt)),
            "plain": _trip(world, each.plain),
            "detour": _trip(world, each.detour),
        }
        for each in watched(setting, model, Watch(NAME, MOST, _top))
    ]


def _trip(world: LiesOnMap, driven: Driven) -> Record:
    return {**driven.told, "path": world.trace(driven.symbols)}


def _top(step: Step) -> list[int]:
    return most_probable(step, LEAST, TOP)
