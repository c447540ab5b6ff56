"""Games: some of a model's on a board step by step, to be watched in the report."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from nerode.evaluation.replays import Driven, Watch, most_probable, watched
from nerode.metrics.rollouts import Step
from nerode.metrics.setting import Record, Setting
from nerode.models.model import Model
from nerode.worlds.othello.othello import Othello, Position

NAME = "games"
MOST = 40
"""Games that are written down: enough to choose from, few enough for a page."""
LEAST = 0.005
"""What is less probable is not told, but for what was wanted or played."""


def games(setting: Setting, model: Model) -> list[Record]:
    """The first trips of the traversal metric in trial order; none but in Othello."""
    world = setting.world
    if not isinstance(world, Othello):
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


def position(world: Othello, symbols: Sequence[int]) -> Record:
    """The board after legal moves.

    `discs` has a letter for each square, row by row: b (black), w (white) or a dot; `to_move` is
    `black`, `white`, or None where the game is over.
    """
    *_, last = world.positions(symbols)
    return _board(world, last)


def _game(world: Othello, driven: Driven, prompt: int) -> Record:
    """The game with all its positions, that after the prompt first."""
    legal = len(driven.symbols) - (driven.told["left"] is not None)
    passed = islice(world.positions(driven.symbols[:legal]), prompt, None)
    return {**driven.told, "boards": [_board(world, position) for position in passed]}


def _board(world: Othello, at: Position) -> Record:
    squares = [8 * row + column for row in range(world.size) for column in range(world.size)]
    letters = ("b" if at.black >> i & 1 else "w" if at.white >> i & 1 else "." for i in squares)
    mover = None if at.over else "black" if at.black_moves else "white"
    return {"discs": "".join(letters), "to_move": mover}


def _top(step: Step) -> list[int]:
    return most_probable(step, LEAST, step.probabilities.size)
