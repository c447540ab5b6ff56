"""A city of streets: sequences are `origin destination turn ... end` (docs/paper.md, section 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nerode.errors import NoTrial, WorldError
from nerode.worlds.habits import Habit
from nerode.worlds.policies import Policy, Streamed
from nerode.worlds.streets.equivalence import Twins
from nerode.worlds.streets.files import LABELS, LabelledStreet, read_streets
from nerode.worlds.streets.limits import LONGEST
from nerode.worlds.streets.map_plan import MapPlan
from nerode.worlds.streets.routes import Routes, Ways
from nerode.worlds.streets.table import backward_depths, labels_of, length_table, turn_table
from nerode.worlds.world import END, StreetPlan

_CHOOSE = -1  # destination not chosen yet
_LOST = -2  # destination out of reach
_DRAWS = 1000


class Place(NamedTuple):
    """A state: numbers of the intersection reached and of the destination.

    Negative numbers: (-1, -1) is the start, (i, -1) has read the origin i only, (i, -2)
    can no longer arrive, and (-2, -2) is over: nothing may follow.
    """

    at: int
    destination: int


_START = Place(-1, _CHOOSE)
_OVER = Place(-2, _LOST)


class StreetMap(StreetPlan[Place]):
    """Intersections joined by one-way streets, each labelled with one of eight directions.

    Any intersection may be origin and destination; turns follow the streets; END is legal
    exactly at the destination, where turns stay legal too; nothing is legal after END.

    Symbol 0 is END, then come the turns (`directions`), then the intersections: `first_node` + i
    names intersection i. Directions that no street has are no symbols, unless `directions` says
    which turns the alphabet has.

    Lengths are whole millimetres. Where several intersections allow the same turns for
    ever (`Twins.kind`), a street's length is that of the first of them, so that states
    with equal futures have equal costs.

    Raises WorldError where the arguments do not make a map.
    """

    prompt_length = 2
    start = _START

    def __init__(
        self,
        names: Sequence[str],
        lat: ArrayLike,
        lon: ArrayLike,
        streets: Iterable[LabelledStreet],
        *,
        name: str,
        attribution: str | None = None,
        directions: Sequence[str] | None = None,
    ) -> None:
        self.name = name
        self.attribution = attribution
        """Whose data it is, where that must be told wherever the map is shown."""
        self.names = tuple(names)
        """Name of each intersection."""
        self.lat = _degrees(lat, 90, len(self.names))
        """Latitude of each intersection in degrees."""
        self.lon = _degrees(lon, 180, len(self.names))
        """Longitude of each intersection in degrees."""
        if len({END, *LABELS, *self.names}) < 1 + len(LABELS) + len(self.names) or not self.names:
            raise WorldError(
                f"expected one or more intersections of {name}, each with a name of its own "
                f"other than {END} {' '.join(LABELS)}"
            )
        self.streets = tuple(sorted(streets, key=lambda street: (street[0], street[1])))
        """Every street: (from intersection, label, to intersection)."""
        self.directions = labels_of(self.streets) if directions is None else tuple(directions)
        """The turns of the alphabet, clockwise from north: the labels that streets have."""
        self.first_node = 1 + len(self.directions)
        """Symbol `first_node` + i names intersection i."""
        used = labels_of(self.streets)
        self.unused_symbols = tuple(label for label in LABELS if label not in used)
        self.alphabet = (END, *self.directions, *self.names)
        self.turns = turn_table(self.streets, len(self.names), self.directions)
        """Where symbol a leads from intersection i: turns[i, a], (nodes, first_node), -1: nowhere.
        """
        self._next = tuple(tuple(row) for row in self.turns.tolist())
        self._twins = Twins(self._next)
        self.lengths = length_table(self.turns, self.lat, self.lon, self._twins.kind)
        """Length of those streets in millimetres: (nodes, first_node), 0 where there is none."""
        self.routes = Routes(self.turns, self.lengths)
        """The shortest ways."""
        self._index_symbols()

    @classmethod
    def of(cls, plan: MapPlan, name: str) -> StreetMap:
        """The map of a plan."""
        return cls(plan.names, plan.lat, plan.lon, plan.streets, name=name)

    @classmethod
    def from_folder(cls, path: str | Path) -> StreetMap:
        """The map in a folder's nodes.csv and edges.csv, and its attribution.txt if any.

        Raises MissingFile and FormatError as `read_streets` does.
        """
        names, lat, lon, streets, attribution = read_streets(path)
        name = f"street-map:{path}"
        return cls(names, lat, lon, streets, name=name, attribution=attribution)

    def with_unused_symbols(self) -> StreetMap:
        """The same map with all eight directions in its alphabet."""
        if self.directions == LABELS:
            return self
        return self.changed(directions=LABELS)

    def changed(
        self,
        *,
        name: str | None = None,
        names: Sequence[str] | None = None,
        streets: Iterable[LabelledStreet] | None = None,
        directions: Sequence[str] | None = None,
    ) -> StreetMap:
        """The same map with something else in the place of what is given."""
        return StreetMap(
            self.names if names is None else names,
            self.lat,
            self.lon,
            self.streets if streets is None else streets,
            name=self.name if name is None else name,
            attribution=self.attribution,
            directions=self.directions if directions is None else directions,
        )

    def _index_symbols(self) -> None:
        """Prepare what `legal`, `step` and `sample_history` look up."""
        self._nodes = tuple(range(self.first_node, len(self.alphabet)))
        self._turning = tuple(
            tuple(turn for turn, to in enumerate(row) if to >= 0) for row in self._next
        )
        self._arrived = tuple((0, *turns) for turns in self._turning)
        incoming: list[list[tuple[int, int]]] = [[] for _ in self.names]
        for node, row in enumerate(self._next):
            for turn in self._turning[node]:
                incoming[row[turn]].append((node, turn))
        self._incoming = tuple(tuple(ways) for ways in incoming)
        self._depths = backward_depths(self.turns, LONGEST)
        self._first = lru_cache(maxsize=1 << 18)(self._find_first)

    def legal(self, state: Place) -> tuple[int, ...]:
        """Symbols that may follow in this state, ascending; `()` when nothing may."""
        at, destination = state
        if destination == _CHOOSE:
            return self._nodes
        if at == destination:
            return self._arrived[at] if at >= 0 else ()
        return self._turning[at]

    def step(self, state: Place, symbol: int) -> Place:
        """State after one more symbol. Raises IllegalSymbol where it is not legal."""
        at, destination = state
        if destination == _CHOOSE:
            if self.first_node <= symbol < len(self.alphabet):
                node = int(symbol) - self.first_node
                return Place(node, _CHOOSE) if at < 0 else self.place(at, node)
        elif at >= 0:
            if 0 < symbol < self.first_node:
                to = self._next[at][symbol]
                if to >= 0:
                    return self.place(to, destination)
            elif symbol == 0 and at == destination:
                return _OVER
        raise self.illegal(state, symbol)

    def place(self, at: int, destination: int) -> Place:
        """The state of a traveller at `at` bound for `destination` (or one lost already)."""
        twins = self._twins
        if destination >= 0 and twins.reached(at)[destination]:
            return Place(at, destination) if twins.alone[at] else self._first(at, destination)
        return Place(twins.kind[at], _LOST) if self._turning[at] else _OVER

    def _find_first(self, at: int, destination: int) -> Place:
        return Place(*self._twins.first(at, destination))

    def _ways(self, state: Place) -> Ways | None:
        """The ways to the state's destination, where it has one within reach."""
        return self.routes.to(state.destination) if state.destination >= 0 else None

    # What states and histories a trial may use

    def sample_state(self, rng: np.random.Generator) -> Place:
        """One state (i, d), uniform over the pairs that a trial may use.

        Those are the pairs with d != i within reach, close enough that `history_lengths`
        is not empty, and i with a street that leads to it. Raises NoTrial where none is
        found.
        """
        for _ in range(_DRAWS):
            at, destination = self._sample_pair(rng, LONGEST - 5)
            if self._depths[at]:
                return self.place(at, destination)
        raise NoTrial(f"no street leads to any of {_DRAWS} drawn intersections")

    def history_lengths(self, state: Place) -> range:
        """Lengths k + 2 for every number of turns k in 1 ... 100 - h - 4.

        h is the number of turns still to go (docs/paper.md, section 2). Lengths that no walk to
        this state can have are left out.
        """
        ways = self._ways(state)
        if ways is None:
            return range(0)
        pairs = self._twins.all(state.at, state.destination)
        depth = max(int(self._depths[node]) for node, _ in pairs)
        most = min(depth, LONGEST - 4 - int(ways.hops[state.at]))
        return range(self.prompt_length + 1, self.prompt_length + most + 1)

    def sample_history(
        self, state: Place, length: int, rng: np.random.Generator
    ) -> tuple[int, ...]:
        """A uniformly random walk backwards of `length` - 2 turns, read forwards.

        Where a state stands for several pairs (intersection, destination), one of them is
        drawn first; a walk that gets stuck is drawn anew. Raises NoTrial for a state that
        is not on the way to a destination, and where every walk gets stuck.
        """
        turns = length - self.prompt_length
        if state.destination < 0 or turns < 0:
            raise NoTrial(f"no history of {length} symbols is drawn for a state like {state}")
        pairs = self._twins.all(state.at, state.destination)
        for _ in range(_DRAWS):
            node, destination = pairs[rng.integers(len(pairs))] if len(pairs) > 1 else pairs[0]
            walk = self._walk_back(node, rng.random(turns).tolist())
            if walk is not None:
                return (walk[0], self.first_node + destination, *walk[1:])
        raise NoTrial("walks backwards run into an intersection that no street leads to")

    def _walk_back(self, node: int, shares: list[float]) -> list[int] | None:
        """Origin and turns of a walk that ends at `node`; None where it gets stuck."""
        walk: list[int] = []
        for share in shares:
            ways = self._incoming[node]
            if not ways:
                return None
            node, turn = ways[int(share * len(ways))]
            walk.append(turn)
        return [self.first_node + node, *reversed(walk)]

    # The goal: the destination, at the least length

    def sample_trip(self, rng: np.random.Generator) -> tuple[int, int]:
        """Symbols of origin and destination, uniform over pairs that a trip can join.

        Raises NoTrial where no such pair is found.
        """
        origin, destination = self._sample_pair(rng, self.steps_allowed(()) - 1)
        return self.first_node + origin, self.first_node + destination

    def toward_goal(self, state: Place) -> int | None:
        """Next symbol of the shortest way: END at the destination; None where there is none."""
        ways = self._ways(state)
        return None if ways is None else int(ways.turn[state.at])

    def steps_to_goal(self, state: Place) -> int | None:
        """Turns of the shortest way, and 1 for END; None where there is no way."""
        ways = self._ways(state)
        return None if ways is None else int(ways.hops[state.at]) + 1

    def cost_to_goal(self, state: Place) -> int | None:
        """Millimetres of the shortest way; None where there is no way."""
        ways = self._ways(state)
        return None if ways is None else int(ways.length[state.at])

    def cost(self, state: Place, symbol: int) -> int:
        """Millimetres of the street that a turn follows; 0 for other symbols.

        Raises IllegalSymbol where the symbol is not legal.
        """
        if symbol not in self.legal(state):
            raise self.illegal(state, symbol)
        return int(self.lengths[state.at, symbol]) if 0 < symbol < self.first_node else 0

    def steps_allowed(self, prompt: Sequence[int]) -> int:  # noqa: ARG002 (the same for all)
        """Symbols that may follow origin and destination, END included: 97."""
        return LONGEST - 1 - self.prompt_length

    def trace(self, symbols: Iterable[int]) -> list[int]:
        """Intersections that a sequence visits, its origin first, as far as streets lead."""
        visited: list[int] = []
        for position, symbol in enumerate(symbols):
            if position < self.prompt_length:
                if not self.first_node <= symbol < len(self.alphabet):
                    break
                if position == 0:
                    visited.append(int(symbol) - self.first_node)
                continue
            to = self._next[visited[-1]][symbol] if 0 < symbol < self.first_node else -1
            if to < 0:
                break
            visited.append(to)
        return visited

    # Sequences, and what comes next in them

    @property
    def policies(self) -> Mapping[str, Policy]:
        """`shortest`, `noisy` and `random`, compiled."""
        from nerode.worlds.streets.policies import STREET_POLICIES  # noqa: PLC0415 - loads numba

        return {name: Streamed(partial(draw, self)) for name, draw in STREET_POLICIES.items()}

    def habit(self, policy: str, seed: int) -> Habit | None:
        """The habit of each of these policies."""
        from nerode.worlds.streets.habits import street_habit  # noqa: PLC0415 - as above

        return street_habit(self, policy, seed) if policy in self.policies else None

    # What a probe may look for

    features = ("crossing",)

    @property
    def classes(self) -> tuple[str, ...]:
        """The intersections."""
        return self.names

    def labels(self, symbols: Sequence[int]) -> NDArray[np.int64]:
        """Intersection where the traveller is, from the prompt on: (symbols - 2, 1).

        Raises IllegalSymbol where a symbol before the last is not legal.
        """
        wanted = max(0, len(symbols) - self.prompt_length)
        visited = self.trace(symbols[:-1]) if wanted else []
        if len(visited) != wanted:
            self.run(symbols[:-1])  # tells which symbol it was
        return np.array(visited, dtype=np.int64).reshape(-1, 1)

    def _sample_pair(self, rng: np.random.Generator, hops: int) -> tuple[int, int]:
        """Two different intersections, uniform over those at most `hops` turns apart."""
        for _ in range(_DRAWS):
            origin, destination = rng.integers(len(self.names), size=2).tolist()
            if origin == destination or not self._twins.reached(origin)[destination]:
                continue
            if self.routes.to(destination).hops[origin] <= hops:
                return origin, destination
        raise NoTrial(f"{_DRAWS} drawn pairs of intersections had no way of at most {hops} turns")


def _degrees(values: ArrayLike, most: int, count: int) -> NDArray[np.float64]:
    array = np.array(values, dtype=np.float64)
    if array.shape != (count,) or not np.all(np.abs(array) <= most):
        raise WorldError(
            f"expected {count} coordinates from -{most} to {most} degrees, one for each "
            f"intersection, got {array.shape} values of which some may be out of range"
        )
    array.flags.writeable = False
    return array
