"""The boards of a game of Othello as the player to move sees them, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nerode.worlds.othello.rules import OVER, OpeningBits, advance, moves

CLASSES = ("empty", "mine", "theirs")
"""What a square may be; `mine` are the discs of the player to move."""

_ONE = np.uint64(1)


@njit(cache=True, nogil=True)
def replay(opening: OpeningBits, played: NDArray[np.int64], labels: NDArray[np.int64]) -> int:
    """Write the board before every move but the first; the number of the first illegal move.

    `opening` is the position before the first move and the squares of the board; `played` the
    squares of the game. Row i of `labels`, (moves - 1, squares of the board), is the board after
    move i: numbers in CLASSES, square by square. Gives OVER where every move is legal.
    """
    own, other, playable = opening
    legal = moves(own, other, playable)
    for move in range(len(played)):
        if move:
            place = 0
            for square in range(64):
                bit = _ONE << np.uint64(square)
                if playable & bit:
                    labels[move - 1, place] = 1 if own & bit else (2 if other & bit else 0)
                    place += 1
        if not legal & (_ONE << np.uint64(played[move])):
            return move
        own, other, legal, _ = advance(own, other, played[move], playable)
    return OVER
