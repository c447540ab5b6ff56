"""A network of the transformers library, as `Contexts` use it: read, advance, logits."""

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

from nerode.models.hf.attention import NAME, cache_of
from nerode.models.hf.cpu.forward import open_lean
from nerode.models.hf.shared_kv import KeysValues, Past, fresh

TOKENS_AT_ONCE = {"cpu": 8_192, "cuda": 262_144}
"""Tokens that one forward pass reads: enough to be fast, few enough to fit."""

CANNOT = (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What networks raise where they cannot do what is tried on them."""


class Remembered(Protocol):
    """What is remembered of a batch of histories: a `Past` or a `TreePast`. Immutable."""

    @property
    def longest(self) -> int:
        """Most tokens read by any row."""
        ...

    @property
    def nbytes(self) -> int:
        """Bytes that it takes, shared ones counted once."""
        ...

    def select(self, rows: NDArray[np.int64]) -> Self:
        """The past of other rows: row i of the result is old row `rows[i]`."""
        ...


class Reader(Protocol):
    """A causal language model that reads, advances and tells logits: see `Trunk`."""

    @property
    def carries(self) -> bool:
        """Whether what it has read can be carried on, row by row."""
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
        """Output at the last token of each row, and what is remembered where it carries."""
        ...

    def advance(self, past: Any, ids: Tensor) -> tuple[Tensor, Any]:
        """Output at one more token of each row, and what is remembered then."""
        ...


@dataclass(frozen=True, eq=False)
class Trunk:
    """A causal language model in eval mode, with its head apart.

    `plain_head`: its logits are its output embedding of the last hidden states and nothing
    more, so that they can wait until somebody asks for them. `carries`: all it remembers of
    a history is keys and values of full attention, and attention to a `Past` gives what
    attention to keys and values does; `open_trunk` finds out.
    """

    network: Any
    plain_head: bool
    carries: bool

    def logits(self, outputs: Tensor) -> Tensor:
        """Logits over all tokens, from what `read` and `advance` give: (rows, tokens)."""
        if not self.plain_head:
            return outputs
        logits: Tensor = self.network.get_output_embeddings()(outputs)
        return logits

    def prepare(self) -> None:
        """Nothing is to be made ready."""

    def release(self) -> None:
        """Nothing is kept."""

    @torch.inference_mode()
    def read(self, ids: Tensor, counts: Tensor) -> tuple[Tensor, Past | None]:
        """Output at the last token of each row, and what is remembered where it carries.

        `ids` are (rows, columns), of which the first `counts[i]` of row i count. Padding
        stands on the right, where a causal network does not see it, so neither a mask nor
        positions are needed. Rows are read longest first and put back in order.
        """
        order = torch.argsort(counts, descending=True, stable=True)
        lengths = counts[order].tolist()
        parts: list[Tensor] = []
        layers: tuple[KeysValues, ...] = ()
        start = 0
        while start < len(order):
            width = lengths[start]
            rows = order[start : start + max(1, _tokens_at_once(ids) // width)]
            cache: Any = DynamicCache(config=self.network.config) if self.carries else None
            given = self._forward(ids[rows, :width], past_key_values=cache)
            parts.append(given[torch.arange(len(rows), device=rows.device), counts[rows] - 1])
            if self.carries:
                layers = layers or _room(cache, ids)
                for (keys, values), layer in zip(layers, cache.layers, strict=True):
                    keys[rows, :, :width] = layer.keys
                    values[rows, :, :width] = layer.values
            start += len(rows)
        outputs = torch.cat(parts)[torch.argsort(order)]
        return outputs, fresh(layers, counts) if self.carries else None

    @torch.inference_mode()
    def advance(self, past: Past, ids: Tensor) -> tuple[Tensor, Past]:
        """Output at one more token of each row, and what is remembered then."""
        cache = cache_of(past)
        given = self._forward(
            ids[:, None], position_ids=past.lengths[:, None], past_key_values=cache
        )
        return given[:, -1], past.advanced(tuple(layer.tail for layer in cache.layers))

    def _forward(self, ids: Tensor, *, past_key_values: Any, **inputs: Any) -> Tensor:
        """Hidden states where the head is plain, else logits: (rows, columns, width)."""
        if past_key_values is not None:
            inputs["past_key_values"] = past_key_values
        whole = self.network.base_model if self.plain_head else self.network
        given = whole(input_ids=ids, use_cache=past_key_values is not None, **inputs)
        output: Tensor = given.last_hidden_state if self.plain_head else given.logits
        return output


@torch.inference_mode()
def open_trunk(network: Any, tokens: Tensor) -> Reader:
    """Find out by small trials on some tokens what a network can do.

    Weights that have a lean forward are read by it where it gives what the module gives. A
    network that carries its past is switched to the attention function that does it.
    """
    sample = tokens[torch.arange(4, device=tokens.device) % len(tokens)]
    trunk = Trunk(network, _has_plain_head(network, sample[None]), carries=False)
    lean = open_lean(network)
    if lean is not None and _carries_rightly(lean, trunk, sample):
        return lean
    if not _remembers_plainly(network, sample[None]):
        return trunk
    usual = network.config._attn_implementation  # noqa: SLF001  there is no public name
    network.set_attn_implementation(NAME)
    carrying = Trunk(network, trunk.plain_head, carries=True)
    if _carries_rightly(carrying, trunk, sample):
        return carrying
    network.set_attn_implementation(usual)
    return trunk


def _has_plain_head(network: Any, ids: Tensor) -> bool:
    head = network.get_output_embeddings()
    if head is None or network.base_model is network:
        return False
    try:
        hidden = getattr(network.base_model(input_ids=ids), "last_hidden_state", None)
        return hidden is not None and _close(head(hidden), network(input_ids=ids).logits)
    except CANNOT:  # as where the head takes a width that the hidden states do not have
        return False


def _remembers_plainly(network: Any, ids: Tensor) -> bool:
    """Whether positions can be told and the cache holds keys and values of every token."""
    if "position_ids" not in inspect.signature(network.forward).parameters:
        return False
    cache: Any = DynamicCache(config=network.config)
    try:
        network(input_ids=ids, past_key_values=cache, use_cache=True)
    except CANNOT:  # as where the configuration counts the layers of an encoder
        return False
    layers: list[Any] = cache.layers
    return len(layers) > 0 and all(
        type(layer) is DynamicLayer and layer.is_initialized and _is_whole(layer, ids)
        for layer in layers
    )


def _is_whole(layer: Any, ids: Tensor) -> bool:
    """Whether keys and values are (rows, heads, tokens, width), nothing left out."""
    shapes = (layer.keys.shape, layer.values.shape)
    return all((shape[0], *shape[2:-1]) == tuple(ids.shape) for shape in shapes)


def _carries_rightly(reader: Reader, plain: Trunk, sample: Tensor) -> bool:
    """Whether histories that are forked and advanced give what reading them whole gives."""
    ids, counts = torch.stack((sample, sample.flip(0))), torch.tensor([4, 2], device=sample.device)
    rows, new = torch.tensor([0, 1, 0, 1], device=sample.device), sample
    whole = [torch.cat((ids[row, : counts[row]], new[i : i + 1])) for i, row in enumerate(rows)]
    try:
        past = reader.read(ids, counts)[1]
        if past is None:
            return False
        outputs, _ = reader.advance(past.select(rows.cpu().numpy()), new)
        expected = torch.cat([plain.read(row[None], _length(row))[0] for row in whole])
    except CANNOT:
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


def _room(cache: Any, ids: Tensor) -> tuple[KeysValues, ...]:
    """Keys and values of all rows and columns, to be filled in."""

    def room(part: Tensor) -> Tensor:
        return part.new_zeros((len(ids), part.shape[1], ids.shape[1], part.shape[3]))

    return tuple((room(layer.keys), room(layer.values)) for layer in cache.layers)
