"""Any torch module as a model: what it reads, and what it is told where it cannot."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nerode.errors import InvalidParameter, ModelMismatch
from nerode.models.hf.module import module_model
from nerode.worlds.registry import open_world

WORLD = open_world("cups:n=3")
SYMBOLS = len(WORLD.alphabet)


class Sums(nn.Module):
    """Logits from the sum of the embeddings read so far, at every place."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.embedding = nn.Embedding(tokens, 8)
            self.head = nn.Linear(8, tokens)

    def forward(self, ids: Tensor) -> Tensor:
        """(rows, columns, tokens)."""
        logits: Tensor = self.head(self.embedding(ids).cumsum(dim=1))
        return logits


def test_it_is_read_as_it_is_called() -> None:
    network = Sums(SYMBOLS + 1)
    model = module_model(network, WORLD, first=SYMBOLS)
    found = model.read([(), (0, 1), (2,)]).probabilities
    for row, history in zip(found, ((), (0, 1), (2,)), strict=True):
        with torch.inference_mode():
            logits = network(torch.tensor([[SYMBOLS, *history]]))[0, -1]
        expected = logits.softmax(dim=-1)[:SYMBOLS].numpy()
        assert np.allclose(row, expected, atol=1e-6)
    longer = model.read([(0,)]).extend(np.array([0]), np.array([1])).probabilities
    assert np.allclose(longer[0], found[1], atol=1e-6)


def test_tokens_in_another_order() -> None:
    network = Sums(SYMBOLS + 5)
    shifted = [number + 3 for number in range(SYMBOLS)]
    by_place = module_model(network, WORLD, tokens=shifted, first=1)
    by_name = module_model(
        network, WORLD, tokens=dict(zip(WORLD.alphabet, shifted, strict=True)), first=1
    )
    one, other = (model.read([(0, 2)]).probabilities for model in (by_place, by_name))
    assert np.array_equal(one, other)


def test_tokens_that_it_does_not_read_or_give() -> None:
    with pytest.raises(ModelMismatch, match=rf"reads tokens up to {SYMBOLS + 7}"):
        module_model(Sums(SYMBOLS), WORLD, first=SYMBOLS + 7)
    narrow = Sums(SYMBOLS)
    narrow.head = nn.Linear(8, SYMBOLS - 1)
    with pytest.raises(ModelMismatch, match=f"logits for token {SYMBOLS - 1}"):
        module_model(narrow, WORLD)
    with pytest.raises(InvalidParameter, match="different tokens"):
        module_model(Sums(SYMBOLS), WORLD, tokens=[0] * SYMBOLS)
