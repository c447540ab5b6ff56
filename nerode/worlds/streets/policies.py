"""The policies on a street map, with compiled inner loops."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nerode.arrays import Int32s, Ints
from nerode.worlds.batch import SequenceBatch
from nerode.worlds.policies import Request
from nerode.worlds.streets.kernels import (
    EITHER,
    HELD_OUT,
    TRAIN,
    SplitSide,
    follow_ways,
    packed,
    propose_pairs,
    shuffle_pairs,
    walk_randomly,
    wander,
)
from nerode.worlds.streets.limits import FEWEST_TURNS, LONGEST, MOST_TURNS
from nerode.worlds.streets.routes import Routes
from nerode.worlds.world import AnyStreetPlan

REWEIGHTINGS = 50
"""How many versions of the lengths `noisy` uses (docs/paper.md, section 2)."""

WRONG_TURNS = 0.2
"""Probability that a turn of `wandering` is any street."""

_ATTEMPTS = 10_000
_ROUNDS = 6  # of the cipher that puts pairs in a random order


def shortest(world: AnyStreetPlan, draw: Request, block: int) -> Iterator[SequenceBatch]:
    """Canonical ways; every pair (origin, destination) at most once, in a random order."""
    keys = np.array([draw.key(index) for index in range(_ROUNDS)])
    cursor, made = 0, 0
    block = _block(world.routes, block)
    while made < draw.count:
        # Some pairs will turn out to have no way; a few more than needed spare a round.
        size = min(block, (draw.count - made) * 5 // 4 + 16)
        pairs = np.empty((size, 2), dtype=np.int64)
        found, cursor = shuffle_pairs(keys, cursor, len(world.names), _side(draw), pairs)
        if not found:
            if made and draw.fewer:
                return
            raise draw.too_few(f"{world.name} has only {made}")
        batch = _ways(world, world.routes, pairs[:found], min(found, draw.count - made))
        made += len(batch)
        yield batch


def noisy(world: AnyStreetPlan, draw: Request, block: int) -> Iterator[SequenceBatch]:
    """Ways that are shortest under one of 50 reweightings, in 50 equal runs.

    Pairs are drawn with replacement.
    """
    key = draw.key()
    edges = np.arange(REWEIGHTINGS + 1) * draw.count // REWEIGHTINGS
    block = _block(world.routes, block)
    for number in range(REWEIGHTINGS):
        if edges[number] == edges[number + 1]:
            continue
        routes = reweighted(world, draw.seed, number)
        for first in range(edges[number], edges[number + 1], block):
            sequences = np.arange(first, min(first + block, edges[number + 1]))
            pairs = _joined_pairs(world, routes, draw, key, sequences)
            yield _ways(world, routes, pairs, len(pairs))


def reweighted(world: AnyStreetPlan, seed: int, number: int) -> Routes:
    """The shortest ways when each length W (metres) is W + Gamma(shape W, scale 1)."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1, number]))
    metres = world.lengths / 1000
    return Routes(world.turns, np.rint(1000 * (metres + rng.gamma(metres))).astype(np.int64))


def _joined_pairs(
    world: AnyStreetPlan, routes: Routes, draw: Request, key: np.uint64, sequences: Ints
) -> Ints:
    """Pairs (sequences, 2) for these numbers, each from the first attempt that has a way."""
    pairs = np.empty((len(sequences), 2), dtype=np.int64)
    missing = np.arange(len(sequences))
    for attempt in range(_ATTEMPTS):
        tried = np.empty((len(missing), 2), dtype=np.int64)
        propose_pairs(key, sequences[missing], attempt, len(world.names), _side(draw), tried)
        usable = np.flatnonzero(tried[:, 0] >= 0)
        origins, destinations = tried[usable].T
        ways = routes.turns_to(destinations, MOST_TURNS)
        joined = usable[ways.table[ways.row[destinations], origins] > 0]
        pairs[missing[joined]] = tried[joined]
        missing = np.delete(missing, joined)
        if not len(missing):
            return pairs
    raise draw.too_few(f"{_ATTEMPTS} pairs in a row had no way of at most {MOST_TURNS} turns")


