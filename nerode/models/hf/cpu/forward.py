"""The forward pass of GPT-2 and of Llama on a CPU, without the library's module.

The idea. At the sizes that are trained from scratch the module's time goes into its own
bookkeeping, not into arithmetic. This is the same function of the same weights with nothing around
it: hidden states of the last layer only where they are read, keys and values written where the
next step finds them (kv_cache.py), attention of forked rows in one compiled loop (attention.py),
weights in the order that the processor's products want (block.py).

It is used only where it was compared with the module on the network's own tokens and gave the
same (`open_reader` in nerode/models/hf/reader.py); every other network is read by `ModuleReader`.

Two phases, with heads h, width w (of all heads together), layers L:

- `read`: histories in batches of like lengths, about TOKENS_PER_PASS tokens each. A row's keys are
  stored transposed, (w, columns), its values (columns, w). In the last layer queries are kept of
  each row's last token only, since nobody asks for the others.
- `advance`: one token a row. Its key and value take one new place of the tail, (places, 2 * w) in
  each layer, and the row's path grows by that place.

Products get rows rounded up to few different numbers (`room`); what is beyond `count` is zeros on
the way in and is cut off on the way out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from transformers import GPT2LMHeadModel, LlamaForCausalLM

from nerode.arrays import Ints
from nerode.models.hf.cpu.attention import HistoryColumns, attention_kernel
from nerode.models.hf.cpu.block import Block, Gpt2Block, Linear, Norm
from nerode.models.hf.cpu.kv_cache import (
    Arena,
    CacheDtype,
    HistoryKV,
    Numbers,
    Tail,
    TokenLayout,
    TreeKV,
)
from nerode.models.hf.cpu.llama import llama_blocks, rms_norm_of

TOKENS_PER_PASS = 1_024
"""Tokens that one pass reads: their activations stay in a core's cache."""

TAIL_BYTES = 2**24
"""First room for keys and values of what comes after the histories; it grows by copying."""

ROWS_OF_A_THREAD = 32
"""Rows whose attention is worth a thread of its own, which takes a tenth of a millisecond."""

ACTIVATIONS = {"gelu_new": "tanh", "gelu_pytorch_tanh": "tanh", "gelu": "none"}
"""Activations by what torch calls the approximation."""

CACHE_DTYPES: dict[torch.dtype, CacheDtype] = {torch.float32: np.float32, torch.bfloat16: np.uint16}
"""Kinds of weights, and the kind of numbers in which their keys and values are kept."""


