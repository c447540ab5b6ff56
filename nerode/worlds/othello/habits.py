"""The habits of Othello's policies: what comes next after any moves of a game."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nerode.errors import IllegalSymbol
from nerode.worlds.habits import Habit, HabitRow, Memory
from nerode.worlds.othello.game import OthelloBoard, OthelloGame


@dataclass(frozen=True)
class _Position:
    """A board as a player sees it: positions with equal futures may have other discs."""

    own: int
    other: int
    board: OthelloBoard = field(compare=False)


@dataclass(frozen=True)
class Strong(Habit):
    """A player of Othello who looks ahead (nerode/worlds/othello/strong.py).

    A random legal move with a chance of NOISE, else one of the best.
    """

    world: OthelloGame

    def begin(self) -> Memory:
        """The opening."""
        return self._position(self.world.start)

    def _position(self, board: OthelloBoard) -> Memory:
        return _Position(board.own, board.other, board)

    def after(self, memory: _Position, symbol: int) -> Memory | None:
        """The position after a move."""
        try:
            return self._position(self.world.step(memory.board, symbol))
        except IllegalSymbol:
            return None

    def expects(self, memory: _Position) -> HabitRow:
        """Even over the best moves, and a little over all legal ones."""
        from nerode.worlds.othello.strong import NOISE, best_moves  # noqa: PLC0415 - compiles

        row = np.zeros(len(self.world.alphabet))
        legal = list(memory.board.legal)
        if not legal:
            return row
        squares = [int(self.world.squares[symbol]) for symbol in legal]
        last = self.world.size - 1
        corners = sum(1 << square for square in (0, last, 8 * last, 9 * last))
        bits = [memory.own, memory.other, sum(1 << square for square in squares)]
        own, other, moves = map(np.uint64, bits)
        best = int(best_moves(own, other, moves, self.world.playable, np.uint64(corners)))
        strong = [
            symbol for symbol, square in zip(legal, squares, strict=True) if best >> square & 1
        ]
        row[legal] = NOISE / len(legal)
        row[strong] += (1 - NOISE) / len(strong)
        return row
