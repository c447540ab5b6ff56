"""Which entries are alike, compared with a dictionary of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nerode.metrics.walk.trie import distinct

NODES = 5
PAIRS = st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(-2, 40)), max_size=60)


@given(PAIRS)
def test_pairs_are_told_by_where_they_come_first(pairs: list[tuple[int, int]]) -> None:
    numbers: dict[tuple[int, int], int] = {}
    firsts = []
    for entry, pair in enumerate(pairs):
        if pair not in numbers:
            numbers[pair] = len(numbers)
            firsts.append(entry)
    node, key = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    first, place = distinct(node, key, NODES)
    assert first.tolist() == firsts
    assert place.tolist() == [numbers[pair] for pair in pairs]
