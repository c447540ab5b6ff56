"""Where two states of a world part: exact boundaries and separations (docs/paper.md, section 1).

The boundary of (q1, q2) holds the minimal strings of L(q1) minus L(q2): every proper
prefix is legal from both states, the whole string from q1 only. It is found breadth-first
over pairs of states (the product automaton): one layer of pairs per symbol read. Strings
are counted by dynamic programming, listed while they are few, and drawn uniformly when
they are too many to list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from nerode.errors import InvalidParameter, NoTrial
from nerode.worlds.world import Separates, State, World

String = tuple[int, ...]
"""A continuation: symbols, first to last."""

MOST_PAIRS = 200_000
"""How many pairs of states `separation` looks at before it gives up."""

_FEW = 12  # symbols, among which looking through all is faster than a set
_FEW_PREFIXES = 500  # so many are followed without a look at whether they lead anywhere


class Node(NamedTuple):
    """One pair of different states, in one layer of the product automaton."""

    parting: tuple[int, ...]
    """Symbols legal from the first state only: each ends a boundary string."""
    shared: tuple[tuple[int, int], ...]
    """Symbols legal from both, each with the place of the pair it leads to in the next layer."""


@dataclass(frozen=True)
class Boundary:
    """The boundary of two states, cut at a length of `len(counts)` symbols.

    `counts[k]` is the exact number of boundary strings of k + 1 symbols. `layers[k]` holds
    the pairs of states that k symbols lead to, from the one pair in `layers[0]` on.
    """

    counts: tuple[int, ...]
    layers: tuple[tuple[Node, ...], ...] = field(repr=False)

    @property
    def total(self) -> int:
        """Number of boundary strings of all lengths."""
        return sum(self.counts)

    def strings(self) -> Iterator[String]:
        """All boundary strings, the shorter first, those of one length in lexicographic order.

        Lazy and in little memory, so that a long listing can be cut short.
        """
        prefixes: list[tuple[String, int]] | None = [((), 0)] if self.layers[0] else []
        for length, count in enumerate(self.counts, start=1):
            if prefixes is None:
                yield from self._strings_of(length) if count else ()
                continue
            here = [(string, self.layers[length - 1][place]) for string, place in prefixes]
            for string, node in here:
                for symbol in node.parting:
                    yield (*string, symbol)
            # From here on only the prefixes of boundary strings are followed, or there are few.
            prefixes = None
            if sum(len(node.shared) for _, node in here) <= _FEW_PREFIXES:
                prefixes = [
                    ((*string, symbol), place)
                    for string, node in here
                    for symbol, place in node.shared
                ]

    def _strings_of(self, length: int) -> Iterator[String]:
        """The boundary strings of exactly `length` symbols, depth-first."""
        stack: list[tuple[String, int]] = [((), 0)]
        while stack:
            string, place = stack.pop()
            node = self.layers[len(string)][place]
            left = length - len(string)
            if left == 1:
                yield from ((*string, symbol) for symbol in node.parting)
                continue
            lengths = self._lengths[len(string) + 1]
            stack += [
                ((*string, symbol), after)
                for symbol, after in reversed(node.shared)
                if lengths[after] >> (left - 2) & 1
            ]

    @cached_property
    def _lengths(self) -> list[list[int]]:
        """Per node, as bits: bit k is set where a boundary string ends k + 1 symbols later."""
        lengths: list[list[int]] = [[]]
        for layer in reversed(self.layers):
            after, here = lengths[-1], []
            for node in layer:
                bits = int(bool(node.parting))
                for _, place in node.shared:
                    bits |= after[place] << 1
                here.append(bits)
            lengths.append(here)
        return lengths[::-1]

    @cached_property
    def _totals(self) -> list[list[int]]:
        """Per node: how many boundary strings go on from there, within the depth."""
        totals: list[list[int]] = [[]]
        for layer in reversed(self.layers):
            after = totals[-1]
            totals.append([len(n.parting) + sum(after[p] for _, p in n.shared) for n in layer])
        return totals[::-1]

    def sample(self, rng: np.random.Generator, n: int) -> list[String]:
        """Draw `n` different boundary strings; every set of n is (exactly) equally probable.

        They come in the order of `strings`. Raises InvalidParameter where there are fewer.
        """
        if not 0 <= n <= self.total:
            message = f"expected to draw 0 to {self.total} boundary strings, got {n}"
            raise InvalidParameter(message)
        ranks: set[int] = set()
        for last in range(self.total - n, self.total):  # Floyd's draw of n distinct ranks
            rank = _draw_below(rng, last + 1)
            ranks.add(last if rank in ranks else rank)
        return sorted((self._string_at(rank) for rank in ranks), key=lambda s: (len(s), s))

    def _string_at(self, rank: int) -> String:
        """The boundary string of this rank (0 to total - 1), in the order of a walk of the tree."""
        string: list[int] = []
        node, depth = self.layers[0][0], 0
        while rank >= len(node.parting):
            rank -= len(node.parting)
            depth += 1
            for symbol, place in node.shared:
                below = self._totals[depth][place]
                if rank < below:
                    string.append(symbol)
                    node = self.layers[depth][place]
                    break
                rank -= below
        return (*string, node.parting[rank])

    def strings_or_sample(self, limit: int, rng: np.random.Generator) -> list[String]:
        """All boundary strings where there are at most `limit`, else `limit` drawn by `sample`.

        `rng` is used in the second case only.
        """
        return list(self.strings()) if self.total <= limit else self.sample(rng, limit)


def _draw_below(rng: np.random.Generator, bound: int) -> int:
    """A whole number from 0 to bound - 1, exactly uniform however large `bound` is."""
    if bound <= 1 << 63:
        return int(rng.integers(bound))
    bits = (bound - 1).bit_length()
    while True:
        number = int.from_bytes(rng.bytes((bits + 7) // 8), "little") >> (-bits % 8)
        if number < bound:
            return number


def boundary(world: World[State], state1: State, state2: State, depth: int) -> Boundary:
    """The boundary of (`state1`, `state2`): its strings of at most `depth` symbols.

    Equal states have an empty one. Where the world offers `separation`, pairs that cannot
    part within what is left of the depth are not followed. Raises InvalidParameter for a
    depth below 1.
    """
    if depth < 1:
        message = f"expected a boundary depth of at least 1, got {depth}"
        raise InvalidParameter(message)
    # Legal symbols and steps are not remembered: one string leads to both states of a pair, so
    # where a state is met again its pair mostly is too.
    legal, step = world.legal, world.step
    can_part = _can_part(world)
    frontier = {(state1, state2): 0} if can_part(state1, state2, depth) else {}
    ways = [1]  # to each pair of the layer: the number of strings that lead there
    counts = [0] * depth
    layers: list[tuple[Node, ...]] = [()] * depth
    for layer in range(depth):
        if not frontier:
            break
        left = depth - 1 - layer
        nodes: list[Node] = []
        following: dict[tuple[State, State], int] = {}
        ways_on: list[int] = []
        for (here1, here2), place in frontier.items():
            common, legal2 = legal(here1), legal(here2)
            parting: tuple[int, ...] = ()
            if common != legal2:
                parting, common = _compared(common, legal2)
            counts[layer] += ways[place] * len(parting)
            shared = []
            for symbol in common if left else ():
                pair = step(here1, symbol), step(here2, symbol)
                after = following.get(pair)
                if after is None:
                    if not can_part(*pair, left):
                        continue
                    after = following[pair] = len(following)
                    ways_on.append(0)
                ways_on[after] += ways[place]
                shared.append((symbol, after))
            nodes.append(Node(parting, tuple(shared)))
        layers[layer] = tuple(nodes)
        frontier, ways = following, ways_on
    return Boundary(tuple(counts), tuple(layers))


def boundaries(
    world: World[State], state1: State, state2: State, depth: int
) -> tuple[Boundary, Boundary]:
    """The boundaries of two different states in both directions.

    Where no string of at most `depth` symbols distinguishes the states, they are taken at the
    shortest length at which one does. Raises NoTrial where none does, and as `boundary` and
    `separation` do.
    """
    both = boundary(world, state1, state2, depth), boundary(world, state2, state1, depth)
    if any(found.total for found in both):
        return both
    deeper = separation(world, state1, state2)
    if deeper is None:
        message = f"expected different states to differ, {state1!r} and {state2!r} do not"
        raise NoTrial(message)
    return boundary(world, state1, state2, deeper), boundary(world, state2, state1, deeper)


def _compared(
    legal1: tuple[int, ...], legal2: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Symbols legal from the first state only, and from both."""
    others = legal2 if len(legal2) <= _FEW else frozenset(legal2)
    parting = tuple([symbol for symbol in legal1 if symbol not in others])
    return parting, tuple([symbol for symbol in legal1 if symbol in others])


