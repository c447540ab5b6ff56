"""Causal language models of the transformers library, read through `Contexts`.

The network reads a batch of histories once and remembers attention keys and values;
`extend` carries them from row to row. Networks that remember in another way (recurrent,
sliding windows) read their histories again instead.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from nerode.errors import ModelMismatch
from nerode.models.model import Contexts, Probabilities, Rows
from nerode.models.padding import padded
from nerode.models.past import Layers, Past, fresh

TOKENS_AT_ONCE = {"cpu": 8_192, "cuda": 262_144}
"""Tokens that one forward pass reads: enough to be fast, few enough to fit."""
BYTES_AT_ONCE = {"cpu": 2**26, "cuda": 2**31}
"""Bytes of keys and values, or of logits, that are put together at one time."""


@dataclass(frozen=True, eq=False)
class Transformer:
    """A causal language model whose tokens include a world's symbols.

    `tokens[i]` is the token of symbol i; `first` is the token put in front of every
    history, None where the model has none (then the empty history cannot be read).
    Probabilities are the softmax over all tokens in float32, of which the symbols' are
    kept: they sum to less than 1 where the model puts weight on other tokens. `trained_on`
    is the record of its training (`nerode.json`), where there is one.
    """

    name: str
    alphabet: tuple[str, ...]
    network: Any  # a transformers model with a language modelling head, in eval mode
    tokens: Tensor  # (symbols,)
    first: int | None
    context_length: int | None
    trained_on: dict[str, Any] | None = None

    def read(self, histories: Sequence[Sequence[int]]) -> Contexts:
        """One row per history, padded to one length in sub-batches of like lengths.

        Raises ModelMismatch for a history longer than `context_length`, and for the
        empty history where the model has no token to begin with.
        """
        symbols, lengths = padded(histories, len(self.alphabet))
        return self.read_padded(symbols, lengths)

    def read_padded(self, symbols: Rows, lengths: Rows) -> Contexts:
        """Read histories that are already side by side: see `padded`."""
        if not len(lengths):
            return NoContexts(len(self.alphabet))
        self.check_length(int(lengths.max()))
        if self.first is None and not lengths.all():
            message = f"expected a history of at least one symbol: {self.name} has no first token"
            raise ModelMismatch(message)
        ids = self.tokens[torch.from_numpy(symbols).to(self.tokens.device)]
        counts = torch.from_numpy(lengths).to(self.tokens.device)
        if self.first is not None:
            ids = torch.cat((ids.new_full((len(ids), 1), self.first), ids), dim=1)
            counts = counts + 1
        outputs, base = _read(self, ids, counts)
        if base is None:
            return RereadContexts(self, outputs, symbols, lengths)
        return TransformerContexts(self, outputs, fresh(base, counts))

    def check_length(self, length: int) -> None:
        """Raise ModelMismatch where a history is longer than the model can read."""
        if self.context_length is not None and length > self.context_length:
            raise ModelMismatch(
                f"expected histories of at most {self.context_length} symbols, "
                f"the context length of {self.name}, got one of {length}"
            )

    @cached_property
    def traits(self) -> Traits:
        """What kind of network this is, found out by a trial on two tokens."""
        return _traits(self.network, self.tokens[:1].repeat(1, 2))

    @torch.inference_mode()
    def distribution(self, outputs: Tensor) -> Probabilities:
        """Probabilities of the symbols, from what the network gave at the last tokens."""
        logits_bytes = 8 * int(self.network.config.get_text_config().vocab_size)
        step = max(1, BYTES_AT_ONCE[_kind(outputs)] // logits_bytes)
        parts = []
        for start in range(0, len(outputs), step):
            part = outputs[start : start + step]
            logits = self.network.get_output_embeddings()(part) if self.traits.plain_head else part
            chances = torch.softmax(logits.float(), dim=-1).index_select(-1, self.tokens)
            parts.append(chances.cpu().numpy())
        return np.concatenate(parts)


@dataclass(frozen=True, eq=False)
class TransformerContexts:
    """Histories that a transformer has read and remembers by their keys and values.

    `outputs` is what the network gave at the last token of each row: the last hidden
    state, (rows, width), before the language modelling head.
    """

    model: Transformer
    outputs: Tensor
    past: Past

    @cached_property
    def probabilities(self) -> Probabilities:
        """Next-symbol distribution, computed when it is first asked for."""
        return self.model.distribution(self.outputs)

    @torch.inference_mode()
    def extend(self, rows: Rows, symbols: Rows) -> Contexts:
        """Fork, drop and advance by one token, with what was read before kept.

        Raises ModelMismatch where a history outgrows the model's context length.
        """
        model, device = self.model, self.outputs.device
        if not len(rows):
            return NoContexts(len(model.alphabet))
        past = self.past.select(torch.from_numpy(np.asarray(rows, dtype=np.int64)).to(device))
        model.check_length(int(past.lengths.max()) + 1 - (model.first is not None))
        ids = model.tokens[torch.from_numpy(np.asarray(symbols, dtype=np.int64)).to(device)]
        bytes_per_row = past.column_bytes * (past.columns + 1)
        step = max(1, BYTES_AT_ONCE[_kind(ids)] // max(1, bytes_per_row))
        outputs, caches = [], []
        for start in range(0, len(ids), step):
            part = slice(start, start + step)
            cache = past.cache(part, model.network.config)
            given = model.traits.forward(
                model.network,
                input_ids=ids[part, None],
                attention_mask=past.mask(part),
                position_ids=past.lengths[part, None],
                past_key_values=cache,
                use_cache=True,
            )
            outputs.append(given[:, -1])
            caches.append(cache)
        return TransformerContexts(model, torch.cat(outputs), past.advanced(caches))


@dataclass(frozen=True, eq=False)
class RereadContexts:
    """Histories of a network whose memory cannot be carried from row to row.

    `extend` reads every history again: slow, and right for any causal network.
    """

    model: Transformer
    outputs: Tensor
    symbols: NDArray[np.int64]  # (rows, columns)
    lengths: NDArray[np.int64]  # (rows,)

    @cached_property
    def probabilities(self) -> Probabilities:
        """Next-symbol distribution, computed when it is first asked for."""
        return self.model.distribution(self.outputs)

    def extend(self, rows: Rows, symbols: Rows) -> Contexts:
        """Fork, drop and advance by one symbol."""
        lengths = self.lengths[rows]
        longer = np.pad(self.symbols[rows], ((0, 0), (0, 1)))
        longer[np.arange(len(rows)), lengths] = symbols
        return self.model.read_padded(longer, lengths + 1)


@dataclass(frozen=True)
class NoContexts:
    """No histories at all, of which only as many can be made."""

    symbols: int

    @property
    def probabilities(self) -> Probabilities:
        """No rows."""
        return np.zeros((0, self.symbols), dtype=np.float32)

    def extend(self, rows: Rows, symbols: Rows) -> NoContexts:  # noqa: ARG002
        """Give no rows again."""
        return self


@dataclass(frozen=True)
class Traits:
    """What a network can do.

    `plain_head`: its logits are its output embedding of the last hidden states, nothing
    more, so that they can wait until somebody reads them. `carries`: all it remembers is
    keys and values of full attention, and it takes the position of a new token.
    """

    plain_head: bool
    carries: bool

    def forward(self, network: Any, **inputs: Any) -> Tensor:
        """Hidden states where the head can wait, else logits: (rows, tokens, width)."""
        if self.plain_head:
            hidden: Tensor = network.base_model(**inputs).last_hidden_state
            return hidden
        logits: Tensor = network(**inputs).logits
        return logits


@torch.inference_mode()
def _traits(network: Any, ids: Tensor) -> Traits:
    head = network.get_output_embeddings()
    plain = head is not None and network.base_model is not network
    if plain:
        hidden = getattr(network.base_model(input_ids=ids), "last_hidden_state", None)
        logits = network(input_ids=ids).logits
        plain = hidden is not None and torch.allclose(head(hidden), logits, atol=1e-4)
    if "position_ids" not in inspect.signature(network.forward).parameters:
        return Traits(plain, carries=False)
    cache: Any = DynamicCache(config=network.config)
    given = network(input_ids=ids, past_key_values=cache, use_cache=True)
    carries = given.past_key_values is not None and all(
        type(layer) is DynamicLayer and _is_whole(layer, ids) for layer in cache.layers
    )
    return Traits(plain, carries=carries and len(cache.layers) > 0)


def _is_whole(layer: Any, ids: Tensor) -> bool:
    """Whether a layer's cache holds keys and values of every token, in the usual order."""
    if not layer.is_initialized:
        return False
    shapes = (layer.keys.shape, layer.values.shape)
    return all((shape[0], *shape[2:-1]) == tuple(ids.shape) for shape in shapes)


