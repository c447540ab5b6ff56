"""Moves and positions of chess as texts: UCI, and Forsyth-Edwards notation without its clocks."""

from __future__ import annotations

from itertools import product
from typing import Any

FILES, RANKS = "abcdefgh", "12345678"
_PROMOTIONS = "qrbn"


def _all_moves() -> tuple[str, ...]:
    """Every move that any piece can make on an empty board, from square to square."""
    squares = [(file, rank) for rank in range(8) for file in range(8)]
    found = []
    for (file, rank), (to_file, to_rank) in product(squares, squares):
        aside, ahead = abs(to_file - file), abs(to_rank - rank)
        straight = (aside == 0) != (ahead == 0) or (aside == ahead and aside > 0)
        if not straight and {aside, ahead} != {1, 2}:
            continue
        move = f"{FILES[file]}{RANKS[rank]}{FILES[to_file]}{RANKS[to_rank]}"
        found.append(move)
        if aside <= 1 and (rank, to_rank) in {(6, 7), (1, 0)}:
            found += [move + piece for piece in _PROMOTIONS]
    return tuple(found)


MOVES = _all_moves()
"""Every move as UCI writes it; castling is the king's move."""


def move(state: Any, action: int) -> str:
    """The name in UCI of what is a number to the library."""
    import pyspiel  # noqa: PLC0415 - optional

    return str(pyspiel.chess.action_to_move(action, state.board()).to_lan())


def without_clocks(position: str) -> str:
    """The part of a position that decides its future.

    >>> without_clocks("8/8/8/8/8/8/8/K1k5 w - - 12 60")
    '8/8/8/8/8/8/8/K1k5 w - -'
    """
    return " ".join(position.split()[:4])
