"""Pairs of histories: what compression and distinction are measured on.

Sources, reported apart (docs/concepts.md, "Where histories come from"):

- `uniform`: any history that reaches a state, the state drawn uniformly.
- `near-end`: the same, for states in which a sequence may stop within a few symbols.
- `on-policy`: prefixes of given sequences, so that a model meets what it was trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nerode.errors import InvalidParameter, NoTrial
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.play import random_play
from nerode.sequences.prefixes import PrefixIndex
from nerode.worlds.history_source import HistoryPair, HistorySource
from nerode.worlds.world import AnyWorld, OwnHistories, SamplesHistories, SamplesStates

__all__ = [
    "HistoryPair",
    "HistorySource",
    "near_end_histories",
    "on_policy_histories",
    "uniform_histories",
]

_Item = TypeVar("_Item")

_DRAWS = 10_000  # of two states until they fit each other
_HISTORY_DRAWS = 1_000  # of two histories of a state until they differ
_PLAYS = 2_000
_NONE_ALIKE = "no two states have histories of one length"
NEAR_END_SYMBOLS = 3
"""Symbols, END included, within which a sequence may stop after a near-end history."""


def uniform_histories(world: AnyWorld, *, same_length: bool = False) -> HistorySource:
    """Histories that owe nothing to a policy.

    The world draws the states (uniformly) and the histories; each length is drawn
    uniformly from `history_lengths`, once for both histories under `same_length`
    (docs/paper.md, section 2), else for each. Two histories of one state are drawn until they
    differ.

    A world may have a source of its own (`OwnHistories`). In Othello the second history is the
    first in another order of play; under `same_length`, as published, two games have to meet by
    chance in their first moves.

    A world that cannot draw them is explored by 2,000 random plays of at most
    `longest_exploration` symbols, the same every time. Then the states are uniform over those that
    the plays came to, and the histories over the prefixes of plays that led there: not over all of
    the world's.
    """
    if isinstance(world, OwnHistories):
        own = world.own_histories(same_length=same_length)
        if own is not None:
            return own
    if isinstance(world, SamplesStates) and isinstance(world, SamplesHistories):
        return _Sampled(world, same_length)
    rng = np.random.default_rng(0)
    most = world.longest_exploration
    plays = SequenceBatch.of([random_play(world, rng, most) for _ in range(_PLAYS)])
    return _Indexed("uniform", world, plays, same_length=same_length)


def near_end_histories(world: AnyWorld, *, same_length: bool = False) -> HistorySource:
    """Uniform histories of states from which a sequence may stop within NEAR_END_SYMBOLS symbols.

    States are uniform over those: on a street map, crossings at most two turns from the
    destination. Of all states they are few, and so are, under `uniform`, boundary strings with END.

    Raises InvalidParameter for a world without END, or one that cannot draw states and histories.
    """
    samples = isinstance(world, SamplesStates) and isinstance(world, SamplesHistories)
    if world.end is None or not samples:
        message = (
            "expected a world with `end` that draws states and histories for histories near-end, "
            f"got {world.name}"
        )
        raise InvalidParameter(message)
    return _NearEnd(world, same_length)


def on_policy_histories(world: AnyWorld, sequences: SequenceBatch) -> HistorySource:
    """Prefixes of sequences: histories as a model of those sequences meets them.

    A state is drawn uniformly from those that at least two different prefixes reach (from
    all that are reached, for different states), then its prefixes uniformly. On a street
    map two prefixes of one state are two routes to one destination through one crossing.
    Raises IllegalSymbol where a sequence is not legal in the world.
    """
    return _Indexed("on-policy", world, sequences, same_length=False)


class _Sampled:
    """Histories that the world draws itself."""

    name = "uniform"

    def __init__(self, world: Any, same_length: bool) -> None:  # noqa: FBT001
        # A world that samples both states and histories; there is no type for "both".
        self._world = world
        self._same_length = same_length

    def same_state(self, rng: np.random.Generator) -> HistoryPair:
        state = self._state(rng)
        lengths = self._lengths(state)

        def histories() -> tuple[tuple[int, ...], tuple[int, ...]]:
            first = _choose(lengths, rng)
            second = first if self._same_length else _choose(lengths, rng)
            return self._history(state, first, rng), self._history(state, second, rng)

        for _ in range(_HISTORY_DRAWS):
            first, second = histories()
            if first != second:
                return HistoryPair((state, state), (first, second))
        raise NoTrial("the state has one history only")

    def different_states(self, rng: np.random.Generator) -> HistoryPair:
        if not self._any_fit:
            raise NoTrial(_NONE_ALIKE)
        first, second = self._two_states(rng)
        if self._same_length:
            length = _choose(self._common(first, second), rng)
            lengths = (length, length)
        else:
            lengths = (_choose(self._lengths(first), rng), _choose(self._lengths(second), rng))
        histories = (
            self._history(first, lengths[0], rng),
            self._history(second, lengths[1], rng),
        )
        return HistoryPair((first, second), histories)

    @cached_property
    def _any_fit(self) -> bool:
        """Whether two states were found at all, in draws that are the same every time.

        Where none fit, every trial would draw thousands of times to say the same.
        """
        try:
            self._two_states(np.random.default_rng(0))
        except NoTrial as reason:
            return str(reason) != _NONE_ALIKE
        return True

    def _two_states(self, rng: np.random.Generator) -> tuple[Hashable, Hashable]:
        """Two different states, with histories of one length where that is asked for."""

        def states() -> tuple[Hashable, Hashable]:
            return self._state(rng), self._state(rng)

        def fit(pair: tuple[Hashable, Hashable]) -> bool:
            return pair[0] != pair[1] and bool(not self._same_length or self._common(*pair))

        return _until(fit, states, _NONE_ALIKE)

    def _state(self, rng: np.random.Generator) -> Hashable:
        state: Hashable = self._world.sample_state(rng)
        if not self._world.legal(state):
            raise NoTrial("nothing may follow in the state drawn")
        return state

    def _lengths(self, state: Hashable) -> list[int]:
        shortest = max(1, self._world.prompt_length)
        lengths = [n for n in self._world.history_lengths(state) if n >= shortest]
        if not lengths:
            raise NoTrial("no history reaches the state drawn")
        return lengths

    def _common(self, first: Hashable, second: Hashable) -> list[int]:
        return sorted(set(self._lengths(first)) & set(self._lengths(second)))

    def _history(self, state: Hashable, length: int, rng: np.random.Generator) -> tuple[int, ...]:
        history: tuple[int, ...] = self._world.sample_history(state, length, rng)
        return history


class _NearEnd(_Sampled):
    """Histories that the world draws, of states near the end of a sequence."""

    name = "near-end"

    def _state(self, rng: np.random.Generator) -> Hashable:
        reason = (
            f"no state was drawn in which a sequence may stop within {NEAR_END_SYMBOLS} symbols"
        )
        state: Hashable = _until(
            lambda state: may_end(self._world, state, NEAR_END_SYMBOLS),
            lambda: self._world.sample_state(rng),
            reason,
        )
        return state


def may_end(world: AnyWorld, state: Hashable, symbols: int) -> bool:
    """Whether a sequence may stop within so many symbols after a state, END included."""
    legal = world.legal(state)
    if world.end in legal:
        return symbols > 0
    return symbols > 1 and any(may_end(world, world.step(state, a), symbols - 1) for a in legal)


class _Indexed:
    """Histories that are prefixes of given sequences."""

    def __init__(
        self, name: str, world: AnyWorld, sequences: SequenceBatch, *, same_length: bool
    ) -> None:
        self.name = name
        self._world = world
        self._index = PrefixIndex.of(world, sequences, by_length=same_length)
        self._same_length = same_length
        self._sources = _sources(world, self._index.sequences) if name == "on-policy" else None

    def same_state(self, rng: np.random.Generator) -> HistoryPair:
        index = self._index
        if not len(index.several):
            raise NoTrial(f"no two of the {len(index)} histories reach one state")
        group = int(_choose(index.several, rng))
        first, second = rng.choice(index.members(group), size=2, replace=False)
        return self._pair(int(first), int(second))

    def different_states(self, rng: np.random.Generator) -> HistoryPair:
        index = self._index
        if index.groups < 2:  # noqa: PLR2004 (a pair)
            raise NoTrial(f"the {len(index)} histories do not reach two states")

        if not self._any_alike:
            raise NoTrial(_NONE_ALIKE)

        def groups() -> tuple[int, int]:
            first, second = rng.integers(index.groups, size=2).tolist()
            return first, second

        def fit(pair: tuple[int, int]) -> bool:
            alike = not self._same_length or index.length(pair[0]) == index.length(pair[1])
            return pair[0] != pair[1] and alike

        pair = _until(fit, groups, _NONE_ALIKE)
        first, second = (int(_choose(index.members(group), rng)) for group in pair)
        return self._pair(first, second)

    @cached_property
    def _any_alike(self) -> bool:
        """Whether any two states have histories of one length, where that is asked for."""
        if not self._same_length:
            return True
        lengths = {self._index.length(group) for group in range(self._index.groups)}
        return len(lengths) < self._index.groups

    def _pair(self, first: int, second: int) -> HistoryPair:
        histories = (self._index.prefix(first), self._index.prefix(second))
        states = (self._world.run(histories[0]), self._world.run(histories[1]))
        if self._sources is None:
            return HistoryPair(states, histories)
        rows = self._index.rows[[first, second]]
        one, other = self._sources[rows].tolist()
        return HistoryPair(states, histories, (one, other))


def _sources(world: AnyWorld, sequences: SequenceBatch) -> NDArray[np.int64]:
    """A number for what each sequence answers, its prompt; for itself where there is none."""
    if not world.prompt_length or not len(sequences):
        return np.arange(len(sequences))
    prompts = [sequence[: world.prompt_length].tolist() for sequence in sequences]
    numbers = np.unique(np.array(prompts), axis=0, return_inverse=True)[1]
    return np.asarray(numbers, dtype=np.int64).reshape(-1)


def _choose(items: Sequence[Any] | NDArray[Any], rng: np.random.Generator) -> Any:
    return items[int(rng.integers(len(items)))]


def _until(fit: Callable[[_Item], bool], draw: Callable[[], _Item], reason: str) -> _Item:
    """Draw until it fits; NoTrial with the reason where it does not come to that."""
    for _ in range(_DRAWS):
        item = draw()
        if fit(item):
            return item
    raise NoTrial(reason)