@dataclass(frozen=True, eq=False)
class CpuReader:
    """A network without its module: the same read, advance and logits as a `ModuleReader`.

    Tensors are the module's own, not copies, so that a network in training is followed.
    """

    tokens: Tensor  # (tokens, width) embedding
    positions: Tensor | None  # (positions, width) embedding; None where blocks turn their heads
    blocks: tuple[Block, ...]
    last: Callable[[Tensor], Tensor]
    head: Tensor  # (tokens, width)
    heads: int
    arena: Arena = field(default_factory=Arena)
    has_cache: bool = True

    @property
    def width(self) -> int:
        """Width of the residual stream."""
        return int(self.tokens.shape[1])

    def prepare(self) -> None:
        """Copy the weights in a faster order until `release`; later changes are not seen."""
        for block in self.blocks:
            for linear in block.projections:
                linear.lay_out()

    def release(self) -> None:
        """Let go of memory that is kept to be used again, and of laid out weights."""
        self.arena.clear()
        for block in self.blocks:
            for linear in block.projections:
                linear.release()

    def room(self, rows: int) -> int:
        """Rows rounded up to one of few sizes, which products are given.

        Products of laid out weights make a program for every shape that they meet, which takes
        milliseconds each time.
        """
        if not self.blocks[0].projections[-1].laid_out:
            return rows
        step = max(8, 1 << max(0, rows.bit_length() - 4))
        return -(-rows // step) * step

    @torch.inference_mode()
    def logits(self, outputs: Tensor) -> Tensor:
        """Logits over all tokens, from what `read` and `advance` give: (rows, tokens)."""
        return functional.linear(outputs, self.head)

    @torch.inference_mode()
    def read(self, ids: Tensor, counts: Tensor) -> tuple[Tensor, TreeKV]:
        """Outputs at the last token of each row, (rows, width), and the KV cache.

        `ids` are (rows, columns), of which the first `counts[i]` of row i count; the padding
        after them is not seen by a causal network.
        """
        # Where each history lies: batch after batch, each row as wide as the longest of its batch.
        lengths = counts.numpy()
        batches = list(_like_lengths(lengths))
        columns, base = np.empty_like(lengths), np.empty_like(lengths)
        used = 0
        for rows in batches:
            columns[rows] = lengths[rows[0]]
            base[rows] = used + np.arange(len(rows)) * lengths[rows[0]]
            used += len(rows) * int(lengths[rows[0]])
        layers, width = len(self.blocks), self.width
        layout = TokenLayout(layers, width, CACHE_DTYPES[self.tokens.dtype])
        histories = HistoryKV.room(layout, base, columns, lengths, self.arena)
        streams = self.tokens.new_zeros((self.room(len(lengths)), width))
        queries = self.tokens.new_empty((len(lengths), width))
        for rows in batches:
            self._read(ids, histories, rows, streams, queries)
        # Nobody reads the last layer but at each row's last token.
        rows = np.arange(len(lengths))
        nothing = np.empty((0, 2 * width), layout.dtype), np.empty((len(rows), 0), np.int32)
        attended = self._attend(queries, histories, layers - 1, rows, *nothing)
        outputs = self.last(self.blocks[-1].finish(streams, attended)[: len(lengths)])
        tail = Tail(layout, TAIL_BYTES // layout.nbytes + 1, self.arena)
        return outputs, TreeKV(histories, tail, rows, nothing[1])

    def _read(
        self, ids: Tensor, histories: HistoryKV, rows: Ints, streams: Tensor, queries: Tensor
    ) -> None:
        """Read some rows of like lengths, longest first; fill their keys and values.

        Of the last layer only what attention at each row's last token asks for: what comes into
        the layer goes to `streams`, its queries to `queries`, both (rows, width).
        """
        many, width = len(rows), self.width
        columns, begin = int(histories.columns[rows[0]]), int(histories.base[rows[0]])
        place, count = torch.from_numpy(rows), many * columns
        x = self.tokens.new_zeros((self.room(count), width))
        x[:count].view(many, columns, width).copy_(self.tokens[ids[place, :columns]])
        if self.positions is not None:
            x[:count].view(many, columns, width).add_(self.positions[:columns])
        positions = torch.zeros(len(x), dtype=torch.int64)
        positions[:count].view(many, columns).copy_(torch.arange(columns))
        span = slice(begin * width, (begin + many * columns) * width)
        for layer, block in enumerate(self.blocks):
            projected = block.project(x, positions)
            # (3, rows, columns, width): queries, keys, values
            split = projected[:count].view(many, columns, 3, width).permute(2, 0, 1, 3)
            keys, values = histories.keys[layer][span], histories.values[layer][span]
            self._tensor(keys).view(many, width, columns).copy_(split[1].transpose(1, 2))
            self._tensor(values).view(many, columns, width).copy_(split[2])
            if layer + 1 < len(self.blocks):
                mine, keys, values = (
                    part.view(many, columns, self.heads, -1).transpose(1, 2) for part in split
                )
                given = functional.scaled_dot_product_attention(mine, keys, values, is_causal=True)
                attended = torch.zeros_like(x)
                attended[:count].view(many, columns, self.heads, -1).copy_(given.transpose(1, 2))
                x = block.finish(x, attended)
        final = torch.arange(many) * columns + torch.from_numpy(histories.length[rows] - 1)
        streams[place] = x[final]
        queries[place] = projected[final, :width]

    @torch.inference_mode()
    def advance(self, kv_cache: TreeKV, ids: Tensor) -> tuple[Tensor, TreeKV]:
        """Outputs at one more token of each row, (rows, width), and the cache after it.

        The tail is shared with the old cache, which knows nothing of the new places: both stay
        valid, and either may be advanced again.
        """
        count = len(ids)
        new = kv_cache.tail.take(count)
        places = np.arange(new.start, new.stop, dtype=np.int32)
        path = np.concatenate((kv_cache.path, places[:, None]), axis=1)
        data = kv_cache.tail.data
        x = self.tokens.new_zeros((self.room(count), self.width))
        positions = torch.zeros(len(x), dtype=torch.int64)
        positions[:count].copy_(torch.from_numpy(kv_cache.lengths))
        x[:count].copy_(self.tokens[ids])
        if self.positions is not None:
            x[:count].add_(self.positions[positions[:count]])
        for layer, block in enumerate(self.blocks):
            projected = block.project(x, positions)[:count]
            self._tensor(data[layer, new]).copy_(projected[:, self.width :])
            attended = self._attend(
                projected, kv_cache.histories, layer, kv_cache.source, data[layer], path
            )
            x = block.finish(x, attended)
        return self.last(x[:count]), TreeKV(
            kv_cache.histories, kv_cache.tail, kv_cache.source, path
        )

    def _tensor(self, numbers: Numbers) -> Tensor:
        """The same memory as a tensor of the weights' kind."""
        return torch.from_numpy(numbers).view(self.tokens.dtype)

    def _attend(
        self,
        projected: Tensor,
        histories: HistoryKV,
        layer: int,
        source: Ints,
        tail: Numbers,
        path: NDArray[np.int32],
    ) -> Tensor:
        """Attention of one token a row, whose queries come first in `projected`.

        Zeros stand behind the rows, up to as many as products take: (room, width).
        """
        given = np.zeros((self.room(len(source)), self.width), dtype=np.float32)
        queries = projected[:, : self.width].float().numpy()
        attend = attention_kernel(self.heads, self.width // self.heads)
        read = HistoryColumns(
            histories.keys[layer],
            histories.values[layer],
            histories.base,
            histories.columns,
            histories.length,
        )

        def some(rows: slice) -> None:
            attend(queries[rows], read, source[rows], tail, path[rows], given[rows])

        _in_threads(some, len(source))
        return torch.from_numpy(given).to(projected.dtype)


def _in_threads(work: Callable[[slice], None], rows: int) -> None:
    """Call `work` on slices of so many rows, in threads where there are rows enough for each.

    As many threads as torch would use; the compiled attention holds no lock of Python's.
    """
    parts = min(torch.get_num_threads(), rows // ROWS_OF_A_THREAD)
    if parts < 2:  # noqa: PLR2004
        work(slice(0, rows))
        return
    cuts = [rows * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(parts) as pool:
        for _ in pool.map(work, map(slice, cuts[:-1], cuts[1:])):
            pass


def _like_lengths(lengths: Ints) -> Iterator[Ints]:
    """Rows in batches of about `TOKENS_PER_PASS` tokens, longest first."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        many = max(1, TOKENS_PER_PASS // int(lengths[order[start]]))
        yield order[start : start + many]
        start += many


def open_cpu_reader(network: Any) -> CpuReader | None:
    """The reader of a network's weights without its module; None where there is none for it.

    Weights are used where they lie, not copied: a network that is trained on is followed.
    """
    if network.dtype not in CACHE_DTYPES or network.device.type != "cpu":
        return None
    if type(network) is GPT2LMHeadModel:
        return _gpt2(network)
    return _llama(network) if type(network) is LlamaForCausalLM else None


def _llama(network: LlamaForCausalLM) -> CpuReader | None:
    blocks = llama_blocks(network)
    if blocks is None:
        return None
    return CpuReader(
        tokens=network.model.embed_tokens.weight.detach(),
        positions=None,
        blocks=blocks,
        last=rms_norm_of(network.model.norm),
        head=network.lm_head.weight.detach(),
        heads=blocks[0].heads,
    )


def _gpt2(network: GPT2LMHeadModel) -> CpuReader | None:
    config = network.config
    inner: Any = network.transformer
    plain = (
        config.activation_function in ACTIVATIONS
        and config.scale_attn_weights
        and not config.scale_attn_by_inverse_layer_idx
        and not config.add_cross_attention
        and config.n_embd // config.n_head % 4 == 0
    )
    if not plain:
        return None
    approximation = ACTIVATIONS[config.activation_function]
    blocks = tuple(
        Gpt2Block(
            _norm(block.ln_1),
            _linear(block.attn.c_attn),
            _linear(block.attn.c_proj),
            _norm(block.ln_2),
            _linear(block.mlp.c_fc),
            _linear(block.mlp.c_proj),
            approximation,
        )
        for block in inner.h
    )
    return CpuReader(
        tokens=inner.wte.weight.detach(),
        positions=inner.wpe.weight.detach(),
        blocks=blocks,
        last=_norm(inner.ln_f),
        head=network.lm_head.weight.detach(),
        heads=config.n_head,
    )


def _norm(module: Any) -> Norm:
    return Norm(module.weight.detach(), module.bias.detach(), module.eps)


def _linear(module: Any) -> Linear:
    return Linear(module.weight.detach(), module.bias.detach())
