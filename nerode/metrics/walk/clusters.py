"""Which trials of compression and distinction are not independent, and estimates that know it.

Trials are read once, in the order of their numbers, and forgotten: of each stay eight bytes for its
state and sixteen for its two sources.
"""

from __future__ import annotations

from array import array
from functools import cached_property
from hashlib import blake2b

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from nerode.metrics.walk.trials import PairTrial
from nerode.stats.dyadic import (
    ENDS,
    estimate_of_pairs,
    estimate_of_rate_of_pairs,
    wider,
)
from nerode.stats.estimate import Estimate, estimate, estimate_of_rate


class Clusters:
    """Which trials are not independent of each other: those that name the same state."""

    def __init__(self) -> None:
        self._keys = array("q")

    def see(self, trial: PairTrial) -> None:
        """Note the cluster of one more trial; one that names no state stands alone."""
        alone = -1 - len(self._keys)
        self._keys.append(alone if trial.state is UNSET else _key(trial.state))

    def labels(self) -> NDArray[np.int64]:
        """A cluster label per trial, equal where the trials share a state: (trials,).

        Clusters are numbered as they come, so that sums over them depend on the order of the
        trials alone.
        """
        keys = np.array(self._keys, dtype=np.int64)
        _, first, cluster = np.unique(keys, return_index=True, return_inverse=True)
        number = np.empty(first.size, dtype=np.int64)
        number[np.argsort(first)] = np.arange(first.size)
        return np.where(keys < 0, keys, number[cluster])


class Shared:
    """Which trials share something, and estimates with that in mind.

    Trials about one state are a cluster. Where they name the `sources` of their two histories,
    they are also edges between those (nerode/stats/dyadic.py), across states: then the
    wider one of the two intervals counts.
    """

    def __init__(self) -> None:
        self._clusters = Clusters()
        self._ends = array("q")

    def see(self, trial: PairTrial) -> None:
        """Note what one more trial depends on."""
        alone = -2 - len(self._ends)  # a number of its own; -1 more for the other end
        self._clusters.see(trial)
        one, other = (alone, alone - 1) if trial.sources is UNSET else trial.sources
        self._ends.extend((one, alone if one == other else other))

    def estimate(
        self,
        values: NDArray[np.float64],
        some: NDArray[np.bool_] | None = None,
        *,
        skipped: int = 0,
    ) -> Estimate:
        """Mean of the values of `some` of the trials (all by default), and its interval."""
        chosen = slice(None) if some is None else some
        by_state = estimate(values, clusters=self._labels[chosen], skipped=skipped)
        ends = self._things[chosen]
        if by_state.n == 0 or (ends < 0).all():
            return by_state
        by_source = estimate_of_pairs(values, ends, skipped=skipped)
        return wider(by_state, by_source)

    def rate(self, parts: NDArray[np.float64], sizes: NDArray[np.float64]) -> Estimate:
        """Sum of `parts` over that of `sizes`, one of each a trial, as `estimate_of_rate` says."""
        cluster = np.unique(self._labels, return_inverse=True)[1]

        def products(off: NDArray[np.float64]) -> float:
            return float((np.bincount(cluster, off) ** 2).sum())

        by_state = estimate_of_rate(parts, sizes, int(cluster.max()) + 1, products)
        if (self._things < 0).all():
            return by_state
        return wider(by_state, estimate_of_rate_of_pairs(parts, sizes, self._things))

    # Needed once all trials have been seen, by every score at every threshold.
    @cached_property
    def _labels(self) -> NDArray[np.int64]:
        return self._clusters.labels()

    @cached_property
    def _things(self) -> NDArray[np.int64]:
        return np.array(self._ends, dtype=np.int64).reshape(-1, ENDS)


def _key(state: str) -> int:
    """63 bits for a state: two out of a million fall together once in ten million runs."""
    return int.from_bytes(blake2b(state.encode(), digest_size=8).digest(), "big") >> 1
