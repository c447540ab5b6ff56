"""A network of the transformers library as `Contexts` use it: read, advance, logits.

The idea. Every causal language model offers three steps: `read` histories from nothing, `advance`
each row by one token with the KV cache of what was read, and `logits` of what both give. What a
given network can do is found out by trials on a few tokens (`open_reader`), never assumed from its
name: each faster way must give, within rounding, what reading the whole history gives.

    0. `RecurrentReader`: our own recurrent networks, which carry a state.
    1. `CpuReader` (nerode/models/hf/cpu): weights of GPT-2, on a CPU, without the module.
    2. `ModuleReader` with a cache: the module with shared keys and values (shared_kv.py).
    3. `ModuleReader` without: the history is read again for every symbol. Slow, and always right.

Head and body are apart: a body gives hidden states (rows, width), and logits over the vocabulary
(rows, tokens), a large product, are computed only where somebody asks for probabilities.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from nerode.models.hf.attention import ATTENTION_NAME, module_cache
from nerode.models.hf.borders import KeyValueCache, Network
from nerode.models.hf.cpu.forward import open_cpu_reader
from nerode.models.hf.recurrent.network import RecurrentNetwork
from nerode.models.hf.recurrent.reader import RecurrentReader
from nerode.models.hf.shared_kv import KeysValues, SharedKV, kv_of_reading

TOKENS_AT_ONCE = {"cpu": 8_192, "cuda": 262_144}
"""Tokens that one forward pass reads: enough to be fast, few enough to fit."""

UNSUPPORTED = (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What networks raise where they cannot do what is tried on them."""


class KVCache(Protocol):
    """What is kept of histories: a `SharedKV`, `TreeKV` or `RecurrentState`. Immutable."""

    @property
    def longest(self) -> int:
        """Most tokens read by any row."""
        ...

    @property
    def nbytes(self) -> int:
        """Bytes that it takes, shared ones counted once."""
        ...

    def select(self, rows: NDArray[np.int64]) -> Self:
        """The cache of other rows: row i of the result is old row `rows[i]`."""
        ...


class Reader(Protocol):
    """A causal language model that reads, advances and gives logits: see `ModuleReader`.

    "Outputs" are whatever `logits` takes: hidden states of the last layer, or logits already.
    """

    @property
    def has_cache(self) -> bool:
        """Whether `read` gives a KV cache, from which `advance` goes on."""
        ...

    def logits(self, outputs: Tensor) -> Tensor:
        """Logits over all tokens, from what `read` and `advance` give: (rows, tokens)."""
        ...

    def prepare(self) -> None:
        """Make ready for much work, until `release`."""
        ...

    def release(self) -> None:
        """Let go of memory that is kept to be used again."""
        ...

    def read(self, ids: Tensor, counts: Tensor) -> tuple[Tensor, Any]:
        """Outputs at the last token of each row, and the KV cache if there is one.

        `ids` are (rows, columns), of which the first `counts[i]` of row i count.
        """
        ...

    def advance(self, kv_cache: Any, ids: Tensor) -> tuple[Tensor, Any]:
        """Outputs at one more token of each row, `ids` (rows,), and the cache after it."""
        ...


