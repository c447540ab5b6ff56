"""Routes: some trips on a street map step by step, to be watched in the report."""

from __future__ import annotations

from msgspec import structs

from nerode.evaluation.replays import Driven, Watch, most_probable, watched
from nerode.metrics.rollouts import RolloutStep
from nerode.metrics.setting import Setting
from nerode.models.model import Model
from nerode.schema.drawing import MapTrip, Route
from nerode.sequences.play import way_to_goal
from nerode.worlds.world import HasGoal, LiesOnMap

_NAME = "routes"
ROUTES_WRITTEN = 60
"""Trips that are written down: enough to choose from, few enough for a page."""
SYMBOLS_OF_STEP = 5
"""Symbols of a step that are written with their probability."""
_LEAST_PROBABLE = 0.0005
"""What is less probable is left out, but for what was wanted or played."""


def routes(setting: Setting, model: Model) -> list[Route]:
    """The first trips of the traversal metric in trial order; none where there is no map."""
    world = setting.world
    if not (isinstance(world, LiesOnMap) and isinstance(world, HasGoal)):
        return []
    return [
        Route(
            trial=each.trial,
            shortest=world.trace(way_to_goal(world, each.prompt)),
            plain=_trip(world, each.plain),
            detour=_trip(world, each.detour),
        )
        for each in watched(setting, model, Watch(_NAME, ROUTES_WRITTEN, _top))
    ]


def _trip(world: LiesOnMap, driven: Driven) -> MapTrip:
    return MapTrip(**structs.asdict(driven.trip), path=world.trace(driven.symbols))


def _top(step: RolloutStep) -> list[int]:
    return most_probable(step, _LEAST_PROBABLE, SYMBOLS_OF_STEP)
