from __future__ import annotations

from collections import Counter
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerode.errors import IllegalSymbol, InvalidParameter, NoTrial
from nerode.worlds.boundaries import search_separation
from nerode.worlds.check.check import check_world
from nerode.worlds.connect_four import LONGEST_TRIP, ConnectFour
from nerode.worlds.world import HasGoal, SamplesHistories, SamplesStates, Separates


def test_rules() -> None:
    world = ConnectFour(2)
    assert world.name == "connect-four:rows=2"
    assert world.alphabet == ("1", "2", "3", "4", "5", "6", "7")
    assert world.end is None
    assert world.legal(world.start) == tuple(range(7))
    state = world.run(world.encode("3 1 3 7"))
    assert state == (1, 0, 2, 0, 0, 0, 1)
    assert world.legal(state) == (0, 1, 3, 4, 5, 6)
    assert world.legal((2,) * 7) == ()


def test_illegal_symbols_are_named() -> None:
    world = ConnectFour(1)
    with pytest.raises(IllegalSymbol) as caught:
        world.run((2, 2))
    assert str(caught.value) == (
        "expected one of (1 2 4 5 6 7) in state (0, 0, 1, 0, 0, 0, 0) of connect-four:rows=1, got 3"
    )
    with pytest.raises(IllegalSymbol, match=r"expected one of \(nothing\)"):
        world.step((1,) * 7, 0)
    for outside in (-1, 7):
        with pytest.raises(IllegalSymbol, match=f"got #{outside}"):
            world.step(world.start, outside)
        with pytest.raises(IllegalSymbol, match=f"got #{outside}"):
            world.cost(world.start, outside)


def test_number_of_positions_and_games() -> None:
    """All games of one row are the 7! orders; two rows have 14! / 2**7 of them."""
    for rows, games in ((1, 5_040), (2, 681_080_400)):
        world = ConnectFour(rows)
        ways = Counter({world.start: 1})
        positions = 0
        while any(world.legal(state) for state in ways):
            positions += len(ways)
            after: Counter[tuple[int, ...]] = Counter()
            for state, number in ways.items():
                for symbol in world.legal(state):
                    after[world.step(state, symbol)] += number
            ways = after
        assert positions + 1 == (rows + 1) ** 7
        assert ways == {(rows,) * 7: games}


@pytest.mark.parametrize("rows", [0, -3, 10_001])
def test_rows_outside_the_range_are_refused(rows: int) -> None:
    with pytest.raises(InvalidParameter, match=f"rows from 1 to 10000 in connect-four, got {rows}"):
        ConnectFour(rows)


@given(st.integers(2, 3), st.integers(0, 2**32 - 1))
def test_separation_equals_a_search(rows: int, seed: int) -> None:
    world = ConnectFour(rows)
    rng = np.random.default_rng(seed)
    q1, q2 = world.sample_state(rng), world.sample_state(rng)
    assert world.separation(q1, q2) == search_separation(world, q1, q2, cap=100_000)
    assert world.separation(q1, q1) is None


@pytest.mark.slow
def test_states_are_uniform_without_the_empty_and_the_full_board() -> None:
    world = ConnectFour(1)
    rng = np.random.default_rng(0)
    drawn = Counter(world.sample_state(rng) for _ in range(12_600))
    assert set(drawn) == set(product((0, 1), repeat=7)) - {(0,) * 7, (1,) * 7}
    squares = sum((number - 100) ** 2 / 100 for number in drawn.values())
    assert abs(squares - 125) < 4 * 250**0.5


def test_histories_are_uniform_orders_of_the_pieces() -> None:
    world = ConnectFour(3)
    state = (2, 0, 1, 0, 0, 0, 1)
    assert list(world.history_lengths(state)) == [4]
    orders = set(permutations((0, 0, 2, 6)))
    rng = np.random.default_rng(0)
    drawn = Counter(world.sample_history(state, 4, rng) for _ in range(100 * len(orders)))
    assert set(drawn) == orders
    squares = sum((number - 100) ** 2 / 100 for number in drawn.values())
    assert abs(squares - 11) < 4 * 22**0.5
    with pytest.raises(NoTrial, match="no history of 3 symbols reaches 4 pieces"):
        world.sample_history(state, 3, rng)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 6, 1000])
def test_trips_leave_one_to_sixty_cells(rows: int) -> None:
    world = ConnectFour(rows)
    rng = np.random.default_rng(0)
    left = set()
    for _ in range(30):
        trip = world.sample_trip(rng)
        state = world.run(trip)
        assert trip
        assert world.steps_allowed(trip) == world.steps_to_goal(state) == 7 * rows - len(trip)
        left.add(world.steps_to_goal(state))
    assert 1 <= min(left) < max(left) <= min(LONGEST_TRIP, 7 * rows - 1)


@pytest.mark.slow
def test_trips_are_uniform_play() -> None:
    """Once a column is full, the next piece is as likely in each of the others."""
    world = ConnectFour(1)
    rng = np.random.default_rng(0)
    trips = [trip for trip in (world.sample_trip(rng) for _ in range(9_000)) if len(trip) > 1]
    drawn = Counter(trip[:2] for trip in trips)
    assert set(drawn) == set(permutations(range(7), 2))
    expected = len(trips) / 42
    squares = sum((number - expected) ** 2 / expected for number in drawn.values())
    assert abs(squares - 41) < 4 * 82**0.5


def test_the_canonical_way_plays_the_lowest_column() -> None:
    world = ConnectFour(2)
    state: tuple[int, ...] = (2, 1, 0, 2, 2, 2, 1)
    way: list[int] = []
    while (symbol := world.toward_goal(state)) is not None:
        assert world.cost_to_goal(state) == world.steps_to_goal(state) == 4 - len(way)
        assert world.cost(state, symbol) == 1
        way.append(symbol)
        state = world.step(state, symbol)
    assert way == [1, 2, 2, 6]
    assert world.steps_to_goal(state) == world.cost_to_goal(state) == 0


def test_offers() -> None:
    world = ConnectFour()
    for offer in (SamplesStates, SamplesHistories, Separates, HasGoal):
        assert isinstance(world, offer)


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "states"), [(1, 130), (2, 100), (6, 60), (1000, 40)])
def test_passes_check(rows: int, states: int) -> None:
    report = check_world(ConnectFour(rows), states=states)
    assert report.states == min(states, 2**7 if rows == 1 else states)
    assert rows > 1 or report.undecided == 0
