"""Trials of the published experiment (protocol `paper`): seating puzzles, single statements.

docs/paper.md, section 2. What it leaves open is as in the authors' code:

    state         what one or two statements leave possible, each drawn uniformly from those that
                  may follow, whether they tell something new or not; both states of a pair are
                  reached after as many statements
    history       statements that are true in every arrangement of the state, drawn uniformly and
                  with replacement until no other arrangement is left: short, with repetitions
    riddle        statements that may follow, until one arrangement is left; about anybody
    continuation  drawn with replacement, with equal chance from those that may follow or from all
    boundary      single statements that may follow the first history and not the second: one
                  direction, at most `STRINGS` of them

In what this still differs from the published experiment is told in docs/validity.md, section Chat.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nerode.chat.narration.narration import Riddle
from nerode.chat.narration.seating import SeatingPuzzle, as_seating_puzzle
from nerode.chat.trials import (
    STRINGS,
    ChatCase,
    CompressionCase,
    DistinctionCase,
    DrawCase,
    riddle_trial,
)
from nerode.errors import NoTrial
from nerode.sequences.histories import HistoryPair
from nerode.worlds.boundaries import String, boundary
from nerode.worlds.seating import Arrangements
from nerode.worlds.world import AnyWorld, World

_DRAWS = 10_000  # of two histories, or states, until they are what is asked for


def is_published(world: AnyWorld) -> bool:
    """Whether the published experiment asks about this world: seating puzzles alone."""
    return isinstance(world, SeatingPuzzle)


def published_draws(world: World[Arrangements], continuations: int) -> dict[str, DrawCase]:
    """How the trials of each metric are drawn under protocol `paper`.

    Raises InvalidParameter for a world without people on seats.
    """
    histories = _Histories(world)

    def compression(rng: np.random.Generator) -> ChatCase:
        pair = histories.same_state(rng)
        state = pair.states[0]
        strings = _continuations(world, state, continuations, rng)
        return CompressionCase(state, pair.histories, strings)

    def distinction(rng: np.random.Generator) -> ChatCase:
        pair = histories.different_states(rng)
        strings = boundary(world, *pair.states, depth=1).strings_or_sample(STRINGS, rng)
        return DistinctionCase(pair.states, pair.histories, (tuple(strings), ()))

    return {
        "capability": lambda rng: riddle_trial(world, _riddle(world, rng)),
        "compression": compression,
        "distinction": distinction,
    }


class _Histories:
    """Pairs of histories as the published experiment draws them."""

    def __init__(self, world: World[Arrangements]) -> None:
        self._world = world
        self._puzzle = as_seating_puzzle(world)
        # A state that a single statement is true of has one history. From five seats on that is
        # every state after one statement.
        after_one = (world.step(world.start, symbol) for symbol in world.legal(world.start))
        several = any(len(self._puzzle.implied(state)) > 1 for state in after_one)
        self._with_paraphrase = (1, 2) if several else (2,)

    def same_state(self, rng: np.random.Generator) -> HistoryPair:
        """Two different histories of one state. Another state is drawn where they are equal."""
        statements = _any_of(self._with_paraphrase, rng)
        for _ in range(_DRAWS):
            state = self._state(statements, rng)
            first, second = self._history(state, rng), self._history(state, rng)
            if first != second:
                return HistoryPair((state, state), (first, second))
        raise NoTrial("no state drawn has two histories")

    def different_states(self, rng: np.random.Generator) -> HistoryPair:
        """Histories of two states, of which a single statement may follow the first one alone.

        Pairs without such a statement have nothing to be asked about. The published experiment
        leaves them out, too; here others are drawn in their place, so that every trial counts.
        """
        for _ in range(_DRAWS):
            states = self._two_states(rng)
            if boundary(self._world, *states, depth=1).total:
                histories = self._history(states[0], rng), self._history(states[1], rng)
                return HistoryPair(states, histories)
        raise NoTrial("no two states drawn are told apart by a single statement")

    def _two_states(self, rng: np.random.Generator) -> tuple[Arrangements, Arrangements]:
        """Two different states, after as many statements."""
        statements = _any_of((1, 2), rng)
        for _ in range(_DRAWS):
            states = self._state(statements, rng), self._state(statements, rng)
            if states[0] != states[1]:
                return states
        raise NoTrial("the states drawn are all the same")

    def _state(self, statements: int, rng: np.random.Generator) -> Arrangements:
        state = self._world.start
        for _ in range(statements):
            state = self._world.step(state, _any_of(self._world.legal(state), rng))
        return state

    def _history(self, state: Arrangements, rng: np.random.Generator) -> String:
        implied = self._puzzle.implied(state)
        reached, history = self._world.start, list[int]()
        while reached != state or not history:
            history.append(_any_of(implied, rng))
            reached = self._world.step(reached, history[-1])
        return tuple(history)


def _riddle(world: World[Arrangements], rng: np.random.Generator) -> Riddle:
    """A riddle: where somebody sits, once the statements leave one arrangement only."""
    state, history = world.start, list[int]()
    while len(state) > 1:
        history.append(_any_of(world.legal(state), rng))
        state = world.step(state, history[-1])
    subject = int(rng.integers(as_seating_puzzle(world).seats))
    return Riddle(tuple(history), subject, next(iter(state)).index(subject) + 1)


def _continuations(
    world: World[Arrangements], state: Arrangements, count: int, rng: np.random.Generator
) -> tuple[String, ...]:
    """Statements drawn with replacement: some may be there twice."""
    every, legal = tuple(range(len(world.alphabet))), world.legal(state)
    return tuple((_any_of(legal if rng.random() < 1 / 2 else every, rng),) for _ in range(count))


def _any_of(numbers: Sequence[int], rng: np.random.Generator) -> int:
    return numbers[int(rng.integers(len(numbers)))]
