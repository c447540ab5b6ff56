"""The KV cache of `CpuReader`: histories that were read once, and a tree of the tokens after them.

The idea. A row is a history (`source`) and the path of tokens that came after it. Keys and values
of all tokens after the histories lie in one growing array of places (`Tail`); a row holds the
numbers of its places (`path`), four bytes a token. Rows that fork copy paths, never keys and
values, and rows with common ancestors point to the same places: a tree.

    HistoryKV   keys and values of histories, in the layout of attention.py, written by `read`
    Tail        (layers, places, 2 * width): key and value of each token after the histories
    TreeKV      source (rows,) into the histories, path (rows, depth) into the tail

Invariants:

- A place is written once, before any path points to it. So a cache stays valid however far
  others that share its tail go on, and nothing needs locks or copies.
- All rows of a cache have paths of one depth: rows advance together.
- Memory is let go where that is worth the copying (`TreeKV.select`), and arrays go back to an
  `Arena` to be used again, since fresh pages of the system cost more than what is written to them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from nerode.arrays import Ints

Numbers = NDArray[np.float32 | np.uint16]
"""Keys and values: float32, or bfloat16 by their bits, of which numpy has no kind."""
CacheDtype = type[np.float32 | np.uint16]
Bytes = NDArray[np.uint8]
Places = NDArray[np.int32]

WORTH_COPYING = 2**24
"""Bytes of keys and values up to which nothing is copied to let a part of them go."""


MOST_SPARE = 2**26
"""Bytes of the largest array that is kept to be used again."""


class Arena:
    """Arrays that are used again, since fresh pages cost more than what is written to them.

    It keeps the two largest arrays that were given back, of those up to MOST_SPARE bytes: one for
    the next histories and one for the next tail.
    """

    def __init__(self) -> None:
        self._spare: list[Bytes] = []

    def lease(self, size: int) -> Lease:
        """So many bytes, left as they are."""
        fitting = [array for array in self._spare if array.size >= size]
        array = min(fitting, key=lambda spare: spare.size, default=None)
        if array is None:
            return Lease(np.empty(size, np.uint8), self)
        self._spare = [spare for spare in self._spare if spare is not array]
        return Lease(array, self)

    def give(self, array: Bytes) -> None:
        """Take an array back that nobody uses any more."""
        if array.size <= MOST_SPARE:
            self._spare = sorted((*self._spare, array), key=lambda spare: spare.size)[-2:]

    def clear(self) -> None:
        """Give everything back to the system."""
        self._spare = []


class Lease:
    """An array that goes back to its arena when the last reference to the lease is gone."""

    def __init__(self, array: Bytes, arena: Arena) -> None:
        self.array = array
        self._arena = arena

    def __del__(self) -> None:
        """The last of the contexts that held it is gone."""
        self._arena.give(self.array)

    def numbers(self, dtype: CacheDtype, *shape: int) -> Numbers:
        """The memory as numbers."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        return cast("Numbers", self.array[:size].view(dtype).reshape(shape))


@dataclass(frozen=True)
class TokenLayout:
    """Size and type of what is kept of a token: a key and a value in every layer."""

    layers: int
    width: int  # numbers in a key, all heads together
    dtype: CacheDtype

    @property
    def nbytes(self) -> int:
        """Bytes of a token."""
        return 2 * self.layers * self.width * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, eq=False)
