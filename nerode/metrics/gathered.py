"""What is kept of the records of compression and distinction while they pass by.

Records are read once, in the order of their trials, and forgotten: what stays of each is its
values, eight bytes apiece, and eight bytes that tell its cluster.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from nerode.metrics.estimate import Estimate, estimate
from nerode.metrics.setting import Record, Setting
from nerode.metrics.witnesses import Shortest

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
    clusters, shortest, skipped = Clusters(), Shortest(), 0
    none = [None] * len(setting.acceptance.thresholds)
    for record in records:
        if "skipped" in record:
            skipped += 1
            continue
        clusters.see(record)
        shortest.see(record)
        for name, key in keys.items():
            found = record.get(key, none)
            columns[name].extend(np.nan if value is None else value for value in found)
    labels, thresholds = clusters.labels(), len(setting.acceptance.thresholds)
    curve: Curve = {}
    for name, column in columns.items():
        values = np.frombuffer(column) if column else np.zeros(0)
        curve[name] = tuple(
            estimate(over, clusters=labels, skipped=skipped)
            for over in values.reshape(-1, thresholds).T
        )
    return curve, shortest.kept
