"""The compiled search for shortest ways: Dijkstra's, backwards from a destination."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from nerode.arrays import Int8s, Int32s, Ints

_FAR = 1 << 60  # millimetres; farther than anything


class StreetGraph(NamedTuple):
    """All streets, twice: in the order of where they start, and of where they end.

    Those out of intersection i are numbers start[i] to start[i + 1], by turn; those into
    it stand at end[i] to end[i + 1].
    """

    start: Ints
    turn: Int8s
    to: Ints
    length: Ints
    """Millimetres, positive."""
    end: Ints
    origin: Ints
    """Where each street that leads into an intersection comes from."""
    length_into: Ints
    """How long that street is."""


def streets_of(turns: Int32s, lengths: Ints) -> StreetGraph:
    """The streets of a map, from the tables that `Routes` takes."""
    nodes, labels = np.nonzero(turns >= 0)
    to = turns[nodes, labels].astype(np.int64)
    length = lengths[nodes, labels]
    into = np.argsort(to, kind="stable")
    every = np.arange(len(turns) + 1)
    return StreetGraph(
        np.searchsorted(nodes, every),
        labels.astype(np.int8),
        to,
        length,
        np.searchsorted(to[into], every),
        nodes[into],
        length[into],
    )


@njit(inline="always")
def _push(heap: Ints, size: int, key: int) -> None:
    """Put a key into the heap (smallest first) of so many keys."""
    place = size
    while place > 0:
        parent = (place - 1) >> 1
        if heap[parent] <= key:
            break
        heap[place] = heap[parent]
        place = parent
    heap[place] = key


@njit(inline="always")
def _pop(heap: Ints, size: int) -> None:
    """Take the first key out of the heap of so many keys."""
    last = size - 1
    key = heap[last]
    place, child = 0, 1
    while child < last:
        if child + 1 < last and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[place] = heap[child]
        place, child = child, 2 * child + 1
    heap[place] = key


@njit(cache=True, nogil=True)
def search(destination: int, streets: StreetGraph, length: Ints, turn: Int8s, hops: Int32s) -> None:
    """Fill three arrays (nodes,), as in `Ways`, with the ways to a destination."""
    length[:] = _FAR  # of the best way known so far
    turn[:] = 0
    hops[:] = -1  # until the way is final
    low = 1  # bits of a key that tell the intersection; those above tell the length
    while (1 << low) < len(length):
        low += 1
    heap = np.empty(len(streets.to) + 1, dtype=np.int64)
    length[destination] = 0
    heap[0] = destination
    size = 1
    while size > 0:
        node = heap[0] & ((1 << low) - 1)
        _pop(heap, size)
        size -= 1
        if hops[node] >= 0:
            continue
        hops[node] = 0
        if node != destination:
            # Everything nearer is final already, for streets have a length: the first turn
            # that lies on a shortest way can be told.
            street = streets.start[node]
            while length[node] != length[streets.to[street]] + streets.length[street]:
                street += 1
            turn[node] = streets.turn[street]
            hops[node] = hops[streets.to[street]] + 1
        for street in range(streets.end[node], streets.end[node + 1]):
            origin = streets.origin[street]
            along = length[node] + streets.length_into[street]
            if along < length[origin]:
                length[origin] = along
                _push(heap, size, (along << low) | origin)
                size += 1
    for node in range(len(length)):
        if length[node] == _FAR:
            length[node] = -1


@njit(cache=True, nogil=True)
def search_turns(destinations: Ints, streets: StreetGraph, most: int, turns: Int8s) -> None:
    """Fill turns[i] (nodes,) with the next turns to destination i; 0 where there is none.

    A way of more than `most` turns counts as none.
    """
    length = np.empty(len(streets.start) - 1, dtype=np.int64)
    hops = np.empty(len(length), dtype=np.int32)
    for row in range(len(destinations)):
        search(destinations[row], streets, length, turns[row], hops)
        for node in range(len(length)):
            if hops[node] > most:
                turns[row, node] = 0
