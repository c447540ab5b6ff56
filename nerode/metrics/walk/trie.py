"""The strings of a walk, level by level: a tree whose nodes know what they come from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nerode.metrics.walk.pairs import BoundaryString, Symbols
from nerode.metrics.walk.ranked import Floats, Ints


@dataclass(frozen=True, eq=False)
class Level:
    """All distinct strings of one depth, sorted by pair.

    Node i is row i of the contexts after the first history of its pair and row n + i, with n
    nodes, after the second.
    """

    pair: Ints
    parent: Ints  # node of the level above
    symbol: Ints
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
        """Some of the nodes, beneath the same level."""
        pair, parent, symbol = self.pair[nodes], self.parent[nodes], self.symbol[nodes]
        return Level(pair, parent, symbol, self.smallest[nodes], self.above, self.depth)

    def cuts(self, parts: int) -> list[int]:
        """Where the nodes fall apart in so many parts of like size that share no pair.

        Gives the beginnings of all parts, and where the last one ends; fewer parts where there
        are not so many pairs.
        """
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
    """A boundary string as the walk came to it: a node, and the symbol that is rejected."""

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
