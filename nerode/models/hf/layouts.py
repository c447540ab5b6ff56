"""Layouts of a GPT's weights: minGPT's, nanoGPT's and TransformerLens', each as those of a GPT-2.

All of them are one function, a stack of layers that normalise, attend, normalise and apply two
matrices with a GELU between; they differ in names, in which way matrices lie, and in how heads are
put together. What a layout leaves out is filled in so that the function stays the same: a norm
without weights has ones and zeros.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from nerode.errors import FormatError, InvalidParameter
from nerode.models.hf.state_dict import StateDict, Tensors

EXACT = 1e-4
"""Largest error of a logit at which an output bias is moved into the last norm."""


@dataclass(frozen=True)
class _Sizes:
    """What is known before the tensors are looked at; `heads` where the file says them."""

    tokens: int
    layers: int
    heads: int | None


@dataclass(frozen=True)
class Layout:
    """What a layout is called, what tells it from others, and how it is read."""

    name: str
    embedding: str
    """The tensor that only this layout has."""
    layer: re.Pattern[str]
    read: Callable[[StateDict, _Sizes], Converted]


@dataclass(frozen=True, eq=False)
class Converted:
    """Weights by their names in a GPT-2, and what cannot be seen from their shapes.

    `heads` is None where the file does not say how many. `assumed` are further assumptions.
    """

    weights: Tensors
    heads: int | None
    assumed: tuple[str, ...] = ()


def convert(state: StateDict, tokens: int) -> tuple[Layout, Converted]:
    """Weights of a GPT-2 from a state dict in one of the LAYOUTS, and which one it is.

    `tokens` is how many the network must have.

    Raises FormatError where it is none of them, and where a tensor is missing, of a shape that
    does not fit, or left over.
    """
    for layout in LAYOUTS:
        if layout.embedding in state:
            numbers = [int(found[1]) for name in state if (found := layout.layer.match(name))]
            if not numbers:
                message = f"expected layers of {layout.name} in {state.file}, got none"
                raise FormatError(message)
            heads = state.arguments.get("n_head")
            heads_given = heads if isinstance(heads, int) else None
            converted = layout.read(state, _Sizes(tokens, 1 + max(numbers), heads_given))
            state.check_rest(f"a network of {layout.name}")
            return layout, converted
    expected = ", ".join(f"{layout.embedding} ({layout.name})" for layout in LAYOUTS)
    first = next(iter(state), "nothing")
    message = f"expected one of {expected} in {state.file}, got none but {first}"
    raise FormatError(message)


def check_heads(heads: int, width: int, heads_given: int | None) -> int:
    """The number of heads, which must be what the file says and divide the width."""
    if heads_given not in (None, heads):
        message = f"expected {heads_given} heads, as the file says, got {heads}"
        raise InvalidParameter(message)
    if heads < 1 or width % heads:
        message = f"expected a number of heads that divides the width {width}, got {heads}"
        raise InvalidParameter(message)
    return heads


def _min_gpt(state: StateDict, sizes: _Sizes) -> Converted:
    embedding = state.take("tok_emb.weight", sizes.tokens, None)
    tokens, width = embedding.shape
    weights = {
        "transformer.wte.weight": embedding,
        "transformer.wpe.weight": state.take("pos_emb", 1, None, width)[0],
        "lm_head.weight": state.take("head.weight", tokens, width),
        **_norm(state, "transformer.ln_f", ("ln_f.weight", "ln_f.bias"), width),
    }
    for layer in range(sizes.layers):
        here, to = f"blocks.{layer}", f"transformer.h.{layer}"
        state.drop(f"{here}.attn.mask")
        for number in (1, 2):
            names = (f"{here}.ln{number}.weight", f"{here}.ln{number}.bias")
            weights |= _norm(state, f"{to}.ln_{number}", names, width)
        parts = [f"{here}.attn.{name}" for name in ("query", "key", "value")]
        matrices = [state.take(f"{name}.weight", width, width) for name in parts]
        biases = [state.take(f"{name}.bias", width) for name in parts]
        weights[f"{to}.attn.c_attn.weight"] = torch.cat(matrices).T
        weights[f"{to}.attn.c_attn.bias"] = torch.cat(biases)
        for ours, theirs, rows, columns in (
            ("attn.c_proj", "attn.proj", width, width),
            ("mlp.c_fc", "mlp.0", 4 * width, width),
            ("mlp.c_proj", "mlp.2", width, 4 * width),
        ):
            weights[f"{to}.{ours}.weight"] = state.take(f"{here}.{theirs}.weight", rows, columns).T
            weights[f"{to}.{ours}.bias"] = state.take(f"{here}.{theirs}.bias", rows)
    return Converted(weights, sizes.heads)


def _nano_gpt(state: StateDict, sizes: _Sizes) -> Converted:
    embedding = state.take("transformer.wte.weight", sizes.tokens, None)
    tokens, width = embedding.shape
    # The two are one matrix in nanoGPT; the file may have it once.
    head = state.take("lm_head.weight", tokens, width) if "lm_head.weight" in state else embedding
    weights = {
        "transformer.wte.weight": embedding,
        "transformer.wpe.weight": state.take("transformer.wpe.weight", None, width),
        "lm_head.weight": head,
    }
    # With `bias=False` no part has one; with it every part does.
    biased = "transformer.ln_f.bias" in state
    norms = ["transformer.ln_f"]
    for layer in range(sizes.layers):
        here = f"transformer.h.{layer}"
        state.drop(f"{here}.attn.bias")  # the causal mask
        norms += [f"{here}.ln_1", f"{here}.ln_2"]
        for name, rows, columns in (
            ("attn.c_attn", 3 * width, width),
            ("attn.c_proj", width, width),
            ("mlp.c_fc", 4 * width, width),
            ("mlp.c_proj", width, 4 * width),
        ):
            at = f"{here}.{name}"
            weights[f"{at}.weight"] = state.take(f"{at}.weight", rows, columns).T
            weights[f"{at}.bias"] = state.take(f"{at}.bias", rows) if biased else torch.zeros(rows)
    for at in norms:
        weights[f"{at}.weight"] = state.take(f"{at}.weight", width)
        weights[f"{at}.bias"] = state.take(f"{at}.bias", width) if biased else torch.zeros(width)
    exact = "the GELU is the exact one, not the tanh of early nanoGPT"
    return Converted(weights, sizes.heads, (exact,))


def _transformer_lens(state: StateDict, sizes: _Sizes) -> Converted:
    embedding = state.take("embed.W_E", sizes.tokens, None)
    tokens, width = embedding.shape
    head = state.take("unembed.W_U", width, tokens).T
    heads = sizes.heads
    assumed = ["the GELU is the exact one"]
    folded = "ln_final.w" not in state and "ln_final.b" not in state
    if folded:
        assumed.append("its norms, which have no weights, are layer norms (LNPre)")
    last = None if folded else ("ln_final.w", "ln_final.b")
    weights = {
        "transformer.wte.weight": embedding,
        "transformer.wpe.weight": state.take("pos_embed.W_pos", None, width),
        "lm_head.weight": head,
        **_norm(state, "transformer.ln_f", last, width),
    }
    if "unembed.b_U" in state:
        weights["transformer.ln_f.bias"] += _moved_bias(head, state)
    for layer in range(sizes.layers):
        here, to = f"blocks.{layer}", f"transformer.h.{layer}"
        for number in (1, 2):
            names = None if folded else (f"{here}.ln{number}.w", f"{here}.ln{number}.b")
            weights |= _norm(state, f"{to}.ln_{number}", names, width)
        attention, heads = _lens_attention(state, f"{here}.attn", width, heads)
        inner = state.take(f"{here}.mlp.W_in", width, None)
        size = inner.shape[1]
        parts = attention | {
            "mlp.c_fc.weight": inner,
            "mlp.c_fc.bias": state.take(f"{here}.mlp.b_in", size),
            "mlp.c_proj.weight": state.take(f"{here}.mlp.W_out", size, width),
            "mlp.c_proj.bias": state.take(f"{here}.mlp.b_out", width),
        }
        weights |= {f"{to}.{name}": value for name, value in parts.items()}
    return Converted(weights, heads, tuple(assumed))


def _lens_attention(
    state: StateDict, here: str, width: int, heads: int | None
) -> tuple[Tensors, int]:
    """One layer's attention, whose heads lie apart, and how many heads there are."""
    for name in ("mask", "IGNORE"):
        state.drop(f"{here}.{name}")
    query = state.take(f"{here}.W_Q", heads, width, None)
    heads, _, size = query.shape
    if heads * size != width:
        message = (
            f"expected heads that are {width} wide together in {here}.W_Q of {state.file}, "
            f"got {heads} of {size}"
        )
        raise FormatError(message)
    others = [state.take(f"{here}.W_{name}", heads, width, size) for name in "KV"]
    joined = [part.permute(1, 0, 2).reshape(width, width) for part in (query, *others)]
    biases = [state.take(f"{here}.b_{name}", heads, size).flatten() for name in "QKV"]
    out = state.take(f"{here}.W_O", heads, size, width)
    return {
        "attn.c_attn.weight": torch.cat(joined, dim=1),
        "attn.c_attn.bias": torch.cat(biases),
        "attn.c_proj.weight": out.reshape(width, width),
        "attn.c_proj.bias": state.take(f"{here}.b_O", width),
    }, heads


