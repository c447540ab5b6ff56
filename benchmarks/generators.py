"""Drawing sequences on the real Manhattan: symbols a second of one core."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import naive
from benchmarks.rows import Missing, Options, Row, measured
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.registry import open_world
from nerode.worlds.street_map import LONGEST, StreetMap

TURNS = (3, LONGEST - 4)
"""Least and most turns of a random walk."""


def seconds(work: Callable[[], object]) -> float:
    """Processor time that the work takes."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def street_map(options: Options, folder: str) -> StreetMap:
    """A map of the real Manhattan."""
    world = open_world(options.map(folder))
    assert isinstance(world, StreetMap)
    return world


def random_walks(options: Options) -> Row:
    """Random walks into memory."""
    world = street_map(options, "noisy_random")
    draw_sequences(world, "random", 10, 0)  # compiles
    count = options.size(400_000, 10_000)
    begin = time.process_time()
    batch = draw_sequences(world, "random", count, 1)
    rate = len(batch.symbols) / (time.process_time() - begin)
    rng = random.Random(1)  # noqa: S311 (no secrets here)
    begin = time.process_time()
    walks = [naive.random_walk(world, rng, TURNS) for _ in range(options.size(2_000, 50))]
    slow = sum(map(len, walks)) / (time.process_time() - begin)
    return Row(IN_MEMORY, "symbols/s", rate, slow)


IN_MEMORY = "random walks, real Manhattan, in memory"


def rows(options: Options) -> Iterator[Row | Missing]:
    """One row for each policy, and one for writing."""
    return measured(options, {IN_MEMORY: partial(random_walks, options)})
