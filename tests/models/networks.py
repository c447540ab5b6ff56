"""Tiny random networks, and the plainest way to ask one for its distributions."""

from __future__ import annotations

from typing import Any

import torch
from transformers import (
    BloomConfig,
    BloomForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MambaConfig,
    MambaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

SYMBOLS = 11
TOKENS = SYMBOLS + 4
FIRST = TOKENS - 1
POSITIONS = 64


def network(kind: str, seed: int = 1) -> Any:
    """A random network with weights large enough to have opinions."""
    sizes: dict[str, Any] = {"vocab_size": TOKENS, "bos_token_id": FIRST, "eos_token_id": None}
    wide = sizes | {
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": POSITIONS,
        "pad_token_id": None,
    }
    build: dict[str, Any] = {
        "gpt2": lambda: GPT2LMHeadModel(
            GPT2Config(**sizes, n_positions=POSITIONS, n_embd=16, n_layer=2, n_head=4)
        ),
        "llama": lambda: LlamaForCausalLM(LlamaConfig(**wide, num_key_value_heads=2)),
        "qwen": lambda: Qwen2ForCausalLM(Qwen2Config(**wide, num_key_value_heads=2)),
        "neox": lambda: GPTNeoXForCausalLM(GPTNeoXConfig(**wide)),
        "sliding": lambda: MistralForCausalLM(
            MistralConfig(**wide, num_key_value_heads=2, sliding_window=5)
        ),
        "alibi": lambda: BloomForCausalLM(
            BloomConfig(**sizes, hidden_size=16, n_layer=2, n_head=4)
        ),
        "recurrent": lambda: MambaForCausalLM(
            MambaConfig(**sizes, hidden_size=16, num_hidden_layers=2, state_size=4)
        ),
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = build[kind]().eval()
        for parameter in made.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.4)
    return made
