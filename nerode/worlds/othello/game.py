"""The rules of Othello as a world: states, and what may be played in them.

What else is known of Othello (its games on file, its policies, what a probe looks for) is built on
this in files of their own; nerode/worlds/othello/othello.py puts all of it together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from nerode.errors import InvalidParameter
from nerode.rng import Bits
from nerode.worlds.othello.rules import OpeningBits, future, moves, play
from nerode.worlds.world import World

SIZES = (4, 6, 8)
LATE = 7
"""Boards with so few empty squares that all their ways to the end are compared."""

_REMEMBERED = 1 << 16


class OthelloPosition(NamedTuple):
    """A position as both players see it; discs are bits, as those of an OthelloBoard."""

    black: int
    white: int
    black_moves: bool
    """Whether black is to move, or would be if the game were not over."""
    passed: bool
    """Whether the other player had to pass after the move that led here."""
    over: bool


@dataclass(frozen=True, slots=True)
class OthelloBoard:
    """A position as the player to move sees it; equal where the same may be played for ever.

    Discs are bits: square i of row 8 * r + c is bit i, whatever the size of the board. Whose
    colour is whose does not matter to what may follow, so that a position and the same with
    colours exchanged are one state. Where at most LATE squares are empty, boards are equal
    when exactly the same strings of squares may follow.
    """

    own: int = field(compare=False)
    """Discs of the player to move."""
    other: int = field(compare=False)
    """Discs of the other player."""
    future: tuple[int, int]
    """What makes boards equal: both sides' discs or, late, a hash (128 bits) of the future."""
    legal: tuple[int, ...] = field(compare=False, repr=False)
    """Symbols that may follow, ascending."""

    def __repr__(self) -> str:
        """The board row by row: x for the player to move, o for the other.

        Runs on disk name states so: the text stays as it is.
        """
        return f"Board({discs(self.own, self.other)})"


def discs(own: int, other: int) -> str:
    """Both sides' discs in words of squares: `x c4 d3 o c3 d4`."""
    named = {"x": own, "o": other}
    return " ".join(
        " ".join([mark, *(square_name(i) for i in range(64) if bits >> i & 1)])
        for mark, bits in named.items()
    )


def square_name(square: int) -> str:
    """Name of square 8 * r + c: column a to h, row 1 to 8."""
    return f"{'abcdefgh'[square % 8]}{square // 8 + 1}"


class OthelloGame(World[OthelloBoard]):
    """Othello on a square board; a sequence is the squares in the order of play.

    Black begins; who cannot move passes, which is not written; where neither can, nothing is
    legal. There is no END. Symbols are the squares row by row, a1 b1 ... h8, without the four in
    the middle.

    Raises InvalidParameter for a size other than 4, 6 and 8.
    """

    def __init__(self, size: int = 8) -> None:
        if size not in SIZES:
            message = f"expected a size of {', '.join(map(str, SIZES))} in othello, got {size}"
            raise InvalidParameter(message)
        self.size = size
        self.name = f"othello:size={size}"
        middle = size // 2 - 1
        squares = [8 * row + column for row in range(size) for column in range(size)]
        self.playable = np.uint64(sum(1 << square for square in squares))
        """Bits of the squares of this board."""
        white = (9 * middle, 9 * middle + 9)
        black = (9 * middle + 1, 9 * middle + 8)
        self.opening = (_bits(black), _bits(white))
        """Bits of black's and white's discs before the first move."""
        first, second = (np.uint64(bits) for bits in self.opening)
        self.setup: OpeningBits = first, second, self.playable
        """The same and the squares of the board, as compiled loops take them."""
        self.squares = tuple(square for square in squares if square not in white + black)
        """Square 8 * r + c of each symbol."""
        self.alphabet = tuple(square_name(square) for square in self.squares)
        self.symbol_of = np.full(64, -1, dtype=np.int32)
        """Symbol of each square, -1 where there is none: (64,)."""
        self.symbol_of[np.array(self.squares)] = np.arange(len(self.squares))
        self._symbols = self.symbol_of.tolist()
        self._over = self._board(np.uint64(0), np.uint64(0), np.uint64(0))
        self.start = self._board(*self.setup[:2], moves(*self.setup))
        self._after = lru_cache(maxsize=_REMEMBERED)(self._play)

    def legal(self, state: OthelloBoard) -> tuple[int, ...]:
        """Symbols of the squares that may be played."""
        return state.legal

    def step(self, state: OthelloBoard, symbol: int) -> OthelloBoard:
        """The board after a move, and after the pass that it may force."""
        if symbol not in state.legal:
            raise self.illegal(state, symbol)
        return self._after(state.own, state.other, int(symbol))

    def _play(self, own: int, other: int, symbol: int) -> OthelloBoard:
        ahead = play(np.uint64(own), np.uint64(other), self.squares[symbol], self.playable)
        return self._board(*(np.uint64(bits) for bits in ahead[:3]))

    def _board(self, own: Bits, other: Bits, legal: Bits) -> OthelloBoard:
        if not legal:
            own, other = np.uint64(0), np.uint64(0)  # every finished game is one state
        here = int(own), int(other)
        empty = self.size**2 - (here[0] | here[1]).bit_count()
        late = not legal or empty <= LATE
        key = future(own, other, self.playable) if late else here
        symbols = tuple(self._symbols[square] for square in squares_of(int(legal)))
        return OthelloBoard(*here, (int(key[0]), int(key[1])), symbols)

    def discs(self, symbols: Iterable[int]) -> tuple[int, int, bool, tuple[bool, ...]]:
        """Black's and white's discs after some moves, whether black is to move, and passes.

        The last are, for each move, whether the other player had to pass after it. Raises
        IllegalSymbol at a move that is not legal.
        """
        *_, last = positions = list(self.positions(symbols))
        passes = (position.passed for position in positions[1:])
        return last.black, last.white, last.black_moves, tuple(passes)

    def positions(self, symbols: Iterable[int]) -> Iterator[OthelloPosition]:
        """The position before the first move, then that after each of some moves.

        Raises IllegalSymbol at a move that is not legal.
        """
        own, other, _ = self.setup
        state, black = self.start, True
        yield OthelloPosition(int(own), int(other), black_moves=True, passed=False, over=False)
        for symbol in symbols:
            state = self.step(state, symbol)
            own, other, _, passed = play(own, other, self.squares[symbol], self.playable)
            own, other = np.uint64(own), np.uint64(other)
            black = black if passed else not black
            first, second = (own, other) if black else (other, own)
            yield OthelloPosition(int(first), int(second), black, bool(passed), not state.legal)


def _bits(squares: Iterable[int]) -> int:
    return sum(1 << square for square in squares)


def squares_of(bits: int) -> Iterator[int]:
    """Numbers of the bits that are set, ascending."""
    while bits:
        yield (bits & -bits).bit_length() - 1
        bits &= bits - 1
