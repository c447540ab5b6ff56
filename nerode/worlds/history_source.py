"""What a source of histories is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np


@dataclass(frozen=True)
class HistoryPair:
    """Two histories and the states that they reach.

    `sources` are numbers of what the histories were taken from (sequences, or the prompts that they
    answer): pairs that share one are not independent. None where histories are drawn afresh.
    """

    states: tuple[Any, Any]
    histories: tuple[tuple[int, ...], tuple[int, ...]]
    sources: tuple[int, int] | None = None


class HistorySource(Protocol):
    """Where pairs of histories come from.

    No history is shorter than the world's prompt, and no state is one in which nothing may
    follow.
    """

    @property
    def name(self) -> str:
        """How evaluations and reports call it."""
        ...

    def same_state(self, rng: np.random.Generator) -> HistoryPair:
        """Two different histories of one state. Raises NoTrial where there are none."""
        ...

    def different_states(self, rng: np.random.Generator) -> HistoryPair:
        """Histories of two different states. Raises NoTrial where there are none."""
        ...


@runtime_checkable
class KnowsLengths(Protocol):
    """A source that can say how long its histories may be, so that coverage can be told."""

    @property
    def lengths(self) -> range:
        """Every length, in symbols, that the histories of a pair may have."""
        ...