def _can_part(world: World[State]) -> Callable[[State, State, int], bool]:
    """Whether two states may differ within so many symbols, as far as the world tells."""
    # Not isinstance(world, Separates): that takes as long as a whole boundary may.
    separation: Callable[[State, State], int | None] | None = getattr(world, "separation", None)
    if separation is None:
        return lambda state1, state2, _: state1 != state2

    def can_part(state1: State, state2: State, within: int) -> bool:
        soonest = separation(state1, state2)
        return soonest is not None and soonest <= within

    return can_part


def separation(
    world: World[State], state1: State, state2: State, cap: int = MOST_PAIRS
) -> int | None:
    """Length of the shortest string that is legal from exactly one of two states.

    None where no string is: equal states. Asks the world where it offers `separation`,
    else searches. Raises NoTrial where `cap` pairs of states do not decide it.
    """
    if isinstance(world, Separates):
        return world.separation(state1, state2)
    return search_separation(world, state1, state2, cap=cap)


def search_separation(
    world: World[State], state1: State, state2: State, *, cap: int, depth: int | None = None
) -> int | None:
    """`separation`, breadth-first over unordered pairs of states, whatever the world offers.

    Raises NoTrial where strings of `depth` symbols, or `cap` pairs, do not decide it.
    """
    frontier = [(state1, state2)] if state1 != state2 else []
    seen = set(frontier)
    length = 0
    while frontier:
        length += 1
        if depth is not None and length > depth:
            message = f"no continuation of {depth} symbols tells two states of {world.name} apart"
            raise NoTrial(message)
        following = []
        for here1, here2 in frontier:
            symbols = world.legal(here1)
            if symbols != world.legal(here2):
                return length
            for symbol in symbols:
                pair = world.step(here1, symbol), world.step(here2, symbol)
                if pair[0] == pair[1] or pair in seen or pair[::-1] in seen:
                    continue
                if len(seen) >= cap:
                    message = f"{cap} pairs of states do not tell two states of {world.name} apart"
                    raise NoTrial(message)
                seen.add(pair)
                following.append(pair)
        frontier = following
    return None
