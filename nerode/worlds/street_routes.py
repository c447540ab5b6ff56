"""The shortest ways on a street map: one search per destination, kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

_ROOM = 1 << 29  # bytes of searches to keep: all destinations of a map of 6,000 crossings
_BYTES_PER_NODE = 8 + 1 + 4


@dataclass(frozen=True)
class Ways:
    """The canonical way from every intersection to one destination; arrays (nodes,).

    Of two turns that lie on equally short ways, the one that comes first in the alphabet
    is taken.
    """

    length: NDArray[np.int64]
    """Millimetres; 0 at the destination, -1 where there is no way."""
    turn: NDArray[np.int8]
    """The next turn; 0 at the destination and where there is no way."""
    hops: NDArray[np.int32]
    """Number of turns; 0 at the destination, -1 where there is no way."""


class Routes:
    """Shortest ways under given lengths of the streets.

    `turns` and `lengths` are tables (nodes, 9): where each turn leads (-1: nowhere; column
    0 is not used) and how long that street is (positive integers).
    """

    def __init__(self, turns: NDArray[np.int32], lengths: NDArray[np.int64]) -> None:
        self.lengths = lengths
        nodes, labels = np.nonzero(turns >= 0)
        to = turns[nodes, labels]
        proper = nodes != to  # no shortest way uses a loop
        self._from, self._to, self._turn = nodes[proper], to[proper], labels[proper]
        self._length = lengths[self._from, self._turn]
        self._count = len(turns)
        self._graph = self._backwards()
        self._kept: OrderedDict[int, Ways] = OrderedDict()
        self._room = max(16, _ROOM // (_BYTES_PER_NODE * self._count))

    def to(self, destination: int) -> Ways:
        """The ways to `destination` from everywhere."""
        ways = self._kept.get(destination)
        if ways is None:
            ways = self._keep(destination, self._search([destination])[0])
        return ways

    def turns_to(self, destinations: Sequence[int], most: int) -> NDArray[np.int8]:
        """The next turns of the ways to many destinations: (destinations, nodes).

        0 stands also where the way takes more than `most` turns.
        """
        turns = np.zeros((len(destinations), self._count), dtype=np.int8)
        for row, destination in enumerate(destinations):
            ways = self.to(destination)
            np.copyto(turns[row], ways.turn, where=ways.hops <= most)
        return turns

    def _keep(self, destination: int, distances: NDArray[np.float64]) -> Ways:
        ways = self._ways(destination, distances)
        self._kept[destination] = ways
        if len(self._kept) > self._room:
            self._kept.popitem(last=False)
        return ways

    def _backwards(self) -> csr_array:
        """The graph with every street turned round; of parallel streets the shortest."""
        order = np.lexsort((self._length, self._from, self._to))
        to, origin = self._to[order], self._from[order]
        shortest = np.ones(len(order), dtype=bool)
        shortest[1:] = (to[1:] != to[:-1]) | (origin[1:] != origin[:-1])
        weights = self._length[order][shortest].astype(np.float64)
        shape = (self._count, self._count)
        return csr_array((weights, (to[shortest], origin[shortest])), shape=shape)

    def _search(self, destinations: Sequence[int]) -> NDArray[np.float64]:
        distances: NDArray[np.float64] = dijkstra(self._graph, indices=list(destinations))
        return distances

    def _ways(self, destination: int, distances: NDArray[np.float64]) -> Ways:
        # Lengths are whole numbers below 2**53, so equality of sums is exact.
        tight = distances[self._from] == distances[self._to] + self._length
        tight &= np.isfinite(distances[self._from]) & (self._from != destination)
        nodes, first = np.unique(self._from[tight], return_index=True)
        turn = np.zeros(self._count, dtype=np.int8)
        turn[nodes] = self._turn[tight][first]
        following = np.full(self._count, destination)
        following[nodes] = self._to[tight][first]
        hops = np.zeros(self._count, dtype=np.int32)
        hops[nodes] = 1
        while np.any(following != destination):  # doubling: each round looks twice as far
            hops += hops[following]
            following = following[following]
        reached = np.isfinite(distances)
        length = np.full(self._count, -1, dtype=np.int64)
        length[reached] = distances[reached]
        hops[~reached] = -1
        for array in (length, turn, hops):
            array.flags.writeable = False
        return Ways(length, turn, hops)
