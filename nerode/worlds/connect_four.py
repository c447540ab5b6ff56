"""Cumulative Connect-4 (docs/paper.md, section 1): seven columns, a win does not end the game."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np

from nerode.errors import InvalidParameter, NoTrial
from nerode.worlds.world import World

COLUMNS = 7
MOST_ROWS = 10_000
LONGEST_TRIP = 60
"""How many cells are left at most where a trip begins."""

Heights = tuple[int, ...]
"""How many pieces lie in each of the seven columns."""


@final
class ConnectFour(World[Heights]):
    """A board of seven columns; a symbol drops a piece into one that is not full.

    Only the heights matter, so they are the state. There is no END: nothing is legal once
    the board is full. Its goal is the full board, one unit of cost per piece; as every
    piece brings it nearer, the canonical way plays the lowest legal column.

    Raises InvalidParameter for a number of rows outside 1 to 10,000.
    """

    def __init__(self, rows: int = 6) -> None:
        if not 1 <= rows <= MOST_ROWS:
            message = f"expected rows from 1 to {MOST_ROWS} in connect-four, got {rows}"
            raise InvalidParameter(message)
        self.rows = rows
        self.name = f"connect-four:rows={rows}"
        self.alphabet = tuple(str(column + 1) for column in range(COLUMNS))
        self.start = (0,) * COLUMNS

    def legal(self, state: Heights) -> tuple[int, ...]:
        """Columns that are not full."""
        rows = self.rows
        return tuple([column for column, height in enumerate(state) if height < rows])

    def step(self, state: Heights, symbol: int) -> Heights:
        """Heights with one more piece in a column."""
        if not 0 <= symbol < COLUMNS or state[symbol] >= self.rows:
            raise self.illegal(state, symbol)
        return (*state[:symbol], state[symbol] + 1, *state[symbol + 1 :])

    def separation(self, state1: Heights, state2: Heights) -> int | None:
        """Length of the shortest string legal from exactly one state; None for equal ones.

        Two boards differ as soon as a column is full on one of them only, and a column of
        heights h and h' is brought there, and one piece beyond, by rows - max(h, h') + 1.
        """
        highest = max(
            (max(pair) for pair in zip(state1, state2, strict=True) if pair[0] != pair[1]),
            default=None,
        )
        return None if highest is None else self.rows - highest + 1

    def sample_state(self, rng: np.random.Generator) -> Heights:
        """Heights drawn uniformly, the empty and the full board left out."""
        while True:
            state = tuple(rng.integers(self.rows + 1, size=COLUMNS).tolist())
            if 0 < sum(state) < COLUMNS * self.rows:
                return state

    def history_lengths(self, state: Heights) -> Sequence[int]:
        """One length only: as many symbols as there are pieces."""
        return (sum(state),)

    def sample_history(
        self, state: Heights, length: int, rng: np.random.Generator
    ) -> tuple[int, ...]:
        """The pieces of the board in a uniformly random order.

        Raises NoTrial where `length` is not their number.
        """
        if length != sum(state):
            message = f"no history of {length} symbols reaches {sum(state)} pieces of {self.name}"
            raise NoTrial(message)
        pieces = np.repeat(np.arange(COLUMNS), state)
        return tuple(rng.permutation(pieces).tolist())

    def sample_trip(self, rng: np.random.Generator) -> tuple[int, ...]:
        """Uniformly random play, one symbol at least, that leaves 1 to 60 cells empty."""
        cells = COLUMNS * self.rows
        length = cells - int(rng.integers(1, min(LONGEST_TRIP, cells - 1) + 1))
        heights = [0] * COLUMNS
        trip: list[int] = []
        while True:
            # A column drawn from all, and passed over when full, is uniform among the legal.
            for column in rng.integers(COLUMNS, size=length).tolist():
                if heights[column] < self.rows:
                    heights[column] += 1
                    trip.append(column)
                    if len(trip) == length:
                        return tuple(trip)

    def toward_goal(self, state: Heights) -> int | None:
        """The lowest column that is not full; None on the full board."""
        return next(iter(self.legal(state)), None)

    def steps_to_goal(self, state: Heights) -> int:
        """Number of empty cells."""
        return COLUMNS * self.rows - sum(state)

    def cost_to_goal(self, state: Heights) -> int:
        """Number of empty cells: every piece costs 1."""
        return self.steps_to_goal(state)

    def cost(self, state: Heights, symbol: int) -> int:
        """Cost of one legal symbol: 1."""
        if not 0 <= symbol < COLUMNS or state[symbol] >= self.rows:
            raise self.illegal(state, symbol)
        return 1

    def steps_allowed(self, prompt: Sequence[int]) -> int:
        """Number of cells that the prompt leaves empty."""
        return self.steps_to_goal(self.run(prompt))
