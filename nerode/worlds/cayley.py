"""The symmetric group as a world: its Cayley graph, with END at the identity."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final, final

import numpy as np

from nerode.errors import InvalidParameter
from nerode.worlds.automata.finite import Automaton, WordSampler, write_out
from nerode.worlds.world import END, World

FEWEST_THINGS, MOST_THINGS = 3, 6
STEPS_ALLOWED = 100

Permutation = tuple[int, ...]
"""Which thing stands at each place; `DONE` once END was read."""

DONE: Final[Permutation] = ()


@final
class Cayley(World[Permutation]):
    """All orders of n things; a symbol swaps two neighbours (s1, s2, ...) or rotates (r).

    `si` swaps the things at places i and i + 1, `r` moves the first thing to the end. END
    is legal in the identical order only, and nothing after it, so that two orders always
    have different futures. The goal is to be there and to end; every symbol costs 1, and
    ties go to the symbol with the lowest number.

    Raises InvalidParameter for n outside 3 to 6.
    """

    def __init__(self, n: int = 5) -> None:
        if not FEWEST_THINGS <= n <= MOST_THINGS:
            message = f"expected n from {FEWEST_THINGS} to {MOST_THINGS} in cayley, got {n}"
            raise InvalidParameter(message)
        self.n = n
        self.name = f"cayley:n={n}"
        self.alphabet = (END, *(f"s{place}" for place in range(1, n)), "r")
        self.start = tuple(range(n))

    def legal(self, state: Permutation) -> tuple[int, ...]:
        """Every swap and the rotation; END too in the identical order; nothing after it."""
        if state == DONE:
            return ()
        return tuple(range(0 if state == self.start else 1, self.n + 1))

    def step(self, state: Permutation, symbol: int) -> Permutation:
        """The order after a swap or the rotation; DONE after END."""
        if symbol not in self.legal(state):
            raise self.illegal(state, symbol)
        if symbol == 0:
            return DONE
        if symbol == self.n:
            return (*state[1:], state[0])
        left, right = state[symbol - 1 : symbol + 1]
        return (*state[: symbol - 1], right, left, *state[symbol + 1 :])

    def separation(self, state1: Permutation, state2: Permutation) -> int | None:
        """Length of the shortest string legal from exactly one state; None for equal ones.

        Only END is ever illegal before DONE, and no string leads two orders to the
        identity: the nearer one gets there first, and ends.
        """
        if state1 == state2:
            return None
        if DONE in (state1, state2):
            return 1
        return min(self.steps_to_goal(state1), self.steps_to_goal(state2))

    @cached_property
    def _automaton(self) -> Automaton[Permutation]:
        return write_out(self)

    @cached_property
    def _words(self) -> WordSampler[Permutation]:
        return WordSampler(self._automaton, 4 * self.n)

    @cached_property
    def _steps_to_goal(self) -> dict[Permutation, int]:
        distances = self._automaton.distances_to([DONE]).tolist()
        return dict(zip(self._automaton.states, distances, strict=True))

    def sample_state(self, rng: np.random.Generator) -> Permutation:
        """An order drawn uniformly; never DONE."""
        return tuple(rng.permutation(self.n).tolist())

    def history_lengths(self, state: Permutation) -> Sequence[int]:
        """Lengths from 1 to 4n of which some word reaches `state`."""
        return self._words.lengths(state)

    def sample_history(
        self, state: Permutation, length: int, rng: np.random.Generator
    ) -> tuple[int, ...]:
        """A word of `length` symbols that reaches `state`, all equally probable.

        Raises NoTrial where there is none, or where `length` exceeds 4n.
        """
        return self._words.sample(state, length, rng)

    def sample_trip(self, rng: np.random.Generator) -> tuple[int, ...]:
        """A random scramble of 3 to 4n symbols that does not end in the identical order."""
        while True:
            length = int(rng.integers(3, 4 * self.n + 1))
            trip = tuple(rng.integers(1, self.n + 1, size=length).tolist())
            if self.run(trip) != self.start:
                return trip

    def toward_goal(self, state: Permutation) -> int | None:
        """The lowest symbol on a shortest way to END; None after END."""
        steps = self.steps_to_goal(state)
        return next((s for s in self.legal(state) if self._after(state, s) < steps), None)

    def _after(self, state: Permutation, symbol: int) -> int:
        """Steps that are left after one more symbol."""
        return self.steps_to_goal(self.step(state, symbol))

    def steps_to_goal(self, state: Permutation) -> int:
        """Fewest symbols to END, END included; 0 after it."""
        return self._steps_to_goal[state]

    def cost_to_goal(self, state: Permutation) -> int:
        """As `steps_to_goal`: every symbol costs 1."""
        return self.steps_to_goal(state)

    def cost(self, state: Permutation, symbol: int) -> int:
        """Cost of one legal symbol: 1."""
        if symbol not in self.legal(state):
            raise self.illegal(state, symbol)
        return 1

    def steps_allowed(self, prompt: Sequence[int]) -> int:
        """100, however the prompt begins."""
        self.run(prompt)
        return STEPS_ALLOWED
