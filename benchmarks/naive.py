"""Sequences of a street map made one at a time in plain Python: slow, and obviously right."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Hashable, Iterable
from itertools import count

from nerode.worlds.street_map import FIRST_NODE, Place, StreetMap

END_SYMBOL = 0
"""END, on every street map."""

Streets = Callable[[Hashable], Iterable[tuple[int, Hashable, int]]]
"""Every street out of a place: its turn, where it leads, its length."""


def random_walk(world: StreetMap, rng: random.Random, turns: tuple[int, int]) -> list[int]:
    """A walk of so many turns (least, most) from anywhere, bound for where it ends."""
    while True:
        origin = FIRST_NODE + rng.randrange(len(world.names))
        state = world.run((origin, origin))  # the destination does not matter to the turns
        walk: list[int] = []
        for _ in range(rng.randint(*turns)):
            ways = [symbol for symbol in world.legal(state) if symbol != END_SYMBOL]
            if not ways:
                break
            walk.append(rng.choice(ways))
            state = world.step(state, walk[-1])
        else:
            end = world.trace([origin, origin, *walk])[-1]
            return [origin, FIRST_NODE + end, *walk, END_SYMBOL]


def shortest_way(
    streets: Streets, origin: Hashable, arrived: Callable[[Hashable], bool]
) -> tuple[list[int], int] | None:
    """Turns and length of a shortest way, by Dijkstra's search; None where there is none."""
    order = count()  # places need not be comparable
    waiting: list[tuple[int, int, Hashable, list[int]]] = [(0, next(order), origin, [])]
    done = set()
    while waiting:
        length, _, place, turns = heapq.heappop(waiting)
        if place in done:
            continue
        if arrived(place):
            return turns, length
        done.add(place)
        for turn, to, street in streets(place):
            heapq.heappush(waiting, (length + street, next(order), to, [*turns, turn]))
    return None


def streets_of(world: StreetMap) -> Streets:
    """The streets between states of a world."""

    def streets(state: Hashable) -> Iterable[tuple[int, Hashable, int]]:
        assert isinstance(state, Place)
        for symbol in world.legal(state):
            if symbol != END_SYMBOL:
                yield symbol, world.step(state, symbol), world.cost(state, symbol)

    return streets
