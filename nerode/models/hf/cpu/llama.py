"""The layer of Llama for `CpuReader`: RMS norms, rotary positions, a gated MLP, grouped heads.

Where positions are embedded, queries and keys are turned instead, by an angle that grows with the
position and falls from one pair of dimensions to the next. Keys are stored as they were turned, so
that attention (nerode/models/hf/cpu/attention.py) is the same as GPT-2's. Where several heads of
queries share one head of keys and values, these are stored once for each head of queries.

    project: queries, keys, values = linear(norm(x)), each; queries and keys turned
    finish:  x = x + linear(attended);  x = x + narrow(silu(gate(norm(x))) * widen(norm(x)))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import LlamaForCausalLM

from nerode.models.hf.cpu.block import Linear

MOST_POSITIONS = 2**16
"""Positions up to which the angles of all are kept in a table."""


@dataclass(frozen=True, eq=False)
class RmsNorm:
    """The weights of a norm by the root mean square."""

    weight: Tensor
    epsilon: float

    def __call__(self, x: Tensor) -> Tensor:
        """Normalised: (tokens, width)."""
        return functional.rms_norm(x, self.weight.shape, self.weight, self.epsilon)


@dataclass(frozen=True, eq=False)
class Rotary:
    """Cosine and sine of every position's angles: both (positions, head width)."""

    cosine: Tensor
    sine: Tensor

    def __call__(self, x: Tensor, positions: Tensor) -> Tensor:
        """Queries or keys turned by the angles of their positions: (tokens, heads, head width).

        The halves of a head's dimensions are the two coordinates of its planes.
        """
        half = x.shape[-1] // 2
        turned = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
        return x * self.cosine[positions, None] + turned * self.sine[positions, None]


@dataclass(frozen=True, eq=False)
class LlamaBlock:
    """The weights of one layer, in the order in which they are used."""

    before_attention: RmsNorm
    queries: Linear
    keys: Linear
    values: Linear
    after_attention: Linear
    before_mlp: RmsNorm
    gate: Linear
    widen: Linear
    narrow: Linear
    rotary: Rotary
    heads: int
    shared_by: int  # heads of queries to one head of keys and values

    @property
    def projections(self) -> tuple[Linear, ...]:
        """All products with weights."""
        attention = (self.queries, self.keys, self.values, self.after_attention)
        return (*attention, self.gate, self.widen, self.narrow)

    def project(self, x: Tensor, positions: Tensor) -> Tensor:
        """Queries, keys and values of all heads side by side: (tokens, 3 * width)."""
        x = self.before_attention(x)
        count = len(x)
        queries = self.rotary(self.queries(x).view(count, self.heads, -1), positions)
        few = self.heads // self.shared_by
        keys = self.rotary(self.keys(x).view(count, few, -1), positions)
        values = self.values(x).view(count, few, -1)
        if self.shared_by > 1:
            keys, values = (part.repeat_interleave(self.shared_by, 1) for part in (keys, values))
        return torch.cat((queries, keys, values), dim=1).view(count, -1)

    def finish(self, x: Tensor, attended: Tensor) -> Tensor:
        """The residual stream after this layer, given what attention gave."""
        x = self.after_attention(attended).add_(x)
        inner = self.before_mlp(x)
        gated = functional.silu(self.gate(inner)).mul_(self.widen(inner))
        return self.narrow(gated).add_(x)


def llama_blocks(network: LlamaForCausalLM) -> tuple[LlamaBlock, ...] | None:
    """The layers of a Llama; None where it has parts that these have not.

    Weights are used where they lie, not copied.
    """
    config, inner = network.config, network.model
    width, heads = int(config.hidden_size), int(config.num_attention_heads)
    groups = int(config.num_key_value_heads or heads)
    plain = (
        config.hidden_act == "silu"
        and (config.head_dim or width // heads) * heads == width
        and width // heads % 4 == 0
        and config.max_position_embeddings <= MOST_POSITIONS
        and "dynamic" not in str(inner.rotary_emb.rope_type)
        and str(inner.rotary_emb.rope_type) != "longrope"
    )
    if not plain:
        return None
    places = torch.arange(config.max_position_embeddings)[None]
    angles: Any = inner.rotary_emb(inner.embed_tokens.weight, places)
    rotary = Rotary(*(part[0] for part in angles))
    return tuple(
        LlamaBlock(
            before_attention=rms_norm_of(layer.input_layernorm),
            queries=_linear(layer.self_attn.q_proj),
            keys=_linear(layer.self_attn.k_proj),
            values=_linear(layer.self_attn.v_proj),
            after_attention=_linear(layer.self_attn.o_proj),
            before_mlp=rms_norm_of(layer.post_attention_layernorm),
            gate=_linear(layer.mlp.gate_proj),
            widen=_linear(layer.mlp.up_proj),
            narrow=_linear(layer.mlp.down_proj),
            rotary=rotary,
            heads=heads,
            shared_by=heads // groups,
        )
        for layer in inner.layers
    )


def rms_norm_of(module: Any) -> RmsNorm:
    """The norm of a module of transformers."""
    return RmsNorm(module.weight.detach(), module.variance_epsilon)


def _linear(module: Any) -> Linear:
    bias = None if module.bias is None else module.bias.detach()
    return Linear(module.weight.detach().t(), bias)
