from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerode.errors import InvalidParameter
from nerode.sequences.batch import SequenceBatch

rows = st.lists(st.lists(st.integers(0, 99), max_size=5), max_size=8)


def lists(batch: SequenceBatch) -> list[list[int]]:
    return [sequence.tolist() for sequence in batch]


@pytest.mark.slow
@given(rows, rows, st.data())
def test_a_batch_is_a_list_of_sequences(
    first: list[list[int]], second: list[list[int]], data: st.DataObject
) -> None:
    batch = SequenceBatch.of(first)
    assert lists(batch) == first
    assert len(batch) == len(first)
    assert batch.lengths.tolist() == [len(row) for row in first]
    assert lists(SequenceBatch.concat([batch, SequenceBatch.of(second)])) == first + second
    if first:
        chosen = data.draw(st.lists(st.integers(0, len(first) - 1), max_size=10))
        assert lists(batch.take(chosen)) == [first[index] for index in chosen]
        assert batch[-1].tolist() == first[-1]
    mask = np.array([len(row) > 2 for row in first], dtype=bool)
    assert lists(batch.take(mask)) == [row for row in first if len(row) > 2]
    begin = data.draw(st.integers(0, len(first)))
    end = data.draw(st.integers(begin, len(first)))
    assert lists(batch.part(begin, end)) == first[begin:end]
    with pytest.raises(IndexError):
        batch[len(first)]


def test_equality_and_the_empty_batch() -> None:
    assert SequenceBatch.of([[1], [2, 3]]) == SequenceBatch.of([[1], [2, 3]])
    assert SequenceBatch.of([[1], [2, 3]]) != SequenceBatch.of([[1, 2], [3]])
    assert SequenceBatch.concat([]) == SequenceBatch.of([])
    assert SequenceBatch.of([[7]]).symbols.dtype == np.int32


@pytest.mark.parametrize("offsets", [[], [0, 1], [1, 3], [0, 2, 1, 3]])
def test_offsets_must_cut_the_symbols(offsets: list[int]) -> None:
    with pytest.raises(InvalidParameter):
        SequenceBatch(np.arange(3, dtype=np.int32), np.array(offsets, dtype=np.int64))


def test_the_kinds_of_number_are_checked() -> None:
    with pytest.raises(InvalidParameter):
        SequenceBatch(np.arange(3, dtype=np.int64), np.array([0, 3]))  # type: ignore[arg-type]
