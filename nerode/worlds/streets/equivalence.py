"""Which intersections of a street map nobody can tell apart by the turns alone.

The state of a traveller is (intersection, destination). Two such states have equal
futures when the same turns are possible for ever and arrival comes at the same moments:

    (i, d) ~ (j, e)  iff  every pair (x, y) that one string of turns leads to from (i, j)
                          offers the same turns on both sides, and x = d exactly when y = e.

On a real map that is rare (a few one-way streets that merge, dead ends); on a torus it is
the rule: only the displacement counts. Both are decided exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Turns = tuple[tuple[int, ...], ...]
"""turns[i][a]: where turn a leads from intersection i; -1 where there is no such street."""

NONE = -1
_SEVERAL = -2


class _Walk(NamedTuple):
    """What the synchronised walk from a pair (i, j) meets, apart from equal pairs.

    `there[x]` is the one y that was met with x != y (or _SEVERAL), `back[y]` the one x.
    `met` holds the intersections where the two sides fell together.
    """

    there: dict[int, int]
    back: dict[int, int]
    met: tuple[int, ...]


class Twins:
    """The equivalence of (intersection, destination) pairs of one map, worked out on demand."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.kind = kinds(turns)
        """Smallest intersection with the same turns for ever, destinations left aside."""
        self._members: dict[int, list[int]] = defaultdict(list)
        for node, kind in enumerate(self.kind):
            self._members[kind].append(node)
        self.alone = [len(self._members[kind]) == 1 for kind in self.kind]
        """Whether no other intersection has the same turns for ever."""
        self._component = _components(turns)
        self._reached: dict[int, bytes] = {}
        self._walks: dict[tuple[int, int], _Walk] = {}

    def reached(self, node: int) -> bytes:
        """Byte d is 1 where intersection d can be reached from `node` (itself included)."""
        component = self._component[node]
        if component not in self._reached:
            seen = bytearray(len(self._turns))
            seen[node] = 1
            stack = [node]
            while stack:
                for to in self._turns[stack.pop()]:
                    if to >= 0 and not seen[to]:
                        seen[to] = 1
                        stack.append(to)
            self._reached[component] = bytes(seen)
        return self._reached[component]

    def first(self, node: int, destination: int) -> tuple[int, int]:
        """Smallest pair equivalent to (node, destination), which must be within reach."""
        for other in self._members[self.kind[node]]:
            partner = self._partner(node, destination, other)
            if partner != NONE:
                return other, partner
        message = f"{node} is not equivalent to itself"
        raise AssertionError(message)

    def all(self, node: int, destination: int) -> list[tuple[int, int]]:
        """Every pair equivalent to (node, destination), ascending."""
        if self.alone[node]:
            return [(node, destination)]
        pairs = [
            (other, self._partner(node, destination, other))
            for other in self._members[self.kind[node]]
        ]
        return [pair for pair in pairs if pair[1] != NONE]

    def _partner(self, node: int, destination: int, other: int) -> int:
        """The one e with (node, destination) ~ (other, e); NONE where there is none."""
        if node == other:
            return destination
        walk = self._walk(node, other)
        partner = self._opposite(walk.there, walk.met, destination)
        if partner >= 0 and self._opposite(walk.back, walk.met, partner) == destination:
            return partner
        return NONE

    def _opposite(self, side: dict[int, int], met: Iterable[int], node: int) -> int:
        """The one intersection met opposite `node`; negative where none or several were."""
        if any(self.reached(start)[node] for start in met):
            return _SEVERAL if node in side else node
        return side.get(node, NONE)

    def _walk(self, node: int, other: int) -> _Walk:
        if (node, other) not in self._walks:
            self._walks[node, other] = self._meet(node, other)
        return self._walks[node, other]

    def _meet(self, node: int, other: int) -> _Walk:
        pairs = {(node, other)}
        stack = [(node, other)]
        met: dict[int, int] = {}  # one intersection for each component is enough
        there: dict[int, int] = {}
        back: dict[int, int] = {}
        while stack:
            x, y = stack.pop()
            there[x] = y if there.get(x, y) == y else _SEVERAL
            back[y] = x if back.get(y, x) == x else _SEVERAL
            for to_x, to_y in zip(self._turns[x], self._turns[y], strict=True):
                if to_x < 0:
                    continue
                if to_x == to_y:
                    met[self._component[to_x]] = to_x
                elif (to_x, to_y) not in pairs:
                    pairs.add((to_x, to_y))
                    stack.append((to_x, to_y))
        return _Walk(there, back, tuple(met.values()))


def kinds(turns: Turns) -> list[int]:
    """Smallest intersection from which the same strings of turns can be walked.

    Hopcroft's refinement, in O(n log n): split by the turns on offer, then by where each
    turn leads, always going on with the smaller half.
    """
    into: list[dict[int, list[int]]] = [defaultdict(list) for _ in turns]
    offers: dict[tuple[bool, ...], set[int]] = defaultdict(set)
    for node, row in enumerate(turns):
        offers[tuple(to >= 0 for to in row)].add(node)
        for turn, to in enumerate(row):
            if to >= 0:
                into[to][turn].append(node)
    blocks = list(offers.values())
    block_of = {node: number for number, block in enumerate(blocks) for node in block}
    waiting = set(range(len(blocks)))
    while waiting:
        leading: dict[int, list[int]] = defaultdict(list)
        for to in blocks[waiting.pop()]:
            for turn, nodes in into[to].items():
                leading[turn].extend(nodes)
        for nodes in leading.values():
            waiting.update(_split(blocks, block_of, nodes))
    first = [min(block) for block in blocks]
    return [first[block_of[node]] for node in range(len(turns))]


def _split(blocks: list[set[int]], block_of: dict[int, int], nodes: Sequence[int]) -> list[int]:
    """Split every block that `nodes` cuts; numbers of the blocks to look at next.

    The larger half keeps its number: where the old block still waits, both halves do, and
    where it does not, the smaller half tells all that there is to tell.
    """
    touched: dict[int, set[int]] = defaultdict(set)
    for node in nodes:
        touched[block_of[node]].add(node)
    split: list[int] = []
    for number, inside in touched.items():
        outside = blocks[number] - inside
        if not outside:
            continue
        larger, smaller = (inside, outside) if len(inside) > len(outside) else (outside, inside)
        blocks[number] = larger
        new = len(blocks)
        blocks.append(smaller)
        for node in smaller:
            block_of[node] = new
        split.append(new)
    return split


def _components(turns: Turns) -> list[int]:
    table = np.array(turns, dtype=np.int64)
    nodes, labels = np.nonzero(table >= 0)
    ones = np.ones(len(nodes), dtype=np.int8)
    graph = csr_array((ones, (nodes, table[nodes, labels])), shape=(len(turns), len(turns)))
    numbers: list[int] = connected_components(graph, connection="strong")[1].tolist()
    return numbers
