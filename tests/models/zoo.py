"""Small random networks of any architecture that AutoModelForCausalLM knows, and their folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers import models as kinds
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

from nerode.worlds.connect_four import ConnectFour

WORLD = ConnectFour()
TOKENS = 20
PAD, FIRST, SYMBOL = 1, 2, 5
"""Token of padding, the token in front of every sequence, and that of the first symbol."""
POSITIONS = 64

SIZES: dict[str, Any] = {
    "vocab_size": TOKENS,
    "hidden_size": 32,
    "embedding_size": 32,
    "input_embedding_size": 32,
    "output_embedding_size": 32,
    "dim_model": 32,
    "dim_head": 8,
    "dim_ff": 48,
    "intermediate_size": 48,
    "moe_intermediate_size": 32,
    "shared_expert_intermediate_size": 32,
    "ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "encoder_ffn_dim": 48,
    "num_hidden_layers": 2,
    "decoder_layers": 2,
    "encoder_layers": 2,
    "num_decoder_layers": 2,
    "num_encoder_layers": 2,
    "num_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_attention_heads": 4,
    "num_decoder_attention_heads": 4,
    "num_encoder_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "d_head": 8,
    "num_heads": 4,
    "num_blocks": 2,
    "num_local_experts": 4,
    "num_experts": 4,
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "state_size": 8,
    "lru_width": 32,
    "attention_window_size": 5,
    "max_position_embeddings": POSITIONS,
    "max_seq_len": POSITIONS,
    "max_target_positions": POSITIONS,
    "pad_token_id": PAD,
    "bos_token_id": FIRST,
    "eos_token_id": 3,
    "decoder_start_token_id": FIRST,
}
UNKNOWN = {"xlnet": "max_position_embeddings", "prophetnet": "num_hidden_layers"}
"""Sizes that a kind has by name but does not take."""


def config_of(kind: str, **more: Any) -> Any:
    """A small configuration of a kind of network."""
    auto: Any = AutoConfig
    usual = auto.for_model(kind)
    known = {
        name: size
        for name, size in SIZES.items()
        if name != UNKNOWN.get(kind) and getattr(usual, name, None) is not None
    }
    for name in ("pad_token_id", "bos_token_id", "eos_token_id"):
        known[name] = SIZES[name]
    return auto.for_model(kind, **known | more)


def network_of(kind: str, *, spread: float = 0.3, **more: Any) -> Any:
    """A small network in eval mode, its weights random and large enough to have opinions."""
    auto: Any = AutoModelForCausalLM
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = auto.from_config(config_of(kind, **more)).eval()
        for parameter in network.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=spread)
    return network


def symbols() -> torch.Tensor:
    """Tokens of the world's symbols."""
    return torch.arange(SYMBOL, SYMBOL + len(WORLD.alphabet))


def save(folder: Path, network: Any, *, first: int | None = FIRST) -> Path:
    """A folder with a network and the tokenizer of WORLD, as transformers saves them."""
    network.save_pretrained(folder)
    vocabulary = {f"<{number}>": number for number in range(SYMBOL)}
    vocabulary |= {name: SYMBOL + number for number, name in enumerate(WORLD.alphabet)}
    if first is not None:
        vocabulary["<first>"] = first
        vocabulary = {name: n for name, n in vocabulary.items() if name == "<first>" or n != first}
    unknown, padding = "<0>", "<1>"
    inner = Tokenizer(kinds.WordLevel(vocabulary, unk_token=unknown))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast: Any = PreTrainedTokenizerFast
    begin = {} if first is None else {"bos_token": "<first>"}
    special = {"unk_token": unknown, "pad_token": padding, **begin}
    fast(tokenizer_object=inner, **special).save_pretrained(folder)
    return folder
