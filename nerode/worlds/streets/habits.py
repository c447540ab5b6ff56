"""The three policies on a street map, as habits: what comes next after any walk.

All of them draw origin and destination first. Then `shortest` takes the canonical way; `noisy` the
shortest way under one of 50 reweightings, of which the walk so far leaves some; and a walk of
`random` takes any street, and happens to end at its destination after 3 to 96 turns, each number as
likely as another. Who draws by these policies throws away what does not fit and begins anew, so
that all probabilities are conditional on a walk that was kept.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from nerode.errors import IllegalSymbol
from nerode.worlds.habits import Habit, HabitRow, Memory
from nerode.worlds.streets.limits import FEWEST_TURNS, MOST_TURNS
from nerode.worlds.streets.policies import REWEIGHTINGS, reweighted
from nerode.worlds.streets.routes import Routes
from nerode.worlds.world import AnyStreetPlan

_ROOM = 1 << 28  # bytes of tables of random walks to keep
_NOWHERE = -1


class WalkState(NamedTuple):
    """State of a walk: `at` and `destination` are -1 before the prompt has given them.

    `kept` is what the policy has in mind: turns made (`random`), or the reweightings that are
    left, as bits (`noisy`).
    """

    at: int
    destination: int
    kept: int


def street_habit(world: AnyStreetPlan, policy: str, seed: int) -> Habit:
    """The habit of `shortest`, `noisy` or `random`; `seed` is that of the noisy sequences."""
    if policy == "shortest":
        return ShortestHabits(world, [world.routes])
    if policy == "noisy":
        return ShortestHabits(world, [reweighted(world, seed, at) for at in range(REWEIGHTINGS)])
    return RandomWalk(world)


class _Walker(Habit):
    """Follows walks from the prompt on; what comes next is each policy's."""

    def __init__(self, world: AnyStreetPlan) -> None:
        self.world = world
        self.first_node = world.first_node
        self.symbols = len(world.alphabet)
        self.nodes = len(world.names)

    def begin(self) -> Memory:
        """No symbol is read."""
        return WalkState(_NOWHERE, _NOWHERE, 0)

    def after(self, memory: WalkState, symbol: int) -> Memory | None:
        """The walk with one symbol more; None after an illegal one, and after END."""
        at, destination = memory.at, memory.destination
        if destination < 0:
            node = symbol - self.first_node
            if node < 0:
                return None
            return WalkState(node, _NOWHERE, 0) if at < 0 else WalkState(at, node, self.first())
        to = int(self.world.turns[at, symbol]) if 0 < symbol < self.first_node else _NOWHERE
        return None if to < 0 else WalkState(to, destination, self.keep(memory, symbol))

    def expects(self, memory: WalkState) -> HabitRow:
        """Origins or destinations while the prompt is read, then turns and END."""
        row = np.zeros(self.symbols)
        if memory.destination < 0:
            weights = self.origins() if memory.at < 0 else self.destinations(memory.at)
            part = row[self.first_node :]
        else:
            weights, part = self.turns(memory), row[: self.first_node]
        total = weights.sum()
        if total > 0:
            part[:] = weights / total
        return row

    def along(self, symbols: NDArray[np.int64]) -> NDArray[np.float32]:
        """As of any habit; rows of the prompt, which every sequence has, are kept."""
        rows = np.zeros((len(symbols), self.symbols), dtype=np.float32)
        walk: Memory | None = self.begin()
        walks: list[WalkState] = []
        for place, symbol in enumerate(symbols.tolist()):
            if not isinstance(walk, WalkState):
                raise IllegalSymbol(
                    f"expected a legal sequence, got an illegal symbol at place {place - 1}"
                )
            if place < self.world.prompt_length:
                rows[place] = self._prompt(walk)
            else:
                walks.append(walk)
            walk = self.after(walk, symbol)
        if walks:
            weights = self.turns_along(walks)
            total = weights.sum(axis=1, keepdims=True)
            rows[self.world.prompt_length :, : self.first_node] = np.divide(
                weights, total, out=np.zeros_like(weights), where=total > 0
            )
        return rows

    @cached_property
    def _prompt(self) -> Callable[[WalkState], HabitRow]:
        return lru_cache(maxsize=1 << 10)(self.expects)

    def turns_along(self, walks: Sequence[WalkState]) -> NDArray[np.float64]:
        """How likely END and each turn is at each place of one walk: (walks, first_node)."""
        return np.stack([self.turns(walk) for walk in walks])

    def first(self) -> int:
        """What is kept in mind where the walk begins."""
        return 0

    @abstractmethod
    def keep(self, walk: WalkState, symbol: int) -> int:
        """What is kept in mind after one more turn."""

    @abstractmethod
    def origins(self) -> HabitRow:
        """How likely each origin is, but for a factor: (nodes,)."""

    @abstractmethod
    def destinations(self, origin: int) -> HabitRow:
        """How likely each destination is, but for a factor: (nodes,)."""

    @abstractmethod
    def turns(self, walk: WalkState) -> HabitRow:
        """How likely END (0) and each turn is, but for a factor: (first_node,)."""


