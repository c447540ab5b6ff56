from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import InvalidParameter
from nerode.models.baselines.ngram import Ngram
from nerode.sequences.batch import SequenceBatch

ALPHABET = ("a", "b", "c")
sequences_of = st.lists(st.lists(st.integers(0, 2), min_size=0, max_size=8), min_size=1, max_size=8)
histories_of = st.lists(st.lists(st.integers(0, 2), max_size=9), min_size=1, max_size=6)


def dumb(sequences: list[list[int]], order: int, history: Sequence[int]) -> list[float]:
    """Frequencies after the longest end of the history that comes up, by looking."""
    mark = -1
    context = [mark, *history][max(0, len(history) + 1 - (order - 1)) :]
    while True:
        followed = Counter(
            marked[place]
            for marked in ([mark, *sequence] for sequence in sequences)
            for place in range(max(1, len(context)), len(marked))
            if marked[place - len(context) : place] == context
        )
        if followed or not context:
            total = sum(followed.values())
            return [followed[symbol] / total for symbol in range(3)]
        context = context[1:]


@pytest.mark.slow
@given(sequences=sequences_of, histories=histories_of, order=st.integers(1, 5))
@settings(max_examples=200)
def test_it_counts_as_one_would_by_hand(
    sequences: list[list[int]], histories: list[list[int]], order: int
) -> None:
    if not any(sequences):
        return
    model = Ngram.fit(ALPHABET, SequenceBatch.of(sequences), order)
    rows = model.read(histories).probabilities
    expected = [dumb(sequences, order, history) for history in histories]
    assert rows.dtype == np.float32
    assert rows == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.slow
@given(sequences=sequences_of, order=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_extending_is_reading_the_longer_history(
    sequences: list[list[int]], order: int, seed: int
) -> None:
    model = Ngram.fit(ALPHABET, SequenceBatch.of([*sequences, [0, 1, 2]]), order)
    rng = np.random.default_rng(seed)
    histories: list[tuple[int, ...]] = [(), (0,), (2, 1, 0, 2, 1)]
    contexts = model.read(histories)
    for _ in range(5):
        rows = rng.integers(0, len(histories), 4)
        symbols = rng.integers(0, 3, 4)
        histories = [(*histories[row], int(s)) for row, s in zip(rows, symbols, strict=True)]
        contexts = contexts.extend(rows, symbols)
        alone = [model.read([history]).probabilities[0] for history in histories]
        np.testing.assert_array_equal(contexts.probabilities, np.array(alone))


def test_the_beginning_is_a_context() -> None:
    model = Ngram.fit(ALPHABET, SequenceBatch.of([[0, 1, 1], [0, 2, 0]]), 2)
    np.testing.assert_array_equal(model.read([[]]).probabilities, [[1, 0, 0]])


def test_no_histories_at_all() -> None:
    model = Ngram.fit(ALPHABET, SequenceBatch.of([[0, 1]]), 3)
    assert model.read([]).probabilities.shape == (0, 3)


def test_an_order_below_one() -> None:
    with pytest.raises(InvalidParameter, match="at least 1, got 0"):
        Ngram.fit(ALPHABET, SequenceBatch.of([[0]]), 0)


@pytest.mark.parametrize("sequences", [[], [[]]])
def test_nothing_to_fit_on(sequences: list[list[int]]) -> None:
    with pytest.raises(InvalidParameter, match="got none"):
        Ngram.fit(ALPHABET, SequenceBatch.of(sequences), 2)


def test_sequences_of_another_alphabet() -> None:
    with pytest.raises(InvalidParameter, match="symbols from 0 to 2, got 1 to 3"):
        Ngram.fit(ALPHABET, SequenceBatch.of([[1, 3]]), 2)
