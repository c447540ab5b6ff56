"""The naive versions do what they are compared with."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
from scipy.stats import chisquare

from benchmarks import naive
from tests.sequences.maps import grid

TOWN = grid(4, 5)


def test_naive_walks_are_legal_and_of_every_length() -> None:
    rng = random.Random(3)  # noqa: S311 (no secrets here)
    walks = [naive.random_walk(TOWN, rng, (3, 6)) for _ in range(2_000)]
    assert all(TOWN.accepts(walk) for walk in walks)
    assert all(walk[-1] == TOWN.end for walk in walks)
    assert set(Counter(len(walk) - 3 for walk in walks)) == {3, 4, 5, 6}
    # From the corner with three ways out (no walk that short ends in the dead end from there).
    first = Counter(walk[2] for walk in walks if walk[0] == 9)
    assert len(first) == 3
    assert chisquare(list(first.values())).pvalue > 1e-4


def test_naive_ways_are_as_short_as_ours() -> None:
    streets = naive.streets_between(TOWN, TOWN.lengths)
    for origin, destination in np.ndindex(len(TOWN.names), len(TOWN.names)):
        ways = TOWN.routes.to(destination)
        way = naive.shortest_way(streets, origin, destination)
        if way is None:
            assert ways.length[origin] == -1
            continue
        turns, length = way
        assert length == ways.length[origin]
        symbols = [
            TOWN.first_node + origin,
            TOWN.first_node + destination,
            *turns,
            naive.END_SYMBOL,
        ]
        assert TOWN.accepts(symbols)
