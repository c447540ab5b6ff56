"""Counting baseline for street maps: estimates the position by counting turns.

On a lattice the place follows from the numbers of turns of each kind. So much can be had without
ever learning which streets there are between; the baseline says how far it goes.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nerode.engine.cores import OnAllCores
from nerode.errors import ModelMismatch
from nerode.models.baselines.simple import OracleContexts
from nerode.models.hf.padding import padded
from nerode.models.model import Probabilities, Rows
from nerode.worlds.streets.counting import CounterPlan, counter_plan, counts_turns
from nerode.worlds.world import AnyWorld

_UNREAD = -1


@dataclass(frozen=True, eq=False)
class CounterContexts:
    """Contexts of the counter: origin and destination of each row, and its turns by label since.

    `origins` and `destinations` (rows,) are places, -1 where not read yet; `counts` is
    (rows, labels); `lost` marks rows with a symbol where it makes no sense, or with one after END.
    """

    plan: CounterPlan
    origins: Rows
    destinations: Rows
    counts: NDArray[np.int64]
    lost: NDArray[np.bool_]

    @property
    def believed(self) -> Rows:
        """The crossing nearest to where each row thinks it is: (rows,), -1 before the prompt."""
        there = self.destinations >= 0
        at = self.plan.places[self.origins[there]] + self.counts[there] @ self.plan.steps
        believed = np.full(len(self.origins), _UNREAD)
        believed[there] = self.plan.nearest.query(at)[1] if there.any() else ()
        return believed

    @cached_property
    def probabilities(self) -> Probabilities:
        """What the oracle would expect at the believed crossing; zeros where a row is lost."""
        beliefs = np.stack([self.believed, self.origins, self.destinations], axis=1)
        beliefs[self.believed >= 0, 1] = _UNREAD  # where it began says nothing more
        beliefs[self.lost] = -2
        different, rows = np.unique(beliefs, axis=0, return_inverse=True)
        states = tuple(self._state(*row) for row in different.tolist())
        return OracleContexts(self.plan.world, states, rows.reshape(-1)).probabilities

    def _state(self, at: int, origin: int, destination: int) -> Hashable:
        if at < _UNREAD:
            return None
        prompt = [place for place in (origin if at < 0 else at, destination) if place >= 0]
        state: Hashable = self.plan.world.run(self.plan.symbols[prompt].tolist())
        return state

    def extend(self, rows: Rows, symbols: Rows) -> CounterContexts:
        """Fork, drop and advance. Whether a turn was possible it does not notice."""
        origins, destinations = self.origins[rows], self.destinations[rows]
        counts, lost = self.counts[rows], self.lost[rows]
        begins, ends = origins < 0, (origins >= 0) & (destinations < 0)
        turns = destinations >= 0
        places, labels = self.plan.place_of[symbols], self.plan.label_of[symbols]
        lost |= np.where(turns, labels, places) < 0
        origins = np.where(begins, places, origins)
        destinations = np.where(ends, places, destinations)
        turned = np.flatnonzero(turns & (labels >= 0))
        counts[turned, labels[turned]] += 1
        return CounterContexts(self.plan, origins, destinations, counts, lost)


@dataclass(frozen=True)
class Counter(OnAllCores):
    """Knows every crossing, but not which streets it has driven: it counts turns.

    From the place where it was told to start it goes one mean displacement for each turn (the mean
    over the map's streets of that label), and takes the crossing nearest to where that leads for
    the one it is at. There it expects what the oracle would: the legal turns, half of the
    probability on the one toward the destination, and END where the crossing is the destination.
    So it lacks nothing that the oracle has but the place.

    Raises ModelMismatch where the world is no street map.
    """

    world: AnyWorld
    name: str = "counter"
    context_length: int | None = None

    def __post_init__(self) -> None:
        if not counts_turns(self.world):
            message = f"expected a street map for {self.name}, got the world {self.world.name}"
            raise ModelMismatch(message)

    @property
    def alphabet(self) -> tuple[str, ...]:
        """Symbols of the world."""
        return self.world.alphabet

    @cached_property
    def _plan(self) -> CounterPlan:
        return counter_plan(self.world)

    def read(self, histories: Sequence[Sequence[int]]) -> CounterContexts:
        """One row per history; a history may contain illegal symbols."""
        symbols, lengths = padded(histories, len(self.alphabet))
        count = len(lengths)
        unread = np.full(count, _UNREAD)
        contexts = CounterContexts(
            self._plan,
            unread,
            unread,
            np.zeros((count, len(self._plan.steps)), dtype=np.int64),
            np.zeros(count, dtype=np.bool_),
        )
        for column in range(symbols.shape[1]):
            reading = np.flatnonzero(lengths > column)
            read = contexts.extend(reading, symbols[reading, column])
            contexts = _put(contexts, reading, read)
        return contexts


def _put(contexts: CounterContexts, rows: Rows, read: CounterContexts) -> CounterContexts:
    """The contexts with some rows in place of others."""
    parts = []
    for name in ("origins", "destinations", "counts", "lost"):
        whole = getattr(contexts, name).copy()
        whole[rows] = getattr(read, name)
        parts.append(whole)
    return CounterContexts(contexts.plan, *parts)
