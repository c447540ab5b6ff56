"""A bundled model at the paper's size, with the same function.

There is no checkpoint of 12 layers by 768 here, and one with random weights would be asked
nothing of interest: it accepts hardly anything. So the small one is widened: every number of
the residual stream stands six times, every head attends with each of its numbers twice, and
eight layers more add nothing. A layer norm over copies is the layer norm; sums over copies are
divided by their number. It costs what 85 million weights cost and says what the small one says,
up to rounding.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from nerode.models.hf.transformer import Transformer

LAYERS, WIDTH, HEADS = 12, 768, 12


@torch.no_grad()
def widened(model: Transformer) -> Transformer:
    """The same function of 12 layers, 768 wide, 12 heads. Raises ValueError where 768 is no
    multiple of the model's width or 12 of its heads."""
    small: Any = model.network
    narrow, heads = small.config.n_embd, small.config.n_head
    copies = WIDTH // narrow
    if narrow * copies != WIDTH or HEADS % heads or copies % (HEADS // heads):
        raise ValueError(f"expected a width that divides {WIDTH}, got {narrow} in {heads} heads")
    settings = small.config.to_dict() | {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": HEADS}
    large: Any = GPT2LMHeadModel(GPT2Config(**settings))
    large.to(model.tokens.device, small.dtype)
    stream = torch.arange(WIDTH) % narrow  # which number of the small stream each one copies
    inner = torch.arange(4 * WIDTH) % (4 * narrow)
    attended = _heads(narrow, heads)
    _embeddings(large, small, stream)
    for number, block in enumerate(large.transformer.h):
        if number >= small.config.n_layer:
            _nothing(block)
            continue
        source = small.transformer.h[number]
        for norm in ("ln_1", "ln_2"):
            _norm(getattr(block, norm), getattr(source, norm), stream)
        # Twice as many numbers in a head: queries are scaled so that scores stay the same.
        scale = (copies * heads / HEADS) ** -0.5
        for part, factor in enumerate((scale, 1.0, 1.0)):
            columns = slice(part * WIDTH, (part + 1) * WIDTH)
            chosen = attended + part * narrow
            weight = source.attn.c_attn.weight[stream][:, chosen] * (factor / copies)
            block.attn.c_attn.weight[:, columns] = weight
            block.attn.c_attn.bias[columns] = source.attn.c_attn.bias[chosen] * factor
        _linear(block.attn.c_proj, source.attn.c_proj, attended, stream, copies)
        _linear(block.mlp.c_fc, source.mlp.c_fc, stream, inner, copies)
        _linear(block.mlp.c_proj, source.mlp.c_proj, inner, stream, copies)
    _norm(large.transformer.ln_f, small.transformer.ln_f, stream)
    for part in (large.transformer.ln_f.weight, large.transformer.ln_f.bias):
        part.div_(copies)  # the logits sum over all copies
    return replace(model, network=large.eval(), name=f"{model.name} at 12 x 768")


def _heads(narrow: int, heads: int) -> Tensor:
    """Which number of the small heads each number of the large ones copies: (WIDTH,)."""
    small_head, large_head = narrow // heads, WIDTH // HEADS
    place = torch.arange(WIDTH)
    return (place // large_head % heads) * small_head + place % large_head % small_head


def _embeddings(large: Any, small: Any, stream: Tensor) -> None:
    """Input and output embedding are one: logits are a sum over copies."""
    large.transformer.wte.weight.copy_(small.transformer.wte.weight[:, stream])
    large.transformer.wpe.weight.copy_(small.transformer.wpe.weight[:, stream])


def _norm(large: Any, small: Any, stream: Tensor) -> None:
    large.weight.copy_(small.weight[stream])
    large.bias.copy_(small.bias[stream])


def _linear(large: Any, small: Any, rows: Tensor, columns: Tensor, copies: int) -> None:
    large.weight.copy_(small.weight[rows][:, columns] / copies)
    large.bias.copy_(small.bias[columns])


def _nothing(block: Any) -> None:
    """A layer that leaves the stream as it is."""
    for part in (block.attn.c_proj, block.mlp.c_proj):
        part.weight.zero_()
        part.bias.zero_()
