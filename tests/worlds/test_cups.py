from __future__ import annotations

from collections import Counter
from itertools import combinations, permutations, product
from math import comb, factorial

import numpy as np
import pytest

from nerode.errors import IllegalSymbol, InvalidParameter, NoTrial
from nerode.worlds.automata.finite import write_out
from nerode.worlds.boundaries import boundary, search_separation
from nerode.worlds.check.check import check_world
from nerode.worlds.cups import Cups, Things
from nerode.worlds.world import HasGoal, SamplesHistories, SamplesStates, Separates


def after(played: str, row: str) -> str | None:
    """The things from left to right after a symbol as it is written; None where it is illegal."""
    if "@" in played:
        thing, place = played.split("@")
        return row if row[int(place) - 1] == thing else None
    left, right = (int(place) - 1 for place in played.split("-"))
    things = list(row)
    things[left], things[right] = things[right], things[left]
    return "".join(things)


def written(state: Things) -> str:
    return "".join("ABCDEF"[thing] for thing in state)


def test_rules() -> None:
    world = Cups(3)
    assert world.name == "cups:n=3"
    assert world.decode(range(12)) == "1-2 1-3 2-3 A@1 A@2 A@3 B@1 B@2 B@3 C@1 C@2 C@3"
    assert world.end is None
    assert world.run(world.encode("1-3")) == (2, 1, 0)
    assert world.run(world.encode("1-2 2-3")) == (1, 2, 0)
    assert world.run(world.encode("1-2 B@1 2-3 A@3 C@2")) == (1, 2, 0)
    assert world.decode(world.legal((1, 2, 0))) == "1-2 1-3 2-3 A@3 B@1 C@2"
    assert world.look(2, 1) == world.index["C@2"]
    assert world.seen(world.index["C@2"]) == (2, 1)


def test_a_look_that_is_not_true_is_named() -> None:
    world = Cups(3)
    with pytest.raises(IllegalSymbol) as caught:
        world.run(world.encode("1-2 A@1"))
    assert str(caught.value) == (
        "expected one of (1-2 1-3 2-3 A@2 B@1 C@3) in state (1, 0, 2) of cups:n=3, got A@1"
    )
    for symbol in (-1, 12):
        with pytest.raises(IllegalSymbol, match=f"got #{symbol}"):
            world.step(world.start, symbol)


@pytest.mark.parametrize("n", [2, 7])
def test_n_outside_the_range_is_refused(n: int) -> None:
    with pytest.raises(InvalidParameter, match=f"n from 3 to 6 in cups, got {n}"):
        Cups(n)


@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_orders_and_symbols_are_those_by_hand(n: int) -> None:
    world = Cups(n)
    assert len(world.alphabet) == comb(n, 2) + n * n
    automaton = write_out(world)
    assert set(automaton.states) == set(permutations(range(n)))
    for state in automaton.states[:: factorial(n) // 6]:
        legal = world.legal(state)
        assert len(legal) == comb(n, 2) + n
        for symbol, played in enumerate(world.alphabet):
            expected = after(played, written(state))
            assert (symbol in legal) == (expected is not None)
            if symbol in legal:
                assert written(world.step(state, symbol)) == expected


def test_boundaries_are_those_by_hand() -> None:
    world = Cups(3)
    for one, two in [((0, 1, 2), (1, 0, 2)), ((2, 0, 1), (0, 1, 2))]:
        parting = set()
        for string in (s for k in (1, 2) for s in product(world.alphabet, repeat=k)):
            left, right = written(one), written(two)
            for played in string[:-1]:
                left, right = after(played, left) or "", after(played, right) or ""
                if not (left and right):
                    break
            else:
                if after(string[-1], left) and not after(string[-1], right):
                    parting.add(string)
        found = boundary(world, one, two, 2)
        assert {tuple(world.decode(string).split()) for string in found.strings()} == parting


def test_separation_equals_a_search() -> None:
    world = Cups(3)
    for one, two in product(permutations(range(3)), repeat=2):
        assert world.separation(one, two) == search_separation(world, one, two, cap=1_000)


def test_histories_are_uniform_words_of_their_length() -> None:
    world = Cups(3)
    state = (1, 0, 2)
    words = {
        word
        for word in product(range(len(world.alphabet)), repeat=3)
        if world.accepts(word) and world.run(word) == state
    }
    rng = np.random.default_rng(0)
    drawn = Counter(world.sample_history(state, 3, rng) for _ in range(40 * len(words)))
    assert set(drawn) == words
    squares = sum((number - 40) ** 2 / 40 for number in drawn.values())
    freedom = len(words) - 1
    assert abs(squares - freedom) < 4 * (2 * freedom) ** 0.5
    assert any(symbol >= len(world.swaps) for word in words for symbol in word)


def test_lengths_are_those_that_have_words() -> None:
    world = Cups(4)
    assert list(world.history_lengths(world.start)) == list(range(1, 9))  # a look is enough
    assert list(world.history_lengths((1, 0, 2, 3))) == list(range(1, 9))
    assert list(world.history_lengths((1, 2, 3, 0))) == list(range(3, 9))  # three swaps at least
    for length in (2, 9):
        with pytest.raises(NoTrial, match=f"no history of {length} symbols reaches state"):
            world.sample_history((1, 2, 3, 0), length, np.random.default_rng(0))


def test_states_are_uniform_orders() -> None:
    world = Cups(3)
    rng = np.random.default_rng(0)
    drawn = Counter(world.sample_state(rng) for _ in range(1_200))
    assert set(drawn) == set(permutations(range(3)))
    assert sum((number - 200) ** 2 / 200 for number in drawn.values()) < 5 + 4 * 10**0.5


def test_offers() -> None:
    world = Cups()
    for offer in (SamplesStates, SamplesHistories, Separates):
        assert isinstance(world, offer)
    assert not isinstance(world, HasGoal)
    assert world.swaps == tuple(combinations(range(4), 2))


@pytest.mark.parametrize("n", [3, 4, pytest.param(5, marks=pytest.mark.slow), 6])
def test_passes_check(n: int) -> None:
    report = check_world(Cups(n), states=60)
    assert report.undecided == 0
    assert report.states == min(60, factorial(n))