def _moved_bias(head: Tensor, state: StateDict) -> Tensor:
    """What is to be added to the last norm's bias in place of a bias of the logits.

    A GPT-2 has none there. `head @ moved = bias` has a solution where the head's rows are
    independent; what all logits have in common changes no probability.
    """
    bias = state.take("unembed.b_U", len(head)).double()
    wanted = bias - bias.mean()
    centred = head.double() - head.double().mean(dim=0)
    solved = torch.linalg.lstsq(centred, wanted[:, None], driver="gelsd")
    moved: Tensor = solved.solution[:, 0].float()
    left = centred @ moved.double() - wanted
    if float(left.abs().max()) > EXACT:
        message = f"expected an unembed.b_U that a GPT-2 can have in {state.file}, got another"
        raise FormatError(message)
    return moved


def _norm(state: StateDict, ours: str, names: tuple[str, str] | None, width: int) -> Tensors:
    """Weight and bias of a norm by their names in a GPT-2; of one without any, ones and zeros."""
    if names is None:
        return {f"{ours}.weight": torch.ones(width), f"{ours}.bias": torch.zeros(width)}
    parts = zip(("weight", "bias"), names, strict=True)
    return {f"{ours}.{part}": state.take(name, width) for part, name in parts}


LAYOUTS = (
    Layout("minGPT", "tok_emb.weight", re.compile(r"blocks\.(\d+)\."), _min_gpt),
    Layout("nanoGPT", "transformer.wte.weight", re.compile(r"transformer\.h\.(\d+)\."), _nano_gpt),
    Layout("TransformerLens", "embed.W_E", re.compile(r"blocks\.(\d+)\."), _transformer_lens),
)
