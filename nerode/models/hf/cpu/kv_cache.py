"""What the lean forward remembers: histories read once, and a tree of tokens after them.

A row is a history and the places of the tokens that came after it. Forks copy places, four
bytes a token, never keys and values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32 | np.uint16]
"""Keys and values: float32, or bfloat16 by their bits, of which numpy has no kind."""
Kind = type[np.float32 | np.uint16]
Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Places = NDArray[np.int32]

WORTH_COPYING = 2**24
"""Bytes of keys and values up to which nothing is copied to let a part of them go."""


MOST_SPARE = 2**26
"""Bytes of the largest array that is kept to be used again."""


class Arena:
    """Memory that is used again and again: fresh pages cost more than what is written to them.

    It keeps the two largest arrays that it was given back, of those that are not too large: one
    for what histories leave behind and one for what comes after them.
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
    """An array that goes back to its arena when nobody holds the lease any more."""

    def __init__(self, array: Bytes, arena: Arena) -> None:
        self.array = array
        self._arena = arena

    def __del__(self) -> None:
        """The last of the contexts that held it is gone."""
        self._arena.give(self.array)

    def numbers(self, kind: Kind, *shape: int) -> Numbers:
        """The memory as numbers."""
        size = math.prod(shape) * np.dtype(kind).itemsize
        return cast("Numbers", self.array[:size].view(kind).reshape(shape))


@dataclass(frozen=True)
class Kept:
    """What is kept of a token: a key and a value in every layer."""

    layers: int
    width: int  # numbers in a key, all heads together
    kind: Kind

    @property
    def nbytes(self) -> int:
        """Bytes of a token."""
        return 2 * self.layers * self.width * np.dtype(self.kind).itemsize


@dataclass(frozen=True, eq=False)
class Histories:
    """Keys and values of histories as they were read: see `attention_kernel`."""

    keys: tuple[Numbers, ...]  # each layer's, flat
    values: tuple[Numbers, ...]  # each layer's, flat
    lease: Lease  # of the memory in which they lie
    base: Ints  # (histories,) column at which each begins
    columns: Ints  # (histories,) columns it takes, padding included
    length: Ints  # (histories,) columns that count
    kept: Kept

    @classmethod
    def room(cls, kept: Kept, base: Ints, columns: Ints, length: Ints, arena: Arena) -> Histories:
        """Histories whose keys and values are still to be written."""
        size = int(columns.sum())
        lease = arena.lease(size * kept.nbytes)
        parts = lease.numbers(kept.kind, 2 * kept.layers, size * kept.width)
        keys, values = tuple(parts[: kept.layers]), tuple(parts[kept.layers :])
        return cls(keys, values, lease, base, columns, length, kept)

    def take(self, some: Ints, arena: Arena) -> Histories:
        """Some of the histories, with memory of their own."""
        columns, width = self.columns[some], self.kept.width
        base = np.cumsum(columns) - columns
        fewer = Histories.room(self.kept, base, columns, self.length[some], arena)
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
    """Keys and values of the tokens after the histories: places are taken, never changed.

    Contexts that come from one reading share it. It only grows, so what an older one sees
    stays as it was. Where room runs out it moves to twice as much, which costs nothing until it
    is written to.
    """

    def __init__(self, kept: Kept, places: int, arena: Arena) -> None:
        self.kept = kept
        self.arena = arena
        self._lease = arena.lease(places * kept.nbytes)
        self.data = self._lease.numbers(kept.kind, kept.layers, places, 2 * kept.width)
        self.used = 0

    @property
    def nbytes(self) -> int:
        """Bytes that are written to."""
        return self.used * self.kept.nbytes

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
        larger = Tail(self.kept, places, self.arena)
        larger.data[:, : self.used] = self.data[:, : self.used]
        self.data, self._lease = larger.data, larger._lease

    def keep(self, live: Places) -> Tail:
        """A tail with these places only, and as much room."""
        tail = Tail(self.kept, self.data.shape[1], self.arena)
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
        return self.histories.nbytes + self.tail.nbytes

    def select(self, rows: Ints) -> TreePast:
        """The past of other rows: row i of the result is old row `rows[i]`.

        What no row needs any more is let go where there is so much that it is worth the copying:
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
        return TreePast(histories, tail, source, path)
