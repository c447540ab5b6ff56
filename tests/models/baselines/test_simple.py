from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import IllegalSymbol, InvalidParameter
from nerode.models.baselines.simple import NoisyOracle, Oracle, Uniform
from nerode.models.model import Model
from nerode.worlds.automata.table import table
from nerode.worlds.connect_four import ConnectFour
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import HasGoal, World
from tests.sequences.maps import grid

FORK = table({"start": {"a": "start", "b": "left"}, "left": {"c": "done"}, "done": {}})
TOWN: StreetMap = grid(3, 3)


def expected_oracle(world: World[Any], history: Sequence[int]) -> list[float]:
    """The oracle's row, told symbol by symbol."""
    row = [0.0] * len(world.alphabet)
    try:
        state = world.run(history)
    except IllegalSymbol:
        return row
    legal = world.legal(state)
    goal = world.toward_goal(state) if isinstance(world, HasGoal) else None
    for symbol in legal:
        row[symbol] = (0.5 if goal is not None else 1.0) / len(legal)
    if goal is not None:
        row[goal] += 0.5
    return row


def a_batch(world: World[Any], rng: np.random.Generator, count: int = 40) -> list[tuple[int, ...]]:
    """Histories of mixed lengths, most of them legal for a while."""
    histories = []
    for _ in range(count):
        state, history = world.start, []
        for _ in range(int(rng.integers(0, 7))):
            legal = world.legal(state)
            if not legal or rng.random() < 0.1:
                history.append(int(rng.integers(len(world.alphabet))))
                break
            history.append(int(rng.choice(legal)))
            state = world.step(state, history[-1])
        histories.append(tuple(history))
    return histories


@pytest.mark.parametrize("world", [FORK, ConnectFour(2), TOWN], ids=lambda world: world.name)
def test_the_oracle_is_the_world(world: World[Any]) -> None:
    histories = a_batch(world, np.random.default_rng(1))
    rows = Oracle(world).read(histories).probabilities
    assert rows.dtype == np.float32
    assert rows == pytest.approx(np.array([expected_oracle(world, h) for h in histories]), abs=1e-6)


def test_the_oracle_prefers_the_step_to_the_goal() -> None:
    trip = TOWN.sample_trip(np.random.default_rng(3))
    row = Oracle(TOWN).read([trip]).probabilities[0]
    assert np.argmax(row) == TOWN.toward_goal(TOWN.run(trip))
    assert row.max() >= 0.5


def models(world: World[Any]) -> list[Model]:
    return [Oracle(world), Uniform(world.alphabet), NoisyOracle(world, 0.4, seed=5)]


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("world", [FORK, ConnectFour(2), TOWN], ids=lambda world: world.name)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_extending_is_reading_the_longer_history(world: World[Any], number: int, seed: int) -> None:
    model, rng = models(world)[number], np.random.default_rng(seed)
    histories = a_batch(world, rng, count=5)
    contexts = model.read(histories)
    for _ in range(4):
        rows = rng.integers(0, len(histories), int(rng.integers(1, 8)))
        symbols = rng.integers(0, len(world.alphabet), len(rows))
        histories = [(*histories[row], int(s)) for row, s in zip(rows, symbols, strict=True)]
        contexts = contexts.extend(rows, symbols)
        alone = [model.read([history]).probabilities[0] for history in histories]
        np.testing.assert_array_equal(contexts.probabilities, np.array(alone))


@pytest.mark.parametrize("number", range(3))
def test_no_histories_at_all(number: int) -> None:
    none = np.zeros(0, dtype=np.int64)
    contexts = models(FORK)[number].read([])
    assert contexts.probabilities.shape == (0, 3)
    assert contexts.extend(none, none).probabilities.shape == (0, 3)


def test_each_state_is_stepped_once() -> None:
    class Counting(World[int]):
        name, alphabet, start, stepped = "sum", ("0", "1"), 0, 0

        def legal(self, state: int) -> tuple[int, ...]:  # noqa: ARG002
            return (0, 1)

        def step(self, state: int, symbol: int) -> int:
            self.stepped += 1
            return state + symbol

    world = Counting()
    contexts = Oracle(world).read([[0, 1]] * 500 + [[1, 0]] * 500)
    assert contexts.states == (1,)
    assert world.stepped == 4  # two from the start, one from each of the states after it
    contexts.extend(np.arange(1000), np.full(1000, 1))
    assert world.stepped == 5


def test_uniform_knows_nothing() -> None:
    rows = Uniform(("a", "b", "c", "d")).read([[], [1, 1]]).probabilities
    np.testing.assert_array_equal(rows, np.full((2, 4), 0.25, dtype=np.float32))


def test_a_confused_oracle_names_the_first_illegal_symbol() -> None:
    rows = NoisyOracle(FORK, 1.0).read([[], [0], [1], [1, 2], [2]]).probabilities
    expected = [[0, 0, 1], [0, 0, 1], [1, 0, 0], [1, 0, 0], [0, 0, 0]]
    np.testing.assert_array_equal(rows, expected)


def test_a_confused_oracle_is_silent_where_all_is_legal() -> None:
    world = ConnectFour(5)
    np.testing.assert_array_equal(NoisyOracle(world, 1.0).read([[], [3]]).probabilities, 0)


def test_no_noise_no_difference() -> None:
    histories = a_batch(TOWN, np.random.default_rng(2))
    np.testing.assert_array_equal(
        NoisyOracle(TOWN, 0.0).read(histories).probabilities,
        Oracle(TOWN).read(histories).probabilities,
    )


def test_the_share_of_confused_contexts_is_the_noise() -> None:
    world, rng = ConnectFour(1000), np.random.default_rng(4)
    histories = rng.integers(0, 7, (4000, 12)).tolist()
    confused = NoisyOracle(world, 0.3, seed=8).read(histories).probabilities.sum(axis=1) == 0
    # Four standard deviations of a share of 0.3 among 4,000.
    assert abs(confused.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 4000)
    other = NoisyOracle(world, 0.3, seed=9).read(histories).probabilities.sum(axis=1) == 0
    both = (confused & other).mean()
    assert abs(both - 0.09) < 4 * np.sqrt(0.09 * 0.91 / 4000)


def test_contexts_one_symbol_apart_are_confused_independently() -> None:
    world, rng = ConnectFour(1000), np.random.default_rng(6)
    model = NoisyOracle(world, 0.5)
    contexts = model.read(rng.integers(0, 7, (3000, 6)).tolist())
    rows = np.arange(3000)
    first, second = (
        contexts.extend(rows, np.full(3000, symbol)).probabilities.sum(axis=1) == 0
        for symbol in (0, 1)
    )
    assert abs((first & second).mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 3000)


@pytest.mark.parametrize("noise", [-0.1, 1.1, float("nan")])
def test_noise_is_a_share(noise: float) -> None:
    with pytest.raises(InvalidParameter, match="noise"):
        NoisyOracle(FORK, noise)


@pytest.mark.parametrize("symbol", [-1, 3])
def test_a_number_that_is_no_symbol(symbol: int) -> None:
    with pytest.raises(InvalidParameter, match=f"got {symbol} at place 1 of history 1"):
        Oracle(FORK).read([[0], [0, symbol]])
