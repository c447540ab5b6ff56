"""Games: some of a model's on a board step by step, to be watched in the report."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from nerode.evaluation.replays import Driven, Watch, most_probable, watched
from nerode.metrics.rollouts import Step
from nerode.metrics.setting import Record, Setting
from nerode.models.model import Model
from nerode.worlds.world import BoardPosition, HasGoal, OnBoard

NAME = "games"
MOST = 40
"""Games that are written down: enough to choose from, few enough for a page."""
LEAST = 0.005
"""What is less probable is not told, but for what was wanted or played."""


def games(setting: Setting, model: Model) -> list[Record]:
    """The first trips of the traversal metric in trial order; none where there is no board."""
    world = setting.world
    if not (isinstance(world, OnBoard) and isinstance(world, HasGoal)):
        return []
    return [
        {
            "trial": each.trial,
            "prompt": len(each.prompt),
            "plain": _game(world, each.plain, len(each.prompt)),
            "detour": _game(world, each.detour, len(each.prompt)),
        }
        for each in watched(setting, model, Watch(NAME, MOST, _top))
    ]


def position(world: object, symbols: Sequence[int]) -> Record:
    """The board after legal moves.

    `discs` has a letter for each square, row by row: b (black), w (white) or a dot; `to_move` is
    `black`, `white`, or None where the game is over.
    """
    assert isinstance(world, OnBoard)  # noqa: S101 - callers have looked
    *_, last = world.boards(symbols)
    return _board(last)


def _game(world: OnBoard, driven: Driven, prompt: int) -> Record:
    """The game with all its positions, that after the prompt first."""
    legal = len(driven.symbols) - (driven.told["left"] is not None)
    passed = islice(world.boards(driven.symbols[:legal]), prompt, None)
    return {**driven.told, "boards": [_board(position) for position in passed]}


def _board(at: BoardPosition) -> Record:
    return {"discs": at.discs, "to_move": at.to_move}


def _top(step: Step) -> list[int]:
    return most_probable(step, LEAST, step.probabilities.size)
