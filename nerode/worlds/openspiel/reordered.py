"""Histories of any game: a random game, and the same moves in another order."""

from __future__ import annotations

import numpy as np

from nerode.errors import NoTrial
from nerode.worlds.history_source import HistoryPair
from nerode.worlds.world import AnyWorld

MOST_MOVES = 60
"""Moves of the longest history."""
FEWEST = 3
"""Moves of the shortest games that can meet."""
_EXCHANGES = 200
"""Exchanges of two moves that are tried on a game."""
_TRIED_GAMES = 200


class Reordered:
    """Pairs of histories (a `HistorySource`): how many moves is drawn first, then a random game.

    Two moves of one player change places; where the game stays legal and comes to the same
    position, it is another history of one state.
    """

    name = "uniform"

    def __init__(self, world: AnyWorld) -> None:
        self._world = world
        game = self._game(MOST_MOVES, np.random.default_rng(0))
        self._most = max(FEWEST, min(MOST_MOVES, len(game) - 1))

    def same_state(self, rng: np.random.Generator) -> HistoryPair:
        """Two orders of play that come to one position. Raises NoTrial where none is found."""
        for _ in range(_TRIED_GAMES):
            game = self._game(int(rng.integers(FEWEST, self._most + 1)), rng)
            other = self._other_order(game, rng)
            if other is not None:
                return self._pair(game, other)
        raise NoTrial(f"none of {_TRIED_GAMES} games of {self._world.name} can be reordered")

    def different_states(self, rng: np.random.Generator) -> HistoryPair:
        """Two games of one number of moves that come to different positions."""
        for _ in range(_TRIED_GAMES):
            count = int(rng.integers(FEWEST, self._most + 1))
            first, second = self._game(count, rng), self._game(count, rng)
            if first and second and self._world.run(first) != self._world.run(second):
                return self._pair(first, second)
        raise NoTrial(f"none of {_TRIED_GAMES} games of {self._world.name} differ")

    def _other_order(
        self, game: tuple[int, ...], rng: np.random.Generator
    ) -> tuple[int, ...] | None:
        """The game with two moves of like parity exchanged, if it comes to the same position."""
        world, count = self._world, len(game)
        goal = world.run(game)
        for first, second in rng.integers(count, size=(_EXCHANGES, 2)).tolist():
            if first == second or (first - second) % 2 or game[first] == game[second]:
                continue
            other = list(game)
            other[first], other[second] = game[second], game[first]
            if world.accepts(other) and world.run(other) == goal:
                return tuple(other)
        return None

    def _game(self, count: int, rng: np.random.Generator) -> tuple[int, ...]:
        """A random game of so many moves that is not over, or a shorter one."""
        state, game = self._world.start, list[int]()
        for share in rng.random(count).tolist():
            legal = self._world.legal(state)
            following = self._world.step(state, legal[int(share * len(legal))])
            if not self._world.legal(following):
                break
            game.append(legal[int(share * len(legal))])
            state = following
        return tuple(game)

    def _pair(self, *games: tuple[int, ...]) -> HistoryPair:
        first, second = games
        return HistoryPair((self._world.run(first), self._world.run(second)), (first, second))
