"""The rules of Othello on bitboards, compiled: square i of row 8 * r + c is bit i.

Boards smaller than eight by eight lie in the upper left corner; `playable` has the bits of
their squares, and no other square ever holds a disc. A position is seen by the player to
move: `own` and `other` are the bits of both players' discs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nerode.rng import STEP, Bits, below, mixed

Squares = NDArray[np.int64]

OpeningBits = tuple[Bits, Bits, Bits]
"""Discs of the player to move and of the other, and the squares of the board."""
PositionBits = tuple[Bits, Bits, Bits, bool]
"""Discs of the player to move and of the other, what may be played, and whether one passed."""
Shift = Callable[[Bits, Bits, Bits], Bits]
"""Moves bits some squares in one direction, and leaves those that an edge stops."""

OVER = -1
"""Played where no player can move any more."""

_NOT_LEFT = np.uint64(0xFEFEFEFEFEFEFEFE)
_NOT_RIGHT = np.uint64(0x7F7F7F7F7F7F7F7F)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_NONE, _ONE = np.uint64(0), np.uint64(1)
_BY_ONE, _BY_SEVEN, _BY_EIGHT, _BY_NINE = (np.uint64(by) for by in (1, 7, 8, 9))
_ONES, _TWOS, _FOURS = (
    np.uint64(mask) for mask in (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F)
)
_BYTES, _TWO, _FOUR, _TOP = (
    np.uint64(0x0101010101010101),
    np.uint64(2),
    np.uint64(4),
    np.uint64(56),
)
_LEAF = np.uint64(0xD1B54A32D192ED03)


@njit(inline="always")
def count_bits(bits: Bits) -> Any:
    """How many bits are set."""
    bits = bits - ((bits >> _ONE) & _ONES)
    bits = (bits & _TWOS) + ((bits >> _TWO) & _TWOS)
    bits = (bits + (bits >> _FOUR)) & _FOURS
    return np.int64((bits * _BYTES) >> _TOP)


@njit(inline="always")
def lowest(bits: Bits) -> Any:
    """Number of the lowest bit that is set; there must be one."""
    return count_bits((bits & (~bits + _ONE)) - _ONE)


@njit(inline="always")
def random_bit(among: Bits, bits: Bits) -> Any:
    """Number of one of the bits that are set, each with equal chance; there must be one."""
    skip = below(bits, np.uint64(count_bits(among)))
    while skip:
        among &= among - _ONE
        skip -= _ONE
    return lowest(among)


@njit(inline="always")
def _left(bits: Bits, by: Bits, edge: Bits) -> Bits:
    return (bits << by) & edge


@njit(inline="always")
def _right(bits: Bits, by: Bits, edge: Bits) -> Bits:
    return (bits >> by) & edge


@njit(inline="always")
def _captured(shift: Shift, one: Bits, own: Bits, other: Bits, by: Bits, edge: Bits) -> Bits:
    """Discs turned in one direction by a disc on the square `one`.

    `edge` has no bit where a run would go on at the other side of the board.
    """
    run = _NONE
    at = shift(one, by, edge) & other
    while at:
        run |= at
        at = shift(at, by, edge)
        if at & own:
            return run
        at &= other
    return _NONE


@njit(inline="always")
def _reached(shift: Shift, own: Bits, inner: Bits, by: Bits) -> Bits:
    """Squares behind runs of `inner` discs that begin next to an own disc, in one direction."""
    run = shift(own, by, inner)
    for _ in range(5):
        run |= shift(run, by, inner)
    return shift(run, by, _ALL)


@njit(cache=True, nogil=True)
def moves(own: Bits, other: Bits, playable: Bits) -> Bits:
    """Squares on which the player to move may put a disc."""
    # Runs end before the edge columns when the discs in them are left out; so no run wraps.
    middle = other & _NOT_LEFT & _NOT_RIGHT
    reached = _reached(_left, own, middle, _BY_ONE) | _reached(_right, own, middle, _BY_ONE)
    reached |= _reached(_left, own, other, _BY_EIGHT) | _reached(_right, own, other, _BY_EIGHT)
    reached |= _reached(_left, own, middle, _BY_SEVEN) | _reached(_right, own, middle, _BY_SEVEN)
    reached |= _reached(_left, own, middle, _BY_NINE) | _reached(_right, own, middle, _BY_NINE)
    return reached & playable & ~(own | other)


@njit(cache=True, nogil=True)
def turned(own: Bits, other: Bits, square: int) -> Bits:
    """Discs that change sides when the player to move puts one on `square`."""
    one = _ONE << np.uint64(square)
    flips = _captured(_left, one, own, other, _BY_ONE, _NOT_LEFT)
    flips |= _captured(_right, one, own, other, _BY_ONE, _NOT_RIGHT)
    flips |= _captured(_left, one, own, other, _BY_EIGHT, _ALL)
    flips |= _captured(_right, one, own, other, _BY_EIGHT, _ALL)
    flips |= _captured(_left, one, own, other, _BY_SEVEN, _NOT_RIGHT)
    flips |= _captured(_right, one, own, other, _BY_SEVEN, _NOT_LEFT)
    flips |= _captured(_left, one, own, other, _BY_NINE, _NOT_LEFT)
    flips |= _captured(_right, one, own, other, _BY_NINE, _NOT_RIGHT)
    return flips


@njit(inline="always")
def advance(own: Bits, other: Bits, square: int, playable: Bits) -> PositionBits:
    """The position after a legal move, seen by who is to move then, and what may be played.

    Who cannot move passes. The last value tells whether that happened; no square may be
    played where nobody can move.
    """
    flips = turned(own, other, square)
    own, other = other & ~flips, own | flips | (_ONE << np.uint64(square))
    legal = moves(own, other, playable)
    if legal:
        return own, other, legal, False
    return other, own, moves(other, own, playable), True


@njit(cache=True, nogil=True)
def play(own: Bits, other: Bits, square: int, playable: Bits) -> PositionBits:
    """`advance`, to be called from Python."""
    return advance(own, other, square, playable)


@njit(cache=True, nogil=True)
def perft(own: Bits, other: Bits, playable: Bits, depth: int) -> Any:
    """Number of ways to play `depth` moves, where a pass is a move; a finished game has one.

    On a stack of its own, as is `future`: numba's cache and recursion do not go together
    (numba issue 6061).
    """
    if depth == 0:
        return 1
    boards = np.empty((depth + 1, 3), dtype=np.uint64)  # own, other, moves not tried yet
    boards[0] = (own, other, moves(own, other, playable))
    level, total, fresh = 0, 0, True
    while level >= 0:
        own, other, untried = boards[level]
        if fresh and not untried:
            untried = moves(other, own, playable)
            if not untried or level + 1 == depth:
                total += 1
            else:  # a pass, in place of this level's moves
                level += 1
                boards[level] = (other, own, untried)
                boards[level - 1, 2] = _NONE
                continue
            level, fresh = level - 1, False
        elif not untried:
            level, fresh = level - 1, False
        elif level + 1 == depth:
            total += count_bits(untried)
            level, fresh = level - 1, False
        else:
            square = lowest(untried)
            boards[level, 2] = untried & (untried - _ONE)
            flips = turned(own, other, square)
            own, other = other & ~flips, own | flips | (_ONE << np.uint64(square))
            level, fresh = level + 1, True
            boards[level] = (own, other, moves(own, other, playable))
    return total


@njit(cache=True, nogil=True)
def future(own: Bits, other: Bits, playable: Bits) -> tuple[Bits, Bits]:
    """128 bits that depend on which strings of squares may be played, and on nothing else."""
    legal = moves(own, other, playable)
    if not legal:
        legal = moves(other, own, playable)
        own, other = other, own
    boards = np.empty((64, 4), dtype=np.uint64)  # own, other, moves not tried yet, the last tried
    hashes = np.empty((64, 2), dtype=np.uint64)
    boards[0], hashes[0] = (own, other, legal, _NONE), (_LEAF, STEP)
    level = 0
    while True:
        own, other, untried, named = boards[level]
        if untried:
            square = lowest(untried)
            boards[level, 2] = untried & (untried - _ONE)
            boards[level, 3] = np.uint64(square) + STEP
            ahead = advance(own, other, square, playable)
            level += 1
            boards[level], hashes[level] = (*ahead[:3], _NONE), (_LEAF, STEP)
            continue
        first, second = hashes[level]
        if level == 0:
            return first, second
        level -= 1
        named = boards[level, 3]
        hashes[level, 0] = mixed(hashes[level, 0] ^ mixed(named ^ mixed(first)))
        hashes[level, 1] = mixed(hashes[level, 1] + mixed(named + mixed(second)))
