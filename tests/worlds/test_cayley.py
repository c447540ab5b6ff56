from __future__ import annotations

from collections import Counter
from itertools import pairwise, permutations, product
from math import factorial

import numpy as np
import pytest

from nerode.errors import IllegalSymbol, InvalidParameter, NoTrial
from nerode.worlds.automata.finite import write_out
from nerode.worlds.automata.table import minimise
from nerode.worlds.boundaries import search_separation
from nerode.worlds.cayley import DONE, Cayley
from nerode.worlds.check.check import check_world
from nerode.worlds.world import END, HasGoal, SamplesHistories, SamplesStates, Separates


def test_rules() -> None:
    world = Cayley(4)
    assert world.name == "cayley:n=4"
    assert world.alphabet == ("end", "s1", "s2", "s3", "r")
    assert world.legal(world.start) == (0, 1, 2, 3, 4)
    assert world.run(world.encode("s1")) == (1, 0, 2, 3)
    assert world.run(world.encode("s3")) == (0, 1, 3, 2)
    assert world.run(world.encode("r")) == (1, 2, 3, 0)
    assert world.run(world.encode("s1 r")) == (0, 2, 3, 1)
    assert world.legal((1, 0, 2, 3)) == (1, 2, 3, 4)
    assert world.run(world.encode("s1 s1 end")) == DONE
    assert world.legal(DONE) == ()


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_is_the_symmetric_group(n: int) -> None:
    """It has n! orders, and its generators keep the group's relations in each of them."""
    world = Cayley(n)
    automaton = write_out(world)
    assert set(automaton.states) == {*permutations(range(n)), DONE}
    assert len(minimise(world).states) == factorial(n) + 1
    swaps = world.alphabet[1:-1]
    relations = ["r " * n, *(f"{s} {s}" for s in swaps)]
    relations += [f"{s} {t} " * 3 for s, t in pairwise(swaps)]
    relations += [f"{s} {t} " * 2 for s, t in zip(swaps, swaps[2:], strict=False)]
    for state in permutations(range(n)):
        for relation in relations:
            assert world.run(world.encode(relation), state) == state


def test_illegal_symbols_are_named() -> None:
    world = Cayley(3)
    with pytest.raises(IllegalSymbol) as caught:
        world.run(world.encode("r end"))
    assert (
        str(caught.value) == "expected one of (s1 s2 r) in state (1, 2, 0) of cayley:n=3, got end"
    )
    with pytest.raises(IllegalSymbol, match=r"expected one of \(nothing\) in state \(\)"):
        world.run(world.encode("end r"))
    with pytest.raises(IllegalSymbol, match="got #-1"):
        world.step(world.start, -1)
    with pytest.raises(IllegalSymbol, match="got end"):
        world.cost((1, 2, 0), 0)


@pytest.mark.parametrize("n", [2, 7])
def test_n_outside_the_range_is_refused(n: int) -> None:
    with pytest.raises(InvalidParameter, match=f"n from 3 to 6 in cayley, got {n}"):
        Cayley(n)


@pytest.mark.parametrize("n", [3, 4])
def test_separation_equals_a_search(n: int) -> None:
    world = Cayley(n)
    for q1, q2 in product([*permutations(range(n)), DONE], repeat=2):
        assert world.separation(q1, q2) == search_separation(world, q1, q2, cap=10_000)


def test_states_are_uniform_orders() -> None:
    world = Cayley(3)
    rng = np.random.default_rng(0)
    drawn = Counter(world.sample_state(rng) for _ in range(6_000))
    assert set(drawn) == set(permutations(range(3)))
    assert sum((number - 1_000) ** 2 / 1_000 for number in drawn.values()) < 5 + 4 * 10**0.5


def test_histories_are_uniform_words_of_their_length() -> None:
    world = Cayley(3)
    state = (1, 0, 2)
    words = {word for word in product((1, 2, 3), repeat=4) if world.run(word) == state}
    rng = np.random.default_rng(0)
    drawn = Counter(world.sample_history(state, 4, rng) for _ in range(100 * len(words)))
    assert set(drawn) == words
    squares = sum((number - 100) ** 2 / 100 for number in drawn.values())
    freedom = len(words) - 1
    assert abs(squares - freedom) < 4 * (2 * freedom) ** 0.5


def test_lengths_are_those_that_have_words() -> None:
    even = Cayley(4)  # its generators are odd, all of them: lengths of one parity only
    assert list(even.history_lengths((1, 0, 2, 3))) == list(range(1, 17, 2))
    assert list(even.history_lengths(even.start)) == list(range(2, 17, 2))
    odd = Cayley(3)  # its rotation is even, and r r r is the identity
    assert list(odd.history_lengths(odd.start)) == list(range(2, 13))
    with pytest.raises(NoTrial, match="no history of 2 symbols reaches state"):
        even.sample_history((1, 0, 2, 3), 2, np.random.default_rng(0))


@pytest.mark.parametrize("n", [3, 4, 5])
def test_the_canonical_way_is_a_shortest_one(n: int) -> None:
    world = Cayley(n)
    layer, distance = {world.start}, 0
    seen = {world.start: 0}
    while layer:  # breadth-first along the inverses of the generators
        distance += 1
        before = {
            state
            for state in permutations(range(n))
            if state not in seen and any(world.step(state, s) in layer for s in range(1, n + 1))
        }
        seen |= dict.fromkeys(before, distance)
        layer = before
    for state in permutations(range(n)):
        assert world.steps_to_goal(state) == world.cost_to_goal(state) == seen[state] + 1
        symbol = world.toward_goal(state)
        nearer = [s for s in range(1, n + 1) if seen[world.step(state, s)] == seen[state] - 1]
        assert symbol == min(nearer, default=0)
    assert world.toward_goal(DONE) is None
    assert world.steps_to_goal(DONE) == world.cost_to_goal(DONE) == 0


def test_trips_are_scrambles() -> None:
    world = Cayley(3)
    rng = np.random.default_rng(0)
    trips = [world.sample_trip(rng) for _ in range(200)]
    assert {len(trip) for trip in trips} == set(range(3, 13))
    assert all(world.run(trip) not in (world.start, DONE) for trip in trips)
    assert world.steps_allowed(trips[0]) == 100


def test_offers() -> None:
    world = Cayley()
    assert world.end == world.index[END] == 0
    for offer in (SamplesStates, SamplesHistories, Separates, HasGoal):
        assert isinstance(world, offer)


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_passes_check(n: int) -> None:
    report = check_world(Cayley(n), states=150)
    assert report.undecided == 0
    assert report.states == min(150, factorial(n) + 1)
