"""Shortest ways: the compiled search against Floyd and Warshall's, street by street."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nerode.worlds.streets import routes as street_routes
from nerode.worlds.streets.routes import Routes

FAR = 10**9


def drawn_map(rng: np.random.Generator) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Tables of a random map: loops, parallel streets, ties, parts out of reach."""
    nodes = int(rng.integers(2, 12))
    turns = rng.integers(nodes, size=(nodes, 9), dtype=np.int32)
    turns[rng.random(turns.shape) < 0.75] = -1
    turns[:, 0] = -1
    lengths = rng.integers(1, 5, size=turns.shape)
    return turns, np.where(turns >= 0, lengths, 0)


def ways_by_hand(
    turns: NDArray[np.int32], lengths: NDArray[np.int64], destination: int
) -> list[tuple[int, int, int]]:
    """Length, next turn and number of turns from every intersection, by their definitions."""
    nodes = range(len(turns))
    least = [[0 if i == j else FAR for j in nodes] for i in nodes]
    for i, turn in zip(*np.nonzero(turns >= 0), strict=True):
        to = turns[i, turn]
        least[i][to] = min(least[i][to], int(lengths[i, turn]))
    for middle in nodes:
        for i in nodes:
            for j in nodes:
                least[i][j] = min(least[i][j], least[i][middle] + least[middle][j])

    def next_turn(node: int) -> int:
        left = least[node][destination]
        fit = [
            turn
            for turn in range(1, 9)
            if turns[node, turn] >= 0
            and lengths[node, turn] + least[turns[node, turn]][destination] == left
        ]
        return fit[0]

    ways = []
    for node in nodes:
        if least[node][destination] >= FAR:
            ways.append((-1, 0, -1))
            continue
        at, followed = node, []
        while at != destination:
            followed.append(next_turn(at))
            at = int(turns[at, followed[-1]])
        first = followed[0] if followed else 0
        ways.append((least[node][destination], first, len(followed)))
    return ways


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_ways_are_those_of_the_definition(seed: int) -> None:
    turns, lengths = drawn_map(np.random.default_rng(seed))
    routes = Routes(turns, lengths)
    far = routes.turns_to(np.arange(len(turns)), 100)
    near = routes.turns_to(np.arange(len(turns)), 2)
    for destination in range(len(turns)):
        ways = routes.to(destination)
        found = list(zip(ways.length.tolist(), ways.turn.tolist(), ways.hops.tolist(), strict=True))
        assert found == ways_by_hand(turns, lengths, destination)
        assert far.table[far.row[destination]].tolist() == ways.turn.tolist()
        short = np.where(ways.hops <= 2, ways.turn, 0)
        assert near.table[near.row[destination]].tolist() == short.tolist()


def test_a_street_that_leads_out_of_reach_is_on_no_way() -> None:
    turns = np.full((3, 9), -1, dtype=np.int32)
    lengths = np.zeros((3, 9), dtype=np.int64)
    turns[0, 1], lengths[0, 1] = 2, 6  # one more than the way: nothing leads on from there
    turns[0, 2], lengths[0, 2] = 1, 5
    ways = Routes(turns, lengths).to(1)
    assert ways.turn.tolist() == [2, 0, 0]
    assert ways.length.tolist() == [5, 0, -1]


def test_searches_begin_anew_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    turns, lengths = drawn_map(np.random.default_rng(4))
    nodes = len(turns)
    assert nodes > 4
    monkeypatch.setattr(street_routes, "_TURNS_ROOM", 2 * nodes)
    routes = Routes(turns, lengths)
    assert routes.most_destinations == 2
    for wanted in ([0, 1], [1], [1, 2], [3, 3], [0, 2], [4]):
        found = routes.turns_to(np.array(wanted), 100)
        for destination in wanted:
            expected = routes.to(destination).turn
            assert found.table[found.row[destination]].tolist() == expected.tolist()
