"""Exact boundaries of pairs of states on the real Manhattan: pairs a second of one core.

The naive version tries every string of the depth. Most boundaries of two crossings are small
(they differ at once), and there it does as well as any; it falls behind where strings are many.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from benchmarks.rows import Details, Missing, Options, Row, measured
from nerode.worlds.boundaries import boundary
from nerode.worlds.registry import open_world
from nerode.worlds.streets.street_map import Place, StreetMap
from tests.metrics import dumb

SHORT, LONG = 5, 12
"""Depths: as published, and where strings are too many to list."""


Pair = tuple[Place, Place]


def drawn_pairs(world: StreetMap, count: int) -> list[Pair]:
    """Pairs of states, each state uniform over those that a trial may use."""
    rng = np.random.default_rng(0)
    return [(world.sample_state(rng), world.sample_state(rng)) for _ in range(count)]


def sizes_of(pairs: list[Pair], strings: Callable[[Pair], int]) -> tuple[list[int], float]:
    """The number of boundary strings of every pair, and pairs a second of processor time."""
    begin = time.process_time()
    sizes = [strings(pair) for pair in pairs]
    return sizes, len(pairs) / (time.process_time() - begin)


def compared(name: str, options: Options, depth: int, count: int) -> Row:
    """Boundaries against every string of the depth, tried one by one."""
    world = open_world(options.map("shortest"))
    assert isinstance(world, StreetMap)
    pairs = drawn_pairs(world, count)

    def ours(pair: Pair) -> int:
        between = boundary(world, *pair, depth)
        # Counting needs no list; up to the published depth they are listed as well.
        return between.total if depth > SHORT else len(list(between.strings()))

    def naive(pair: Pair) -> int:
        return len(dumb.world_boundary(world, *pair, depth))

    sizes_of(pairs[:100], naive)  # the world remembers some of its states
    sizes, fast = sizes_of(pairs, ours)
    expected, slow = sizes_of(pairs, naive)
    assert sizes == expected
    for pair in pairs[:20]:
        listed = sorted(boundary(world, *pair, depth).strings())
        assert listed == sorted(dumb.world_boundary(world, *pair, depth))
    details: Details = {
        "strings a pair, median": float(np.median(sizes)),
        "mean": float(np.mean(sizes)),
        "most": max(sizes),
    }
    return Row(name, "pairs/s", fast, slow, details=details)


def rows(options: Options) -> Iterator[Row | Missing]:
    """Boundaries at both depths."""
    listed = f"boundary of a pair, real Manhattan, depth {SHORT}, listed"
    counted = f"boundary of a pair, real Manhattan, depth {LONG}, counted"
    few, many = options.size(500, 10), options.size(5_000, 100)
    return measured(
        options,
        {
            listed: partial(compared, listed, options, SHORT, many),
            counted: partial(compared, counted, options, LONG, few),
        },
    )
