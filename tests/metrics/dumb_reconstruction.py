"""Map reconstruction by docs/paper.md, section 2: lists, sets and a real breadth-first search.

Nothing is assumed of the streets and nothing is undone; they are kept by where they begin.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from nerode.worlds.streets.street_map import StreetMap

Step = tuple[int, int]
"""A crossing and the label of a street that leaves it."""


@dataclass
class Street:
    origin: int
    label: int
    to: int
    kind: str
    needed_by: list[int] = field(default_factory=list)


@dataclass
class DumbMap:
    world: StreetMap
    degree: int
    miles: float
    leaving: dict[int, list[Street]] = field(default_factory=dict)
    given_up: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        labels = self.world.index
        self.leaving = {node: [] for node in range(len(self.world.names))}
        for u, label, v in self.world.streets:
            self.leaving[u].append(Street(u, labels[label], v, "unused"))

    def crossings(self) -> list[int]:
        """All, by ascending id."""
        numbers = range(len(self.world.names))
        if all(name.isdigit() for name in self.world.names):
            return sorted(numbers, key=lambda node: int(self.world.names[node]))
        return list(numbers)

    def add(self, number: int, sequence: Sequence[int]) -> None:
        origin, destination, *labels, _end = sequence
        first = self.world.first_node
        path, done = self.walk(origin - first, destination - first, labels)
        if not done:
            self.given_up.append(number)
        for street in path:
            if number not in street.needed_by:
                street.needed_by.append(number)

    def walk(self, origin: int, destination: int, labels: list[int]) -> tuple[list[Street], bool]:
        """The streets that are used, and whether they are a way to the destination."""
        path = self.use(self.search(origin, destination, labels, None))
        while len(path) < len(labels):
            here = path[-1].to if path else origin
            label = labels[len(path)]
            if not path and not self.has_room(here, label, set()):
                return path, False
            rest = labels[len(path) + 1 :]
            best: list[Street] = []
            if not rest:
                if not self.near(here, destination):
                    return path, False
                target = destination
            else:
                for node in self.crossings():
                    if not self.near(here, node):
                        continue
                    found = self.search(node, destination, rest, (here, label))
                    if len(found) > len(best):
                        best, target = found, node
                if not best:
                    return path, False
            self.leaving[here].append(Street(here, label, target, "new"))
            path += [self.leaving[here][-1], *self.use(best)]
        return path, True

    def use(self, path: list[Street]) -> list[Street]:
        for street in path:
            if street.kind == "unused":
                street.kind = "true"
        return path

    def search(  # noqa: C901 - it is one search
        self, source: int, destination: int, labels: list[int], pending: Step | None
    ) -> list[Street]:
        """A way that spells the labels; else the longest beginning that can be gone on from."""
        begun = frozenset([pending] if pending else [])
        waiting: deque[tuple[int, list[Street], frozenset[Step]]] = deque([(source, [], begun)])
        longest: list[Street] = []
        while waiting:
            here, path, taken = waiting.popleft()
            label = labels[len(path)]
            for street in self.leaving[here]:
                if street.label != label:
                    continue
                after = taken
                if street.kind == "unused":
                    if (here, label) == pending:
                        continue
                    if (here, label) not in taken:
                        if not self.has_room(here, label, taken):
                            continue
                        after = taken | {(here, label)}
                longer = [*path, street]
                if len(longer) == len(labels):
                    if street.to == destination:
                        return longer
                    continue
                waiting.append((street.to, longer, after))
                room = self.has_room(street.to, labels[len(longer)], after)
                if room and len(longer) > len(longest):
                    longest = longer
        return longest

    def has_room(self, node: int, label: int, taken: frozenset[Step] | set[Step]) -> bool:
        """Whether one more street, with this label, may be used out of a crossing."""
        used = {street.label for street in self.leaving[node] if street.kind != "unused"}
        used |= {turn for at, turn in taken if at == node}
        return len(used) < self.degree and label not in used

    def near(self, here: int, there: int) -> bool:
        lat1, lon1, lat2, lon2 = (
            math.radians(degrees[node])
            for node in (here, there)
            for degrees in (self.world.lat, self.world.lon)
        )
        half = math.sin((lat2 - lat1) / 2) ** 2
        half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
        return 3958.8 * 2 * math.atan2(math.sqrt(half), math.sqrt(1 - half)) <= self.miles

    def table(self) -> list[tuple[int, int, int, str, int, int]]:
        """Origin, end, label, kind, first need, needs; in the order that is promised."""
        rows = []
        for node in self.crossings():
            leaving = self.leaving[node]
            true = [street for street in leaving if street.kind != "new"]
            neighbours = [to for to in self.crossings() if to in [street.to for street in true]]
            for street in leaving:
                if street.to not in neighbours:
                    neighbours.append(street.to)
            for neighbour in neighbours:
                for s in leaving:
                    if s.to == neighbour:
                        first = s.needed_by[0] if s.needed_by else -1
                        rows.append((s.origin, s.to, s.label, s.kind, first, len(s.needed_by)))
        return rows
