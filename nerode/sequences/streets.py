"""The three policies on a street map, with compiled inner loops."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nerode.sequences.batch import SequenceBatch
from nerode.sequences.kernels import (
    EITHER,
    HELD_OUT,
    TRAIN,
    Int32s,
    Int64s,
    Side,
    StreetLists,
    follow_ways,
    propose_pairs,
    shuffle_pairs,
    walk_randomly,
)
from nerode.sequences.policies import Draw, too_few
from nerode.sequences.split import key_of
from nerode.worlds.street_map import LONGEST, StreetMap
from nerode.worlds.street_routes import Routes

REWEIGHTINGS = 50
"""How many versions of the lengths `noisy` uses (PAPER.md section 2)."""

_FEWEST_TURNS = 3  # of a random walk
_MOST_TURNS = LONGEST - 4  # of any sequence: it has origin, destination and END besides
_ATTEMPTS = 10_000
_ROUNDS = 6  # of the cipher that puts pairs in a random order
_ROOM = 1 << 27  # bytes of ways to look at in one block


def shortest(world: StreetMap, draw: Draw, block: int) -> Iterator[SequenceBatch]:
    """Canonical ways; every pair (origin, destination) at most once, in a random order."""
    keys = np.array([key_of(draw.seed, draw.number, index) for index in range(_ROUNDS)])
    cursor, made = 0, 0
    block = _block(world, block)
    while made < draw.count:
        # Some pairs will turn out to have no way; a few more than needed spare a round.
        size = min(block, (draw.count - made) * 5 // 4 + 16)
        pairs = np.empty((size, 2), dtype=np.int64)
        found, cursor = shuffle_pairs(keys, cursor, len(world.names), _side(draw), pairs)
        if not found:
            if made and draw.fewer:
                return
            raise too_few(draw, f"{world.name} has only {made}")
        batch = _ways(world, world.routes, pairs[:found])
        batch = batch.take(np.flatnonzero(batch.lengths)[: draw.count - made])
        made += len(batch)
        yield batch


def noisy(world: StreetMap, draw: Draw, block: int) -> Iterator[SequenceBatch]:
    """Ways that are shortest under one of 50 reweightings, in 50 equal runs.

    Pairs are drawn with replacement.
    """
    key = key_of(draw.seed, draw.number)
    edges = np.arange(REWEIGHTINGS + 1) * draw.count // REWEIGHTINGS
    block = _block(world, block)
    for number in range(REWEIGHTINGS):
        if edges[number] == edges[number + 1]:
            continue
        routes = reweighted(world, draw.seed, number)
        for first in range(edges[number], edges[number + 1], block):
            sequences = np.arange(first, min(first + block, edges[number + 1]))
            yield _noisy_block(world, routes, draw, key, sequences)


def reweighted(world: StreetMap, seed: int, number: int) -> Routes:
    """The shortest ways when each length W (metres) is W + Gamma(shape W, scale 1)."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1, number]))
    metres = world.lengths / 1000
    return Routes(world.turns, np.rint(1000 * (metres + rng.gamma(metres))).astype(np.int64))


def _noisy_block(
    world: StreetMap, routes: Routes, draw: Draw, key: np.uint64, sequences: Int64s
) -> SequenceBatch:
    """Sequences of these numbers, each from the first attempt that finds a way."""
    missing = sequences
    done: list[SequenceBatch] = []
    numbers: list[Int64s] = []
    for attempt in range(_ATTEMPTS):
        pairs = np.empty((len(missing), 2), dtype=np.int64)
        propose_pairs(key, missing, attempt, len(world.names), _side(draw), pairs)
        usable = pairs[:, 0] >= 0
        batch = _ways(world, routes, pairs[usable])
        found = batch.lengths > 0
        done.append(batch.take(found))
        numbers.append(missing[usable][found])
        missing = np.setdiff1d(missing, numbers[-1], assume_unique=True)
        if not len(missing):
            return SequenceBatch.concat(done).take(np.argsort(np.concatenate(numbers)))
    raise too_few(draw, f"{_ATTEMPTS} pairs in a row had no way of at most {_MOST_TURNS} turns")


def random(world: StreetMap, draw: Draw, block: int) -> Iterator[SequenceBatch]:
    """Walks of 3 to 96 turns from anywhere; their destination is where they end."""
    nodes, turns = np.nonzero(world.turns >= 0)
    start = np.searchsorted(nodes, np.arange(len(world.names) + 1)).astype(np.int64)
    streets = StreetLists(start, turns.astype(np.int32), world.turns[nodes, turns])
    key = key_of(draw.seed, draw.number)
    for first in range(0, draw.count, block):
        size = min(block, draw.count - first)
        lengths = np.empty(size, dtype=np.int32)
        symbols = np.empty((size + 1) * LONGEST, dtype=np.int32)
        written = walk_randomly(
            key, first, streets, _side(draw), (_FEWEST_TURNS, _MOST_TURNS), symbols, lengths
        )
        if written < 0:
            raise too_few(draw, "walks in a row got stuck or were on the other side")
        yield SequenceBatch.cut(symbols[:written].copy(), lengths)


def _ways(world: StreetMap, routes: Routes, pairs: Int64s) -> SequenceBatch:
    """The way of every pair; an empty sequence where there is none, or a too long one."""
    destinations, rows = np.unique(pairs[:, 1], return_inverse=True)
    ways = routes.turns_to(destinations.tolist(), _MOST_TURNS)
    lengths: Int32s = np.empty(len(pairs), dtype=np.int32)
    symbols: Int32s = np.empty(len(pairs) * LONGEST, dtype=np.int32)
    written = follow_ways(pairs, rows, ways, world.turns, symbols, lengths)
    return SequenceBatch.cut(symbols[:written].copy(), lengths)


def _side(draw: Draw) -> Side:
    wanted = {None: EITHER, "train": TRAIN, "held_out": HELD_OUT}[draw.side]
    return Side(wanted, draw.split.key, draw.split.limit)


def _block(world: StreetMap, block: int) -> int:
    """Fewer sequences at a time on large maps, for each may need the ways to another node."""
    return max(1, min(block, _ROOM // len(world.names)))
