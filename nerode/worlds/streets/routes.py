"""The shortest ways on a street map: one search per destination, kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nerode.worlds.streets.search import StreetGraph

_ROOM = 1 << 29  # bytes of searches to keep: all destinations of a map of 6,000 crossings
_BYTES_PER_NODE = 8 + 1 + 4
_TURNS_ROOM = 1 << 27  # bytes of next turns to keep: all destinations of a map of 11,000 crossings


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


class NextTurns(NamedTuple):
    """The next turns to some destinations: `table[row[d], i]` is the one from i to d.

    0 stands at the destination, where there is no way, and where the way is too long.
    """

    table: NDArray[np.int8]
    row: NDArray[np.int64]
    """Row of each destination (nodes,); -1 where it has not been searched for."""


class Routes:
    """Shortest ways under given lengths of the streets.

    `turns` and `lengths` are tables (nodes, 1 + labels): where each turn leads (-1: nowhere;
    column 0 is not used) and how long that street is (positive integers).
    """

    def __init__(self, turns: NDArray[np.int32], lengths: NDArray[np.int64]) -> None:
        self.lengths = lengths
        self._turns = turns
        self._kept: OrderedDict[int, Ways] = OrderedDict()
        self._room = max(16, _ROOM // (_BYTES_PER_NODE * len(turns)))
        self._next: dict[int, NextTurns] = {}

    @cached_property
    def _streets(self) -> StreetGraph:
        # Here, for it loads the compiled search; a map that is only walked needs none.
        from nerode.worlds.streets.search import streets_of  # noqa: PLC0415

        return streets_of(self._turns, self.lengths)

    def to(self, destination: int) -> Ways:
        """The ways to `destination` from everywhere."""
        ways = self._kept.get(destination)
        if ways is None:
            ways = self._kept[destination] = self._search(destination)
            if len(self._kept) > self._room:
                self._kept.popitem(last=False)
        return ways

    def _search(self, destination: int) -> Ways:
        from nerode.worlds.streets.search import search  # noqa: PLC0415

        nodes = self.nodes
        ways = Ways(
            np.empty(nodes, dtype=np.int64),
            np.empty(nodes, dtype=np.int8),
            np.empty(nodes, dtype=np.int32),
        )
        search(destination, self._streets, ways.length, ways.turn, ways.hops)
        for array in (ways.length, ways.turn, ways.hops):
            array.flags.writeable = False
        return ways

    @property
    def nodes(self) -> int:
        """Number of intersections."""
        return len(self._turns)

    @property
    def most_destinations(self) -> int:
        """How many different destinations `turns_to` takes at a time."""
        return max(1, min(self.nodes, _TURNS_ROOM // self.nodes))

    def turns_to(self, destinations: NDArray[np.int64], most: int) -> NextTurns:
        """The next turns to destinations, of ways of at most `most` turns.

        What was searched for is kept while there is room; where there is not, the searches
        begin anew, and what was returned before holds no longer.
        """
        from nerode.worlds.streets.search import search_turns  # noqa: PLC0415

        nodes = self.nodes
        if most not in self._next:
            table = np.empty((self.most_destinations, nodes), dtype=np.int8)
            self._next[most] = NextTurns(table, np.full(nodes, -1, dtype=np.int64))
        found = self._next[most]
        wanted = np.zeros(nodes, dtype=np.bool_)
        wanted[destinations] = True
        new = np.flatnonzero(wanted & (found.row < 0))
        used = int((found.row >= 0).sum())
        if used + len(new) > len(found.table):
            found.row[:] = -1
            used, new = 0, np.flatnonzero(wanted)
        search_turns(new, self._streets, most, found.table[used : used + len(new)])
        found.row[new] = np.arange(used, used + len(new))
        return found