@torch.inference_mode()
def _read(model: Transformer, ids: Tensor, counts: Tensor) -> tuple[Tensor, Layers | None]:
    """Outputs at the last token of each row, and keys and values if they can be carried.

    Padding stands on the right, where a causal network does not see it, so neither a
    mask nor positions are needed. Rows are read longest first and put back in order.
    """
    order = torch.argsort(counts, descending=True, stable=True)
    sorted_counts = counts[order].tolist()
    outputs = torch.empty(0)
    base: Layers | None = None
    start = 0
    while start < len(order):
        width = sorted_counts[start]
        stop = start + max(1, TOKENS_AT_ONCE[_kind(ids)] // width)
        rows = order[start:stop]
        cache: Any = DynamicCache(config=model.network.config) if model.traits.carries else None
        memory = {"past_key_values": cache} if cache is not None else {}
        given = model.traits.forward(
            model.network, input_ids=ids[rows, :width], use_cache=cache is not None, **memory
        )
        if start == 0:
            outputs = given.new_empty((len(ids), given.shape[-1]))
        outputs[rows] = given[torch.arange(len(rows), device=rows.device), counts[rows] - 1]
        if cache is not None:
            base = _collected(base, cache, rows, tuple(ids.shape))
        start = stop
    return outputs, base


def _collected(base: Layers | None, cache: Any, rows: Tensor, shape: tuple[int, ...]) -> Layers:
    """Keys and values of all rows, with those of a sub-batch filled in."""
    if base is None:
        base = tuple(
            (_room(layer.keys, shape), _room(layer.values, shape)) for layer in cache.layers
        )
    for (keys, values), layer in zip(base, cache.layers, strict=True):
        keys[rows, :, : layer.keys.shape[2]] = layer.keys
        values[rows, :, : layer.values.shape[2]] = layer.values
    return base


def _room(part: Tensor, shape: tuple[int, ...]) -> Tensor:
    return part.new_zeros((shape[0], part.shape[1], shape[1], part.shape[3]))


def _kind(tensor: Tensor) -> str:
    return tensor.device.type if tensor.device.type in TOKENS_AT_ONCE else "cpu"