class HistoryKV:
    """Keys and values of histories as they were read: see `attention_kernel`."""

    keys: tuple[Numbers, ...]  # each layer's, flat
    values: tuple[Numbers, ...]  # each layer's, flat
    lease: Lease  # of the memory in which they lie
    base: Ints  # (histories,) column at which each begins
    columns: Ints  # (histories,) columns it takes, padding included
    length: Ints  # (histories,) columns that count
    layout: TokenLayout

    @classmethod
    def room(
        cls, layout: TokenLayout, base: Ints, columns: Ints, length: Ints, arena: Arena
    ) -> HistoryKV:
        """Histories whose keys and values are still to be written."""
        size = int(columns.sum())
        lease = arena.lease(size * layout.nbytes)
        parts = lease.numbers(layout.dtype, 2 * layout.layers, size * layout.width)
        keys, values = tuple(parts[: layout.layers]), tuple(parts[layout.layers :])
        return cls(keys, values, lease, base, columns, length, layout)

    def take(self, some: Ints, arena: Arena) -> HistoryKV:
        """Some of the histories, with memory of their own."""
        columns, width = self.columns[some], self.layout.width
        base = np.cumsum(columns) - columns
        fewer = HistoryKV.room(self.layout, base, columns, self.length[some], arena)
        for begin, start, count in zip(base, self.base[some], columns, strict=True):
            ours = slice(begin * width, (begin + count) * width)
            theirs = slice(start * width, (start + count) * width)
            for mine, all_ in zip(
                (*fewer.keys, *fewer.values), (*self.keys, *self.values), strict=True
            ):
                mine[ours] = all_[theirs]
        return fewer

    @cached_property
    def nbytes(self) -> int:
        """Bytes of keys and values."""
        return sum(part.nbytes for part in (*self.keys, *self.values))


class Tail:
    """Keys and values of the tokens after the histories: `data` is (layers, places, 2 * width).

    All caches that come from one reading share it. Places are taken (`take`), written once and
    never changed, so what an older cache sees stays as it was. Where room runs out it moves to
    twice as much, which costs nothing until it is written to.
    """

    def __init__(self, layout: TokenLayout, places: int, arena: Arena) -> None:
        self.layout = layout
        self.arena = arena
        self._lease = arena.lease(places * layout.nbytes)
        self.data = self._lease.numbers(layout.dtype, layout.layers, places, 2 * layout.width)
        self.used = 0

    @property
    def nbytes(self) -> int:
        """Bytes that are written to."""
        return self.used * self.layout.nbytes

    def fits(self, count: int) -> bool:
        """Whether there is room for so many more."""
        return bool(self.used + count <= self.data.shape[1])

    def take(self, count: int) -> slice:
        """New places, to be written once."""
        if not self.fits(count):
            self._grow(2 * (self.used + count))
        self.used += count
        return slice(self.used - count, self.used)

    def _grow(self, places: int) -> None:
        larger = Tail(self.layout, places, self.arena)
        larger.data[:, : self.used] = self.data[:, : self.used]
        self.data, self._lease = larger.data, larger._lease

    def keep(self, live: Places) -> Tail:
        """A tail with these places only, and as much room."""
        tail = Tail(self.layout, self.data.shape[1], self.arena)
        tail.data[:, : live.size] = self.data[:, live]
        tail.used = live.size
        return tail


@dataclass(frozen=True, eq=False)
class TreeKV:
    """Keys and values of a batch of histories. Immutable."""

    histories: HistoryKV
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
        return self.histories.nbytes + self.tail.nbytes

    def select(self, rows: Ints) -> TreeKV:
        """The cache of other rows: row i of the result is old row `rows[i]`.

        What no row needs any more is dropped where there is so much that it is worth the copying:
        histories once three in four are not needed, the tail once a third of it is not.
        """
        histories, tail, source = self.histories, self.tail, self.source[rows]
        path = self.path[rows]
        if self.nbytes > WORTH_COPYING:
            used = np.zeros(len(histories.base), dtype=bool)
            used[source] = True
            if 4 * int(used.sum()) <= len(used):
                histories = histories.take(np.flatnonzero(used), tail.arena)
                source = (np.cumsum(used) - 1)[source]
        fewer = 3 * len(rows) <= 2 * len(self.source) and self.nbytes > WORTH_COPYING
        if fewer or not tail.fits(len(rows)):
            live, renumbered = np.unique(path, return_inverse=True)
            if 3 * live.size <= 2 * tail.used:
                path = renumbered.reshape(path.shape).astype(np.int32)
                tail = tail.keep(live)
        return TreeKV(histories, tail, source, path)
