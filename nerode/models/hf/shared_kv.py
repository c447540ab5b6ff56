"""What a transformer remembers of the histories it has read: attention keys and values.

Histories that fork share what was read before they did. It is kept once, each row points
to it, and the rows that share it attend to it together, as if they were several queries of
one history: nothing is copied from row to row but the last few columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

KeysValues = tuple[Tensor, Tensor]
"""Keys and values of one layer, each (rows, heads, columns, width)."""

TAIL = 16
"""Columns that a row has to itself before they can be shared by its forks."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows sorted into the sources that they share: (sources, places), some places empty.

    `slot[i]` is where row i stands when the places of all sources are counted through.
    """

    sources: int
    places: int
    slot: Tensor  # (rows,)

    def gather(self, rows: Tensor) -> Tensor:
        """(rows, heads, queries, n) as (sources, heads, places * queries, n)."""
        _, heads, queries, n = rows.shape
        room = rows.new_zeros((self.sources * self.places, heads, queries, n))
        room[self.slot] = rows
        room = room.view(self.sources, self.places, heads, queries, n).transpose(1, 2)
        return room.reshape(self.sources, heads, self.places * queries, n)

    def scatter(self, grouped: Tensor) -> Tensor:
        """(sources, heads, places * queries, n) as (rows, heads, queries, n)."""
        _, heads, queries, n = grouped.shape
        room = grouped.view(self.sources, heads, self.places, queries // self.places, n)
        room = room.transpose(1, 2).reshape(self.sources * self.places, heads, -1, n)
        return room[self.slot]


@dataclass(frozen=True, eq=False)
class Segment:
    """Columns that were read together, shared by the rows that fork from them.

    Row i of the batch continues source `source[i]`. Where `seen` is given, it says which
    columns of each source belong to its history; the others are padding.
    """

    layers: tuple[KeysValues, ...]  # each (sources, heads, columns, width)
    source: Tensor  # (rows,)
    seen: Tensor | None = None  # (sources, columns) bool

    @cached_property
    def groups(self) -> Groups | None:
        """How rows share the sources; None where row i simply continues source i."""
        sources = len(self.layers[0][0])
        straight = torch.arange(len(self.source), device=self.source.device)
        if len(self.source) == sources and torch.equal(self.source, straight):
            return None
        order = torch.argsort(self.source, stable=True)
        counts = torch.bincount(self.source, minlength=sources)
        place = torch.empty_like(straight)
        place[order] = straight - (counts.cumsum(0) - counts)[self.source[order]]
        places = int(counts.max())
        return Groups(sources, places, self.source * places + place)

    def select(self, rows: Tensor) -> Segment:
        """The same columns for other rows, without sources that few rows continue."""
        source = self.source[rows]
        used, renumbered = torch.unique(source, return_inverse=True)
        if 2 * len(used) > len(self.layers[0][0]):
            return Segment(self.layers, source, self.seen)
        seen = None if self.seen is None else self.seen[used]
        return Segment(selected(self.layers, used), renumbered, seen)

    def scores(self, query: Tensor, layer: int) -> Tensor:
        """Query times keys: (rows, heads, queries, columns), -inf at padding."""
        grouped = query if self.groups is None else self.groups.gather(query)
        scores = grouped @ self.layers[layer][0].transpose(-1, -2)
        if self.seen is not None:
            scores = scores.masked_fill(~self.seen[:, None, None, :], -torch.inf)
        return scores if self.groups is None else self.groups.scatter(scores)

    def values(self, weights: Tensor, layer: int) -> Tensor:
        """Weights times values: (rows, heads, queries, width)."""
        grouped = weights if self.groups is None else self.groups.gather(weights)
        values = grouped @ self.layers[layer][1]
        return values if self.groups is None else self.groups.scatter(values)


@dataclass(frozen=True, eq=False)
class Past:
    """Keys and values of a batch of histories. Immutable.

    The columns of a row are those of its sources in all `segments`, then its own `tail`.
    """

    segments: tuple[Segment, ...]
    tail: tuple[KeysValues, ...]  # each (rows, heads, columns, width)
    lengths: Tensor  # (rows,) tokens read

    @cached_property
    def longest(self) -> int:
        """Most tokens read by any row."""
        return int(self.lengths.max())

    @property
    def nbytes(self) -> int:
        """Bytes of keys and values, shared ones counted once."""
        layers = [layer for part in self.segments for layer in part.layers]
        return sum(part.nbytes for layer in (*layers, *self.tail) for part in layer)

    def select(self, numbers: NDArray[np.int64]) -> Past:
        """The past of other rows: row i of the result is old row `numbers[i]`."""
        count = len(self.lengths)
        if len(numbers) == count and np.array_equal(numbers, np.arange(count)):
            return self
        rows = torch.from_numpy(numbers).to(self.lengths.device)
        segments = tuple(segment.select(rows) for segment in self.segments)
        return Past(segments, selected(self.tail, rows), self.lengths[rows])

    def advanced(self, tail: tuple[KeysValues, ...]) -> Past:
        """The past one token later, given the tail with that token's column."""
        if tail[0][0].shape[2] < TAIL:
            return Past(self.segments, tail, self.lengths + 1)
        source = torch.arange(len(self.lengths), device=self.lengths.device)
        segments = (*self.segments, Segment(tail, source))
        return Past(segments, _without_columns(tail), self.lengths + 1)


def fresh(layers: tuple[KeysValues, ...], lengths: Tensor) -> Past:
    """The past right after a reading: histories padded on the right to one length."""
    columns = torch.arange(layers[0][0].shape[2], device=lengths.device)
    source = torch.arange(len(lengths), device=lengths.device)
    seen = columns < lengths[:, None]
    segment = Segment(layers, source, None if bool(seen.all()) else seen)
    return Past((segment,), _without_columns(layers), lengths)


def selected(layers: tuple[KeysValues, ...], rows: Tensor) -> tuple[KeysValues, ...]:
    """Keys and values of some rows."""
    return tuple(
        (keys.index_select(0, rows), values.index_select(0, rows)) for keys, values in layers
    )


def _without_columns(layers: tuple[KeysValues, ...]) -> tuple[KeysValues, ...]:
    return tuple((keys[:, :, :0], values[:, :, :0]) for keys, values in layers)
