"""The trie of a walk, and the continuations that follow it.

All distinct texts, one level a depth, each node pointing to its parent.

Only the current level is extended. Texts are not stored: a node holds its last symbol and its
parent in the level above, and the symbols are read off upwards when somebody asks (`Level.text`).
A boundary string is a node and one more symbol, so that recording one costs nothing that grows
with its length.

Continuations are sampled (`Walkers`) or prescribed (`Scripts`). Both are columns of equal length,
one entry a continuation, and point to nodes of the current `Level`: many entries may share a node,
which the model reads once. `distinct` merges the entries of one level into nodes of the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nerode.arrays import Floats, Ints
from nerode.metrics.walk.pairs import BoundaryString, Symbols


@dataclass(frozen=True, eq=False)
class Level:
    """All distinct texts of one depth, sorted by pair: n nodes.

    Node i is row i of the contexts after the first history of its pair and row n + i after the
    second. Nodes of one parent stand together. (pair, text) determines the node.
    """

    pair: Ints  # (nodes,) never decreasing
    parent: Ints  # (nodes,) node of the level above; -1 at the root
    symbol: Ints  # (nodes,) last symbol of the text; -1 at the root
    smallest: Floats  # (nodes, 2) smallest probability on the way, after either history
    above: Level | None
    depth: int

    def __len__(self) -> int:
        return int(self.pair.size)

    def text(self, node: int) -> Symbols:
        """The string that leads to a node."""
        symbols = []
        level: Level = self
        while level.above is not None:
            symbols.append(int(level.symbol[node]))
            node, level = int(level.parent[node]), level.above
        return tuple(reversed(symbols))

    def take(self, nodes: slice) -> Level:
        """A slice of the nodes, under the same parents."""
        pair, parent, symbol = self.pair[nodes], self.parent[nodes], self.symbol[nodes]
        return Level(pair, parent, symbol, self.smallest[nodes], self.above, self.depth)

    def cuts(self, parts: int) -> list[int]:
        """Where to cut the nodes into about `parts` parts of like size that share no pair.

        Gives the first node of each part, and the number of nodes at the end; fewer parts where
        there are fewer pairs.
        """
        # Of the places where a pair begins, those nearest to an even partition.
        starts = np.flatnonzero(np.diff(self.pair)) + 1
        wanted = np.arange(1, parts) * len(self) / parts
        near = starts[np.abs(starts[:, None] - wanted).argmin(axis=0)] if starts.size else starts
        return [0, *np.unique(near).tolist(), len(self)]


def roots(pairs: int) -> Level:
    """The empty string of every pair."""
    nowhere = np.full(pairs, -1, dtype=np.int64)
    return Level(np.arange(pairs), nowhere, nowhere, np.ones((pairs, 2)), None, 0)


@dataclass(frozen=True, eq=False)
class Closed:
    """A boundary string as a node and the symbol that is rejected; see `BoundaryString`."""

    level: Level
    node: int
    symbol: int
    direction: int
    at: NDArray[np.bool_]
    probability: tuple[float, float]

    @property
    def depth(self) -> int:
        """Symbols in it."""
        return self.level.depth + 1

    def written(self) -> BoundaryString:
        """The string itself."""
        text = (*self.level.text(self.node), self.symbol)
        return BoundaryString(self.direction, text, self.at, self.probability)


@dataclass(frozen=True, eq=False)
class Cut:
    """A continuation that the model's context ended: a node, and the last symbol."""

    level: Level
    node: int
    symbol: int
    direction: int
    share: float

    def symbols(self) -> Symbols:
        """The continuation as far as it came."""
        return (*self.level.text(self.node), self.symbol)


@dataclass(frozen=True)
class Walkers:
    """Sampled continuations, one entry each; all arrays are (walkers,).

    Attributes
    ----------
    node
        Node of the current level that the continuation has come to.
    direction
        After which history it is sampled: 0 the first, 1 the second.
    threshold
        Which threshold of the curve it belongs to: it may sample another symbol at another one.
    sample
        Which continuation of its direction and threshold it is.
    weight
        1, or the probability of the continuation where all are enumerated.
    """

    node: Ints
    direction: Ints
    threshold: Ints
    sample: Ints
    weight: Floats

    def __len__(self) -> int:
        return int(self.node.size)

    def where(self, index: Ints | NDArray[np.bool_]) -> Walkers:
        """Those at an index or mask."""
        return Walkers(
            self.node[index],
            self.direction[index],
            self.threshold[index],
            self.sample[index],
            self.weight[index],
        )


@dataclass(frozen=True)
class Scripts:
    """Prescribed strings, one entry each, whatever the model would sample.

    Attributes
    ----------
    script
        Number of the script among those of all pairs.
    node
        Node of the current level that it has come to.
    smallest
        Smallest probability of its symbols so far, after the first and the second history: it is
        accepted at every threshold below that.
    """

    script: Ints
    node: Ints
    smallest: Floats  # (scripts, 2)

    def where(self, index: NDArray[np.bool_]) -> Scripts:
        """Those at an index or mask."""
        return Scripts(self.script[index], self.node[index], self.smallest[index])


def distinct(node: Ints, key: Ints, nodes: int) -> tuple[Ints, Ints]:
    """Distinct pairs of a node, out of so many `nodes`, and a key.

    Gives the entry at which each comes first, in that order, and for each entry which of them
    it is. Without sorting: the keys of one node are a short list.
    """
    first, place = _distinct(node, key, nodes)
    return first, place


# Each node has a linked list of the keys met so far: `newest` is its head, `before` the links.
# Lists are as short as the number of symbols that follow a node, so that a scan beats a sort.
@njit(nogil=True, cache=True)
def _distinct(node: Ints, key: Ints, nodes: int) -> tuple[Ints, Ints]:
    newest = np.full(nodes, -1, np.int64)  # the pair of each node that was found last
    before = np.empty(node.size, np.int64)  # the one of the same node before it
    first = np.empty(node.size, np.int64)
    place = np.empty(node.size, np.int64)
    count = 0
    for entry in range(node.size):
        known = newest[node[entry]]
        while known >= 0 and key[first[known]] != key[entry]:
            known = before[known]
        if known < 0:
            known = count
            first[count] = entry
            before[count] = newest[node[entry]]
            newest[node[entry]] = count
            count += 1
        place[entry] = known
    return first[:count].copy(), place
