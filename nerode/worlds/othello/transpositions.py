"""Transpositions of Othello: two games that play the same squares in another order and meet.

The chance that two random games meet is nil after the opening. So the second history is made
from the first: moves change places; where the game stays legal and comes to the same discs
with the same player to move, the exchange is kept, and others are tried from there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nerode.errors import NoTrial
from nerode.rng import HALF_WORD, STEP, Bits, mixed
from nerode.worlds.history_source import HistoryPair
from nerode.worlds.othello.game import OthelloGame
from nerode.worlds.othello.rules import OpeningBits, moves, play

FEWEST_MOVES = 3
"""Moves of the shortest games that can meet."""
TRIES = 2_000
"""Exchanges tried on one game."""
_GAMES = 2_000  # tried until one has a transposition
_ONE = np.uint64(1)


class Transpositions:
    """Histories of Othello at every depth of the game (a `HistorySource`).

    The number of moves is drawn uniformly from FEWEST_MOVES to the last but one of the longest
    game, then a random game that is not over by then: each legal square with equal chance. Depths
    at which few games have a transposition would be met less often, so that a depth is kept
    until a game has one.
    """

    name = "uniform"

    def __init__(self, world: OthelloGame) -> None:
        self._world = world
        own, other = (np.uint64(bits) for bits in world.opening)
        self._opening = own, other, world.playable

    def same_state(self, rng: np.random.Generator) -> HistoryPair:
        """Two orders of play that come to one board. Raises NoTrial where none is found."""
        length = self._length(rng)
        for _ in range(_GAMES):
            first = self._game(length, rng)
            second = self.transposed(first, rng)
            if second is not None:
                return self._pair(first, second)
        message = f"none of {_GAMES} games of {length} moves has a transposition"
        raise NoTrial(message)

    def different_states(self, rng: np.random.Generator) -> HistoryPair:
        """Two games of one number of moves that come to different boards."""
        length = self._length(rng)
        for _ in range(_GAMES):
            pair = self._pair(self._game(length, rng), self._game(length, rng))
            if pair.states[0] != pair.states[1]:
                return pair
        message = f"{_GAMES} pairs of games of {length} moves came to one board each"
        raise NoTrial(message)

    def transposed(
        self, history: tuple[int, ...], rng: np.random.Generator
    ) -> tuple[int, ...] | None:
        """Another order of the moves that comes to the same board; None where none is found."""
        squares = np.array([self._world.squares[symbol] for symbol in history], dtype=np.int64)
        kept = exchange(squares, self._opening, int(rng.integers(1 << 63)), TRIES)
        changed = tuple(self._symbol(square) for square in squares.tolist())
        return changed if kept and changed != history else None

    def _symbol(self, square: int) -> int:
        return self._world.squares.index(square)

    def _pair(self, first: tuple[int, ...], second: tuple[int, ...]) -> HistoryPair:
        return HistoryPair((self._world.run(first), self._world.run(second)), (first, second))

    @property
    def lengths(self) -> range:
        """Every number of moves that a trial may have."""
        return range(FEWEST_MOVES, len(self._world.squares))

    def _length(self, rng: np.random.Generator) -> int:
        return int(rng.integers(self.lengths.start, self.lengths.stop))

    def _game(self, length: int, rng: np.random.Generator) -> tuple[int, ...]:
        for _ in range(_GAMES):
            state, game = self._world.start, []
            for share in rng.random(length).tolist():
                if not state.legal:
                    break
                game.append(state.legal[int(share * len(state.legal))])
                state = self._world.step(state, game[-1])
            if len(game) == length and state.legal:
                return tuple(game)
        message = f"{_GAMES} games in a row were over before {length} moves"
        raise NoTrial(message)


@njit(cache=True, nogil=True)
def exchange(squares: NDArray[np.int64], opening: OpeningBits, seed: int, tries: int) -> int:
    """Let moves of a legal game change places, in place; how many exchanges were kept.

    Two moves change places, or three in a circle. An exchange is kept where the game stays
    legal and ends in the same discs with the same player to move.
    """
    count = len(squares)
    boards = np.empty((count + 1, 2), dtype=np.uint64)
    tried = np.empty((count + 1, 2), dtype=np.uint64)
    boards[0, 0], boards[0, 1] = opening[0], opening[1]
    for move in range(count):
        after = play(boards[move, 0], boards[move, 1], squares[move], opening[2])
        boards[move + 1, 0], boards[move + 1, 1] = after[0], after[1]
    order = squares.copy()
    bits: Bits = np.uint64(seed)
    kept = 0
    for _ in range(tries):
        bits += STEP
        word = mixed(bits)
        first = _below(word >> HALF_WORD, count)
        second = _below((word << HALF_WORD) >> HALF_WORD, count)
        bits += STEP
        word = mixed(bits)
        third = _below(word >> HALF_WORD, count) if word & _ONE else second
        if first in (second, third):
            continue
        order[first], order[second] = squares[second], squares[first]
        if third != second:
            order[second], order[third] = squares[third], squares[first]
        begin, last = min(first, second, third), max(first, second, third)
        if _meets(order, boards, tried, begin, last, opening[2]):
            kept += 1
            squares[:] = order
            boards[begin + 1 :] = tried[begin + 1 :]
        else:
            order[:] = squares
    return kept


@njit(inline="always")
def _below(bits: Bits, count: int) -> Any:
    """A number below `count` from 32 random bits."""
    return np.int64((bits * np.uint64(count)) >> HALF_WORD)


@njit(cache=True, nogil=True)
def _meets(
    order: NDArray[np.int64],
    boards: NDArray[np.uint64],
    tried: NDArray[np.uint64],
    begin: int,
    last: int,
    playable: Bits,
) -> bool:
    """Whether a game in another order, changed from move `begin` to `last`, is legal and meets.

    `boards` (moves + 1, 2) are the positions of the old order; fills `tried` from behind
    `begin` on where it meets.
    """
    own, other = boards[begin, 0], boards[begin, 1]
    for move in range(begin, len(order)):
        if move > last and own == boards[move, 0] and other == boards[move, 1]:
            tried[move:] = boards[move:]
            return True
        if not moves(own, other, playable) & (_ONE << np.uint64(order[move])):
            return False
        own, other, _, _ = play(own, other, order[move], playable)
        tried[move + 1, 0], tried[move + 1, 1] = own, other
    return bool(own == boards[-1, 0] and other == boards[-1, 1])
