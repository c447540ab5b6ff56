"""What a transformer remembers of the histories it has read: attention keys and values.

Histories that fork share the part that was read before they did: the keys and values of
one reading are kept once and every row points to the one it continues.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

Layers = tuple[tuple[Tensor, Tensor], ...]
"""Keys and values of every layer, each (rows, heads, columns, width)."""


@dataclass(frozen=True, eq=False)
class Past:
    """Keys and values of a batch of histories. Immutable.

    `base` is shared: row i of the batch continues base row `source[i]`, of which the
    columns where `seen` is true belong to the history and the others are padding. `tail`
    holds what each row alone has read since. `lengths` counts the tokens read, per row.
    """

    base: Layers  # (sources, heads, columns, width)
    seen: Tensor  # (sources, columns) bool
    source: Tensor  # (rows,)
    tail: Layers  # (rows, heads, new columns, width)
    lengths: Tensor  # (rows,)

    @property
    def columns(self) -> int:
        """Columns of keys that one row attends to, padding included."""
        return self.seen.shape[1] + int(self.tail[0][0].shape[2])

    @property
    def column_bytes(self) -> int:
        """Bytes of one row's keys and values in one layer and column."""
        return sum(part.shape[1] * part.shape[3] * part.element_size() for part in self.base[0])

    def select(self, rows: Tensor) -> Past:
        """The past of other rows: row i of the result is old row `rows[i]`."""
        count = len(self.source)
        if len(rows) == count and torch.equal(rows, torch.arange(count, device=rows.device)):
            return self
        chosen = Past(
            self.base, self.seen, self.source[rows], _gathered(self.tail, rows), self.lengths[rows]
        )
        used, source = torch.unique(chosen.source, return_inverse=True)
        if 2 * len(used) > len(self.seen):
            return chosen
        # Most sources are no longer continued: let them go.
        base = _gathered(self.base, used)
        return Past(base, self.seen[used], source, chosen.tail, chosen.lengths)

    def mask(self, rows: slice) -> Tensor | None:
        """Attention mask over these columns and one more; None where nothing is padding."""
        seen = self.seen[self.source[rows]]
        if bool(seen.all()):
            return None
        new = int(self.tail[0][0].shape[2]) + 1
        return torch.cat((seen, seen.new_ones((len(seen), new))), dim=1).long()

    def cache(self, rows: slice, config: Any) -> DynamicCache:
        """These rows' past in the form a transformers model takes, to advance one token."""
        cache = DynamicCache(config=config)
        source = self.source[rows]
        cache.layers = [
            _SharedLayer(base, source, (tail[0][rows], tail[1][rows]))
            for base, tail in zip(self.base, self.tail, strict=True)
        ]
        return cache

    def advanced(self, caches: Sequence[Any]) -> Past:
        """The past one token later, from the caches that cover all rows in order."""
        tail = tuple(
            (
                torch.cat((keys, torch.cat([layer.new_keys for layer in layers])), dim=-2),
                torch.cat((values, torch.cat([layer.new_values for layer in layers])), dim=-2),
            )
            for (keys, values), *layers in zip(
                self.tail, *(cache.layers for cache in caches), strict=True
            )
        )
        past = Past(self.base, self.seen, self.source, tail, self.lengths + 1)
        # A long tail is copied at every step and a base is not, so a tail as long as its
        # base is merged with it: each column is merged a bounded number of times.
        return past if tail[0][0].shape[2] < self.seen.shape[1] else past._merged()

    def _merged(self) -> Past:
        base = tuple(
            (
                torch.cat((keys.index_select(0, self.source), new_keys), -2),
                torch.cat((values.index_select(0, self.source), new_values), -2),
            )
            for (keys, values), (new_keys, new_values) in zip(self.base, self.tail, strict=True)
        )
        seen = self.seen[self.source]
        new = seen.new_ones((len(seen), self.tail[0][0].shape[2]))
        source = torch.arange(len(seen), device=seen.device)
        empty = _without_columns(self.tail)
        return Past(base, torch.cat((seen, new), dim=1), source, empty, self.lengths)


def fresh(base: Layers, lengths: Tensor) -> Past:
    """The past right after a reading: histories padded on the right to one length."""
    columns = torch.arange(base[0][0].shape[2], device=lengths.device)
    source = torch.arange(len(lengths), device=lengths.device)
    return Past(base, columns < lengths[:, None], source, _without_columns(base), lengths)


def _gathered(layers: Layers, rows: Tensor) -> Layers:
    return tuple(
        (keys.index_select(0, rows), values.index_select(0, rows)) for keys, values in layers
    )


def _without_columns(layers: Layers) -> Layers:
    return tuple((keys[:, :, :0], values[:, :, :0]) for keys, values in layers)


class _SharedLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """One layer's cache that puts a row's keys together only when they are attended to."""

    def __init__(
        self, base: tuple[Tensor, Tensor], source: Tensor, tail: tuple[Tensor, Tensor]
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.base = base
        self.source = source
        self.tail = tail
        self.new_keys: Tensor | None = None
        self.new_values: Tensor | None = None
        self.length = int(base[0].shape[2] + tail[0].shape[2])

    def update(
        self, key_states: Tensor, value_states: Tensor, *_args: Any, **_kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Take a new token's keys and values; give those of all columns."""
        self.new_keys, self.new_values = key_states, value_states
        self.length += int(key_states.shape[2])
        return self._all(0, key_states), self._all(1, value_states)

    def _all(self, kind: int, new: Tensor) -> Tensor:
        base = self.base[kind].index_select(0, self.source)
        return torch.cat((base, self.tail[kind], new), dim=-2)

    def get_seq_length(self) -> int:
        """Columns so far."""
        return self.length

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Columns that a query of this length attends to, and where they begin."""
        return self.length + query_length, 0
