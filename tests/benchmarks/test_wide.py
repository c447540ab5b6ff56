"""The widened model says what the small one says, and costs what a wide one costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from benchmarks import wide
from nerode.models.hf.transformer import Transformer

SYMBOLS = 20


@pytest.fixture(autouse=True)
def narrower(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sixth of the paper's width: the rules are the same."""
    monkeypatch.setattr(wide, "LAYERS", 5)
    monkeypatch.setattr(wide, "WIDTH", 96)
    monkeypatch.setattr(wide, "HEADS", 6)


def small(**sizes: Any) -> Transformer:
    """A network whose every weight matters."""
    config = GPT2Config(
        **{"vocab_size": SYMBOLS + 1, "n_positions": 32, "n_embd": 32, "n_layer": 2, "n_head": 2}
        | sizes
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network: Any = GPT2LMHeadModel(config)
        for part in network.parameters():
            torch.nn.init.normal_(part, mean=float(part.dim() == 1), std=0.3)
    return Transformer(
        "small", ("x",) * SYMBOLS, network.eval(), torch.arange(SYMBOLS), SYMBOLS, 31
    )


@torch.inference_mode()
@pytest.mark.parametrize(("width", "heads"), [(32, 2), (16, 2), (48, 3), (96, 6)], ids=str)
def test_it_says_what_the_small_one_says(width: int, heads: int) -> None:
    model = small(n_embd=width, n_head=heads)
    large = wide.widened(model)
    config = large.network.config
    assert (config.n_layer, config.n_embd, config.n_head) == (5, 96, 6)
    assert large.network.num_parameters() > 500_000
    ids = torch.from_numpy(np.random.default_rng(0).integers(0, SYMBOLS + 1, (4, 25)))
    expected, came = (torch.softmax(each.network(ids).logits, -1) for each in (model, large))
    assert expected.std() > 0.02
    np.testing.assert_allclose(came.numpy(), expected.numpy(), atol=2e-5)


def test_it_keeps_the_numbers_of_the_small_one() -> None:
    model = small()
    model.network.to(torch.bfloat16)
    assert wide.widened(model).network.dtype == torch.bfloat16


@pytest.mark.parametrize("sizes", [{"n_embd": 40}, {"n_head": 4}, {"n_embd": 96, "n_head": 3}])
def test_sizes_that_do_not_divide_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="a width that divides 96"):
        wide.widened(small(**sizes))
