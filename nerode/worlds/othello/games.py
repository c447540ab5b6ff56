"""Games of Othello, with compiled inner loops: random ones, and those of a player who looks ahead.

As on street maps randomness is counted, not carried: game t depends on the key, on t and on
the number of the attempt only, so that games are the same however the work is cut.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nerode.rng import STEP, Bits, mixed
from nerode.worlds.batch import SequenceBatch
from nerode.worlds.othello.game import OthelloGame
from nerode.worlds.othello.rules import OpeningBits, advance, moves, random_bit


def random_games(world: OthelloGame, key: np.uint64, numbers: NDArray[np.int64]) -> SequenceBatch:
    """Games in which each legal square is played with equal chance."""
    symbols, lengths = _room(world, numbers)
    written = play_randomly(key, numbers, world.setup, world.symbol_of, symbols, lengths)
    return _batch(symbols, written, lengths)


def strong_games(world: OthelloGame, key: np.uint64, numbers: NDArray[np.int64]) -> SequenceBatch:
    """Games of a player who looks ahead (nerode/worlds/othello/strong.py)."""
    from nerode.worlds.othello.strong import play_strongly  # noqa: PLC0415 - compiles long

    symbols, lengths = _room(world, numbers)
    last = world.size - 1
    corners = np.uint64(sum(1 << square for square in (0, last, 8 * last, 9 * last)))
    written = play_strongly(key, numbers, world.setup, corners, world.symbol_of, symbols, lengths)
    return _batch(symbols, written, lengths)


GAME_POLICIES = {"random": random_games, "strong": strong_games}
"""What Othello draws games by."""


def _room(
    world: OthelloGame, numbers: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Room for the symbols and the lengths of so many games."""
    symbols = np.empty(len(numbers) * len(world.squares), dtype=np.int32)
    return symbols, np.empty(len(numbers), dtype=np.int32)


def _batch(symbols: NDArray[np.int32], written: int, lengths: NDArray[np.int32]) -> SequenceBatch:
    symbols.resize(written, refcheck=False)
    return SequenceBatch.cut(symbols, lengths)


@njit(cache=True, nogil=True)
def play_randomly(
    key: Bits,
    numbers: NDArray[np.int64],
    opening: OpeningBits,
    symbol_of: NDArray[np.int32],
    symbols: NDArray[np.int32],
    lengths: NDArray[np.int32],
) -> int:
    """Write random games of these numbers one after the other; how many symbols that took.

    `opening` is the position before the first move and the squares of the board,
    `symbol_of` (64,) the symbol of each square. Fills `lengths` (games,) and the front of
    `symbols`.
    """
    written = 0
    playable = opening[2]
    first_legal = moves(opening[0], opening[1], playable)
    for row in range(len(numbers)):
        own, other, legal = opening[0], opening[1], first_legal
        bits = mixed(key ^ mixed(np.uint64(numbers[row]) + STEP))
        begin = written
        while legal:
            bits += STEP
            square = random_bit(legal, mixed(bits))
            symbols[written] = symbol_of[square]
            written += 1
            own, other, legal, _ = advance(own, other, square, playable)
        lengths[row] = written - begin
    return written
