"""What is drawn for a seed does not change as drawing gets faster.

The digests are those of version 0.1.0 as it was before its loops were tuned; they change only
when a policy's definition does. Alphabets had all eight directions then, so the digests are of the
numbers in such an alphabet; the names are the same in one without the unused directions.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences, open_sequences, write_sequences
from nerode.worlds.registry import open_world

DRAWN = {
    ("midtown", "shortest", 700, None): "b5fb148cfe023a12",
    ("midtown", "shortest", 200, "held_out"): "e3638ef3ceb32bf6",
    ("midtown", "noisy", 400, None): "4e7d8195fbf63918",
    ("midtown", "noisy", 150, "train"): "92f7ca97950cba0d",
    ("midtown", "random", 40_000, None): "8f09563c17258da7",
    ("midtown", "random", 300, "held_out"): "bcc58f180f1870ed",
    ("manhattan", "shortest", 200, None): "fbcba2bcdc8b012e",
    ("manhattan", "noisy", 100, None): "ae6dddcee5c1f8f8",
    ("manhattan", "random", 2_000, "train"): "9b0c1b45ed132749",
}
WRITTEN = {"train": "c18ca03dd2bb0126", "held_out": "4a8ffb5865c6b79e"}


def digest(batch: SequenceBatch) -> str:
    """Of all symbols and of where they are cut."""
    symbols, offsets = batch.symbols.astype("<i4"), batch.offsets.astype("<i8")
    return hashlib.sha256(symbols.tobytes() + offsets.tobytes()).hexdigest()[:16]


@pytest.mark.slow
@pytest.mark.parametrize("case", DRAWN, ids=lambda case: " ".join(map(str, case)))
def test_the_same_sequences_are_drawn(case: tuple[str, str, int, str | None]) -> None:
    name, policy, count, split = case
    world = open_world(name)
    whole = world.with_unused_symbols()
    batch = draw_sequences(world, policy, count, 7, split=split)
    numbers = np.array([whole.index[each] for each in world.alphabet], dtype=np.int32)
    assert digest(SequenceBatch(numbers[batch.symbols], batch.offsets)) == DRAWN[case]
    assert digest(draw_sequences(whole, policy, count, 7, split=split)) == DRAWN[case]


@pytest.mark.slow
def test_the_same_sequences_are_written_in_the_same_order(tmp_path: Path) -> None:
    world = open_world("midtown")
    write_sequences(world, "random", 40_000, 7, tmp_path, held_out=0.2)
    assert open_sequences(tmp_path).manifest.alphabet == world.alphabet
    sequences = open_sequences(tmp_path, world.with_unused_symbols())
    assert {split: digest(sequences.read(split)) for split in WRITTEN} == WRITTEN
