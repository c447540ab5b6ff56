"""Exact boundaries of pairs of states on the real Manhattan."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.rows import Missing, Options, Row, measured
from nerode.worlds.boundary import boundary
from nerode.worlds.registry import open_world
from nerode.worlds.street_map import Place, StreetMap
from tests.metrics import dumb

SHORT, LONG = 5, 12
"""Depths: as published, and where strings are too many to list."""


def drawn_pairs(world: StreetMap, count: int) -> list[tuple[Place, Place]]:
    """Pairs of states, each state uniform over those that a trial may use."""
    rng = np.random.default_rng(0)
    return [(world.sample_state(rng), world.sample_state(rng)) for _ in range(count)]


def opened(options: Options) -> StreetMap:
    """The map, its searches for drawing states apart from what is measured."""
    world = open_world(options.map("shortest"))
    assert isinstance(world, StreetMap)
    return world


def listed(name: str, options: Options) -> Row:
    """Boundaries with all their strings, at the published depth."""
    world = opened(options)
    pairs = drawn_pairs(world, options.size(4_000, 100))
    for pair in pairs[:50]:
        boundary(world, *pair, SHORT)
    begin = time.process_time()
    strings = [list(boundary(world, *pair, SHORT).strings()) for pair in pairs]
    fast = time.process_time() - begin
    few = options.size(400, 20)
    begin = time.process_time()
    expected = [dumb.world_boundary(world, *pair, SHORT) for pair in pairs[:few]]
    slow = time.process_time() - begin
    assert [sorted(found) for found in strings[:few]] == [sorted(found) for found in expected]
    sizes = [len(found) for found in strings]
    return Row(
        name,
        "pairs/s",
        len(pairs) / fast,
        few / slow,
        details={"strings, median": float(np.median(sizes)), "most": max(sizes)},
    )


def counted(name: str, options: Options) -> Row:
    """Boundary strings counted without listing them."""
    world = opened(options)
    pairs = drawn_pairs(world, options.size(1_000, 50))
    boundary(world, *pairs[0], LONG)
    begin = time.process_time()
    counts = [boundary(world, *pair, LONG).total for pair in pairs]
    fast = time.process_time() - begin
    few = options.size(4, 1)
    begin = time.process_time()
    expected = [len(dumb.world_boundary(world, *pair, LONG)) for pair in pairs[:few]]
    slow = time.process_time() - begin
    assert counts[:few] == expected
    details: dict[str, float | int | str] = {
        "strings, median": float(np.median(counts)),
        "most": max(counts),
    }
    return Row(name, "pairs/s", len(pairs) / fast, few / slow, details=details)


def rows(options: Options) -> Iterator[Row | Missing]:
    """Boundaries at both depths."""
    makers = {
        f"boundary of a pair, real Manhattan, depth {SHORT}": listed,
        f"boundary strings counted, real Manhattan, depth {LONG}": counted,
    }
    return measured(options, {name: partial(make, name, options) for name, make in makers.items()})
