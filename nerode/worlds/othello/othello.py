"""Othello: a symbol is a square, played by whoever is to move; passes are implied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from nerode.errors import IllegalSymbol, InvalidParameter
from nerode.worlds.habits import Habit, RandomPlay
from nerode.worlds.history_source import HistorySource
from nerode.worlds.othello.labels import CLASSES, replay
from nerode.worlds.othello.notation import squares_written
from nerode.worlds.othello.rules import OVER, future, moves, perft, play
from nerode.worlds.policies import Numbered, Policy
from nerode.worlds.tournaments import TournamentGames
from nerode.worlds.world import BoardPosition, World

SIZES = (4, 6, 8)
LATE = 7
"""Boards with so few empty squares that all their ways to the end are compared."""

_REMEMBERED = 1 << 16

Setup = tuple[Any, Any, Any]
"""Three np.uint64: discs of the player to move and of the other, and the squares of the board."""


class Position(NamedTuple):
    """A position as both players see it; discs are bits, as those of a Board."""

    black: int
    white: int
    black_moves: bool
    """Whether black is to move, or would be if the game were not over."""
    passed: bool
    """Whether the other player had to pass after the move that led here."""
    over: bool


@dataclass(frozen=True, slots=True)
class Board:
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
        """The board row by row: x for the player to move, o for the other."""
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


@final
class Othello(World[Board]):
    """Othello on a square board; a sequence is the squares in the order of play.

    Black begins; who cannot move passes, which is not written; where neither can, nothing is
    legal. There is no END. Symbols are the squares row by row, a1 b1 ... h8, without the four in
    the middle. Its goal is the end of the game, which costs nothing: every finished legal game
    is as good as any other.

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
        self.setup: Setup = first, second, self.playable
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

    def legal(self, state: Board) -> tuple[int, ...]:
        """Symbols of the squares that may be played."""
        return state.legal

    def step(self, state: Board, symbol: int) -> Board:
        """The board after a move, and after the pass that it may force."""
        if symbol not in state.legal:
            raise self.illegal(state, symbol)
        return self._after(state.own, state.other, int(symbol))

    def _play(self, own: int, other: int, symbol: int) -> Board:
        ahead = play(np.uint64(own), np.uint64(other), self.squares[symbol], self.playable)
        return self._board(*(np.uint64(bits) for bits in ahead[:3]))

    def _board(self, own: Any, other: Any, legal: Any) -> Board:
        if not legal:
            own, other = np.uint64(0), np.uint64(0)  # every finished game is one state
        here = int(own), int(other)
        empty = self.size**2 - (here[0] | here[1]).bit_count()
        late = not legal or empty <= LATE
        key = future(own, other, self.playable) if late else here
        symbols = tuple(self._symbols[square] for square in _squares(int(legal)))
        return Board(*here, (int(key[0]), int(key[1])), symbols)

    def words(self, text: str) -> list[str]:
        """The squares of a game, however it is written: `f5 d6`, `F5D6`, passes or none.

        A pass may be written where the rules force one (`othello_text` says how), and is left
        out; anywhere else it stays, as a word that is no symbol.
        """
        return squares_written(text, self.index, self._passes)

    def _passes(self, squares: Sequence[str]) -> int:
        """How many passes the rules force after these squares: 0, 1, or 2 at the game's end."""
        try:
            *_, last = self.positions(self.index[square] for square in squares)
        except IllegalSymbol:
            return 2  # what follows an illegal move does not matter
        return 2 if last.over else int(last.passed)

    def discs(self, symbols: Iterable[int]) -> tuple[int, int, bool, tuple[bool, ...]]:
        """Black's and white's discs after some moves, whether black is to move, and passes.

        The last are, for each move, whether the other player had to pass after it. Raises
        IllegalSymbol at a move that is not legal.
        """
        *_, last = positions = list(self.positions(symbols))
        passes = (position.passed for position in positions[1:])
        return last.black, last.white, last.black_moves, tuple(passes)

    def positions(self, symbols: Iterable[int]) -> Iterator[Position]:
        """The position before the first move, then that after each of some moves.

        Raises IllegalSymbol at a move that is not legal.
        """
        own, other, _ = self.setup
        state, black = self.start, True
        yield Position(int(own), int(other), black_moves=True, passed=False, over=False)
        for symbol in symbols:
            state = self.step(state, symbol)
            own, other, _, passed = play(own, other, self.squares[symbol], self.playable)
            own, other = np.uint64(own), np.uint64(other)
            black = black if passed else not black
            first, second = (own, other) if black else (other, own)
            yield Position(int(first), int(second), black, bool(passed), not state.legal)

    @property
    def symmetries(self) -> tuple[tuple[int, ...], ...]:
        """The board as it is, turned by half, and mirrored at each of its diagonals.

        The other turns and mirrors exchange black and white before the first move.
        """
        last = self.size - 1
        places = [divmod(square, 8) for square in self.squares]
        images = (
            [(row, column) for row, column in places],
            [(last - row, last - column) for row, column in places],
            [(column, row) for row, column in places],
            [(last - column, last - row) for row, column in places],
        )
        return tuple(
            tuple(self._symbols[8 * row + column] for row, column in image) for image in images
        )

    # Games, what comes next in them, and games that meet

    longest_exploration = 12
    """Moves after which two random games hardly ever meet: the published test goes no further.
    (Games come to states with the same future again when a few squares are left.)"""

    @property
    def policies(self) -> Mapping[str, Policy]:
        """`random` and `strong`, compiled; `shortest` plays the first legal square."""
        from nerode.worlds.othello.games import POLICIES  # noqa: PLC0415 - it needs this file

        return {name: Numbered(partial(draw, self)) for name, draw in POLICIES.items()}

    def habit(self, policy: str, seed: int) -> Habit | None:  # noqa: ARG002 (the same for all)
        """The habit of random play, and of the player who looks ahead."""
        from nerode.worlds.othello.habits import Strong  # noqa: PLC0415 - as above

        if policy == "strong":
            return Strong(self)
        return RandomPlay(self) if policy == "random" else None

    def own_histories(self, *, same_length: bool) -> HistorySource | None:
        """The same squares in another order; under `same_length`, as published, games that meet.

        Those have to meet by chance in their first moves (`longest_exploration`).
        """
        from nerode.worlds.othello.transpositions import Transpositions  # noqa: PLC0415 - as above

        return None if same_length else Transpositions(self)

    def read_tournaments(self, path: str | Path) -> TournamentGames:
        """The legal games of a WTHOR file, or of all such files in a folder."""
        from nerode.worlds.othello.wthor import read_wthor  # noqa: PLC0415 - as above

        return read_wthor(path, self)

    # The board

    @property
    def square_names(self) -> tuple[str, ...]:
        """Names of the squares, row by row."""
        return self.features

    def boards(self, symbols: Sequence[int]) -> Iterator[BoardPosition]:
        """The position before the first move, then that after each of some legal moves."""
        squares = list(_squares(int(self.playable)))
        for at in self.positions(symbols):
            discs = (
                "b" if at.black >> i & 1 else "w" if at.white >> i & 1 else "." for i in squares
            )
            mover = None if at.over else "black" if at.black_moves else "white"
            yield BoardPosition("".join(discs), mover)

    # What a probe may look for

    @property
    def features(self) -> tuple[str, ...]:
        """Every square of the board, row by row."""
        return tuple(square_name(square) for square in _squares(int(self.playable)))

    @property
    def classes(self) -> tuple[str, ...]:
        """What a square may be, as the player to move sees it."""
        return CLASSES

    def labels(self, symbols: Sequence[int]) -> NDArray[np.int64]:
        """Class of every square after each move but the last: (moves - 1, squares).

        Raises IllegalSymbol at a move that is not legal.
        """
        played = np.array([self.squares[symbol] for symbol in symbols], dtype=np.int64)
        found = np.empty((max(0, len(played) - 1), self.size**2), dtype=np.int64)
        if replay(self.setup, played, found) != OVER:
            self.run(symbols)  # tells which move it was
        return found

    def perft(self, depth: int) -> int:
        """Number of ways to play `depth` moves from the start, a pass counted as a move."""
        return int(perft(*self.setup, depth))

    # The goal: the end of the game

    def sample_trip(self, rng: np.random.Generator) -> tuple[int, ...]:
        """Uniformly random play of a number of moves drawn uniformly, the game not over."""
        while True:
            length = int(rng.integers(1, len(self.squares)))
            state, trip = self.start, []
            for share in rng.random(length).tolist():
                if not state.legal:
                    break
                trip.append(state.legal[int(share * len(state.legal))])
                state = self.step(state, trip[-1])
            if state.legal:
                return tuple(trip)

    def toward_goal(self, state: Board) -> int | None:
        """The first legal square; None where the game is over."""
        return next(iter(state.legal), None)

    def steps_to_goal(self, state: Board) -> int:
        """Moves until the end, when the first legal square is played each time."""
        steps = 0
        while state.legal:
            state = self.step(state, state.legal[0])
            steps += 1
        return steps

    def cost_to_goal(self, state: Board) -> int:  # noqa: ARG002 (the same for all)
        """Nothing."""
        return 0

    def cost(self, state: Board, symbol: int) -> int:
        """Nothing. Raises IllegalSymbol where the move is not legal."""
        if symbol not in state.legal:
            raise self.illegal(state, symbol)
        return 0

    def steps_allowed(self, prompt: Sequence[int]) -> int:
        """Number of squares that the prompt leaves empty."""
        return len(self.squares) - len(prompt)


def _bits(squares: Iterable[int]) -> int:
    return sum(1 << square for square in squares)


def _squares(bits: int) -> Iterator[int]:
    while bits:
        yield (bits & -bits).bit_length() - 1
        bits &= bits - 1
