"""Spellings as a tree: symbols that begin with the same tokens share a branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nerode.models.model import Rows

INSIDE, LEADING = 0, 1
"""The roots: what may follow a symbol, and what may begin a text."""
NO_SYMBOL = -1


@dataclass
class _Node:
    """Where each token leads, and the symbol that is spelled once one is here."""

    children: dict[int, int] = field(default_factory=dict)
    symbol: int = NO_SYMBOL


@dataclass(frozen=True, eq=False)
class Branches:
    """What may follow a node: the token, the node that it leads to, and the symbol there or -1."""

    tokens: Rows
    nodes: Rows
    symbols: Rows
    end: NDArray[np.bool_]
    """Whether nothing may follow those nodes."""


class Trie:
    """Two trees in one: of spellings behind a symbol, and of spellings at the beginning of a text.

    Parameters
    ----------
    inside, leading
        The tokens of each symbol there; None for a symbol that has none.
    """

    def __init__(
        self,
        inside: Sequence[Sequence[int] | None],
        leading: Sequence[Sequence[int] | None],
    ) -> None:
        self._nodes = [_Node(), _Node()]
        self.last = np.full((2, len(inside)), NO_SYMBOL)
        """Node at which each symbol is spelled, by root: (2, symbols); -1 where it is not."""
        for root, spellings in ((INSIDE, inside), (LEADING, leading)):
            for symbol, tokens in enumerate(spellings):
                if tokens is not None:
                    self.last[root, symbol] = self._add(root, tokens, symbol)

    def _add(self, node: int, tokens: Sequence[int], symbol: int) -> int:
        for token in tokens:
            children = self._nodes[node].children
            if token not in children:
                children[token] = len(self._nodes)
                self._nodes.append(_Node())
            node = children[token]
        self._nodes[node].symbol = symbol
        return node

    @cached_property
    def branches(self) -> tuple[Branches, ...]:
        """What may follow each node."""
        return tuple(map(self._branches_of, self._nodes))

    def _branches_of(self, node: _Node) -> Branches:
        nodes = list(node.children.values())
        return Branches(
            np.array(list(node.children), dtype=np.int64),
            np.array(nodes, dtype=np.int64),
            np.array([self._nodes[each].symbol for each in nodes], dtype=np.int64),
            np.array([not self._nodes[each].children for each in nodes], dtype=np.bool_),
        )

    @cached_property
    def symbols(self) -> Rows:
        """The symbol that is spelled at each node, -1 where there is none."""
        return np.array([node.symbol for node in self._nodes], dtype=np.int64)

    @property
    def unclear(self) -> tuple[int, int] | None:
        """A symbol and a token that may go on with it as well as begin the next one.

        None where there is none: then a text is symbols in one way only.
        """
        begins = set(self._nodes[INSIDE].children)
        for node in self._nodes[2:]:
            both = begins & set(node.children)
            if node.symbol != NO_SYMBOL and both:
                return node.symbol, min(both)
        return None
