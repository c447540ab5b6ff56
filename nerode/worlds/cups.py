"""Cups in a row, things under them: the symmetric group as a game of swaps and looks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import combinations
from typing import final

import numpy as np

from nerode.errors import InvalidParameter
from nerode.worlds.automata.finite import WordSampler, write_out
from nerode.worlds.world import World

FEWEST_CUPS, MOST_CUPS = 3, 6

Things = tuple[int, ...]
"""Which thing lies under the cup at each place, from left to right."""


@final
class Cups(World[Things]):
    """A row of n cups, and n different things under them, A at place 1, B at place 2, ...

    A symbol swaps the cups at two places, with what lies under them (`1-3`), or looks under
    one (`A@2`: A lies under the cup at place 2). Every swap is always legal; a look is legal
    where it is true, and changes nothing. There is no END, and no goal.

    Raises InvalidParameter for n outside 3 to 6.
    """

    def __init__(self, n: int = 4) -> None:
        if not FEWEST_CUPS <= n <= MOST_CUPS:
            message = f"expected n from {FEWEST_CUPS} to {MOST_CUPS} in cups, got {n}"
            raise InvalidParameter(message)
        self.n = n
        self.name = f"cups:n={n}"
        self.swaps = tuple(combinations(range(n), 2))
        """The places, from 0, that the first symbols swap; the looks come after them."""
        self.alphabet = (
            *(f"{left + 1}-{right + 1}" for left, right in self.swaps),
            *(f"{chr(ord('A') + thing)}@{place + 1}" for thing in range(n) for place in range(n)),
        )
        self.start = tuple(range(n))

    def look(self, thing: int, place: int) -> int:
        """The symbol by which `thing` is seen at `place`, both from 0."""
        return len(self.swaps) + thing * self.n + place

    def seen(self, symbol: int) -> tuple[int, int]:
        """Thing and place, both from 0, of a symbol that is a look."""
        return divmod(symbol - len(self.swaps), self.n)

    def legal(self, state: Things) -> tuple[int, ...]:
        """Every swap, and the looks that are true."""
        looks = sorted(self.look(thing, place) for place, thing in enumerate(state))
        return (*range(len(self.swaps)), *looks)

    def step(self, state: Things, symbol: int) -> Things:
        """The things after a swap; the same after a look."""
        if 0 <= symbol < len(self.swaps):
            left, right = self.swaps[symbol]
            things = list(state)
            things[left], things[right] = things[right], things[left]
            return tuple(things)
        if len(self.swaps) <= symbol < len(self.alphabet):
            thing, place = self.seen(symbol)
            if state[place] == thing:
                return state
        raise self.illegal(state, symbol)

    def separation(self, state1: Things, state2: Things) -> int | None:
        """1, for a look where they differ tells two orders apart; None for equal ones."""
        return None if state1 == state2 else 1

    @cached_property
    def _words(self) -> WordSampler[Things]:
        return WordSampler(write_out(self), 2 * self.n)

    def sample_state(self, rng: np.random.Generator) -> Things:
        """An order of the things, drawn uniformly."""
        return tuple(rng.permutation(self.n).tolist())

    def history_lengths(self, state: Things) -> Sequence[int]:
        """Lengths from 1 to 2n of which some legal word reaches `state`."""
        return self._words.lengths(state)

    def sample_history(
        self, state: Things, length: int, rng: np.random.Generator
    ) -> tuple[int, ...]:
        """A legal word of `length` symbols that reaches `state`, all equally probable.

        Looks are among them: in every order n are true, beside n(n-1)/2 swaps. Raises NoTrial
        where there is none, or where `length` exceeds 2n.
        """
        return self._words.sample(state, length, rng)
