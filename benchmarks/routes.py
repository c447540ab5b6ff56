"""Shortest and noisy shortest routes on the real Manhattan: symbols a second of one core.

The rates are by processor time after the searches, one for each destination, whose time the
details tell apart. The floor is the lower of two rates, as for random walks: new memory, and
look-ups that wait for the ones before. A symbol of a route needs two: the next turn, in a table
of (destination, crossing), and where it leads.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from benchmarks import naive
from benchmarks.floors import best_seconds, fresh_bytes, lookups
from benchmarks.generators import manhattan, symbols_in
from benchmarks.rows import Details, Missing, Options, Row, named
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.policies import SEQUENCE_BLOCK, Draw, stream
from nerode.sequences.split import Split
from nerode.worlds.streets.policies import REWEIGHTINGS, reweighted
from nerode.worlds.streets.routes import Routes
from nerode.worlds.streets.street_map import StreetMap

PUBLISHED = 30_600_000, 1.68e9
"""Sequences and symbols of the noisy routes of the paper (docs/paper.md, section 2)."""


def floor_of(world: StreetMap, symbols: int) -> tuple[float, Details]:
    """The best rate of routes on a map, and what it is made of."""
    nodes = len(world.names)
    turns = nodes * nodes // 4, np.uint32  # a byte each, but a chase needs room for its numbers
    leads = world.turns.size, np.int32
    memory = fresh_bytes(4 * symbols) / 4
    chase = 1 / (1 / lookups(*turns) + 1 / lookups(*leads))
    alone = 1 / (1 / lookups(*turns, chains=1) + 1 / lookups(*leads, chains=1))
    details: Details = {
        "floor by memory": memory,
        "by look-ups": chase,
        "in one chain": alone,
    }
    return min(memory, chase), details


def naive_rate(streets: naive.Streets, routes: Routes, pairs: NDArray[np.int64]) -> float:
    """Symbols a second of one search for each pair, which find routes as short as ours."""

    def make() -> Iterable[list[int]]:
        for origin, destination in pairs.tolist():
            way = naive.shortest_way(streets, origin, destination)
            assert way is not None
            turns, length = way
            assert length == routes.to(destination).length[origin]
            yield [origin, destination, *turns, naive.END_SYMBOL]

    for destination in pairs[:, 1].tolist():
        routes.to(destination)  # before the clock runs
    return symbols_in(time.process_time, make)


def drawn_pairs(world: StreetMap, count: int) -> NDArray[np.int64]:
    """Pairs of intersections (origin, destination) for the naive version, which does few."""
    rng = np.random.default_rng(0)
    return np.array([world.sample_trip(rng) for _ in range(count)]) - world.first_node


def shortest(name: str, options: Options) -> Row:
    world = manhattan(options)
    begin = time.process_time()
    draw_sequences(world, "shortest", options.size(60_000, 2_000), 0)
    searching = time.process_time() - begin
    count = options.size(200_000, 2_000)
    symbols = len(draw_sequences(world, "shortest", count, 0).symbols)
    rate = symbols / best_seconds(lambda: draw_sequences(world, "shortest", count, 0))
    pairs = drawn_pairs(world, options.size(40, 3))
    slow = naive_rate(naive.streets_between(world, world.lengths), world.routes, pairs)
    floor, details = floor_of(world, symbols)
    details = {"seconds for the searches, once": searching, **details}
    return Row(name, "symbols/s", rate, slow, floor, details)


def noisy(name: str, options: Options) -> Row:
    world = manhattan(options)
    sequences, published = PUBLISHED
    batches = stream(
        world, Draw("noisy", sequences, 1, Split(1, 0.1)), options.size(SEQUENCE_BLOCK, 500)
    )
    begin = time.process_time()
    next(batches)  # searches for every destination, under the first reweighting
    searching = time.process_time() - begin
    begin = time.process_time()
    symbols = sum(len(batch.symbols) for batch in islice(batches, options.size(8, 2)))
    rate = symbols / (time.process_time() - begin)
    routes = reweighted(world, 1, 0)
    pairs = drawn_pairs(world, options.size(40, 3))
    slow = naive_rate(naive.streets_between(world, routes.lengths), routes, pairs)
    floor, details = floor_of(world, symbols)
    whole = REWEIGHTINGS * searching + published / rate
    details = {
        "seconds for the searches, each of 50 reweightings": searching,
        "minutes for the published 1.68 G symbols": whole / 60,
        **details,
    }
    return Row(name, "symbols/s", rate, slow, floor, details)


def rows(options: Options) -> Iterator[Row | Missing]:
    """Routes by true lengths, and by lengths with noise."""
    makers = {
        "shortest routes, real Manhattan, after the searches": shortest,
        "noisy shortest routes, real Manhattan, after the searches": noisy,
    }
    return named(options, makers)
