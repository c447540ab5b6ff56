"""Games of a player who looks ahead: what tournaments are to Othello, on boards without any.

A strong player sees few of the positions that there are. Each move is the best one by a search of
DEPTH moves, or with a chance of NOISE a random legal one; ties are drawn. Positions are judged by
corners and by how many moves both sides have, finished games by their discs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nerode.rng import HALF_WORD, STEP, Bits, mixed
from nerode.worlds.othello.rules import (
    OpeningBits,
    PositionBits,
    advance,
    count_bits,
    lowest,
    moves,
    random_bit,
)

DEPTH = 4
"""Moves that the player looks ahead."""
NOISE = 0.1
"""Share of moves that are random."""

_CORNER, _WON = 8, 1_000  # in moves
_INFINITE = 1 << 30
_NONE, _ONE = np.uint64(0), np.uint64(1)


@njit(cache=True, nogil=True)
def play_strongly(
    key: Bits,
    numbers: NDArray[np.int64],
    opening: OpeningBits,
    corners: Bits,
    symbol_of: NDArray[np.int32],
    symbols: NDArray[np.int32],
    lengths: NDArray[np.int32],
) -> int:
    """Write games of these numbers one after the other; how many symbols that took.

    `corners` are the bits of the four corners; the rest is as in `play_randomly`.
    """
    written = 0
    playable = opening[2]
    noise = np.uint64(NOISE * 2**32)
    for row in range(len(numbers)):
        own, other = opening[0], opening[1]
        legal = moves(own, other, playable)
        bits = mixed(key ^ mixed(np.uint64(numbers[row]) + STEP))
        begin = written
        while legal:
            bits += STEP
            candidates = legal
            if mixed(bits) >> HALF_WORD >= noise:
                candidates = best_moves(own, other, legal, playable, corners)
            bits += STEP
            square = random_bit(candidates, mixed(bits))
            symbols[written] = symbol_of[square]
            written += 1
            own, other, legal, _ = advance(own, other, square, playable)
        lengths[row] = written - begin
    return written


@njit(cache=True, nogil=True)
def best_moves(own: Bits, other: Bits, legal: Bits, playable: Bits, corners: Bits) -> Bits:
    """The moves of greatest value."""
    best, found = np.int64(-_INFINITE), _NONE
    while legal:
        square = lowest(legal)
        legal &= legal - _ONE
        after = advance(own, other, square, playable)
        # A bound that is one too low, so that equal values are told from lower ones.
        value = _worth(after, playable, corners, best - 1)
        if value > best:
            best, found = value, _NONE
        if value == best:
            found |= _ONE << np.uint64(square)
    return found


@njit(inline="always")
def _worth(after: PositionBits, playable: Bits, corners: Bits, low: np.int64) -> Any:
    """What a position is worth to who came to it by a move; exact where more than `low`."""
    own, other, legal, passed = after
    if passed:  # the same player moves again, or nobody
        return search(own, other, legal, playable, corners, low, np.int64(_INFINITE))
    return -search(own, other, legal, playable, corners, np.int64(-_INFINITE), -low)


@njit(cache=True, nogil=True)
def search(
    own: Bits,
    other: Bits,
    legal: Bits,
    playable: Bits,
    corners: Bits,
    low: np.int64,
    high: np.int64,
) -> Any:
    """What a position is worth to the player to move: exact between `low` and `high`, else a bound.

    Alpha-beta, DEPTH - 1 moves deep, on a stack of its own: numba's cache and recursion do not
    go together (numba issue 6061).
    """
    if not legal:
        return _judged(own, other, legal, playable, corners)
    boards = np.empty((DEPTH, 3), dtype=np.uint64)  # own, other, moves not tried yet
    bounds = np.empty((DEPTH, 3), dtype=np.int64)  # low, high, best so far
    passes = np.zeros(DEPTH, dtype=np.bool_)
    boards[0], bounds[0] = (own, other, legal), (low, high, -_INFINITE)
    level = 0
    while True:
        best = bounds[level, 2]
        untried = boards[level, 2]
        if not untried or best >= bounds[level, 1]:
            if level == 0:
                return best
            value = best if passes[level] else -best
            level -= 1
        else:
            boards[level, 2] = untried & (untried - _ONE)
            ahead = advance(boards[level, 0], boards[level, 1], lowest(untried), playable)
            if ahead[2] and level + 1 < DEPTH - 1:
                least, most = max(bounds[level, 0], best), bounds[level, 1]
                level += 1
                boards[level] = ahead[:3]
                passes[level] = ahead[3]
                bounds[level] = (
                    (least, most, -_INFINITE) if ahead[3] else (-most, -least, -_INFINITE)
                )
                continue
            value = _judged(ahead[0], ahead[1], ahead[2], playable, corners)
            value = value if ahead[3] else -value
        bounds[level, 2] = max(bounds[level, 2], value)


@njit(inline="always")
def _judged(own: Bits, other: Bits, legal: Bits, playable: Bits, corners: Bits) -> Any:
    """What a position is worth to the player to move, without looking ahead."""
    if not legal:
        return np.int64(_WON * (count_bits(own) - count_bits(other)))
    mobility = count_bits(legal) - count_bits(moves(other, own, playable))
    return np.int64(mobility + _CORNER * (count_bits(own & corners) - count_bits(other & corners)))
