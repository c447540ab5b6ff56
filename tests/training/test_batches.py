from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import torch

from nerode.models.hf.gpt2 import network
from nerode.models.hf.shape import Shape
from nerode.sequences.batch import SequenceBatch
from nerode.training.batches import BATCHES_SORTED, Batches

FIRST = 8


def a_batch(count: int, seed: int = 0) -> SequenceBatch:
    rng = np.random.default_rng(seed)
    return SequenceBatch.of([rng.integers(0, 7, int(rng.integers(1, 30))) for _ in range(count)])


def rows_of(batch: dict[str, torch.Tensor]) -> list[tuple[int, ...]]:
    """The sequences of a batch, read off its labels."""
    return [tuple(row[row >= 0].tolist()) for row in batch["labels"]]


def test_an_epoch_is_every_sequence_once() -> None:
    sequences = a_batch(1000)
    batches = Batches(sequences, FIRST, 32, seed=1)
    assert batches.per_epoch == 32
    for epoch in range(2):
        taken = islice(batches, epoch * 32, (epoch + 1) * 32)
        seen = sorted(row for batch in taken for row in rows_of(batch))
        assert seen == sorted(tuple(row.tolist()) for row in sequences)


def test_every_epoch_has_its_own_order() -> None:
    batches = Batches(a_batch(100), FIRST, 10, seed=1)
    first, second = (np.concatenate(list(batches.epoch(epoch))) for epoch in (0, 1))
    assert (first != second).any()
    again = np.concatenate(list(Batches(a_batch(100), FIRST, 10, seed=1).epoch(0)))
    np.testing.assert_array_equal(first, again)
    other = np.concatenate(list(Batches(a_batch(100), FIRST, 10, seed=2).epoch(0)))
    assert (first != other).any()


def test_starting_later_gives_what_would_have_come() -> None:
    sequences = a_batch(50)
    all_of_them = list(islice(Batches(sequences, FIRST, 8, seed=3), 20))
    for start in (0, 3, 7, 13):
        later = islice(Batches(sequences, FIRST, 8, seed=3, start=start), 20 - start)
        for expected, came in zip(all_of_them[start:], later, strict=True):
            assert torch.equal(expected["input_ids"], came["input_ids"])


def test_what_a_batch_holds() -> None:
    batches = Batches(
        SequenceBatch.of([[1, 2, 3], [4], [5, 6, 0, 1, 2, 3, 4, 5]]), FIRST, 3, seed=0
    )
    batch = batches.collate(np.array([1, 0]))
    assert batch["input_ids"].tolist() == [[FIRST, 4, 0, 0], [FIRST, 1, 2, 3]]
    assert batch["labels"].tolist() == [[-100, 4, -100, -100], [-100, 1, 2, 3]]
    assert batches.collate(np.array([2]))["input_ids"].shape == (1, 9)


def test_like_lengths_stand_together() -> None:
    sequences = a_batch(32 * BATCHES_SORTED)
    together = list(Batches(sequences, FIRST, 32, seed=1).epoch(0))
    spreads = [np.ptp(sequences.lengths[rows]) for rows in together]
    assert max(spreads) <= 2
    longest = [sequences.lengths[rows].max() for rows in together]
    assert longest != sorted(longest)  # short and long batches come mixed


def test_padding_is_not_in_the_loss() -> None:
    """The loss of a batch is the mean over all symbols, each sequence scored alone."""
    sequences = a_batch(9)
    model: Any = network(tuple("abcdefg"), Shape(1, 16, 2), 64, seed=0)
    batch = Batches(sequences, FIRST, 9, seed=0).collate(np.arange(9))
    with torch.no_grad():
        loss = float(model(**batch).loss)
        total = 0.0
        for sequence in sequences:
            ids = torch.tensor([[FIRST, *sequence.tolist()]])
            surprise = -torch.log_softmax(model(input_ids=ids).logits[0, :-1], dim=-1)
            total += sum(float(surprise[t, s]) for t, s in enumerate(sequence.tolist()))
    assert abs(loss - total / len(sequences.symbols)) < 1e-5