class ShortestHabits(_Walker):
    """The shortest way under one of some lengths of the streets, each of them as likely.

    Every turn leaves those lengths under which it is the shortest way's; where it leaves none, the
    walk goes on from there as if it began there. Pairs of origin and destination are as likely as
    each other where a way of at most 96 turns joins them, under the map's own lengths (on maps too
    large to search for all ways at once: all pairs are).
    """

    def __init__(self, world: AnyStreetPlan, routes: list[Routes]) -> None:
        super().__init__(world)
        self.routes = routes
        self._all = (1 << len(routes)) - 1
        self._choices = lru_cache(maxsize=1 << 17)(self._find)

    def first(self) -> int:
        """All lengths are left."""
        return self._all

    def _find(self, at: int, destination: int) -> dict[int, int]:
        """Each next turn on a way to a destination, END (0) there: the lengths it is of, as bits.

        Nothing where no way leads there in time.
        """
        if at == destination:
            return {0: self._all}
        found: dict[int, int] = {}
        wanted = np.array([destination])
        for number, routes in enumerate(self.routes):
            ways = routes.turns_to(wanted, MOST_TURNS)
            turn = int(ways.table[ways.row[destination], at])
            if turn:
                found[turn] = found.get(turn, 0) | 1 << number
        return found

    def keep(self, walk: WalkState, symbol: int) -> int:
        """The lengths that are left after this turn."""
        return self._choices(walk.at, walk.destination).get(symbol, 0) & walk.kept or self._all

    @cached_property
    def _joined(self) -> NDArray[np.bool_]:
        """Whether a way joins each destination (row) with each origin (column)."""
        joined = ~np.eye(self.nodes, dtype=np.bool_)
        routes = self.world.routes
        if routes.most_destinations == self.nodes:
            ways = routes.turns_to(np.arange(self.nodes), MOST_TURNS)
            joined &= ways.table[ways.row] > 0
        return joined

    def origins(self) -> HabitRow:
        """As many as there are destinations."""
        weights: HabitRow = self._joined.sum(axis=0).astype(np.float64)
        return weights

    def destinations(self, origin: int) -> HabitRow:
        """Each one that a way leads to."""
        weights: HabitRow = self._joined[:, origin].astype(np.float64)
        return weights

    def turns(self, walk: WalkState) -> HabitRow:
        """The next turn of each way that is left."""
        row = np.zeros(self.first_node)
        for turn, lengths in self._choices(walk.at, walk.destination).items():
            row[turn] = (lengths & walk.kept).bit_count()
        return row


class RandomWalk(_Walker):
    """A walk of 3 to 96 turns that takes any street; it is bound for where it happens to end.

    Who knows the destination knows more than that any street may follow: of the walks that go on
    from here, those count that end there in time.
    """

    def __init__(self, world: AnyStreetPlan) -> None:
        super().__init__(world)
        self._kept: OrderedDict[int, NDArray[np.float64]] = OrderedDict()

    @cached_property
    def _step(self) -> csr_array:
        """Chance of each street: (from, to). Those of one end count together."""
        nodes, labels = np.nonzero(self.world.turns >= 0)
        to = self.world.turns[nodes, labels]
        return csr_array((1 / self._degrees[nodes], (nodes, to)), shape=(self.nodes, self.nodes))

    @cached_property
    def _degrees(self) -> HabitRow:
        degrees: HabitRow = (self.world.turns >= 0).sum(axis=1).astype(np.float64)
        return degrees

    def keep(self, walk: WalkState, symbol: int) -> int:  # noqa: ARG002 - whichever turn it was
        """One turn more."""
        return min(walk.kept + 1, MOST_TURNS + 1)

    def origins(self) -> HabitRow:
        """How many walks from each are not stuck, over all lengths."""
        return self._over_lengths(np.ones(self.nodes), self._step)

    def destinations(self, origin: int) -> HabitRow:
        """Where walks from the origin end, over all lengths."""
        begin = np.zeros(self.nodes)
        begin[origin] = 1
        return self._over_lengths(begin, csr_array(self._step.T))

    def _over_lengths(self, vector: HabitRow, step: csr_array) -> HabitRow:
        total = np.zeros(self.nodes)
        for turns in range(1, MOST_TURNS + 1):
            vector = step @ vector
            if turns >= FEWEST_TURNS:
                total += vector
        return total

    def _ends(self, destination: int) -> NDArray[np.float64]:
        """Chance that a walk ends at the destination, summed over its lengths: (98, nodes).

        Row k, column i: of a walk that stands at i after k turns and will have 3 to 96, times 94.
        """
        found = self._kept.pop(destination, None)
        if found is None:
            found = np.zeros((MOST_TURNS + 2, self.nodes))
            for turns in range(MOST_TURNS, -1, -1):
                found[turns] = self._step @ found[turns + 1]
                found[turns, destination] += turns >= FEWEST_TURNS
        self._kept[destination] = found
        while len(self._kept) > 1 and len(self._kept) * found.nbytes > _ROOM:
            self._kept.popitem(last=False)
        return found

    def turns_along(self, walks: Sequence[WalkState]) -> NDArray[np.float64]:
        """As `turns`, at all places of one walk at once."""
        at, destination, made = (np.array(each) for each in zip(*walks, strict=True))
        onward = self.world.turns[at]  # (walks, first_node)
        ends = self._ends(int(destination[0]))
        rows = np.where(
            (onward >= 0) & (made <= MOST_TURNS)[:, None],
            ends[np.minimum(made + 1, MOST_TURNS + 1)[:, None], onward],
            0.0,
        )
        rows /= np.maximum(1.0, self._degrees[at])[:, None]
        rows[:, 0] = (at == destination) & (made >= FEWEST_TURNS) & (made <= MOST_TURNS)
        return rows

    def turns(self, walk: WalkState) -> HabitRow:
        """END where the walk may have ended, and each street by how it may go on."""
        row = np.zeros(self.first_node)
        made = walk.kept
        if made > MOST_TURNS:
            return row
        row[0] = walk.at == walk.destination and made >= FEWEST_TURNS
        there = np.flatnonzero(self.world.turns[walk.at] >= 0)
        onward = self._ends(walk.destination)[made + 1, self.world.turns[walk.at, there]]
        row[there] = onward / max(1.0, self._degrees[walk.at])
        return row
