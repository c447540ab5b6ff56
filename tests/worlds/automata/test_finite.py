from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerode.errors import NoTrial, WorldError
from nerode.worlds.automata.finite import ILLEGAL, WordSampler, write_out
from nerode.worlds.automata.table import Table, table
from nerode.worlds.connect_four import ConnectFour


def words_to(world: Table, state: str, length: int) -> list[tuple[int, ...]]:
    """All words of a length that reach the state, by trying every one."""
    return [
        word
        for word in product(range(len(world.alphabet)), repeat=length)
        if world.accepts(word) and world.run(word) == state
    ]


@given(st.data())
def test_transitions_are_those_of_the_world(
    automata: st.SearchStrategy[Table], data: st.DataObject
) -> None:
    world = data.draw(automata)
    automaton = write_out(world)
    assert automaton.states[0] == world.start
    assert len(automaton.number) == len(automaton.states)
    for number, state in enumerate(automaton.states):
        legal = np.flatnonzero(automaton.successors[number] != ILLEGAL)
        assert tuple(legal.tolist()) == world.legal(state)
        for symbol in legal.tolist():
            following = automaton.states[automaton.successors[number, symbol]]
            assert following == world.step(state, symbol)
        way = automaton.way_to(number)
        assert world.run(way) == state
        assert all(not words_to(world, state, shorter) for shorter in range(len(way)))
    assert automaton.depth == max(map(len, map(automaton.way_to, range(len(automaton.states)))))


@pytest.mark.slow
@given(st.data())
def test_distances_equal_brute_force(
    automata: st.SearchStrategy[Table], data: st.DataObject
) -> None:
    world = data.draw(automata)
    automaton = write_out(world)
    target = data.draw(st.sampled_from(automaton.states))
    for state, distance in zip(
        automaton.states, automaton.distances_to([target]).tolist(), strict=True
    ):
        lengths = [
            len(word)
            for length in range(5)
            for word in product(range(len(world.alphabet)), repeat=length)
            if world.accepts(word, state) and world.run(word, state) == target
        ]
        assert distance == min(lengths, default=-1)


@pytest.mark.slow
@given(st.data())
def test_shares_and_lengths_equal_brute_force(
    automata: st.SearchStrategy[Table], data: st.DataObject
) -> None:
    world = data.draw(automata)
    automaton = write_out(world)
    words = WordSampler(automaton, 4)
    rng = np.random.default_rng(0)
    every = {
        (state, length): words_to(world, state, length)
        for state in automaton.states
        for length in range(5)
    }
    for (state, length), expected in every.items():
        total = sum(len(every[other, length]) for other in automaton.states)
        share = words.shares[length, automaton.number[state]]
        assert share == pytest.approx(len(expected) / max(total, 1))
        if expected:
            assert words.sample(state, length, rng) in expected
        else:
            with pytest.raises(NoTrial):
                words.sample(state, length, rng)
        assert (length in words.lengths(state)) == (length > 0 and bool(expected))


@pytest.mark.slow
def test_words_are_uniform() -> None:
    world = table(
        {
            "start": {"a": "start", "b": "left", "c": "right"},
            "left": {"a": "start", "b": "right"},
            "right": {"a": "right", "b": "right", "c": "start"},
        }
    )
    words = WordSampler(write_out(world), 5)
    expected = words_to(world, "right", 5)
    rng = np.random.default_rng(3)
    rounds = 200 * len(expected)
    drawn = Counter(words.sample("right", 5, rng) for _ in range(rounds))
    assert set(drawn) == set(expected)
    squares = sum((count - 200) ** 2 / 200 for count in drawn.values())
    freedom = len(expected) - 1
    assert freedom > 20
    assert abs(squares - freedom) < 4 * (2 * freedom) ** 0.5


def test_long_words_do_not_overflow() -> None:
    world = table({"start": dict.fromkeys("abcdefgh", "start")})
    words = WordSampler(write_out(world), 2_000)
    assert len(words.sample("start", 2_000, np.random.default_rng(0))) == 2_000


def test_lengths_outside_the_range_and_unknown_states_have_no_words() -> None:
    words = WordSampler(write_out(table({"start": {"a": "start"}})), 3)
    rng = np.random.default_rng(0)
    assert words.lengths("start") == (1, 2, 3)
    assert words.lengths("elsewhere") == ()
    for state, length in (("start", 4), ("start", -1), ("elsewhere", 1)):
        with pytest.raises(NoTrial, match=f"no history of {length} symbols reaches"):
            words.sample(state, length, rng)


def test_a_world_with_too_many_states_is_not_written_out() -> None:
    assert len(write_out(ConnectFour(1), most_states=128).states) == 128
    with pytest.raises(WorldError, match="at most 127 states in connect-four:rows=1, got more"):
        write_out(ConnectFour(1), most_states=127)
