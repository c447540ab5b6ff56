from __future__ import annotations

from collections import Counter
from itertools import islice, product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nerode.errors import InvalidParameter, NoTrial
from nerode.worlds.automata.table import Table, minimise, table
from nerode.worlds.boundaries import Boundary, boundary, search_separation, separation
from nerode.worlds.cayley import Cayley
from nerode.worlds.connect_four import ConnectFour
from nerode.worlds.world import World

DEPTH = 4


def brute_force(world: World[Any], q1: Any, q2: Any, depth: int) -> list[tuple[int, ...]]:
    """Every string up to the depth, tried one by one against the definition."""
    return [
        string
        for length in range(1, depth + 1)
        for string in product(range(len(world.alphabet)), repeat=length)
        if world.accepts(string, q1)
        and world.accepts(string[:-1], q2)
        and not world.accepts(string, q2)
    ]


def two_states(data: st.DataObject, world: Table) -> tuple[str, str]:
    states = st.sampled_from(world.states)
    return data.draw(states), data.draw(states)


@pytest.mark.slow
@given(st.data())
def test_equals_brute_force(automata: st.SearchStrategy[Table], data: st.DataObject) -> None:
    world = data.draw(automata)
    q1, q2 = two_states(data, world)
    expected = brute_force(world, q1, q2, DEPTH)
    found = boundary(world, q1, q2, DEPTH)
    lengths = Counter(map(len, expected))
    assert found.counts == tuple(lengths[length] for length in range(1, DEPTH + 1))
    assert found.total == len(expected)
    assert list(found.strings()) == expected
    rng = np.random.default_rng(0)
    assert found.sample(rng, found.total) == expected
    assert set(found.sample(rng, found.total // 2)) <= set(expected)


@given(st.data())
def test_of_equal_states_is_empty(automata: st.SearchStrategy[Table], data: st.DataObject) -> None:
    world = data.draw(automata)
    state = data.draw(st.sampled_from(world.states))
    found = boundary(world, state, state, DEPTH)
    assert found.counts == (0,) * DEPTH
    assert list(found.strings()) == []
    assert found.strings_or_sample(0, np.random.default_rng(0)) == []


@pytest.mark.slow
@given(st.data())
def test_renaming_changes_nothing(automata: st.SearchStrategy[Table], data: st.DataObject) -> None:
    world = data.draw(automata)
    q1, q2 = two_states(data, world)
    order = data.draw(st.permutations(range(len(world.alphabet))))
    renamed = table(
        {
            f"room {state}": {
                f"door-{world.alphabet[symbol]}": f"room {world.step(state, symbol)}"
                for symbol in world.legal(state)
            }
            for state in data.draw(st.permutations(world.states))
        },
        start="room q0",
        alphabet=[f"door-{world.alphabet[symbol]}" for symbol in order],
    )
    before = boundary(world, q1, q2, DEPTH)
    after = boundary(renamed, f"room {q1}", f"room {q2}", DEPTH)
    assert before.counts == after.counts
    texts = {renamed.decode(string).replace("door-", "") for string in after.strings()}
    assert texts == {world.decode(string) for string in before.strings()}


@pytest.mark.slow
@given(st.data())
def test_separation_is_the_shortest_of_both_boundaries(
    automata: st.SearchStrategy[Table], data: st.DataObject
) -> None:
    world = data.draw(automata)
    q1, q2 = two_states(data, world)
    either = brute_force(world, q1, q2, 5) + brute_force(world, q2, q1, 5)
    # Five states: what differs at all differs within four symbols.
    assert separation(world, q1, q2) == min(map(len, either), default=None)


def wide_and_deep() -> tuple[Table, Boundary]:
    """Two cycles that differ in one exit: 3**k prefixes reach it after k symbols."""
    cycle = dict.fromkeys("abc", "one")
    rules = {
        "start": {"x": "one", "y": "two"},
        "one": {**cycle, "x": "one"},
        "two": dict.fromkeys("abc", "two"),
    }
    world = table(rules, alphabet="abcxy")
    return world, boundary(world, "one", "two", 60)


def test_counts_are_exact_however_large() -> None:
    _, found = wide_and_deep()
    assert found.counts == tuple(3**k for k in range(60))
    assert found.total == (3**60 - 1) // 2


def test_listing_is_lazy() -> None:
    world, found = wide_and_deep()
    first = [world.decode(string) for string in islice(found.strings(), 5)]
    assert first == ["x", "a x", "b x", "c x", "a a x"]


def test_samples_of_a_huge_boundary_are_boundary_strings() -> None:
    world, found = wide_and_deep()
    drawn = found.strings_or_sample(200, np.random.default_rng(1))
    assert len(set(drawn)) == 200
    for string in drawn:
        assert world.accepts(string, "one")
        assert world.accepts(string[:-1], "two")
        assert not world.accepts(string, "two")
    # Two thirds of all strings have the full length, two ninths one symbol less.
    lengths = Counter(map(len, drawn))
    assert abs(lengths[60] - 200 * 2 / 3) < 4 * (200 * 2 / 9) ** 0.5
    assert drawn == sorted(drawn, key=lambda string: (len(string), string))


def test_samples_are_uniform() -> None:
    world = table(
        {
            "start": {"a": "one", "b": "two"},
            "one": {"a": "one", "b": "exit", "x": "one"},
            "two": {"a": "two", "b": "closed"},
            "exit": {"a": "exit", "b": "exit", "x": "exit", "y": "exit"},
            "closed": {"a": "closed", "x": "closed"},
        }
    )
    found = boundary(world, "one", "two", 4)
    strings = list(found.strings())
    rng = np.random.default_rng(7)
    rounds, size = 3_000, 3
    drawn = Counter(string for _ in range(rounds) for string in found.sample(rng, size))
    assert set(drawn) == set(strings)
    share = size / len(strings)
    expected = rounds * share
    # Without replacement the variance of each count is expected * (1 - share).
    squares = sum((drawn[string] - expected) ** 2 for string in strings) / expected
    freedom = len(strings) * (1 - share)
    assert len(strings) > 10
    assert abs(squares - freedom) < 4 * (2 * freedom) ** 0.5


def test_a_sample_larger_than_the_boundary_is_refused() -> None:
    world, _ = wide_and_deep()
    found = boundary(world, "one", "two", 2)
    with pytest.raises(InvalidParameter, match=r"draw 0 to 4 boundary strings, got 5"):
        found.sample(np.random.default_rng(0), 5)


def test_depth_must_be_positive() -> None:
    with pytest.raises(InvalidParameter, match="depth of at least 1, got 0"):
        boundary(Cayley(3), (0, 1, 2), (1, 0, 2), 0)


def test_end_and_dead_ends_count() -> None:
    world = table(
        {
            "start": {"a": "goal", "b": "trap", "c": "start"},
            "goal": {"c": "goal", "end": "done"},
            "trap": {"c": "trap"},
            "done": {},
        }
    )
    strings = boundary(world, "goal", "trap", 2).strings()
    assert [world.decode(string) for string in strings] == ["end", "c end"]


@pytest.mark.slow
@given(st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_pruning_by_separation_changes_nothing(rows: int, seed: int) -> None:
    world = ConnectFour(rows)
    rng = np.random.default_rng(seed)
    q1, q2 = world.sample_state(rng), world.sample_state(rng)
    assert list(boundary(world, q1, q2, 3).strings()) == brute_force(world, q1, q2, 3)


@pytest.mark.slow
def test_deep_boundaries_of_a_tall_board() -> None:
    world = ConnectFour(1000)
    low = (5, 0, 0, 0, 0, 0, 0)
    high = (9, 0, 0, 0, 0, 0, 0)
    depth = separation(world, low, high)
    assert depth == 992
    found = boundary(world, low, high, depth)
    assert list(found.strings()) == [(0,) * 992]
    assert found.sample(np.random.default_rng(0), 1) == [(0,) * 992]
    assert boundary(world, high, low, depth).total == 0
    assert boundary(world, low, high, depth - 1).total == 0
    # One more symbol: one of the six other columns, anywhere before the last piece.
    assert boundary(world, low, high, depth + 1).counts[-1] == 6 * 992


@pytest.mark.slow
@given(st.data())
def test_states_of_a_minimal_world_always_part(
    automata: st.SearchStrategy[Table], data: st.DataObject
) -> None:
    world = minimise(data.draw(automata))
    assume(len(world.states) > 1)
    q1, q2 = two_states(data, world)
    parted = separation(world, q1, q2)
    assert (parted is None) == (q1 == q2)
    if parted is not None:
        forth, back = boundary(world, q1, q2, parted), boundary(world, q2, q1, parted)
        assert forth.total + back.total == forth.counts[-1] + back.counts[-1] > 0


def test_search_gives_up_at_its_limits() -> None:
    world = ConnectFour(50)
    q1, q2 = (1, *[0] * 6), (2, *[0] * 6)
    with pytest.raises(NoTrial, match="100 pairs of states do not tell"):
        search_separation(world, q1, q2, cap=100)
    with pytest.raises(NoTrial, match="no continuation of 3 symbols tells"):
        search_separation(world, q1, q2, cap=100_000, depth=3)
    assert separation(world, q1, q2) == 49


def test_a_pair_and_its_swap_are_searched_once() -> None:
    world = table({"start": {"a": "twin", "b": "start"}, "twin": {"a": "start", "b": "twin"}})
    assert search_separation(world, "start", "twin", cap=1) is None