def random(world: AnyStreetPlan, draw: Request, block: int) -> Iterator[SequenceBatch]:
    """Walks of 3 to 96 turns from anywhere; their destination is where they end."""
    streets = packed(world.turns)
    key = draw.key()
    for first in range(0, draw.count, block):
        lengths = np.empty(min(block, draw.count - first), dtype=np.int32)
        symbols = _room(len(lengths))
        written = walk_randomly(
            key, first, streets, _side(draw), (FEWEST_TURNS, MOST_TURNS), symbols, lengths
        )
        if written < 0:
            raise draw.too_few("walks in a row got stuck or were on the other side")
        yield _batch(symbols, written, lengths)


def wandering(world: AnyStreetPlan, draw: Request, block: int) -> Iterator[SequenceBatch]:
    """Shortest ways on which one turn in five is any street; from there it is the shortest again.

    Pairs are drawn with replacement. A walk that has not arrived after 96 turns is drawn anew.
    """
    streets = packed(world.turns)
    block = _block(world.routes, block)
    for first in range(0, draw.count, block):
        sequences = np.arange(first, min(first + block, draw.count))
        pairs = _joined_pairs(world, world.routes, draw, draw.key(), sequences)
        ways = world.routes.turns_to(pairs[:, 1], MOST_TURNS)
        walks = np.empty((len(pairs), MOST_TURNS), dtype=np.int32)
        turns = np.zeros(len(pairs), dtype=np.int32)
        missing = np.arange(len(pairs))
        for attempt in range(_ATTEMPTS):
            found = np.empty((len(missing), MOST_TURNS), dtype=np.int32)
            made = np.empty(len(missing), dtype=np.int32)
            key = draw.key(1, attempt)
            wander(key, sequences[missing], pairs[missing], ways, streets, WRONG_TURNS, found, made)
            walks[missing], turns[missing] = found, made
            missing = missing[made == 0]
            if not len(missing):
                break
        else:
            raise draw.too_few(f"{_ATTEMPTS} walks in a row took more than {MOST_TURNS} turns")
        yield _walked(world, pairs, walks, turns)


def _walked(world: AnyStreetPlan, pairs: Ints, walks: Int32s, turns: Int32s) -> SequenceBatch:
    """Sequences of pairs and the turns between them: origin, destination, turns, END."""
    prompt = world.turns.shape[1] + pairs
    end = np.zeros((len(pairs), 1), dtype=np.int64)
    symbols = np.concatenate((prompt, walks, end), axis=1).astype(np.int32)
    place = np.arange(symbols.shape[1])
    # END stands right behind the last turn.
    symbols[place[None, :] == 2 + turns[:, None]] = 0
    inside = place[None, :] <= 2 + turns[:, None]
    return SequenceBatch.cut(symbols[inside], turns + 3)


STREET_POLICIES = {
    "shortest": shortest,
    "noisy": noisy,
    "random": random,
    "wandering": wandering,
}
"""What a street map draws sequences by."""


def _ways(world: AnyStreetPlan, routes: Routes, pairs: Ints, most: int) -> SequenceBatch:
    """The ways of the first `most` pairs that have one of at most 96 turns."""
    ways = routes.turns_to(pairs[:, 1], MOST_TURNS)
    lengths = np.empty(most, dtype=np.int32)
    symbols = _room(most)
    made, written = follow_ways(pairs, ways, world.turns, symbols, lengths)
    return _batch(symbols, written, lengths[:made])


def _room(sequences: int) -> Int32s:
    """Room for so many sequences and one more attempt; takes memory only where it is filled."""
    return np.empty((sequences + 1) * LONGEST, dtype=np.int32)


def _batch(symbols: Int32s, written: int, lengths: Int32s) -> SequenceBatch:
    """The sequences in the front of `symbols`, which gives back its rest in place."""
    symbols.resize(written, refcheck=False)
    return SequenceBatch.cut(symbols, lengths)


def _side(draw: Request) -> SplitSide:
    wanted = {None: EITHER, "train": TRAIN, "held_out": HELD_OUT}[draw.side]
    return SplitSide(wanted, draw.split.key, draw.split.limit)


def _block(routes: Routes, block: int) -> int:
    """Fewer sequences at a time where the next turns to all destinations are too many to keep."""
    most = routes.most_destinations
    return block if most == routes.nodes else min(block, most)
