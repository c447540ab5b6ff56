"""The tree of strings that a walk comes to."""

from __future__ import annotations

import numpy as np
import pytest

from nerode.metrics.walk.trie import Closed, Level, roots


def below(above: Level, parents: list[int], symbols: list[int]) -> Level:
    parent = np.array(parents, dtype=np.int64)
    smallest = np.arange(2.0 * parent.size).reshape(-1, 2)
    symbol = np.array(symbols, dtype=np.int64)
    return Level(above.pair[parent], parent, symbol, smallest, above, above.depth + 1)


def test_a_string_is_what_leads_to_its_node() -> None:
    first = below(roots(3), [0, 0, 2], [5, 6, 7])
    second = below(first, [1, 2, 2], [8, 9, 4])
    assert [roots(3).text(node) for node in range(3)] == [()] * 3
    assert [first.text(node) for node in range(3)] == [(5,), (6,), (7,)]
    assert [second.text(node) for node in range(3)] == [(6, 8), (7, 9), (7, 4)]
    assert second.pair.tolist() == [0, 2, 2]
    closed = Closed(second, 1, 3, 1, np.array([True, False]), (0.5, 0.25))
    assert closed.depth == 3
    written = closed.written()
    assert (written.symbols, written.direction, written.probability) == ((7, 9, 3), 1, (0.5, 0.25))
    assert written.at.tolist() == [True, False]


def test_some_of_the_nodes_keep_their_strings() -> None:
    whole = below(below(roots(2), [0, 1], [5, 6]), [0, 0, 1, 1], [1, 2, 3, 4])
    some = whole.take(slice(1, 3))
    assert (len(some), some.depth, some.above) == (2, 2, whole.above)
    assert [some.text(node) for node in range(2)] == [(5, 2), (6, 3)]
    assert some.pair.tolist() == [0, 1]
    assert some.smallest.tolist() == whole.smallest[1:3].tolist()


@pytest.mark.parametrize(
    ("pairs", "parts", "cuts"),
    [
        ([4], 2, [0, 1]),
        ([4, 4, 4], 8, [0, 3]),
        ([0, 1], 1, [0, 2]),
        ([0, 1], 2, [0, 1, 2]),
        ([0, 0, 0, 0, 1], 2, [0, 4, 5]),
        ([0, 1, 1, 1, 1], 2, [0, 1, 5]),
        ([0, 1, 1, 2, 2, 2], 2, [0, 3, 6]),
        ([0, 0, 1, 1, 1, 3, 3, 3], 2, [0, 5, 8]),
        ([0, 1, 2], 8, [0, 1, 2, 3]),
        ([0, 0, 0, 1, 1, 2, 2, 2, 2], 3, [0, 3, 5, 9]),
        ([0, 0, 0, 0, 0, 0, 0, 1, 2], 3, [0, 7, 9]),
    ],
)
def test_cuts_part_no_pair(pairs: list[int], parts: int, cuts: list[int]) -> None:
    nodes = np.array(pairs, dtype=np.int64)
    level = Level(nodes, nodes, nodes, np.ones((nodes.size, 2)), None, 1)
    assert level.cuts(parts) == cuts
