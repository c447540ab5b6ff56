"""The compiled inner loops of drawing sequences on a street map.

Randomness is counted, not carried: what sequence t does depends on the key, on t and on
the number of the attempt only, never on the sequences before it. So the result is the
same however the work is cut into blocks.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nerode.arrays import Int32s, Ints
from nerode.rng import STEP, Bits, below, mixed
from nerode.worlds.streets.files import LABELS
from nerode.worlds.streets.routes import NextTurns

_NONE, _ONE = np.uint64(0), np.uint64(1)
_WAYS, _FIRST, _BYTE = np.uint64(8), np.uint64(16), np.uint64(255)  # of a packed street
_ATTEMPTS = 10_000
_HASHED = 1 + len(LABELS)
"""Number of the first intersection as the split hashes it: see `World.unused_symbols`."""

EITHER, TRAIN, HELD_OUT = 0, 1, 2


class SplitSide(NamedTuple):
    """On which side of a split sequences must be."""

    wanted: int
    """EITHER, TRAIN or HELD_OUT."""
    key: np.uint64
    limit: np.uint64


class Packed(NamedTuple):
    """The streets of a map, packed so that one look-up tells all that a random step needs.

    The streets out of intersection i are numbers start[i] to start[i + 1].
    """

    first_node: int
    """Symbol of the first intersection."""
    start: Ints
    to: Ints
    """Where each street leads."""
    onward: NDArray[np.uint64]
    """Of each street: its turn in the low byte; above it the number of streets out of where it
    leads, in a byte; above that the number of the first of these."""


def packed(turns: Int32s) -> Packed:
    """The streets of a map's table of where each turn leads (-1: nowhere)."""
    nodes, labels = np.nonzero(turns >= 0)
    to = turns[nodes, labels].astype(np.int64)
    start = np.searchsorted(nodes, np.arange(len(turns) + 1)).astype(np.int64)
    onward = (start[to] << 16) | ((start[to + 1] - start[to]) << 8) | labels
    return Packed(turns.shape[1], start, to, onward.astype(np.uint64))


@njit(inline="always")
def _stream(key: Bits, sequence: int, attempt: int) -> Bits:
    """Where the random numbers of one attempt at one sequence start."""
    return mixed(mixed(key ^ mixed(np.uint64(sequence) + STEP)) ^ (np.uint64(attempt) + STEP))


@njit(inline="always")
def _on_side(side: SplitSide, origin: int, destination: int) -> bool:
    if side.wanted == EITHER:
        return True
    bits = mixed(side.key ^ np.uint64(origin + _HASHED))
    bits = mixed(bits ^ np.uint64(destination + _HASHED))
    return bool((bits < side.limit) == (side.wanted == HELD_OUT))


@njit(inline="always")
def _walk(
    bits: Bits, streets: Packed, turns: tuple[int, int], symbols: Int32s, place: int
) -> tuple[int, int, int]:
    """Write the turns of one random walk from `place` on; its ends, and the place behind.

    The place is -1 where the walk gets stuck.
    """
    origin: Any = np.int64(below(mixed(bits), np.uint64(len(streets.start) - 1)))
    bits += STEP
    count: Any = turns[0] + np.int64(below(mixed(bits), np.uint64(turns[1] - turns[0] + 1)))
    # Unsigned throughout: a place that could be negative costs a comparison each time.
    first: Bits = np.uint64(streets.start[origin])
    ways: Bits = np.uint64(streets.start[origin + 1]) - first
    street: Bits = first
    here: Bits = np.uint64(place)
    behind: Bits = here + np.uint64(count)
    while here < behind:
        if ways == _NONE:
            return origin, origin, -1
        bits += STEP
        street = first + below(mixed(bits), ways)
        onward = streets.onward[street]
        symbols[here] = onward & _BYTE
        ways = (onward >> _WAYS) & _BYTE
        first = onward >> _FIRST
        here += _ONE
    end: Any = streets.to[street]
    written_to: Any = np.int64(here)
    return origin, end, written_to


@njit(cache=True, nogil=True)
def walk_randomly(
    key: Bits,
    first: int,
    streets: Packed,
    side: SplitSide,
    turns: tuple[int, int],
    symbols: Int32s,
    lengths: Int32s,
) -> int:
    """Write random walks number `first`, `first` + 1, ... one after the other.

    A walk starts anywhere, has a number of turns between both of `turns`, and takes every
    street with equal chance; its destination is where it ends. One that gets stuck or is
    on the wrong side is drawn anew. Fills `lengths` (sequences,) and the front of
    `symbols`; the number of symbols written, or -1 after 10,000 failures in a row.
    """
    written = 0
    for row in range(len(lengths)):
        lengths[row] = 0
        for attempt in range(_ATTEMPTS):
            bits = _stream(key, first + row, attempt)
            origin, at, place = _walk(bits, streets, turns, symbols, written + 2)
            if place >= 0 and _on_side(side, origin, at):
                symbols[written] = streets.first_node + origin
                symbols[written + 1] = streets.first_node + at
                symbols[place] = 0
                lengths[row] = place + 1 - written
                written = place + 1
                break
        if lengths[row] == 0:
            return -1
    return written


