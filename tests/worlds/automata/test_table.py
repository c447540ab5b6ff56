from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerode.errors import IllegalSymbol, NoTrial, WorldError
from nerode.worlds.automata.table import Table, difference, equivalent, minimise, table
from nerode.worlds.check.check import check_world
from nerode.worlds.connect_four import ConnectFour
from nerode.worlds.world import SamplesHistories, SamplesStates

LIGHT = {
    "start": {"on": "lit", "end": "over"},
    "lit": {"off": "start", "on": "lit"},
    "over": {},
}


def language(world: Table, depth: int) -> set[str]:
    """Texts of all strings up to the depth that the world accepts."""
    return {
        world.decode(string)
        for length in range(depth + 1)
        for string in product(range(len(world.alphabet)), repeat=length)
        if world.accepts(string)
    }


def test_table_tells_its_rules() -> None:
    world = table(LIGHT, name="light")
    assert world.alphabet == ("on", "end", "off")
    assert world.states == ("start", "lit", "over")
    assert world.legal("lit") == (0, 2)
    assert world.run(world.encode("on on off end")) == "over"
    assert world.legal("over") == ()
    assert world.end == 1
    check_world(world)


def test_illegal_symbol_names_state_symbol_and_what_was_legal() -> None:
    world = table(LIGHT, name="light")
    with pytest.raises(IllegalSymbol) as caught:
        world.run(world.encode("on end"))
    assert str(caught.value) == "expected one of (on off) in state 'lit' of light, got end"
    with pytest.raises(IllegalSymbol, match=r"expected one of \(nothing\) .* got #9"):
        world.step("over", 9)


def test_a_given_alphabet_fixes_the_numbers() -> None:
    world = table(LIGHT, alphabet=("end", "off", "on", "spare"))
    assert world.legal("start") == (0, 2)
    assert world.encode("spare") == (3,)


@pytest.mark.parametrize(
    ("rules", "options", "message"),
    [
        (LIGHT, {"start": "dark"}, "row for the start state 'dark'"),
        ({"start": {"a": "gone"}}, {}, r"row for the state 'gone'.*state 'start', symbol 'a'"),
        ({"start": {"a b": "start"}}, {}, "without white space, got 'a b'"),
        ({"start": {"": "start"}}, {}, "without white space, got ''"),
        ({"start": {"a": "start"}}, {"alphabet": ("a", "a")}, "once in the alphabet"),
        ({"start": {"a": "start"}}, {"alphabet": ("b",)}, "in the alphabet .*, got 'a'"),
    ],
)
def test_bad_rules_are_refused(
    rules: Mapping[str, Mapping[str, str]], options: dict[str, str], message: str
) -> None:
    with pytest.raises(WorldError, match=message):
        table(rules, **options)


@pytest.mark.slow
@given(st.data())
def test_minimise_keeps_the_language_and_passes_check(
    automata: st.SearchStrategy[Table], data: st.DataObject
) -> None:
    world = data.draw(automata)
    small = minimise(world)
    assert language(small, 4) == language(world, 4)
    assert difference(world, small) is None
    assert len(small.states) <= len(world.states)
    assert len(minimise(small).states) == len(small.states)
    check_world(small, states=20)


def test_minimise_merges_what_is_equal_and_drops_what_is_out_of_reach() -> None:
    rules = {
        "start": {"a": "left", "b": "right"},
        "left": {"a": "left twin", "b": "start"},
        "left twin": {"a": "left", "b": "start"},
        "right": {"b": "start"},
        "nowhere": {"a": "start"},
    }
    small = minimise(table(rules, name="rooms"))
    assert small.name == "rooms"
    assert small.states == ("start", "left", "right")
    assert small.run(small.encode("a a a a b a")) == "left"


@pytest.mark.slow
def test_minimise_works_on_any_small_world() -> None:
    world = ConnectFour(1)
    small = minimise(world)
    assert len(small.states) == 2**7
    assert small.start == "(0, 0, 0, 0, 0, 0, 0)"
    assert equivalent(world, small)
    with pytest.raises(WorldError, match=r"at most 50000 states in connect-four:rows=6, got more"):
        minimise(ConnectFour(6))


@pytest.mark.slow
@given(st.data())
def test_difference_is_a_shortest_text_of_one_language(
    automata: st.SearchStrategy[Table], data: st.DataObject
) -> None:
    world1, world2 = data.draw(automata), data.draw(automata)
    found = difference(world1, world2)
    apart = language(world1, 4) ^ language(world2, 4)
    assert equivalent(world1, world2) == (found is None)
    assert (found is None) == (difference(world2, world1) is None)
    if found is None:
        assert apart == set()
    elif apart:
        assert found in apart
        assert len(found.split()) == min(len(text.split()) for text in apart)
    else:
        assert len(found.split()) > 4


@pytest.mark.slow
@given(st.data())
def test_renaming_states_and_reordering_symbols_is_equivalent(
    automata: st.SearchStrategy[Table], data: st.DataObject
) -> None:
    world = data.draw(automata)
    rules = {
        f"my {state}": {
            world.alphabet[symbol]: f"my {world.step(state, symbol)}"
            for symbol in world.legal(state)
        }
        for state in world.states
    }
    renamed = table(rules, start="my q0", alphabet=data.draw(st.permutations(world.alphabet)))
    assert equivalent(world, renamed)
    assert len(minimise(renamed).states) == len(minimise(world).states)


def test_difference_gives_up_at_its_limit() -> None:
    with pytest.raises(NoTrial, match="10 pairs of states do not tell"):
        difference(ConnectFour(5), ConnectFour(6), most_pairs=10)


def test_table_offers_states_and_histories() -> None:
    world = table(LIGHT)
    assert isinstance(world, SamplesStates)
    assert isinstance(world, SamplesHistories)
    rng = np.random.default_rng(0)
    assert {world.sample_state(rng) for _ in range(50)} == {"start", "lit"}
    assert world.history_lengths("lit") == tuple(range(1, 9))
    assert world.history_lengths("start") == tuple(range(2, 9))
    for length in world.history_lengths("over"):
        history = world.sample_history("over", length, rng)
        assert len(history) == length
        assert world.run(history) == "over"


def test_no_trial_where_there_is_no_history_or_no_state() -> None:
    world = table({"start": {"a": "stop"}, "stop": {}, "apart": {"a": "stop"}}, name="alley")
    rng = np.random.default_rng(0)
    assert world.history_lengths("apart") == ()
    with pytest.raises(NoTrial, match="no history of 2 symbols reaches state 'stop' of alley"):
        world.sample_history("stop", 2, rng)
    with pytest.raises(NoTrial, match="no state of alley has both"):
        world.sample_state(rng)
