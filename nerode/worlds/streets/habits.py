"""The policies on a street map, as habits: what comes next after any walk.

All of them draw origin and destination first. Then `shortest` takes the canonical way; `noisy` the
shortest way under one of 50 reweightings, of which the walk so far leaves some; `wandering` the
canonical way from wherever it is, with any street for one turn in five; and a walk of
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
from nerode.worlds.streets.policies import REWEIGHTINGS, WRONG_TURNS, reweighted
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
    if policy == "wandering":
        return Wandering(world)
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


class _Bridge(_Walker):
    """A walk that is kept only where it ends at its destination in time.

    Who knows the destination knows more than how the next turn is drawn: of the walks that go on
    from here, those count that end there.
    """

    def __init__(self, world: AnyStreetPlan) -> None:
        super().__init__(world)
        self._kept: OrderedDict[int, NDArray[np.float64]] = OrderedDict()

    @cached_property
    def degrees(self) -> HabitRow:
        """Streets out of each crossing: (nodes,)."""
        degrees: HabitRow = (self.world.turns >= 0).sum(axis=1).astype(np.float64)
        return degrees

    @cached_property
    def even_step(self) -> csr_array:
        """Chance of each street where all are as likely: (from, to). Those of one end add up."""
        nodes, labels = np.nonzero(self.world.turns >= 0)
        to = self.world.turns[nodes, labels]
        return csr_array((1 / self.degrees[nodes], (nodes, to)), shape=(self.nodes, self.nodes))

    def keep(self, walk: WalkState, symbol: int) -> int:  # noqa: ARG002 - whichever turn it was
        """One turn more."""
        return min(walk.kept + 1, MOST_TURNS + 1)

    @abstractmethod
    def find_ends(self, destination: int) -> NDArray[np.float64]:
        """How likely a walk is to end at the destination in time, but for a factor: (98, nodes).

        Row k, column i: of a walk that stands at i after k turns.
        """

    @abstractmethod
    def chances(self, at: NDArray[np.int64], destination: int) -> NDArray[np.float64]:
        """How likely each turn is before any walk is thrown away: (places, first_node)."""

    @abstractmethod
    def may_end(
        self, at: NDArray[np.int64], destination: int, made: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Where a walk that has made so many turns may end: (places,)."""

    def ends(self, destination: int) -> NDArray[np.float64]:
        """As `find_ends`, of which the latest are kept."""
        found = self._kept.pop(destination, None)
        if found is None:
            found = self.find_ends(destination)
        self._kept[destination] = found
        while len(self._kept) > 1 and len(self._kept) * found.nbytes > _ROOM:
            self._kept.popitem(last=False)
        return found

    def turns_along(self, walks: Sequence[WalkState]) -> NDArray[np.float64]:
        """As `turns`, at all places of one walk at once."""
        at, destinations, made = (np.array(each) for each in zip(*walks, strict=True))
        destination = int(destinations[0])
        onward = self.world.turns[at]  # (places, first_node)
        ends = self.ends(destination)
        rows = np.where(
            (onward >= 0) & (made <= MOST_TURNS)[:, None],
            ends[np.minimum(made + 1, MOST_TURNS + 1)[:, None], onward],
            0.0,
        )
        rows *= self.chances(at, destination)
        rows[:, 0] = self.may_end(at, destination, made) & (made <= MOST_TURNS)
        return rows

    def turns(self, walk: WalkState) -> HabitRow:
        """END where the walk may have ended, and each street by how it may go on."""
        row: HabitRow = self.turns_along([walk])[0]
        return row


class RandomWalk(_Bridge):
    """A walk of 3 to 96 turns that takes any street; it is bound for where it happens to end."""

    def origins(self) -> HabitRow:
        """How many walks from each are not stuck, over all lengths."""
        return self._over_lengths(np.ones(self.nodes), self.even_step)

    def destinations(self, origin: int) -> HabitRow:
        """Where walks from the origin end, over all lengths."""
        begin = np.zeros(self.nodes)
        begin[origin] = 1
        return self._over_lengths(begin, csr_array(self.even_step.T))

    def _over_lengths(self, vector: HabitRow, step: csr_array) -> HabitRow:
        total = np.zeros(self.nodes)
        for turns in range(1, MOST_TURNS + 1):
            vector = step @ vector
            if turns >= FEWEST_TURNS:
                total += vector
        return total

    def find_ends(self, destination: int) -> NDArray[np.float64]:
        """Of a walk that will have 3 to 96 turns: its chance times 94."""
        found = np.zeros((MOST_TURNS + 2, self.nodes))
        for turns in range(MOST_TURNS, -1, -1):
            found[turns] = self.even_step @ found[turns + 1]
            found[turns, destination] += turns >= FEWEST_TURNS
        return found

    def chances(self, at: NDArray[np.int64], destination: int) -> NDArray[np.float64]:  # noqa: ARG002
        """Any street."""
        chances = 1 / np.maximum(1.0, self.degrees[at])
        return np.broadcast_to(chances[:, None], (len(at), self.first_node))

    def may_end(
        self, at: NDArray[np.int64], destination: int, made: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """At the destination, after 3 turns."""
        ended: NDArray[np.bool_] = (at == destination) & (made >= FEWEST_TURNS)
        return ended


class Wandering(_Bridge):
    """The shortest way from wherever it is, with any street for one turn in five."""

    def __init__(self, world: AnyStreetPlan) -> None:
        super().__init__(world)
        self._shortest = ShortestHabits(world, [world.routes])

    def origins(self) -> HabitRow:
        """As of shortest ways."""
        return self._shortest.origins()

    def destinations(self, origin: int) -> HabitRow:
        """As of shortest ways."""
        return self._shortest.destinations(origin)

    def _way(self, destination: int) -> NDArray[np.int64]:
        """The turn of the shortest way from each crossing; 0 where there is none: (nodes,)."""
        ways = self.world.routes.turns_to(np.array([destination]), MOST_TURNS)
        way: NDArray[np.int64] = ways.table[ways.row[destination]].astype(np.int64)
        way[destination] = 0
        return way

    def find_ends(self, destination: int) -> NDArray[np.float64]:
        """The chance that the walk arrives within 96 turns."""
        way = self._way(destination)
        there = np.flatnonzero(way)
        to = self.world.turns[there, way[there]]
        found = np.zeros((MOST_TURNS + 2, self.nodes))
        for turns in range(MOST_TURNS, -1, -1):
            after = found[turns + 1]
            lost = self.even_step @ after
            found[turns] = lost
            found[turns, there] = WRONG_TURNS * lost[there] + (1 - WRONG_TURNS) * after[to]
            found[turns, destination] = 1.0
        return found

    def chances(self, at: NDArray[np.int64], destination: int) -> NDArray[np.float64]:
        """Mostly the way's turn; any street where no way leads there."""
        way = self._way(destination)[at]
        even = 1 / np.maximum(1.0, self.degrees[at])
        chances = np.where(way > 0, WRONG_TURNS, 1.0)[:, None] * even[:, None]
        chances = np.repeat(chances, self.first_node, axis=1)
        on_way = np.flatnonzero(way)
        chances[on_way, way[on_way]] += 1 - WRONG_TURNS
        chances[at == destination] = 0.0  # there it ends
        return chances

    def may_end(
        self,
        at: NDArray[np.int64],
        destination: int,
        made: NDArray[np.int64],  # noqa: ARG002
    ) -> NDArray[np.bool_]:
        """At the destination."""
        arrived: NDArray[np.bool_] = at == destination
        return arrived
