"""Othello: a symbol is a square, played by whoever is to move; passes are implied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import NDArray

from nerode.errors import IllegalSymbol
from nerode.worlds.habits import Habit, RandomPlay
from nerode.worlds.history_source import HistorySource
from nerode.worlds.othello.game import OthelloBoard, OthelloGame, square_name, squares_of
from nerode.worlds.othello.games import GAME_POLICIES
from nerode.worlds.othello.habits import Strong
from nerode.worlds.othello.labels import CLASSES, replay
from nerode.worlds.othello.notation import squares_written
from nerode.worlds.othello.rules import OVER, perft
from nerode.worlds.othello.transpositions import Transpositions
from nerode.worlds.othello.wthor import read_wthor
from nerode.worlds.policies import Numbered, Policy
from nerode.worlds.tournaments import TournamentGames
from nerode.worlds.world import BoardPosition


@final
class Othello(OthelloGame):
    """Othello with its policies, pairs of histories, games on file, board, features and goal.

    The goal is the end of the game, which costs nothing: every finished legal game is as good as
    any other. `OthelloGame` has the rules.
    """

    # Text, and turned boards

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
        return {name: Numbered(partial(draw, self)) for name, draw in GAME_POLICIES.items()}

    def habit(self, policy: str, seed: int) -> Habit | None:  # noqa: ARG002 (the same for all)
        """The habit of random play, and of the player who looks ahead."""
        if policy == "strong":
            return Strong(self)
        return RandomPlay(self) if policy == "random" else None

    def own_histories(self, *, same_length: bool) -> HistorySource | None:
        """The same squares in another order; under `same_length`, as published, games that meet.

        Those have to meet by chance in their first moves (`longest_exploration`).
        """
        return None if same_length else Transpositions(self)

    def read_tournaments(self, path: str | Path) -> TournamentGames:
        """The legal games of a WTHOR file, or of all such files in a folder."""
        return read_wthor(path, self)

    # The board

    @property
    def square_names(self) -> tuple[str, ...]:
        """Names of the squares, row by row."""
        return self.features

    def boards(self, symbols: Sequence[int]) -> Iterator[BoardPosition]:
        """The position before the first move, then that after each of some legal moves."""
        squares = list(squares_of(int(self.playable)))
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
        return tuple(square_name(square) for square in squares_of(int(self.playable)))

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

    def toward_goal(self, state: OthelloBoard) -> int | None:
        """The first legal square; None where the game is over."""
        return next(iter(state.legal), None)

    def steps_to_goal(self, state: OthelloBoard) -> int:
        """Moves until the end, when the first legal square is played each time."""
        steps = 0
        while state.legal:
            state = self.step(state, state.legal[0])
            steps += 1
        return steps

    def cost_to_goal(self, state: OthelloBoard) -> int:  # noqa: ARG002 (the same for all)
        """Nothing."""
        return 0

    def cost(self, state: OthelloBoard, symbol: int) -> int:
        """Nothing. Raises IllegalSymbol where the move is not legal."""
        if symbol not in state.legal:
            raise self.illegal(state, symbol)
        return 0

    def steps_allowed(self, prompt: Sequence[int]) -> int:
        """Number of squares that the prompt leaves empty."""
        return len(self.squares) - len(prompt)
