from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nerode.models.hf.gpt2 import network
from nerode.models.hf.shape import Shape
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.training import held_out as legal
from nerode.training.held_out import held_out
from nerode.worlds.streets.street_map import StreetMap
from tests.sequences.maps import grid

WORLD: StreetMap = grid(3, 3)
FIRST = len(WORLD.alphabet) + 1


def dumb(model: Any, sequences: SequenceBatch) -> tuple[float, float]:
    """Loss per symbol and share of legal arg-max symbols, sequence by sequence."""
    surprise, legal_count, asked = 0.0, 0, 0
    for row in sequences:
        sequence, state = row.tolist(), WORLD.start
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([[FIRST, *sequence]])).logits[0].double()
        for place, symbol in enumerate(sequence):
            surprise -= float(torch.log_softmax(logits[place], dim=-1)[symbol])
            if place >= 2:
                asked += 1
                best = int(logits[place, : len(WORLD.alphabet)].argmax())
                legal_count += best in WORLD.legal(state)
            state = WORLD.step(state, symbol)
    return surprise / len(sequences.symbols), legal_count / asked


def test_it_measures_what_one_would_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legal, "ROWS_AT_ONCE", 7)
    sequences = draw_sequences(WORLD, "random", 30, seed=2)
    model: Any = network(WORLD.alphabet, Shape(1, 16, 2), 128, seed=1)
    measured = held_out(WORLD, sequences, FIRST, "cpu").measure(model)
    loss, share = dumb(model, sequences)
    assert measured.loss == pytest.approx(loss, abs=1e-5)
    assert measured.legal == pytest.approx(share, abs=1e-12)
    assert 0 < share < 1


def test_it_asks_for_so_many_symbols_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    sequences = draw_sequences(WORLD, "random", 30, seed=2)
    monkeypatch.setattr(legal, "POSITIONS_MEASURED", int(sequences.offsets[4]))
    asked = sum(int((part >= 0).sum()) for part in held_out(WORLD, sequences, FIRST, "cpu").reached)
    assert asked == int(sequences.offsets[4]) - 2 * 4
    monkeypatch.setattr(legal, "POSITIONS_MEASURED", 1)
    one = held_out(WORLD, sequences, FIRST, "cpu")
    assert [len(part) for part in one.reached] == [1]
    assert np.isfinite(one.measure(network(WORLD.alphabet, Shape(1, 8, 1), 128, seed=0)).loss)
