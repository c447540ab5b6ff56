"""How many symbols a measurement feeds a model, and how fast plain forwards would feed them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nerode.metrics.parallel import measured
from nerode.models.hf.cpu.forward import CpuReader
from nerode.models.hf.transformer import Transformer
from nerode.models.model import Contexts, Model

Inner = TypeVar("Inner", bound=Model)

SHAPES = ((16, 60), (32, 60), (64, 60))
"""Rows and symbols of the forwards that the floor is measured with; the fastest counts."""


@dataclass
class Fed:
    """How many symbols a model was fed."""

    symbols: int = 0


@dataclass(frozen=True)
class CountingContexts:
    """Contexts that count what they are extended by."""

    inner: Contexts
    fed: Fed

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """Those of the contexts inside."""
        return self.inner.probabilities

    def extend(self, rows: NDArray[np.int64], symbols: NDArray[np.int64]) -> CountingContexts:
        """Count a symbol a row."""
        self.fed.symbols += len(rows)
        return CountingContexts(self.inner.extend(rows, symbols), self.fed)


@dataclass(frozen=True)
class Wrapped(Generic[Inner]):
    """A model inside another, under its name."""

    inner: Inner

    @property
    def name(self) -> str:
        """That of the model inside."""
        return self.inner.name

    @property
    def alphabet(self) -> tuple[str, ...]:
        """That of the model inside."""
        return self.inner.alphabet

    @property
    def context_length(self) -> int | None:
        """That of the model inside."""
        return self.inner.context_length


@dataclass(frozen=True)
class Counting(Wrapped[Model]):
    """A model that counts the symbols it reads; all in one process, so that it can."""

    fed: Fed

    def read(self, histories: Sequence[Sequence[int]]) -> CountingContexts:
        """Count the symbols of all histories."""
        self.fed.symbols += sum(map(len, histories))
        return CountingContexts(self.inner.read(histories), self.fed)


def floor_rate(model: Transformer, seconds: float = 1.0) -> float:
    """Symbols a second that plain forwards of a model's weights read, at best.

    A plain forward takes rows of one length through all layers, every position through every
    layer, keeps nothing and tells no logits: there is no way to feed a symbol for less but to
    leave something out. On a CPU all cores run forwards of their own, or all of them one
    together; of these and of several shapes the fastest counts. A network without a lean
    forward runs its module, with its logits.
    """
    model.reader.prepare()
    together = [_rate(model, shape, seconds) for shape in SHAPES]
    model.reader.release()
    return max(together + [_rate_apart(model, shape, seconds) for shape in SHAPES])


def _rate(model: Transformer, shape: tuple[int, int], seconds: float) -> float:
    """Symbols a second of one process."""
    ids = torch.randint(0, len(model.alphabet), shape, generator=torch.Generator().manual_seed(0))
    ids = ids.to(model.tokens.device)
    forward(model, ids)
    begin, rounds = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        forward(model, ids)
        rounds += 1
    return rounds * ids.numel() / (time.perf_counter() - begin)


def _rate_apart(model: Transformer, shape: tuple[int, int], seconds: float) -> float:
    """Symbols a second of as many processes as there are cores."""
    with model.workers() as workers:
        numbers = [(number,) for number in range(workers)]

    def work(_: tuple[int, ...]) -> Iterator[dict[str, Any]]:
        yield {"rate": _rate(model, shape, seconds)}

    return float(sum(record["rate"] for record in measured(model, work, numbers)))


@torch.inference_mode()
def forward(model: Transformer, ids: Tensor) -> Tensor:
    """The last hidden states of rows of one length: (rows * columns, width)."""
    reader = model.reader
    if not isinstance(reader, CpuReader):
        outputs: Tensor = model.network(ids).logits
        if outputs.is_cuda:
            torch.cuda.synchronize()
        return outputs
    rows, columns = ids.shape
    x = reader.tokens[ids]
    if reader.positions is not None:
        x = x + reader.positions[:columns]
    x = x.view(-1, reader.width)
    positions = torch.arange(columns).repeat(rows)
    for block in reader.blocks:
        split = block.project(x, positions).view(rows, columns, 3, reader.heads, -1)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        x = block.finish(x, attended.transpose(1, 2).reshape(-1, reader.width))
    return reader.last(x)
