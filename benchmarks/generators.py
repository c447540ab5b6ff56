"""Random walks on the real Manhattan, into memory and to Parquet: symbols a second.

In memory the rate is that of `draw_sequences`, what it returns included, on one core by processor
time, in the best of five runs: a system that has to find memory first takes longer. The floor is
the lower of two rates:

- new memory: four bytes a symbol at the rate at which numpy copies to a new array;
- look-ups: where a walk goes next depends on where it is, so each symbol needs a look-up in the
  table of streets that waits for the one before. The floor is a pointer chase through a table
  of that size, eight chains at once, for walks do not wait for each other; details tell the
  rate of a single chain, too.

To Parquet the rate is by the clock, one thread drawing and one writing. Its floor is the writing
alone, of batches that lie in memory already.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from pathlib import Path

import numpy as np

from benchmarks import naive
from benchmarks.floors import all_seconds, fresh_bytes, lookups
from benchmarks.rows import Details, Missing, Options, Row, named
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences, write_sequences
from nerode.sequences.policies import SEQUENCE_BLOCK
from nerode.sequences.store import Shards
from nerode.worlds.registry import open_world
from nerode.worlds.streets.limits import LONGEST
from nerode.worlds.streets.street_map import StreetMap

TURNS = (3, LONGEST - 4)
"""Least and most turns of a random walk."""

PUBLISHED_SYMBOLS = 4.74e9
"""Of the random walks that the paper trained on (docs/paper.md, section 2)."""


def manhattan(options: Options) -> StreetMap:
    """The real one."""
    world = open_world(options.map("noisy_random"))
    assert isinstance(world, StreetMap)
    return world


def symbols_in(clock: Callable[[], float], make: Callable[[], Iterable[Sized]]) -> float:
    """Symbols a second, by this clock, of the sequences that are made."""
    begin = clock()
    symbols = sum(map(len, make()))
    return symbols / (clock() - begin)


def naive_walks(world: StreetMap, count: int) -> list[list[int]]:
    """Random walks, one at a time."""
    rng = random.Random(1)  # noqa: S311 (no secrets here)
    return [naive.random_walk(world, rng, TURNS) for _ in range(count)]


def in_memory(name: str, options: Options) -> Row:
    world = manhattan(options)
    draw_sequences(world, "random", 10, 0)  # compiles
    count = options.size(400_000, 10_000)
    symbols = len(draw_sequences(world, "random", count, 1).symbols)
    runs = all_seconds(lambda: draw_sequences(world, "random", count, 1), 5)
    few = options.size(4_000, 50)
    slow = symbols_in(time.process_time, lambda: naive_walks(world, few))
    streets = len(world.streets)
    memory, chase = fresh_bytes(4 * symbols) / 4, lookups(streets, np.uint64)
    details: Details = {
        "in the slowest of 5 runs": symbols / max(runs),
        "floor by memory": memory,
        "by look-ups": chase,
        "look-ups/s in one chain": lookups(streets, np.uint64, chains=1),
    }
    return Row(name, "symbols/s", symbols / min(runs), slow, min(memory, chase), details)


def write_all(folder: Path, batches: Iterable[SequenceBatch]) -> Iterable[Sized]:
    """Write batches with nothing else going on; their symbols."""
    written = []
    with Shards(folder, "train") as shards:
        for batch in batches:
            shards.write(batch)
            written.append(batch.symbols)
    return written


def to_parquet(name: str, options: Options) -> Row:
    world = manhattan(options)
    count, few = options.size(1_000_000, 40_000), options.size(4_000, 50)
    with tempfile.TemporaryDirectory(prefix="nerode-bench-") as made:
        folder = Path(made)
        write_sequences(world, "random", 10, 0, folder / "ten")  # compiles
        clock, processor = time.perf_counter(), time.process_time()
        symbols = write_sequences(world, "random", count, 1, folder / "all").symbols
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        size = sum(file.stat().st_size for file in (folder / "all").iterdir())
        blocks = [draw_sequences(world, "random", SEQUENCE_BLOCK, seed) for seed in range(8)]
        floor = symbols_in(time.perf_counter, lambda: write_all(folder, blocks))
        slow = symbols_in(
            time.perf_counter,
            lambda: write_all(folder, [SequenceBatch.of(naive_walks(world, few))]),
        )
    rate = symbols / clock
    details: Details = {
        "bytes a symbol": size / symbols,
        "cores used": processor / clock,
        "minutes for the published 4.74 G symbols": PUBLISHED_SYMBOLS / rate / 60,
    }
    return Row(name, "symbols/s", rate, slow, floor, details)


def rows(options: Options) -> Iterator[Row | Missing]:
    """Random walks, kept and written."""
    makers = {
        "random walks, real Manhattan, in memory": in_memory,
        "random walks, real Manhattan, to Parquet": to_parquet,
    }
    return named(options, makers)
