"""The GPT-2 shape for a world's alphabet: configuration, random weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from nerode.models.hf.shape import Shape
from nerode.models.hf.transformer import Transformer
from nerode.worlds.world import END, AnyWorld, HasGoal

DEFAULT_POSITIONS = 1024
"""Positions of a network for a world whose sequences have no longest one."""


GPT2_WIDTH, GPT2_SPREAD = 768, 0.02
"""Width of the network that GPT-2's random weights were made for, and their standard deviation."""


def spread_of(width: int) -> float:
    """Standard deviation of random weights that a network of this width learns well from.

    Sums over fewer units want larger weights, and GPT-2's are small for its own width: at 128 a
    network that begins with them has learnt less after 1,000 steps than one that begins with
    these after 500 (docs/log.md, section 4).
    """
    return float(GPT2_SPREAD * max(1.0, GPT2_WIDTH / width) ** 0.5)


def network(
    alphabet: tuple[str, ...],
    shape: Shape,
    positions: int,
    seed: int,
    spread: float = GPT2_SPREAD,
) -> GPT2LMHeadModel:
    """A GPT-2 with random weights, in training mode.

    Token i is symbol i; padding and the first token come after the symbols. There is no dropout:
    sequences are drawn, not collected, so there is little to overfit to.

    Parameters
    ----------
    alphabet
        Symbols of the world.
    shape
        Layers, width and heads.
    positions
        Most tokens that it reads, the first token included.
    seed
        Decides the weights. torch's global random state is left as it was.
    spread
        Standard deviation of the weights.
    """
    config = GPT2Config(
        vocab_size=len(alphabet) + 2,
        n_positions=positions,
        n_embd=shape.width,
        n_layer=shape.layers,
        n_head=shape.heads,
        activation_function="gelu_pytorch_tanh",  # GPT-2's own, in one kernel instead of eight
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        initializer_range=spread,
        pad_token_id=len(alphabet),
        bos_token_id=len(alphabet) + 1,
        eos_token_id=alphabet.index(END) if END in alphabet else None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return GPT2LMHeadModel(config)


def positions_needed(world: AnyWorld, longest: int | None = None) -> int:
    """Tokens of the longest sequence, the first token included, rounded up to a multiple of 64.

    Parameters
    ----------
    world
        One with a goal says how long its sequences may be.
    longest
        Symbols of the longest sequence at hand, which counts in other worlds; None:
        `DEFAULT_POSITIONS` tokens.
    """
    needed = DEFAULT_POSITIONS if longest is None else 1 + longest
    if isinstance(world, HasGoal):
        prompt = world.sample_trip(np.random.default_rng(0))
        needed = 1 + max(longest or 0, len(prompt) + world.steps_allowed(prompt))
    return -(-needed // 64) * 64


def untrained(world: AnyWorld, shape: Shape, seed: int) -> Transformer:
    """A GPT-2 that has never been trained, for the symbols of a world.

    It reads at most `DEFAULT_POSITIONS` tokens, however long the world's sequences may be.
    """
    positions = min(positions_needed(world), DEFAULT_POSITIONS)
    untaught: Any = network(world.alphabet, shape, positions, seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return Transformer(
        name="untrained",
        fingerprint=f"seed {seed}",
        alphabet=world.alphabet,
        network=untaught.eval().to(device),
        tokens=torch.arange(len(world.alphabet), device=device),
        first=len(world.alphabet) + 1,
        context_length=positions - 1,
    )