@dataclass(frozen=True, eq=False)
class ModuleReader:
    """A module of the transformers library in eval mode, with its head apart.

    Attributes
    ----------
    network
        The module.
    plain_head
        Whether its logits are its output embedding of the last hidden states and nothing more, so
        that they can wait until somebody asks for them.
    has_cache
        Whether all that it remembers of a history is keys and values of full attention, and
        attention to a `SharedKV` gives what attention to these does. `open_reader` finds out.
    """

    network: Network
    plain_head: bool
    has_cache: bool

    def logits(self, outputs: Tensor) -> Tensor:
        """Logits over all tokens, from what `read` and `advance` give: (rows, tokens)."""
        if not self.plain_head:
            return outputs
        head = self.network.get_output_embeddings()
        assert head is not None  # noqa: S101 - `_has_plain_head` has looked
        return head(outputs)

    def prepare(self) -> None:
        """Nothing is to be made ready."""

    def release(self) -> None:
        """Nothing is kept."""

    @torch.inference_mode()
    def read(self, ids: Tensor, counts: Tensor) -> tuple[Tensor, SharedKV | None]:
        """Outputs at the last token of each row, and the KV cache if there is one.

        Padding stands on the right, where a causal network does not see it, so neither a mask nor
        positions are needed. Rows are read longest first, so that a batch has little padding, and
        put back in order.

        Parameters
        ----------
        ids
            Tokens, (rows, columns), padded on the right.
        counts
            How many tokens of each row count: (rows,), at least 1.
        """
        order = torch.argsort(counts, descending=True, stable=True)
        lengths = counts[order].tolist()
        parts: list[Tensor] = []
        layers: tuple[KeysValues, ...] = ()
        start = 0
        while start < len(order):
            width = lengths[start]
            # So many rows that a pass has about TOKENS_AT_ONCE tokens, of the width of the longest.
            rows = order[start : start + max(1, _tokens_at_once(ids) // width)]
            cache: Any = _empty_cache(self.network) if self.has_cache else None
            given = self._forward(ids[rows, :width], past_key_values=cache)
            parts.append(given[torch.arange(len(rows), device=rows.device), counts[rows] - 1])
            if self.has_cache:
                layers = layers or _room(cache, ids)
                for (keys, values), layer in zip(layers, cache.layers, strict=True):
                    keys[rows, :, :width] = layer.keys
                    values[rows, :, :width] = layer.values
            start += len(rows)
        outputs = torch.cat(parts)[torch.argsort(order)]
        return outputs, kv_of_reading(layers, counts) if self.has_cache else None

    @torch.inference_mode()
    def advance(self, kv_cache: SharedKV, ids: Tensor) -> tuple[Tensor, SharedKV]:
        """Outputs at one more token of each row, `ids` (rows,), and the cache after it."""
        cache = module_cache(kv_cache)
        given = self._forward(
            ids[:, None], position_ids=kv_cache.lengths[:, None], past_key_values=cache
        )
        return given[:, -1], kv_cache.with_tail(tuple(layer.tail for layer in cache.layers))

    def _forward(self, ids: Tensor, *, past_key_values: object, **inputs: object) -> Tensor:
        """Hidden states where the head is plain, else logits: (rows, columns, width)."""
        if past_key_values is not None:
            inputs["past_key_values"] = past_key_values
        whole = self.network.base_model if self.plain_head else self.network
        given = whole(input_ids=ids, use_cache=past_key_values is not None, **inputs)
        output: Tensor = given.last_hidden_state if self.plain_head else given.logits
        return output


@torch.inference_mode()
def open_reader(network: Network, tokens: Tensor) -> Reader:
    """The fastest reader of a network that gives what the network itself gives.

    Parameters
    ----------
    network
        A causal language model of the transformers library in eval mode. One that can use a
        shared cache is switched to the attention function that reads it.
    tokens
        Some tokens to try it on: (n,).
    """
    if isinstance(network, RecurrentNetwork):
        return RecurrentReader(network)
    sample = tokens[torch.arange(4, device=tokens.device) % len(tokens)]
    reader = ModuleReader(network, _has_plain_head(network, sample[None]), has_cache=False)
    cpu_reader = open_cpu_reader(network)
    if cpu_reader is not None and _cache_is_right(cpu_reader, reader, sample):
        return cpu_reader
    if not _has_plain_cache(network, sample[None]):
        return reader
    usual = network.config._attn_implementation  # noqa: SLF001  there is no public name
    network.set_attn_implementation(ATTENTION_NAME)
    cached = ModuleReader(network, reader.plain_head, has_cache=True)
    if _cache_is_right(cached, reader, sample):
        return cached
    network.set_attn_implementation(usual)
    return reader


def _has_plain_head(network: Network, ids: Tensor) -> bool:
    head = network.get_output_embeddings()
    if head is None or network.base_model is network:
        return False
    try:
        hidden = getattr(network.base_model(input_ids=ids), "last_hidden_state", None)
        return hidden is not None and _close(head(hidden), network(input_ids=ids).logits)
    except UNSUPPORTED:  # as where the head takes a width that the hidden states do not have
        return False


def _has_plain_cache(network: Network, ids: Tensor) -> bool:
    """Whether it takes positions, and its cache is keys and values of every token, nothing else."""
    if "position_ids" not in inspect.signature(network.forward).parameters:
        return False
    cache = _empty_cache(network)
    try:
        network(input_ids=ids, past_key_values=cache, use_cache=True)
    except UNSUPPORTED:  # as where the configuration counts the layers of an encoder
        return False
    layers: list[Any] = cache.layers
    return len(layers) > 0 and all(
        type(layer) is DynamicLayer and layer.is_initialized and _is_whole(layer, ids)
        for layer in layers
    )


def _empty_cache(network: Network) -> Any:
    """A cache of the transformers library, with a layer for each of the network's."""
    config: Any = network.config
    return DynamicCache(config=config)


def _is_whole(layer: Any, ids: Tensor) -> bool:
    """Whether keys and values are (rows, heads, tokens, width), nothing left out."""
    shapes = (layer.keys.shape, layer.values.shape)
    return all((shape[0], *shape[2:-1]) == tuple(ids.shape) for shape in shapes)


def _cache_is_right(reader: Reader, plain: ModuleReader, sample: Tensor) -> bool:
    """Whether forking and advancing with the cache gives what reading whole histories gives.

    The trial has what may go wrong: rows of unlike lengths (padding), and each forked twice.
    """
    ids, counts = torch.stack((sample, sample.flip(0))), torch.tensor([4, 2], device=sample.device)
    rows, new = torch.tensor([0, 1, 0, 1], device=sample.device), sample
    whole = [torch.cat((ids[row, : counts[row]], new[i : i + 1])) for i, row in enumerate(rows)]
    try:
        kv_cache = reader.read(ids, counts)[1]
        if kv_cache is None:
            return False
        outputs, _ = reader.advance(kv_cache.select(rows.cpu().numpy()), new)
        expected = torch.cat([plain.read(row[None], _length(row))[0] for row in whole])
    except UNSUPPORTED:
        return False
    return _close(reader.logits(outputs), plain.logits(expected))


def _length(row: Tensor) -> Tensor:
    return torch.tensor([len(row)], device=row.device)


def _close(came: Tensor, expected: Tensor) -> bool:
    """Whether two results differ by no more than the numbers' precision explains."""
    precision = torch.finfo(came.dtype).eps ** 0.5
    scale = float(expected.float().abs().max())
    return bool((came - expected).float().abs().max() <= precision * max(1.0, scale))


def _tokens_at_once(ids: Tensor) -> int:
    return TOKENS_AT_ONCE.get(ids.device.type, TOKENS_AT_ONCE["cpu"])


def _room(cache: KeyValueCache, ids: Tensor) -> tuple[KeysValues, ...]:
    """Keys and values of all rows and columns, to be filled in."""

    def room(part: Tensor) -> Tensor:
        return part.new_zeros((len(ids), part.shape[1], ids.shape[1], part.shape[3]))

    return tuple((room(layer.keys), room(layer.values)) for layer in cache.layers)
