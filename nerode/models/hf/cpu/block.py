"""Layers for `CpuReader`: products with weights, and the layer of GPT-2.

The idea. Apart from attention a layer is four products with weights and two norms. The processor's
product of few rows spends its time reordering the weights; `Linear.lay_out` does that once, by
functions that torch has for its compiler. They are not public, so that they are tried on small
numbers first (`_can_lay_out`), and products fall back to `torch.addmm` where they are missing,
wrong, or not worth their call.

A layer (`Block`) maps the residual stream x, (tokens, width), in two steps, with attention between
them. Those of GPT-2:

    project: queries, keys, values = linear(norm(x))                    (tokens, 3 * width)
    finish:  x = x + linear(attended);  x = x + narrow(gelu(widen(norm(x))))

nerode/models/hf/cpu/llama.py has those of Llama.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

WORTH_LAYING = 2**24
"""Multiplications of a float32 product from which laid out weights pay: their call takes longer."""

LAID_OUT = torch.ops.mkldnn
"""Where torch has these products: what its compiler makes of a linear layer."""


@dataclass(frozen=True, eq=False)
class Norm:
    """A layer norm's weights."""

    weight: Tensor
    bias: Tensor
    epsilon: float

    def __call__(self, x: Tensor) -> Tensor:
        """Normalised: (tokens, width)."""
        return functional.layer_norm(x, self.weight.shape, self.weight, self.bias, self.epsilon)


class Linear:
    """A projection's weights, (in, out) as GPT-2 has them, and its bias if there is one.

    They are used where they lie, so that a network that is trained on is followed. `lay_out`
    copies them in the order in which the processor's product wants them, which spares every
    product of few rows from doing so; until `release` the copy is used, and changes are not seen.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self.weight = weight
        self.bias = bias
        self._laid: Tensor | None = None

    @property
    def laid_out(self) -> bool:
        """Whether a copy is at hand."""
        return self._laid is not None

    def lay_out(self) -> None:
        """Copy the weights for faster products, where this torch and this processor have them."""
        if _can_lay_out(self.weight.dtype):
            self._laid = _laid_out(self.weight)

    def release(self) -> None:
        """Use the weights where they lie again."""
        self._laid = None

    def __call__(self, x: Tensor) -> Tensor:
        """Projected: (tokens, out)."""
        laid = self._laid_for(x)
        if laid is not None:
            return _product(x, laid, self.bias, "none", "")
        return x @ self.weight if self.bias is None else torch.addmm(self.bias, x, self.weight)

    def gelu(self, x: Tensor, approximation: str) -> Tensor:
        """Projected, and through the activation: (tokens, out)."""
        laid = self._laid_for(x)
        if laid is None:
            return functional.gelu(self(x), approximate=approximation)
        return _product(x, laid, self.bias, "gelu", approximation)

    def _laid_for(self, x: Tensor) -> Tensor | None:
        small = x.dtype == torch.float32 and len(x) * self.weight.numel() < WORTH_LAYING
        return None if small else self._laid


def _laid_out(weight: Tensor) -> Tensor:
    laid: Tensor = LAID_OUT._reorder_linear_weight(weight.t().contiguous(), None)  # noqa: SLF001
    return laid


def _product(
    x: Tensor, laid: Tensor, bias: Tensor | None, activation: str, algorithm: str
) -> Tensor:
    given: Tensor = LAID_OUT._linear_pointwise(  # noqa: SLF001
        x, laid, bias, activation, [], algorithm
    )
    return given


@cache
def _can_lay_out(dtype: torch.dtype) -> bool:
    """Whether a product with laid out weights is to be had, and is right.

    These are not among torch's public functions: another version may lack or change them.
    """
    x = torch.linspace(-2, 2, 64).view(4, 16).to(dtype)
    weight, bias = x.reshape(16, 4).contiguous(), x[0, :4].contiguous()
    expected = functional.gelu(torch.addmm(bias, x, weight), approximate="tanh")
    try:
        if dtype == torch.bfloat16 and not LAID_OUT._is_mkldnn_bf16_supported():  # noqa: SLF001
            return False
        came = _product(x, _laid_out(weight), bias, "gelu", "tanh")
    except (AttributeError, RuntimeError, TypeError):
        return False
    return torch.allclose(came.float(), expected.float(), rtol=0.02, atol=0.02)


class Block(Protocol):
    """One layer of a network, without its attention."""

    @property
    def projections(self) -> tuple[Linear, ...]:
        """All products with weights."""
        ...

    def project(self, x: Tensor, positions: Tensor) -> Tensor:
        """Queries, keys and values of all heads side by side: (tokens, 3 * width).

        `positions` (tokens,) says how many tokens of its sequence come before each.
        """
        ...

    def finish(self, x: Tensor, attended: Tensor) -> Tensor:
        """The residual stream after this layer, given what attention gave."""
        ...


@dataclass(frozen=True, eq=False)
class Gpt2Block:
    """The weights of one layer of GPT-2, in the order in which they are used."""

    before_attention: Norm
    queries_keys_values: Linear
    after_attention: Linear
    before_mlp: Norm
    widen: Linear
    narrow: Linear
    approximation: str

    @property
    def projections(self) -> tuple[Linear, ...]:
        """All products with weights."""
        return self.queries_keys_values, self.after_attention, self.widen, self.narrow

    def project(self, x: Tensor, positions: Tensor) -> Tensor:  # noqa: ARG002 - they are in x
        """Queries, keys and values side by side: (tokens, 3 * width)."""
        return self.queries_keys_values(self.before_attention(x))

    def finish(self, x: Tensor, attended: Tensor) -> Tensor:
        """The residual stream after this layer, given what attention gave."""
        x = self.after_attention(attended).add_(x)
        inner = self.widen.gelu(self.before_mlp(x), self.approximation)
        return self.narrow(inner).add_(x)
