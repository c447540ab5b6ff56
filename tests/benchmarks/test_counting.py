"""The floor of the benchmark is a forward of the same network, and counts what is fed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from benchmarks.counting import Counting, Fed, forward
from nerode.models.hf.cpu.forward import CpuReader
from nerode.models.hf.transformer import Transformer

SYMBOLS = 20


def network(shape: str) -> Any:
    sizes: dict[str, Any] = {"vocab_size": SYMBOLS + 1, "hidden_size": 32, "num_hidden_layers": 2}
    sizes |= {"num_attention_heads": 4, "max_position_embeddings": 24}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if shape == "gpt2":
            made: Any = GPT2LMHeadModel(GPT2Config(**sizes))
        else:
            grouped: dict[str, Any] = {"num_key_value_heads": 2, "intermediate_size": 48}
            made = LlamaForCausalLM(LlamaConfig(**sizes, **grouped))
    return made.eval()


def model_of(made: Any) -> Transformer:
    return Transformer("it", ("x",) * SYMBOLS, made, torch.arange(SYMBOLS), SYMBOLS, 23)


@pytest.mark.parametrize("shape", ["gpt2", "llama"])
def test_a_plain_forward_is_that_of_the_network(shape: str) -> None:
    made = network(shape)
    model = model_of(made)
    assert isinstance(model.reader, CpuReader)
    ids = torch.randint(0, SYMBOLS, (3, 7), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = made(ids, output_hidden_states=True).hidden_states[-1].view(21, 32)
    torch.testing.assert_close(forward(model, ids), expected, atol=1e-5, rtol=1e-5)


def test_what_is_fed_is_counted_once() -> None:
    fed = Fed()
    contexts = Counting(model_of(network("gpt2")), fed).read([[1, 2, 3], [4]])
    assert fed.symbols == 4
    contexts.extend(np.array([0, 1]), np.array([5, 6]))
    assert fed.symbols == 6
