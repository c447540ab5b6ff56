"""What the lean forward remembers: histories read once, and a tree of tokens after them.

A row is a history and the places of the tokens that came after it. Forks copy places, four
bytes a token, never keys and values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Places = NDArray[np.int32]

LEAST_PLACES = 256


@dataclass(frozen=True, eq=False)
class Histories:
    """Keys and values of histories as they were read: see `attention_kernel`."""

    keys: tuple[Floats, ...]  # each layer's, flat
    values: tuple[Floats, ...]  # each layer's, flat
    base: Ints  # (histories,) column at which each begins
    columns: Ints  # (histories,) columns it takes, padding included
    length: Ints  # (histories,) columns that count
    width: int  # numbers in a key, all heads together

    def take(self, kept: Ints) -> Histories:
        """Some of the histories, with memory of their own."""
        columns = self.columns[kept]
        base = np.cumsum(columns) - columns
        spans = [
            slice(begin * self.width, (begin + count) * self.width)
            for begin, count in zip(self.base[kept], columns, strict=True)
        ]
        keys = tuple(np.concatenate([layer[span] for span in spans]) for layer in self.keys)
        values = tuple(np.concatenate([layer[span] for span in spans]) for layer in self.values)
        return Histories(keys, values, base, columns, self.length[kept], self.width)

    @cached_property
    def nbytes(self) -> int:
        """Bytes of keys and values."""
        return sum(part.nbytes for part in (*self.keys, *self.values))


class Tail:
    """Keys and values of the tokens after the histories: places are taken, never changed.

    Contexts that come from one reading share it. It only grows, so what an older one sees
    stays as it was.
    """

    def __init__(self, layers: int, width: int, places: int = LEAST_PLACES) -> None:
        self.data = np.empty((layers, max(places, LEAST_PLACES), 2 * width), dtype=np.float32)
        self.used = 0

    def take(self, count: int) -> Places:
        """New places, to be written once."""
        needed = self.used + count
        if needed > self.data.shape[1]:
            layers, _, width = self.data.shape
            larger = np.empty((layers, max(needed, 2 * self.data.shape[1]), width), np.float32)
            larger[:, : self.used] = self.data[:, : self.used]
            self.data = larger
        taken = np.arange(self.used, needed, dtype=np.int32)
        self.used = needed
        return taken

    def keep(self, live: Places) -> Tail:
        """A tail with these places only."""
        layers, _, width = self.data.shape
        tail = Tail(layers, width // 2, 2 * live.size)
        tail.data[:, : live.size] = self.data[:, live]
        tail.used = live.size
        return tail


@dataclass(frozen=True, eq=False)
class TreePast:
    """Keys and values of a batch of histories. Immutable."""

    histories: Histories
    tail: Tail
    source: Ints  # (rows,) history that each row continues
    path: Places  # (rows, depth) places of its tokens since

    @property
    def lengths(self) -> Ints:
        """Tokens read by each row: (rows,)."""
        lengths: Ints = self.histories.length[self.source] + self.path.shape[1]
        return lengths

    @property
    def longest(self) -> int:
        """Most tokens read by any row."""
        return int(self.lengths.max())

    @property
    def nbytes(self) -> int:
        """Bytes of keys and values, shared ones counted once."""
        return self.histories.nbytes + self.tail.data.nbytes

    def select(self, rows: Ints) -> TreePast:
        """The past of other rows: row i of the result is old row `rows[i]`.

        What no row needs any more is let go once it is a third of what there is.
        """
        histories, tail, source = self.histories, self.tail, self.source[rows]
        path = np.ascontiguousarray(self.path[rows])
        used = np.zeros(len(histories.base), dtype=bool)
        used[source] = True
        kept = int(used.sum())
        if 3 * kept <= 2 * len(used):
            histories = histories.take(np.flatnonzero(used))
            source = (np.cumsum(used) - 1)[source]
        full = tail.used + len(rows) > tail.data.shape[1]
        if full or 3 * path.size <= 2 * tail.used:
            live, renumbered = np.unique(path, return_inverse=True)
            if 3 * live.size <= 2 * tail.used:
                path = renumbered.reshape(path.shape).astype(np.int32)
                tail = tail.keep(live)
        return TreePast(histories, tail, source, path)
