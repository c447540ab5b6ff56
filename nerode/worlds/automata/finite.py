"""Finite worlds written out: every state that can be reached, and where each symbol leads.

What a small world needs to offer exact histories and shortest ways: the list of its
states, one array of transitions, distances, and uniform draws of the words that reach a
state. Works on any world with few enough states.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from nerode.errors import NoTrial, WorldError
from nerode.worlds.world import State, World

ILLEGAL = -1
"""What stands in the transition array where a symbol is not legal."""

MOST_STATES = 50_000
"""How many states a world may have to be written out, unless the caller says otherwise."""


@dataclass(frozen=True, eq=False)
class Automaton(Generic[State]):
    """All states that can be reached from the start, breadth-first, and all transitions.

    `states[0]` is the start and `number[state]` the place of a state in `states`.
    `successors` is int32 of shape (states, symbols): the number of the next state, or
    ILLEGAL.
    """

    name: str
    states: tuple[State, ...]
    number: Mapping[State, int]
    successors: NDArray[np.int32]

    @cached_property
    def predecessors(self) -> Predecessors:
        """The same transitions, seen from where they lead."""
        sources, symbols = np.nonzero(self.successors != ILLEGAL)
        targets = self.successors[sources, symbols]
        order = np.argsort(targets, kind="stable")
        offsets = np.searchsorted(targets[order], np.arange(len(self.states) + 1))
        return Predecessors(sources[order], symbols[order], offsets)

    def distances_to(self, targets: Iterable[State]) -> NDArray[np.int64]:
        """Fewest symbols from every state to the nearest target; -1 where there is no way."""
        distances = np.full(len(self.states), -1, dtype=np.int64)
        frontier = [self.number[target] for target in targets]
        distances[frontier] = 0
        queue = deque(frontier)
        while queue:
            state = queue.popleft()
            for source in self.predecessors.of(state)[0].tolist():
                if distances[source] < 0:
                    distances[source] = distances[state] + 1
                    queue.append(source)
        return distances

    def way_to(self, number: int) -> tuple[int, ...]:
        """The shortest history that reaches `states[number]`."""
        word: list[int] = []
        while number:
            # States are numbered as they are found, so the first predecessor found this one.
            sources, symbols = self.predecessors.of(number)
            number = int(sources[0])
            word.append(int(symbols[0]))
        return tuple(reversed(word))

    @cached_property
    def classes(self) -> NDArray[np.int64]:
        """Class of every state: two states share one exactly when they have the same futures.

        Moore's partition refinement: at first all states are one class; two part when they
        differ in what is legal, or in the class that a symbol leads to.
        """
        classes = np.zeros(len(self.states), dtype=np.int64)
        count = 1
        while True:
            # Reject is a class of its own, below all others.
            after = np.where(self.successors == ILLEGAL, ILLEGAL, classes[self.successors])
            keys = np.column_stack([classes, after])
            refined = np.unique(keys, axis=0, return_inverse=True)[1]
            if refined.max() + 1 == count:
                return classes
            classes, count = refined, refined.max() + 1

    @cached_property
    def depth(self) -> int:
        """Fewest symbols that reach the state farthest from the start."""
        depths = np.zeros(len(self.states), dtype=np.int64)
        depths[1:] = -1
        for state, row in enumerate(self.successors):
            reached = row[row != ILLEGAL]
            depths[reached[depths[reached] < 0]] = depths[state] + 1
        return int(depths.max())


@dataclass(frozen=True, eq=False)
class Predecessors:
    """Transitions grouped by the state that they lead to.

    Those that lead to state q are rows `offsets[q]:offsets[q + 1]` of `sources` (where
    they come from) and `symbols` (what is read), both int64.
    """

    sources: NDArray[np.int64]
    symbols: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def of(self, state: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Sources and symbols of the transitions into one state."""
        rows = slice(self.offsets[state], self.offsets[state + 1])
        return self.sources[rows], self.symbols[rows]


def write_out(world: World[State], *, most_states: int = MOST_STATES) -> Automaton[State]:
    """Every state that can be reached from the start of `world`, breadth-first.

    Raises WorldError where there are more than `most_states`.
    """
    number = {world.start: 0}
    states = [world.start]
    rows: list[list[int]] = []
    while len(rows) < len(states):
        state = states[len(rows)]
        row = [ILLEGAL] * len(world.alphabet)
        for symbol in world.legal(state):
            following = world.step(state, symbol)
            if following not in number:
                if len(states) == most_states:
                    message = f"expected at most {most_states} states in {world.name}, got more"
                    raise WorldError(message)
                number[following] = len(states)
                states.append(following)
            row[symbol] = number[following]
        rows.append(row)
    successors = np.array(rows, dtype=np.int32).reshape(len(states), len(world.alphabet))
    successors.setflags(write=False)
    return Automaton(world.name, tuple(states), number, successors)


class WordSampler(Generic[State]):
    """Uniform draws of the words of a given length that lead from the start to a state.

    `shares[k, q]` is the share, among all legal words of k symbols, of those that reach
    state q: counts by dynamic programming in float64, normalised at every length so that
    they never overflow. A word is drawn backwards: at length k in state q, the transition
    from p has probability shares[k-1, p] / sum over the transitions into q. A share below
    about 1e-308 counts as none.
    """

    def __init__(self, automaton: Automaton[State], longest: int) -> None:
        self.automaton = automaton
        self.longest = longest
        sources, symbols = np.nonzero(automaton.successors != ILLEGAL)
        targets = automaton.successors[sources, symbols]
        count = len(automaton.states)
        shares = np.zeros((longest + 1, count))
        shares[0, 0] = 1.0
        for length in range(1, longest + 1):
            words = np.bincount(targets, shares[length - 1, sources], minlength=count)
            total = words.sum()
            if total == 0.0:
                break
            shares[length] = words / total
        shares.setflags(write=False)
        self.shares = shares

    def lengths(self, state: State) -> tuple[int, ...]:
        """Lengths from 1 to `longest` for which some word reaches `state`, ascending."""
        number = self.automaton.number.get(state)
        if number is None:
            return ()
        return tuple((np.flatnonzero(self.shares[1:, number]) + 1).tolist())

    def sample(self, state: State, length: int, rng: np.random.Generator) -> tuple[int, ...]:
        """One word of `length` symbols that reaches `state`, all equally probable.

        Raises NoTrial where there is none.
        """
        number = self.automaton.number.get(state)
        within = 0 <= length <= self.longest
        if number is None or not within or self.shares[length, number] == 0.0:
            message = (
                f"no history of {length} symbols reaches state {state!r} of {self.automaton.name}"
            )
            raise NoTrial(message)
        word = []
        for before in range(length - 1, -1, -1):
            sources, symbols = self.automaton.predecessors.of(number)
            cumulative = np.cumsum(self.shares[before, sources])
            chosen = np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right")
            word.append(int(symbols[chosen]))
            number = int(sources[chosen])
        return tuple(reversed(word))
