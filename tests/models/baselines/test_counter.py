"""The counter: right on a lattice, wrong where counting misleads, and nowhere but on maps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import ModelMismatch
from nerode.evaluation.evaluation import evaluate
from nerode.models.baselines.counter import Counter
from nerode.models.baselines.simple import Oracle
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.registry import open_world
from nerode.worlds.streets.counting import counted_share, counter_plan, counts_turns
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import World
from tests.models.baselines.test_simple import a_batch, expected_oracle
from tests.sequences.maps import grid

TOWN: StreetMap = grid(3, 3)


def lattice(rows: int, columns: int, *, east: float = 0.001) -> StreetMap:
    """Two-way streets between corners that are all equally far apart; no corner is a dead end."""
    place = np.arange(rows * columns)
    streets = []
    for here in place.tolist():
        row, column = divmod(here, columns)
        if column + 1 < columns:
            streets += [(here, "E", here + 1), (here + 1, "W", here)]
        if row + 1 < rows:
            streets += [(here, "N", here + columns), (here + columns, "S", here)]
    lat, lon = 40 + (place // columns) / 1000, 179.999 + (place % columns) * east
    lon = (lon + 180) % 360 - 180  # the date line runs through it
    return StreetMap([f"c{n}" for n in place], lat, lon, streets, name="lattice")


def believed(world: StreetMap, history: tuple[int, ...]) -> int:
    """Where the counter thinks that it is, turn by turn."""
    shrunk = np.cos(np.radians(world.lat.mean()))
    places = np.stack([world.lon * shrunk, world.lat], axis=1)
    at = places[history[0] - world.first_node].copy()
    for symbol in history[2:]:
        label = world.alphabet[symbol]
        moved = [places[b] - places[a] for a, of, b in world.streets if of == label]
        at += np.mean(moved, axis=0)
    return int(np.argmin(((places - at) ** 2).sum(axis=1)))


@pytest.mark.slow
def test_it_is_the_oracle_of_where_it_thinks_it_is() -> None:
    rng = np.random.default_rng(4)
    model, wrong = Counter(TOWN), 0
    for _ in range(300):
        origin, destination = rng.integers(TOWN.first_node, len(TOWN.alphabet), 2).tolist()
        turns = rng.integers(1, TOWN.first_node, rng.integers(0, 7)).tolist()
        history = (origin, destination, *turns)
        at = believed(TOWN, history)
        (row,) = model.read([history]).probabilities
        told = expected_oracle(TOWN, (TOWN.first_node + at, destination))
        assert row.tolist() == pytest.approx(told, abs=1e-7)
        wrong += row.tolist() != pytest.approx(expected_oracle(TOWN, history), abs=1e-7)
    assert wrong > 50  # most of these turns are not on the map: it does not notice


@pytest.mark.slow
@pytest.mark.parametrize("world", [lattice(4, 5), lattice(3, 3, east=0.0013)])
def test_on_a_lattice_counting_is_enough(world: StreetMap) -> None:
    walks = draw_sequences(world, "random", 60, 1)
    histories = [walk[:at].tolist() for walk in walks for at in range(len(walk))]
    counted = Counter(world).read(histories).probabilities
    np.testing.assert_allclose(counted, Oracle(world).read(histories).probabilities, atol=1e-7)
    found = evaluate(world, "counter", trials=20, samples=5, length=20, baselines=(), curve=False)
    assert found.estimate("compression", "precision").value == 1
    assert found.estimate("distinction", "recall").value == 1
    assert found.estimate("traversal", "optimal").value == 1
    assert found.estimate("detours", "survival", "random", "6+").value == 1


@pytest.mark.slow
def test_where_streets_are_of_different_lengths_counting_misleads() -> None:
    found = evaluate(
        open_world("midtown"), "counter", ["next_symbol", "traversal"], trials=60, baselines=()
    )
    legal = found.estimate("next_symbol", "legal").value or 0
    arrives = found.estimate("traversal", "valid").value or 0
    assert 0.7 < legal < 0.95
    assert 0.02 < arrives < 0.5


@pytest.mark.slow
@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_extending_is_reading_the_longer_history(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model, histories = Counter(TOWN), a_batch(TOWN, rng)
    rows = rng.integers(len(histories), size=30)
    symbols = rng.integers(len(TOWN.alphabet), size=30)
    before = model.read(histories)
    read = before.probabilities.copy()
    longer = [(*histories[row], int(symbol)) for row, symbol in zip(rows, symbols, strict=True)]
    extended = before.extend(rows, symbols)
    np.testing.assert_array_equal(extended.probabilities, model.read(longer).probabilities)
    np.testing.assert_array_equal(before.probabilities, read)  # contexts are immutable


def test_nothing_follows_what_makes_no_sense() -> None:
    first, second = TOWN.first_node, TOWN.first_node + 4
    histories = [(0,), (1,), (first, 0), (first, 1), (first, second, 0), (first, second, first)]
    rows = Counter(TOWN).read([*histories, (first, first, 0, 1)]).probabilities
    assert not rows.any()
    assert Counter(TOWN).read([]).probabilities.shape == (0, len(TOWN.alphabet))
    np.testing.assert_array_equal(
        Counter(TOWN).read([(), (first,)]).probabilities,
        Oracle(TOWN).read([(), (first,)]).probabilities,
    )


def test_the_order_of_turns_does_not_matter() -> None:
    start = (TOWN.first_node, TOWN.first_node + 8)
    one, other = Counter(TOWN).read([(*start, 1, 2, 3, 1), (*start, 3, 1, 1, 2)]).probabilities
    assert one.tolist() == other.tolist()


@pytest.mark.parametrize("name", ["cayley:n=3", "connect-four:rows=2"])
def test_worlds_that_are_no_maps(name: str) -> None:
    world: World[Any] = open_world(name)
    assert not counts_turns(world)
    with pytest.raises(ModelMismatch, match=f"a street map for counter, got the world {name}"):
        Counter(world)


class Untold(StreetMap):
    """Nobody is told where a trip begins."""

    prompt_length = 0


def test_a_map_without_origin_and_destination() -> None:
    untold = Untold(TOWN.names, TOWN.lat, TOWN.lon, TOWN.streets, name="untold")
    assert not counts_turns(untold)
    with pytest.raises(ModelMismatch, match="got the world untold"):
        Counter(untold)


def test_on_a_lattice_counting_is_knowing() -> None:
    assert counted_share(lattice(5, 6), 20) == 1


@pytest.mark.slow
def test_the_share_is_that_of_the_models_walks() -> None:
    world = open_world("town:crossings=100,seed=1")
    assert isinstance(world, StreetMap)
    rng = np.random.default_rng(7)
    model, right = Counter(world), 0
    walks = 1500
    for _ in range(walks):
        at = int(rng.integers(len(world.names)))
        history = [world.first_node + at, world.first_node]
        for _ in range(10):
            state = world.place(at, -2)
            turn = int(rng.choice(world.legal(state)))
            at = int(world.turns[at, turn])
            history.append(turn)
        right += int(model.read([history]).believed[0]) == at
    share = counted_share(world, 10, walks=4000, seed=1)
    assert abs(right / walks - share) < 3 * np.sqrt(0.25 / walks)


def test_only_streets_can_be_counted() -> None:
    with pytest.raises(ModelMismatch, match="expected a street map"):
        counter_plan(open_world("cayley:n=3"))
