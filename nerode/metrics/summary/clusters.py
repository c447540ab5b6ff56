"""What is kept of the records of compression and distinction while they pass by.

Records are read once, in the order of their trials, and forgotten: what stays of each is its
values, eight bytes apiece, and eight bytes that tell its cluster.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from functools import cached_property
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from nerode.metrics.setting import Record, Setting
from nerode.metrics.summary.shortest import Shortest
from nerode.stats.dyadic import (
    ENDS,
    estimate_of_pairs,
    estimate_of_rate_of_pairs,
    wider,
)
from nerode.stats.estimate import Estimate, estimate, estimate_of_rate

Curve = dict[str, tuple[Estimate, ...]]


class Clusters:
    """Which trials are not independent of each other: those that name the same state."""

    def __init__(self) -> None:
        self._keys = array("q")

    def see(self, record: Record) -> None:
        """Note the cluster of one more trial; one that names no state stands alone."""
        alone = -1 - len(self._keys)
        self._keys.append(_key(record["state"]) if "state" in record else alone)

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
    """Which trials share something, and what their scores come to with that in mind.

    Trials about one state are a cluster. Where records name the `sources` of their two histories,
    trials are also edges between those (nerode/stats/dyadic.py), across states: then the
    wider one of the two intervals counts.
    """

    def __init__(self) -> None:
        self._clusters = Clusters()
        self._ends = array("q")

    def see(self, record: Record) -> None:
        """Note what one more trial hangs on."""
        alone = -2 - len(self._ends)  # a number of its own; -1 more for the other end
        self._clusters.see(record)
        one, other = record.get("sources", (alone, alone - 1))
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

    # Asked for once all trials have been seen, by every score at every threshold.
    @cached_property
    def _labels(self) -> NDArray[np.int64]:
        return self._clusters.labels()

    @cached_property
    def _things(self) -> NDArray[np.int64]:
        return np.array(self._ends, dtype=np.int64).reshape(-1, ENDS)


def _key(state: str) -> int:
    """63 bits for a state: two out of a million fall together once in ten million runs."""
    return int.from_bytes(blake2b(state.encode(), digest_size=8).digest(), "big") >> 1


def gathered(
    setting: Setting, records: Iterable[Record], keys: Mapping[str, str]
) -> tuple[Curve, tuple[Record, ...]]:
    """Estimates over the thresholds by name, and the shortest contradictions.

    The estimates are of the values that records hold under `keys[name]`; a trial of an earlier
    version may hold none. Pairs are independent
    unless they share sequences.
    """
    columns = {name: array("d") for name in keys}
    shared, shortest, skipped = Shared(), Shortest(), 0
    none = [None] * len(setting.acceptance.thresholds)
    for record in records:
        if "skipped" in record:
            skipped += 1
            continue
        shared.see(record)
        shortest.see(record)
        for name, key in keys.items():
            found = record.get(key, none)
            columns[name].extend(np.nan if value is None else value for value in found)
    thresholds = len(setting.acceptance.thresholds)
    curve: Curve = {}
    for name, column in columns.items():
        values = np.frombuffer(column) if column else np.zeros(0)
        curve[name] = tuple(
            shared.estimate(over, skipped=skipped) for over in values.reshape(-1, thresholds).T
        )
    return curve, shortest.kept
