"""Games: some of a model's on a board step by step, to be watched in the report."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from msgspec import structs

from nerode.evaluation.replays import Driven, Watch, most_probable, watched
from nerode.metrics.rollouts import RolloutStep
from nerode.metrics.setting import Setting
from nerode.models.model import Model
from nerode.schema.decoding import decoded
from nerode.schema.drawing import BoardTrip, Game, Position
from nerode.worlds.world import BoardPosition, HasGoal, OnBoard

_NAME = "games"
GAMES_WRITTEN = 40
"""Games that are written down: enough to choose from, few enough for a page."""
LEAST_PROBABLE_MOVE = 0.005
"""What is less probable is left out, but for what was wanted or played."""


def games(setting: Setting, model: Model) -> list[Game]:
    """The first trips of the traversal metric in trial order; none where there is no board."""
    world = setting.world
    if not (isinstance(world, OnBoard) and isinstance(world, HasGoal)):
        return []
    return [
        Game(
            trial=each.trial,
            prompt=len(each.prompt),
            plain=_game(world, each.plain, len(each.prompt)),
            detour=_game(world, each.detour, len(each.prompt)),
        )
        for each in watched(setting, model, Watch(_NAME, GAMES_WRITTEN, _top))
    ]


def position(world: object, symbols: Sequence[int]) -> Position:
    """The board after legal moves."""
    assert isinstance(world, OnBoard)  # noqa: S101 - callers have looked
    *_, last = world.boards(symbols)
    return _board(last)


def _game(world: OnBoard, driven: Driven, prompt: int) -> BoardTrip:
    """The game with all its positions, that after the prompt first."""
    trip = driven.trip
    legal = len(driven.symbols) - (trip.left is not None)
    passed = islice(world.boards(driven.symbols[:legal]), prompt, None)
    return BoardTrip(**structs.asdict(trip), boards=[_board(each) for each in passed])


def _board(at: BoardPosition) -> Position:
    return decoded({"discs": at.discs, "to_move": at.to_move}, Position)


def _top(step: RolloutStep) -> list[int]:
    return most_probable(step, LEAST_PROBABLE_MOVE, step.probabilities.size)
