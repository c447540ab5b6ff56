"""Attention to a `SharedKV`, plugged into the transformers library.

The idea. The library lets attention functions and cache layers be replaced, and passes what a
cache layer's `update` returns to the attention function as keys and values. `SharedLayer.update`
returns the layer itself, and `attend` then computes attention over shared segments and the row's
own tail without ever concatenating keys. So any network whose attention goes through this
interface can use the shared cache, with its own positions, norms and projections.

A network that is switched to ATTENTION_NAME reads histories as before (causal, without a mask:
padding stands on the right); with a cache of `SharedLayer`s it advances by one token a row.
Refinements that this function lacks raise NotImplementedError (a RuntimeError), upon which
`open_reader` leaves the network without a cache.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, DynamicCache
from transformers.cache_utils import DynamicLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from nerode.models.hf.shared_kv import KeysValues, SharedKV

ATTENTION_NAME = "nerode_shared"
"""What the attention function is called in a network's configuration."""

UNKNOWN = ("softcap", "sliding_window", "s_aux", "position_bias")
"""Refinements of attention that some networks ask for and this one lacks."""


class SharedLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """One layer of a `SharedKV`, which takes the next token's keys and values.

    `tail` is that of the cache with the new column; the cache itself does not change.
    """

    def __init__(self, kv_cache: SharedKV, number: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kv_cache = kv_cache
        self.number = number
        self.tail: KeysValues = kv_cache.tail[number]

    def update(self, key_states: Tensor, value_states: Tensor, *_: object, **__: object) -> Any:
        """Take the next token; gives what `attend` expects as keys and as values."""
        keys, values = self.tail
        self.tail = torch.cat((keys, key_states), dim=2), torch.cat((values, value_states), dim=2)
        return self, self

    def get_seq_length(self) -> int:
        """Columns so far, padding included."""
        shared = sum(segment.layers[0][0].shape[2] for segment in self.kv_cache.segments)
        return int(shared + self.tail[0].shape[2])

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Columns that a query of this length attends to, and where they begin."""
        return self.get_seq_length() + query_length, 0

    def attend(self, query: Tensor, scaling: float | None) -> Tensor:
        """Softmax attention of one token per row: (rows, heads, 1, width).

        Where several query heads share one head of keys (grouped-query attention) they become
        queries of that head: (rows, key heads, heads / key heads, width).
        """
        rows, heads, _, width = query.shape
        tail_keys, tail_values = self.tail
        query = query.reshape(rows, tail_keys.shape[1], -1, width)
        query = query * (width**-0.5 if scaling is None else scaling)
        segments, number = self.kv_cache.segments, self.number
        scores = [segment.scores(query, number) for segment in segments]
        scores.append(query @ tail_keys.transpose(-1, -2))
        # One softmax over all columns, whichever part holds them, in float32.
        weights = torch.softmax(torch.cat(scores, dim=-1).float(), dim=-1).to(query.dtype)
        *shared, own = torch.split(weights, [part.shape[-1] for part in scores], dim=-1)
        given = own @ tail_values
        for segment, part in zip(segments, shared, strict=True):
            given = given + segment.values(part, number)
        return given.reshape(rows, heads, 1, -1)


def module_cache(kv_cache: SharedKV) -> Any:
    """A shared cache in the form that a module of the library takes, to advance one token."""
    cache: Any = DynamicCache()
    cache.layers = [SharedLayer(kv_cache, number) for number in range(len(kv_cache.tail))]
    return cache


def attend(
    module: Any, query: Tensor, key: Any, value: Any, attention_mask: Any, **options: Any
) -> tuple[Tensor, None]:
    """Attention function: to a `SharedLayer`, or causal to keys and values as they are."""
    if any(options.get(name) is not None for name in UNKNOWN):
        raise NotImplementedError(f"expected plain attention, got one of {UNKNOWN}")
    if isinstance(key, SharedLayer):
        return key.attend(query, options.get("scaling")).transpose(1, 2), None
    plain: Any = sdpa_attention_forward
    given, _ = plain(module, query, key, value, attention_mask, **options)
    return given, None


AttentionInterface.register(ATTENTION_NAME, attend)
