"""The Llama shape for a world's alphabet: configuration, random weights."""

from __future__ import annotations

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from nerode.models.hf.shape import Shape
from nerode.worlds.world import END

HIDDEN_STEP = 16
"""The width of the gated MLP is a multiple of it."""


def llama_network(
    alphabet: tuple[str, ...], shape: Shape, positions: int, seed: int, spread: float
) -> LlamaForCausalLM:
    """A Llama with random weights, in training mode.

    RMS norms, rotary positions, a gated MLP (SwiGLU) of 8/3 the width, so that it has as many
    weights as GPT-2's, and embeddings that are the head's, as in GPT-2. Token i is symbol i;
    padding and the first token come after the symbols.

    Parameters
    ----------
    alphabet
        Symbols of the world.
    shape
        Layers, width and heads; every head has keys and values of its own.
    positions
        Most tokens that it reads, the first token included.
    seed
        Decides the weights. torch's global random state is left as it was.
    spread
        Standard deviation of the weights.
    """
    hidden = -(-8 * shape.width // (3 * HIDDEN_STEP)) * HIDDEN_STEP
    config = LlamaConfig(
        vocab_size=len(alphabet) + 2,
        hidden_size=shape.width,
        intermediate_size=hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        max_position_embeddings=positions,
        initializer_range=spread,
        tie_word_embeddings=True,
        pad_token_id=len(alphabet),
        bos_token_id=len(alphabet) + 1,
        eos_token_id=alphabet.index(END) if END in alphabet else None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return LlamaForCausalLM(config)
