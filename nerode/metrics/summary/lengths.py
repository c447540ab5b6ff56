"""Scores by how long the histories were: a model may lose its way only on long ones."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nerode.metrics.setting import Record
from nerode.metrics.summary.clusters import Shared
from nerode.stats.estimate import Estimate

MOST_BINS = 6
TRIALS_A_BIN = 10


@dataclass(frozen=True)
class ByLength:
    """Estimates over bins of history lengths, by name.

    `spans` are the shortest and the longest history of each bin, in symbols: of a pair the longer
    of its two counts, prompt included. Bins hold about as many trials each. `different` is the
    number of lengths met, counted in the same way.
    """

    spans: tuple[tuple[int, int], ...]
    curve: Mapping[str, tuple[Estimate, ...]]
    different: int


class Lengths:
    """Collects, while records of pairs pass by, what `ByLength` is made of."""

    def __init__(self, keys: Mapping[str, str], main: int) -> None:
        """For the entries `keys[name]` of records at threshold number `main`."""
        self._keys = keys
        self._main = main
        self._shared = Shared()
        self._lengths = array("q")
        self._columns = {name: array("d") for name in keys}

    def seen(self, records: Iterable[Record]) -> Iterator[Record]:
        """The same records, looked at on their way."""
        for record in records:
            if "skipped" not in record:
                self._shared.see(record)
                self._lengths.append(max(len(text.split()) for text in record["histories"]))
                for name, key in self._keys.items():
                    value = record[key][self._main] if key in record else None
                    self._columns[name].append(np.nan if value is None else value)
            yield record

    def result(self) -> ByLength:
        """What the records that have passed come to."""
        lengths = np.array(self._lengths, dtype=np.int64)
        bins = binned(lengths)
        members = [bins == at for at in range(int(bins.max()) + 1 if bins.size else 0)]
        return ByLength(
            tuple((int(lengths[m].min()), int(lengths[m].max())) for m in members),
            {
                name: tuple(self._shared.estimate(np.array(column)[m], m) for m in members)
                for name, column in self._columns.items()
            },
            len(np.unique(lengths)),
        )


def binned(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the bin of each length, 0, 1, ... from the shortest on: (trials,).

    At most `MOST_BINS` bins, of `TRIALS_A_BIN` trials or more as far as equal lengths allow, which
    always share a bin.
    """
    if not lengths.size:
        return lengths
    bins = min(MOST_BINS, max(1, lengths.size // TRIALS_A_BIN))
    _, at, counts = np.unique(lengths, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - counts / 2
    wanted = (bins * middles / lengths.size).astype(np.int64)
    return np.asarray(np.unique(wanted, return_inverse=True)[1][at], dtype=np.int64)
