"""Causal language models of the transformers library, read through `Contexts`.

The network reads a batch of histories once and remembers attention keys and values;
`extend` carries them from row to row. Networks that remember in another way (recurrent,
sliding windows) read their histories again instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nerode.errors import ModelMismatch
from nerode.models.hf.first_token import FirstToken
from nerode.models.hf.padding import padded
from nerode.models.hf.reader import KVCache, Reader, open_reader
from nerode.models.model import Contexts, Probabilities, Rows

LOGITS_AT_ONCE = 2**24
"""Logits that are put together at one time."""
SMALL_WEIGHTS = 2**26
"""Bytes of weights up to which a process on every core is faster than all cores in one."""
BATCH_BYTES = 2**28
"""Bytes of keys and values that one batch may take on a CPU, where each core has a batch."""
LARGE_BATCH_BYTES = 2**31
"""The same where all cores work on one batch."""


@dataclass(frozen=True, eq=False)
class Transformer:
    """A causal language model whose tokens include a world's symbols.

    `tokens[i]` is the token of symbol i, `leading[i]` that of symbol i at the beginning of a
    sequence (-1: it cannot stand there), where those differ. Symbols that are `absent` have no
    token: they have probability 0, and no history with one can be read. `first` is the token put
    in front of every history, None where the model has none (then the empty history cannot be
    read); `first_choice` says which others it might have been.
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
    fingerprint: str | None = None  # what tells these weights from others of the same name
    leading: Tensor | None = None  # (symbols,)
    absent: tuple[int, ...] = ()
    first_choice: FirstToken | None = None

    @property
    def least_history(self) -> int:
        """Symbols of the shortest history that it can read: 1 where there is no first token."""
        return int(self.first is None)

    @cached_property
    def reader(self) -> Reader:
        """The fastest way to read this network; tried out once."""
        return open_reader(self.network, self.tokens)

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
            raise ModelMismatch(
                f"expected a history of at least one symbol: {self.name} has no first token"
            )
        ids, counts = self.ids_of(symbols, lengths), self.tensor(lengths)
        if self.first is not None:
            counts = counts + 1
        outputs, kv_cache = self.reader.read(ids, counts)
        if kv_cache is None:
            return RereadContexts(self, outputs, symbols, lengths)
        empty = None if self.leading is None or lengths.all() else lengths == 0
        return TransformerContexts(self, outputs, kv_cache, empty)

    def with_first(self, token: int | None) -> Transformer:
        """The same network read with another first token, None for none."""
        positions = self.context_length
        if positions is not None:
            positions += (self.first is not None) - (token is not None)
        other = replace(self, first=token, context_length=positions)
        other.__dict__["reader"] = self.reader  # found out once
        return other

    def named(self, name: str, fingerprint: str | None) -> Transformer:
        """The same network under another name, with a fingerprint of its weights."""
        other = replace(self, name=name, fingerprint=fingerprint)
        if "reader" in self.__dict__:
            other.__dict__["reader"] = self.reader  # found out once
        return other

    @property
    def hidden_layers(self) -> int:
        """Layers of hidden states, the embeddings included."""
        return int(self.network.config.get_text_config().num_hidden_layers) + 1

    @property
    def hidden_width(self) -> int:
        """Width of the residual stream."""
        return int(self.network.config.get_text_config().hidden_size)

    @torch.inference_mode()
    def hidden_states(self, histories: Sequence[Sequence[int]]) -> Tensor:
        """Hidden states at every symbol: (layers, symbols of all histories, width), float32.

        Embeddings first; what the last layer gives has gone through the last norm where the
        network has one. Padding stands on the right, where a causal network does not see it.

        Raises ModelMismatch for a history longer than `context_length`.
        """
        symbols, lengths = padded(histories, len(self.alphabet))
        self.check_length(int(lengths.max(initial=0)))
        ids = self.ids_of(symbols, lengths)
        whole = self.network if self.network.base_model is self.network else self.network.base_model
        given = whole(input_ids=ids, use_cache=False, output_hidden_states=True).hidden_states
        begin = ids.shape[1] - symbols.shape[1]
        there = self.tensor(np.arange(symbols.shape[1])) < self.tensor(lengths)[:, None]
        return torch.stack([layer[:, begin:][there].float() for layer in given])

    @contextmanager
    def workers(self) -> Iterator[int]:
        """Processes that are worth forking: on a CPU, as many as torch would use threads.

        While it is entered torch uses one thread, here and in processes forked from here: cores
        that have a batch each are faster than cores that share the operations of one. It is
        the other way round for weights too large for a core's cache, which all of them would
        have to fetch for themselves.
        """
        reader = self.reader  # found out once, not in every process
        before = torch.get_num_threads()
        try:
            if not self.reads_blocks:
                torch.set_num_threads(1)
            reader.prepare()
            yield 1 if self.reads_blocks else before
        finally:
            torch.set_num_threads(before)
            reader.release()

    @cached_property
    def reads_blocks(self) -> bool:
        """Whether one large batch at a time is best: on a GPU, and where weights are large."""
        weights = sum(part.numel() * part.element_size() for part in self.network.parameters())
        return self.tokens.device.type != "cpu" or weights > SMALL_WEIGHTS

    @cached_property
    def symbol_bytes(self) -> int:
        """Bytes that it keeps of each symbol read: a key and a value in every layer."""
        config = self.network.config.get_text_config()
        return int(2 * config.num_hidden_layers * config.hidden_size * self.network.dtype.itemsize)

    @cached_property
    def batch_bytes(self) -> int:
        """Bytes that one batch may take."""
        if self.tokens.device.type != "cuda":
            return LARGE_BATCH_BYTES if self.reads_blocks else BATCH_BYTES
        free, _ = torch.cuda.mem_get_info(self.tokens.device)
        return int(free // 2)

    def check_length(self, length: int) -> None:
        """Raise ModelMismatch where a history is longer than the model can read."""
        if self.context_length is not None and length > self.context_length:
            raise ModelMismatch(
                f"expected histories of at most {self.context_length} symbols, "
                f"the context length of {self.name}, got one of {length}"
            )

    def tensor(self, numbers: Rows) -> Tensor:
        """The same numbers on the network's device."""
        return torch.from_numpy(np.asarray(numbers, dtype=np.int64)).to(self.tokens.device)

    def tokens_of(self, symbols: Rows, begins: NDArray[np.bool_] | None = None) -> Tensor:
        """Token of each symbol; `begins` says which of them begin a sequence, None for none.

        Raises ModelMismatch for a symbol without a token.
        """
        if self.absent and np.isin(symbols, self.absent).any():
            raise ModelMismatch(f"expected symbols that {self.name} has tokens for, got others")
        numbers = self.tensor(symbols)
        ids = self.tokens[numbers]
        if begins is None or self.leading is None:
            return ids
        ids = torch.where(torch.from_numpy(begins).to(ids.device), self.leading[numbers], ids)
        if (ids < 0).any():
            raise ModelMismatch(f"expected symbols that {self.name} can begin with, got others")
        return ids

    def ids_of(self, symbols: Rows, lengths: Rows) -> Tensor:
        """Tokens of histories that are side by side, the first token in front."""
        there = np.arange(symbols.shape[1]) < lengths[:, None]
        padding = next(i for i in range(len(self.alphabet)) if i not in self.absent)
        begins = np.zeros(symbols.shape, dtype=np.bool_)
        begins[:, :1] = True
        ids = self.tokens_of(np.where(there, symbols, padding), begins)
        if self.first is None:
            return ids
        return torch.cat((ids.new_full((len(ids), 1), self.first), ids), dim=1)

    @torch.inference_mode()
    def distribution(
        self, outputs: Tensor, empty: NDArray[np.bool_] | None = None
    ) -> Probabilities:
        """Probabilities of the symbols, from what the network gave at the last tokens.

        `empty` says which rows have read no symbol yet, None where all have.
        """
        step = max(1, LOGITS_AT_ONCE // self.network.config.get_text_config().vocab_size)
        parts = []
        for start in range(0, len(outputs), step):
            logits = self.reader.logits(outputs[start : start + step]).float()
            chances = torch.softmax(logits, dim=-1)
            found = chances.index_select(-1, self.tokens)
            if empty is not None and self.leading is not None:
                rows = torch.from_numpy(empty[start : start + step]).to(found.device)
                first = chances[rows].index_select(-1, self.leading.clamp(min=0))
                found[rows] = first.masked_fill(self.leading < 0, 0)
            parts.append(found.cpu().numpy())
        probabilities: Probabilities = np.concatenate(parts)
        probabilities[:, list(self.absent)] = 0
        return probabilities


@dataclass(frozen=True, eq=False)
class TransformerContexts:
    """Histories that a transformer has read, with their KV cache.

    `outputs` is what the network gave at the last token of each row: the last hidden
    state, (rows, width), before the language modelling head. `empty` says which rows have
    read no symbol, None where all have (or where that makes no difference).
    """

    model: Transformer
    outputs: Tensor
    kv_cache: KVCache
    empty: NDArray[np.bool_] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of keys and values."""
        return self.kv_cache.nbytes

    @cached_property
    def probabilities(self) -> Probabilities:
        """Next-symbol distribution, computed when it is first asked for."""
        return self.model.distribution(self.outputs, self.empty)

    @torch.inference_mode()
    def extend(self, rows: Rows, symbols: Rows) -> Contexts:
        """Fork, drop and advance by one token, with what was read before kept.

        Raises ModelMismatch where a history outgrows the model's context length.
        """
        model = self.model
        if not len(rows):
            return NoContexts(len(model.alphabet))
        kv_cache = self.kv_cache.select(np.asarray(rows, dtype=np.int64))
        model.check_length(kv_cache.longest + 1 - (model.first is not None))
        ids = model.tokens_of(symbols, None if self.empty is None else self.empty[rows])
        return TransformerContexts(model, *model.reader.advance(kv_cache, ids))


@dataclass(frozen=True, eq=False)
class RereadContexts:
    """Histories of a network without a usable KV cache.

    `extend` reads every history again: slow, and right for any causal network.
    """

    model: Transformer
    outputs: Tensor
    symbols: NDArray[np.int64]  # (rows, columns)
    lengths: NDArray[np.int64]  # (rows,)

    @cached_property
    def probabilities(self) -> Probabilities:
        """Next-symbol distribution, computed when it is first asked for."""
        return self.model.distribution(self.outputs, self.lengths == 0)

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