@njit(cache=True, nogil=True)
def shuffle_pairs(
    keys: NDArray[np.uint64], cursor: int, nodes: int, side: SplitSide, pairs: Ints
) -> tuple[int, int]:
    """Go on through all pairs of different intersections in a random order.

    The order is a Feistel cipher on numbers of 2 * half bits, of which those below
    nodes**2 stand for pairs: each comes once, and nothing but `cursor` is remembered.
    Fills `pairs` (most, 2) with pairs on the right side; how many, and the new cursor,
    which stays behind the last number when there are no more.
    """
    half = 1
    while (1 << (2 * half)) < nodes * nodes:
        half += 1
    mask = np.uint64((1 << half) - 1)
    shift = np.uint64(half)
    found = 0
    while found < len(pairs) and cursor < (1 << (2 * half)):
        left: Bits = np.uint64(cursor) >> shift
        right: Bits = np.uint64(cursor) & mask
        cursor += 1
        for key in keys:
            left, right = right, left ^ (mixed(right ^ key) & mask)
        number: Any = np.int64((left << shift) | right)
        origin, destination = number // nodes, number % nodes
        if number >= nodes * nodes or origin == destination:
            continue
        if _on_side(side, origin, destination):
            pairs[found, 0] = origin
            pairs[found, 1] = destination
            found += 1
    return found, cursor


@njit(cache=True, nogil=True)
def propose_pairs(
    key: Bits, sequences: Ints, attempt: int, nodes: int, side: SplitSide, pairs: Ints
) -> None:
    """Fill `pairs` (sequences, 2) with a random pair for each numbered sequence.

    A pair that this attempt cannot use (both the same, or the wrong side) is (-1, -1).
    """
    for row in range(len(sequences)):
        bits = _stream(key, sequences[row], attempt)
        origin: Any = np.int64(below(mixed(bits), np.uint64(nodes)))
        destination: Any = np.int64(below(mixed(bits + STEP), np.uint64(nodes)))
        usable = origin != destination and _on_side(side, origin, destination)
        pairs[row, 0] = origin if usable else -1
        pairs[row, 1] = destination if usable else -1


@njit(cache=True, nogil=True)
def follow_ways(
    pairs: Ints, ways: NextTurns, turns: Int32s, symbols: Int32s, lengths: Int32s
) -> tuple[int, int]:
    """Write the ways of pairs (origin, destination), one after the other.

    Pairs without a way are left out; stops when `lengths` (most,) is full. `turns` is the
    map's table of where each turn leads. Fills the fronts of `lengths` and `symbols`;
    the number of sequences and of symbols written.
    """
    made = written = 0
    for origin, destination in pairs:
        if made == len(lengths):
            break
        way = ways.table[ways.row[destination]]
        if way[origin] == 0:
            continue
        symbols[written] = turns.shape[1] + origin
        symbols[written + 1] = turns.shape[1] + destination
        at: Bits = np.uint64(origin)
        place: Bits = np.uint64(written + 2)
        while at != np.uint64(destination):
            turn = way[at]
            symbols[place] = turn
            at = np.uint64(turns[at, np.uint64(turn)])
            place += _ONE
        symbols[place] = 0
        behind: Any = np.int64(place + _ONE)
        lengths[made] = behind - written
        written = behind
        made += 1
    return made, written


@njit(inline="always")
def _turn(streets: Packed, street: int) -> int:
    """The turn that a street is."""
    return int(streets.onward[street] & _BYTE)


@njit(cache=True, nogil=True)
def wander(
    key: Bits,
    sequences: Ints,
    pairs: Ints,
    ways: NextTurns,
    streets: Packed,
    wrong: float,
    walks: Int32s,
    lengths: Int32s,
) -> None:
    """Walk to the destination of each pair, with a random turn now and then.

    A turn is any street with equal chance with probability `wrong`, else that of the way. Fills
    `walks` (pairs, most) with turns, and `lengths` (pairs,) with how many; 0 where the destination
    is not reached within so many.
    """
    for row in range(len(pairs)):
        origin, destination = pairs[row]
        way = ways.table[ways.row[destination]]
        bits = _stream(key, sequences[row], 0)
        at: Any = origin
        made = 0
        lengths[row] = 0
        while at != destination and made < walks.shape[1]:
            first = streets.start[at]
            count = streets.start[at + 1] - first
            if count == 0:
                break
            bits += STEP
            chosen = -1
            # 53 bits of it are a number between 0 and 1.
            if np.float64(mixed(bits) >> np.uint64(11)) * 2.0**-53 >= wrong:
                for street in range(first, first + count):
                    if _turn(streets, street) == way[at]:
                        chosen = street
            if chosen < 0:
                bits += STEP
                chosen = first + np.int64(below(mixed(bits), np.uint64(count)))
            walks[row, made] = _turn(streets, chosen)
            at = streets.to[chosen]
            made += 1
        if at == destination:
            lengths[row] = made
