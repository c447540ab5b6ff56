"""Recurrent networks with their state carried: no history is read twice.

The state of a row (one vector a layer, two of an LSTM) takes the place of keys and values. It does
not grow with the history, so a row that forks copies it, and a step costs the same however long the
history is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from nerode.models.hf.recurrent.network import RecurrentNetwork

TOKENS_OF_RECURRENT = 8_192
"""Tokens that one pass reads."""


@dataclass(frozen=True, eq=False)
class RecurrentState:
    """What a recurrent network remembers of a batch of histories. Immutable.

    `parts` are (layers, 1 or 2, rows, width): hidden state and, of an LSTM, cell state. `lengths`
    are the tokens read by each row.
    """

    parts: Tensor
    lengths: NDArray[np.int64]

    @cached_property
    def longest(self) -> int:
        """Most tokens read by any row."""
        return int(self.lengths.max(initial=0))

    @property
    def nbytes(self) -> int:
        """Bytes of all states."""
        return self.parts.nbytes

    def select(self, rows: NDArray[np.int64]) -> RecurrentState:
        """The state of other rows: row i of the result is old row `rows[i]`."""
        index = torch.from_numpy(np.asarray(rows)).to(self.parts.device)
        return RecurrentState(self.parts.index_select(2, index), self.lengths[rows])


@dataclass(frozen=True, eq=False)
class RecurrentReader:
    """A `RecurrentNetwork` in eval mode, read as `Reader` says."""

    network: RecurrentNetwork
    has_cache: bool = True

    def prepare(self) -> None:
        """Nothing is to be made ready."""

    def release(self) -> None:
        """Nothing is kept."""

    def logits(self, outputs: Tensor) -> Tensor:
        """Logits over all tokens: (rows, tokens)."""
        logits: Tensor = self.network.head(outputs)
        return logits

    @torch.inference_mode()
    def read(self, ids: Tensor, counts: Tensor) -> tuple[Tensor, RecurrentState]:
        """Outputs at the last token of each row, and the state behind it.

        Rows are read in order of their lengths, so that a pass has little padding.
        """
        order = torch.argsort(counts, descending=True, stable=True)
        lengths = counts[order].cpu()
        outputs, states = [], []
        start = 0
        while start < len(order):
            width = int(lengths[start])
            stop = start + max(1, TOKENS_OF_RECURRENT // width)
            some = self._read(ids[order[start:stop], :width], lengths[start:stop])
            outputs.append(some[0])
            states.append(some[1])
            start = stop
        back = torch.argsort(order)
        parts = torch.cat(states, dim=2).index_select(2, back)
        return torch.cat(outputs)[back], RecurrentState(parts, counts.cpu().numpy())

    def _read(self, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs and states of rows whose lengths fall."""
        stream = self.network.embedding(ids)
        states = []
        for norm, layer in zip(self.network.norms, self.network.layers, strict=True):
            packed = pack_padded_sequence(norm(stream), lengths, batch_first=True)
            given, state = layer(packed)
            states.append(torch.cat(state if isinstance(state, tuple) else (state,)))
            stream = stream + pad_packed_sequence(given, batch_first=True)[0]
        last = lengths.to(stream.device) - 1
        rows = torch.arange(len(lengths), device=stream.device)
        return self.network.last_norm(stream[rows, last]), torch.stack(states)

    @torch.inference_mode()
    def advance(self, kv_cache: RecurrentState, ids: Tensor) -> tuple[Tensor, RecurrentState]:
        """Outputs at one more token of each row, `ids` (rows,), and the state after it."""
        stream = self.network.embedding(ids)
        states = []
        for number, (norm, layer) in enumerate(
            zip(self.network.norms, self.network.layers, strict=True)
        ):
            before = kv_cache.parts[number]
            if isinstance(layer, nn.LSTM):
                pair = torch.lstm_cell(norm(stream), (before[0], before[1]), *_weights(layer))
                states.append(torch.stack(pair))
            else:
                states.append(torch.gru_cell(norm(stream), before[0], *_weights(layer))[None])
            stream = stream + states[-1][0]
        after = RecurrentState(torch.stack(states), kv_cache.lengths + 1)
        return self.network.last_norm(stream), after


def _weights(layer: nn.Module) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weights of the one layer of cells in a module: input, state, and their biases."""
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    one, other, bias, other_bias = (layer.get_parameter(name) for name in names)
    return one, other, bias, other_bias
