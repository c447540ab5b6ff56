"""Pairs of histories of one state: a situation and a paraphrase of it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, cast

import numpy as np

from nerode.errors import NoTrial
from nerode.sequences.histories import HistorySource, uniform_histories
from nerode.worlds.world import AnyWorld, SamplesHistories, SamplesStates

_STATES = 1_000  # drawn until one has two histories
_LOOKS = 64  # the histories of a length are equally probable: a second one shows by then


def paraphrased_histories(world: AnyWorld) -> HistorySource:
    """`uniform_histories`, but states that have one history only are not drawn.

    Half of what one or two statements say about five seats can be said in one way only. Drawing
    such a state costs a trial and tells nothing.
    """
    if isinstance(world, SamplesStates) and isinstance(world, SamplesHistories):
        return uniform_histories(cast("AnyWorld", _Paraphrased(world)))
    return uniform_histories(world)


class _Paraphrased:
    """The part of a world that histories are sampled from, without states with one history only."""

    def __init__(self, world: Any) -> None:
        # A world that samples both states and histories; there is no type for "both".
        self._world = world
        self.legal = world.legal
        self.prompt_length: int = world.prompt_length
        self.sample_history = world.sample_history
        self._lengths: dict[Hashable, Sequence[int]] = {}
        self._several: dict[Hashable, bool] = {}

    def sample_state(self, rng: np.random.Generator) -> Hashable:
        for _ in range(_STATES):
            state: Hashable = self._world.sample_state(rng)
            if self._world.legal(state) and self._has_paraphrase(state):
                return state
        raise NoTrial("no state drawn has two histories")

    def history_lengths(self, state: Hashable) -> Sequence[int]:
        if state not in self._lengths:
            self._lengths[state] = self._world.history_lengths(state)
        return self._lengths[state]

    def _has_paraphrase(self, state: Hashable) -> bool:
        """Whether a state has two different histories.

        The look at them uses random numbers of its own, so that what was looked at before changes
        no trial.
        """
        if state not in self._several:
            shortest = max(1, self.prompt_length)
            lengths = [length for length in self.history_lengths(state) if length >= shortest]
            rng = np.random.default_rng(0)
            looks = (self.sample_history(state, lengths[0], rng) for _ in range(_LOOKS) if lengths)
            self._several[state] = len(lengths) > 1 or len(set(looks)) > 1
        return self._several[state]
