"""What the lean forward remembers: histories read once, and a tree of tokens after them.

A row is a history and the places of the tokens that came after it. Forks copy places, four
bytes a token, never keys and values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Places = NDArray[np.int32]

WORTH_COPYING = 2**26
"""Bytes of keys and values of which less is not worth letting go."""


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


class Arena:
    """Memory that is used again and again: fresh pages cost more than what is written to them.

    It keeps one array, the largest that it was given back.
    """

    def __init__(self) -> None:
        self._spare: list[Floats] = []

    def take(self, shape: tuple[int, ...]) -> Floats:
        """An array of this shape, its numbers left as they are."""
        size = math.prod(shape)
        spare = self._spare.pop() if self._spare else None
        if spare is None or spare.size < size:
            spare = np.empty(size, np.float32)
        return spare[:size].reshape(shape)

    def give(self, array: Floats) -> None:
        """Take an array back that nobody uses any more."""
        whole = array if array.base is None else array.base
        if not self._spare or self._spare[0].size < whole.size:
            self._spare[:] = [whole.reshape(-1)]


class Tail:
    """Keys and values of the tokens after the histories: places are taken, never changed.

    Contexts that come from one reading share it. It only grows, so what an older one sees
    stays as it was. Room is set aside at once and costs nothing until it is written to, so that
    growing copies nothing.
    """

    def __init__(self, layers: int, width: int, places: int, arena: Arena) -> None:
        self.data = arena.take((layers, places, 2 * width))
        self.used = 0
        self._arena = arena

    def __del__(self) -> None:
        """Contexts alone hold a tail: with the last of them its memory is free."""
        self._arena.give(self.data)

    @property
    def nbytes(self) -> int:
        """Bytes that are written to."""
        layers, _, width = self.data.shape
        return int(layers * self.used * width * self.data.itemsize)

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
        layers, _, width = self.data.shape
        larger = np.empty((layers, places, width), np.float32)
        larger[:, : self.used] = self.data[:, : self.used]
        self.data = larger

    def keep(self, live: Places) -> Tail:
        """A tail with these places only, and as much room."""
        layers, places, width = self.data.shape
        tail = Tail(layers, width // 2, places, self._arena)
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

        What no row needs any more is let go once it is a third of what there is, where that
        is worth the copying.
        """
        histories, tail, source = self.histories, self.tail, self.source[rows]
        path = np.ascontiguousarray(self.path[rows])
        if histories.nbytes > WORTH_COPYING:
            used = np.zeros(len(histories.base), dtype=bool)
            used[source] = True
            if 3 * int(used.sum()) <= 2 * len(used):
                histories = histories.take(np.flatnonzero(used))
                source = (np.cumsum(used) - 1)[source]
        fewer = 3 * len(rows) <= 2 * len(self.source) and tail.nbytes > WORTH_COPYING
        if fewer or not tail.fits(len(rows)):
            live, renumbered = np.unique(path, return_inverse=True)
            if 3 * live.size <= 2 * tail.used:
                path = renumbered.reshape(path.shape).astype(np.int32)
                tail = tail.keep(live)
        return TreePast(histories, tail, source, path)
