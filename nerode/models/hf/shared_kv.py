"""A KV cache whose rows share what they have in common.

The idea. Walks fork: many rows of a batch go on from one history, and an ordinary cache would hold
(and read) the keys and values of that history once a row. Here they are held once, as a `Segment`;
each row points to its source. Rows of one source attend to it together, as if they were several
queries of one sequence, which turns many small products into one larger one. Only the last few
columns (`SharedKV.tail`, fewer than TAIL_COLUMNS) belong to a row alone and are copied as it forks.

The columns of row i, oldest first, are those of source `segment.source[i]` of each segment in
turn, and then those of row i of the tail.

Invariants:

- Values are immutable; `select` and `with_tail` make new ones that share tensors.
- A full tail becomes a segment whose row i continues source i, and a fresh tail begins.
- Positions are not stored: keys hold them already. `lengths` says how many tokens a row has read,
  which is the position of its next one.
- Padding occurs only in the first segment, where histories of unlike lengths were read together
  (`Segment.seen`); softmax gives it weight 0.

Attention to segments and tail is attention to their concatenation: scores are concatenated before
the softmax, and values are summed after it (nerode/models/hf/attention.py).
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

TAIL_COLUMNS = 16
"""Columns that a row has to itself before they can be shared by its forks."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows sorted by the source that they share, as a table (sources, places), some places empty.

    Attributes
    ----------
    sources
        Number of sources.
    places
        Most rows that share one source: columns of the table.
    slot
        Where row i stands in the table, row by row: (rows,).
    """

    sources: int
    places: int
    slot: Tensor  # (rows,)

    def gather(self, rows: Tensor) -> Tensor:
        """(rows, heads, queries, n) as (sources, heads, places * queries, n).

        Empty places hold zeros, whose results nobody takes.
        """
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

    Attributes
    ----------
    layers
        Keys and values of each layer, (sources, heads, columns, width).
    source
        Which source each row of the batch continues: (rows,).
    seen
        Which columns of each source belong to its history, (sources, columns) of bool; the others
        are padding. None: all do.
    """

    layers: tuple[KeysValues, ...]
    source: Tensor
    seen: Tensor | None = None

    @cached_property
    def groups(self) -> Groups | None:
        """How rows share the sources; None where row i simply continues source i."""
        sources = len(self.layers[0][0])
        straight = torch.arange(len(self.source), device=self.source.device)
        # Row i of source i: no grouping is needed, which saves two copies a layer.
        if len(self.source) == sources and torch.equal(self.source, straight):
            return None
        # The place of a row among those of its source: its rank in order less that source's first.
        order = torch.argsort(self.source, stable=True)
        counts = torch.bincount(self.source, minlength=sources)
        place = torch.empty_like(straight)
        place[order] = straight - (counts.cumsum(0) - counts)[self.source[order]]
        places = int(counts.max())
        return Groups(sources, places, self.source * places + place)

    def select(self, rows: Tensor) -> Segment:
        """The same columns for other rows; row i of the result is old row `rows[i]`.

        Sources that no row continues are dropped once they are half of all: before that copying
        costs more than it saves.
        """
        source = self.source[rows]
        # Only `source` changes, unless so many sources are unused that a copy pays.
        used, renumbered = torch.unique(source, return_inverse=True)
        if 2 * len(used) > len(self.layers[0][0]):
            return Segment(self.layers, source, self.seen)
        seen = None if self.seen is None else self.seen[used]
        return Segment(select_rows(self.layers, used), renumbered, seen)

    def scores(self, query: Tensor, layer: int) -> Tensor:
        """Query times keys: (rows, heads, queries, columns), -inf at padding."""
        # One product a source, for all queries of its rows; then back to one row each.
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
class SharedKV:
    """Keys and values of a batch of histories. Immutable.

    Attributes
    ----------
    segments
        Shared columns, oldest first.
    tail
        Columns of each row alone, after those: of each layer (rows, heads, columns, width).
    lengths
        Tokens read by each row: (rows,).
    """

    segments: tuple[Segment, ...]
    tail: tuple[KeysValues, ...]
    lengths: Tensor

    @cached_property
    def longest(self) -> int:
        """Most tokens read by any row."""
        return int(self.lengths.max())

    @property
    def nbytes(self) -> int:
        """Bytes of keys and values, shared ones counted once."""
        layers = [layer for part in self.segments for layer in part.layers]
        return sum(part.nbytes for layer in (*layers, *self.tail) for part in layer)

    def select(self, numbers: NDArray[np.int64]) -> SharedKV:
        """The cache of other rows: row i of the result is old row `numbers[i]`."""
        count = len(self.lengths)
        if len(numbers) == count and np.array_equal(numbers, np.arange(count)):
            return self
        rows = torch.from_numpy(numbers).to(self.lengths.device)
        segments = tuple(segment.select(rows) for segment in self.segments)
        return SharedKV(segments, select_rows(self.tail, rows), self.lengths[rows])

    def with_tail(self, tail: tuple[KeysValues, ...]) -> SharedKV:
        """The cache one token later, given the tail with that token's column."""
        # A full tail is not copied: it becomes a segment, which later forks share.
        if tail[0][0].shape[2] < TAIL_COLUMNS:
            return SharedKV(self.segments, tail, self.lengths + 1)
        source = torch.arange(len(self.lengths), device=self.lengths.device)
        segments = (*self.segments, Segment(tail, source))
        return SharedKV(segments, _without_columns(tail), self.lengths + 1)


def kv_of_reading(layers: tuple[KeysValues, ...], lengths: Tensor) -> SharedKV:
    """The cache right after histories were read together, padded on the right to one length."""
    columns = torch.arange(layers[0][0].shape[2], device=lengths.device)
    source = torch.arange(len(lengths), device=lengths.device)
    seen = columns < lengths[:, None]
    segment = Segment(layers, source, None if bool(seen.all()) else seen)
    return SharedKV((segment,), _without_columns(layers), lengths)


def select_rows(layers: tuple[KeysValues, ...], rows: Tensor) -> tuple[KeysValues, ...]:
    """Keys and values of some rows."""
    return tuple(
        (keys.index_select(0, rows), values.index_select(0, rows)) for keys, values in layers
    )


def _without_columns(layers: tuple[KeysValues, ...]) -> tuple[KeysValues, ...]:
    return tuple((keys[:, :, :0], values[:, :, :0]) for keys, values in layers)
