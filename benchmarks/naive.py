"""Sequences of a street map made one at a time in plain Python: slow, and obviously right."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from nerode.worlds.streets.street_map import StreetMap

END_SYMBOL = 0
"""END, on every street map."""

Streets = Callable[[int], Iterable[tuple[int, int, int]]]
"""Every street out of an intersection: its turn, where it leads, its length."""


def random_walk(world: StreetMap, rng: random.Random, turns: tuple[int, int]) -> list[int]:
    """A walk of so many turns (least, most) from anywhere, bound for where it ends."""
    while True:
        origin = world.first_node + rng.randrange(len(world.names))
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
            return [origin, world.first_node + end, *walk, END_SYMBOL]


def shortest_way(streets: Streets, origin: int, destination: int) -> tuple[list[int], int] | None:
    """Turns and length of a shortest way, by Dijkstra's search; None where there is none."""
    waiting: list[tuple[int, int, list[int]]] = [(0, origin, [])]
    done = set()
    while waiting:
        length, node, turns = heapq.heappop(waiting)
        if node == destination:
            return turns, length
        if node in done:
            continue
        done.add(node)
        for turn, to, street in streets(node):
            heapq.heappush(waiting, (length + street, to, [*turns, turn]))
    return None


def streets_between(world: StreetMap, lengths: NDArray[np.int64]) -> Streets:
    """The streets out of an intersection, under lengths (nodes, 9)."""

    def streets(node: int) -> Iterable[tuple[int, int, int]]:
        for turn, to in enumerate(world.turns[node].tolist()):
            if to >= 0:
                yield turn, to, int(lengths[node, turn])

    return streets
