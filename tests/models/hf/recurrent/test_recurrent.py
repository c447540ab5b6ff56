"""Recurrent networks: a folder that opens again, and a state that is carried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nerode.errors import InvalidParameter
from nerode.models.hf.checkpoint import open_checkpoint, read_network
from nerode.models.hf.recurrent.network import RecurrentConfig, recurrent_network
from nerode.models.hf.recurrent.reader import RecurrentReader
from nerode.models.hf.shape import Shape
from nerode.models.hf.tokenizer import tokenizer
from nerode.models.hf.transformer import Transformer
from nerode.worlds.registry import open_world

WORLD = open_world("cayley:n=3")
HISTORIES: list[tuple[int, ...]] = [(), (1,), (0, 2, 1, 1, 0), (2, 2), (1, 0, 1, 0, 1, 0, 1)]


def network(cell: str) -> Any:
    made = recurrent_network(WORLD.alphabet, Shape(2, 16, 1), cell, seed=3)
    with torch.no_grad():
        made.head.weight.mul_(20)  # opinions, so that a mix-up would show
    return made.train(mode=False)


def model_of(cell: str) -> Transformer:
    made = network(cell)
    symbols: Any = tokenizer(WORLD.alphabet)
    opened = read_network(made, symbols, WORLD, "it", trained_on={"world": "it"})
    assert isinstance(opened, Transformer)
    return opened


def one_by_one(made: Any, histories: list[tuple[int, ...]]) -> Any:
    rows = []
    for history in histories:
        ids = torch.tensor([[len(WORLD.alphabet) + 1, *history]])
        with torch.no_grad():
            logits = made(input_ids=ids).logits[0, -1]
        rows.append(torch.softmax(logits, -1)[: len(WORLD.alphabet)].numpy())
    return np.array(rows)


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_carried_state_gives_what_reading_all_again_gives(cell: str) -> None:
    model = model_of(cell)
    assert isinstance(model.reader, RecurrentReader)
    histories, contexts = HISTORIES, model.read(HISTORIES)
    np.testing.assert_allclose(
        contexts.probabilities, one_by_one(model.network, histories), atol=1e-5
    )
    assert contexts.probabilities.std() > 0.05
    rng = np.random.default_rng(5)
    for step in range(12):
        rows = rng.integers(0, len(histories), int(rng.integers(1, 9)))
        symbols = rng.integers(0, len(WORLD.alphabet), len(rows))
        contexts = contexts.extend(rows, symbols)
        histories = [(*histories[row], int(s)) for row, s in zip(rows, symbols, strict=True)]
        np.testing.assert_allclose(
            contexts.probabilities,
            one_by_one(model.network, histories),
            atol=1e-5,
            err_msg=f"step {step}",
        )


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_small_passes_change_nothing(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(cell)
    whole = model.read(HISTORIES).probabilities
    monkeypatch.setattr("nerode.models.hf.recurrent.reader.TOKENS_OF_RECURRENT", 3)
    np.testing.assert_allclose(model.read(HISTORIES).probabilities, whole, atol=1e-6)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_folder_opens_again(cell: str, tmp_path: Path) -> None:
    made = network(cell)
    made.save_pretrained(tmp_path)
    tokenizer(WORLD.alphabet).save_pretrained(tmp_path)
    model = open_checkpoint(tmp_path, WORLD)
    assert model.context_length is None
    rows = model.read(HISTORIES[1:]).probabilities
    np.testing.assert_allclose(rows, one_by_one(made, HISTORIES[1:]), atol=1e-5)
    hidden = model.hidden_states(HISTORIES)
    assert hidden.shape == (3, sum(map(len, HISTORIES)), 16)


def test_the_state_does_not_grow_with_the_history() -> None:
    model = model_of("lstm")
    short, long = (model.read([(1,) * length]) for length in (2, 50))
    assert short.nbytes == long.nbytes > 0  # type: ignore[attr-defined]


def test_seeds_decide_the_weights_and_nothing_else_changes() -> None:
    torch.manual_seed(4)
    before = torch.random.get_rng_state()
    one, same, other = (
        recurrent_network(WORLD.alphabet, Shape(1, 8, 1), "gru", seed) for seed in (1, 1, 2)
    )
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(one.head.weight, same.head.weight)
    assert not torch.equal(one.head.weight, other.head.weight)


def test_another_cell_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="lstm, gru, got 'mgu'"):
        RecurrentConfig(cell="mgu")
