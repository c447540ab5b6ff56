"""Pairs of histories: they reach what they say, and are drawn as they say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from nerode.errors import IllegalSymbol, InvalidParameter, NoTrial
from nerode.sequences import prefixes
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.histories import (
    HistorySource,
    near_end_histories,
    on_policy_histories,
    uniform_histories,
)
from nerode.worlds.automata.table import Table, table
from nerode.worlds.connect_four import ConnectFour
from nerode.worlds.streets.street_map import Place, StreetMap
from nerode.worlds.world import World
from tests.sequences.maps import grid

TOWN = grid(3, 4)
RULES = {"q": {"a": "r", "b": "q", "c": "s"}, "r": {"a": "q", "b": "s"}, "s": {"c": "q"}}


class Rules(World[str]):
    """A world that offers nothing but its rules."""

    def __init__(self, automaton: Table) -> None:
        self._automaton = automaton
        self.name = automaton.name
        self.alphabet = automaton.alphabet
        self.start = automaton.start

    def legal(self, state: str) -> tuple[int, ...]:
        return self._automaton.legal(state)

    def step(self, state: str, symbol: int) -> str:
        return self._automaton.step(state, symbol)


BARE = Rules(table(RULES, start="q"))

SOURCES: dict[str, Callable[[], tuple[World[Place] | World[str], HistorySource]]] = {
    "uniform": lambda: (TOWN, uniform_histories(TOWN)),
    "same length": lambda: (TOWN, uniform_histories(TOWN, same_length=True)),
    "on-policy": lambda: (
        TOWN,
        on_policy_histories(TOWN, draw_sequences(TOWN, "shortest", 100, 1)),
    ),
    "on-policy, random": lambda: (
        TOWN,
        on_policy_histories(TOWN, draw_sequences(TOWN, "random", 50, 1)),
    ),
    "near the end": lambda: (TOWN, near_end_histories(TOWN)),
    "played": lambda: (BARE, uniform_histories(BARE)),
    "played, same length": lambda: (BARE, uniform_histories(BARE, same_length=True)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_pairs_are_what_they_say(name: str) -> None:
    world, source = SOURCES[name]()
    rng = np.random.default_rng(0)
    called = {"on-policy": "on-policy", "near the end": "near-end"}
    assert source.name == called.get(name.split(",", maxsplit=1)[0], "uniform")
    for _ in range(200):
        same, different = source.same_state(rng), source.different_states(rng)
        assert same.states[0] == same.states[1]
        assert same.histories[0] != same.histories[1]
        assert different.states[0] != different.states[1]
        for pair in (same, different):
            assert tuple(world.run(history) for history in pair.histories) == pair.states
            assert all(world.legal(state) for state in pair.states)
            assert min(map(len, pair.histories)) >= max(1, world.prompt_length)
            if "same length" in name:
                assert len(pair.histories[0]) == len(pair.histories[1])
    again = np.random.default_rng(0)
    assert source.same_state(again) == source.same_state(np.random.default_rng(0))


def dumb_groups(world: StreetMap, sequences: SequenceBatch) -> dict[Hashable, set[tuple[int, ...]]]:
    """Every prefix by the state it reaches, in the plainest form."""
    groups: dict[Hashable, set[tuple[int, ...]]] = defaultdict(set)
    for row in sequences:
        for length in range(world.prompt_length, len(row) + 1):
            prefix = tuple(row[:length].tolist())
            if world.legal(world.run(prefix)):
                groups[world.run(prefix)].add(prefix)
    return groups


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["shortest", "random", "noisy"])
def test_on_policy_pairs_are_uniform_over_states_then_over_prefixes(policy: str) -> None:
    sequences = draw_sequences(TOWN, policy, 12, 5)
    sequences = SequenceBatch.concat([sequences, sequences.take([3, 3])])
    groups = dumb_groups(TOWN, sequences)
    source = on_policy_histories(TOWN, sequences)
    rng = np.random.default_rng(1)
    several = {state: found for state, found in groups.items() if len(found) > 1}
    same = [source.same_state(rng) for _ in range(3000)]
    by_state = Counter(pair.states[0] for pair in same)
    assert set(by_state) == set(several)
    assert chisquare(list(by_state.values())).pvalue > 1e-3
    busiest = max(several, key=lambda state: len(several[state]))
    met = {prefix for pair in same if pair.states[0] == busiest for prefix in pair.histories}
    assert met <= several[busiest]
    assert len(met) > 1
    different = [source.different_states(rng) for _ in range(3000)]
    for side in (0, 1):
        states = Counter(pair.states[side] for pair in different)
        assert set(states) <= set(groups)
        counts = [states.get(state, 0) for state in groups]
        assert chisquare(counts).pvalue > 1e-3
    assert all(pair.histories[0] in groups[pair.states[0]] for pair in different)


def test_memory_is_bounded_by_a_number_of_prefixes(monkeypatch: pytest.MonkeyPatch) -> None:
    sequences = draw_sequences(TOWN, "random", 50, 5)
    monkeypatch.setattr(prefixes, "MOST_PREFIXES", int(sequences.offsets[10]))
    index = prefixes.PrefixIndex.of(TOWN, sequences, by_length=False)
    assert len(index.sequences) == 10
    whole = dumb_groups(TOWN, sequences.take(range(10)))
    assert len(index) == sum(map(len, whole.values()))


def test_where_there_is_no_pair_the_reason_is_told() -> None:
    rng = np.random.default_rng(0)
    one = SequenceBatch.of([TOWN.encode("c0 c0 end")])
    source = on_policy_histories(TOWN, one)
    with pytest.raises(NoTrial, match="no two of the 1"):
        source.same_state(rng)
    with pytest.raises(NoTrial, match="two states"):
        source.different_states(rng)
    with pytest.raises(NoTrial):
        on_policy_histories(TOWN, SequenceBatch.of([])).same_state(rng)
    loop = uniform_histories(table({"q": {"a": "q"}}, start="q"))
    with pytest.raises(NoTrial):
        loop.different_states(rng)
    with pytest.raises(NoTrial, match="one history only"):
        uniform_histories(table({"q": {"a": "q"}}, start="q"), same_length=True).same_state(rng)
    with pytest.raises(IllegalSymbol):
        on_policy_histories(TOWN, SequenceBatch.of([TOWN.encode("c0 c1 W")]))


def test_uniform_histories_draw_lengths_uniformly() -> None:
    source = uniform_histories(TOWN)
    rng = np.random.default_rng(2)
    shares = []
    for _ in range(2000):
        pair = source.same_state(rng)
        longest = TOWN.history_lengths(pair.states[0])[-1]
        shares += [(len(history) - 2.5) / (longest - 2) for history in pair.histories]
    assert chisquare(np.histogram(shares, bins=10, range=(0, 1))[0]).pvalue > 1e-4


def test_in_a_world_without_prompts_the_shortest_history_has_one_symbol() -> None:
    source = uniform_histories(table(RULES, start="q"))
    rng = np.random.default_rng(0)
    pairs = [source.different_states(rng) for _ in range(100)]
    assert min(len(history) for pair in pairs for history in pair.histories) == 1


def test_boards_of_equally_many_pieces_are_found_for_the_paper() -> None:
    source = uniform_histories(ConnectFour(rows=50), same_length=True)
    pair = source.different_states(np.random.default_rng(0))
    assert sum(pair.states[0]) == sum(pair.states[1]) == len(pair.histories[0])


@pytest.mark.slow
def test_near_end_histories_are_uniform_over_the_states_near_an_end() -> None:
    source = near_end_histories(TOWN)
    rng = np.random.default_rng(3)
    met = Counter(source.different_states(rng).states[0] for _ in range(3000))
    every = Counter(TOWN.sample_state(rng) for _ in range(20_000))
    near = {state for state in every if stops_within(state, 3)}
    assert set(met) == near
    assert 0 < len(near) < len(every)
    expected = 3000 / len(near)
    chi = sum((met[state] - expected) ** 2 / expected for state in near)
    assert chi < len(near) + 5 * (2 * len(near)) ** 0.5
    pair = source.same_state(rng)
    assert pair.states[0] == pair.states[1] == TOWN.run(pair.histories[0])
    with pytest.raises(InvalidParameter, match="histories near-end, got connect-four"):
        near_end_histories(ConnectFour(6))


def stops_within(state: Any, symbols: int) -> bool:
    """Every string of so many symbols, tried one by one."""
    return any(
        TOWN.end in text and TOWN.accepts(text, state)
        for length in range(1, symbols + 1)
        for text in product(range(len(TOWN.alphabet)), repeat=length)
        if TOWN.end in text[-1:]
    )
