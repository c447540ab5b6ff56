"""Single trips and the detours forced upon them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nerode.errors import NoTrial
from nerode.metrics.rollouts import Detour, DetourKind, drive
from nerode.models.baselines.simple import Oracle
from nerode.models.model import Model
from nerode.worlds.connect_four import ConnectFour
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import World
from tests.metrics import dumb
from tests.metrics.conftest import MODELS, setting_of

KINDS: tuple[DetourKind, DetourKind] = ("random", "adversarial")


def prompts_of(world: Any, count: int) -> list[dumb.Symbols]:
    rng = np.random.default_rng(3)
    return [tuple(world.sample_trip(rng)) for _ in range(count)]


def numbers(seed: int, steps: int = 200) -> NDArray[np.float64]:
    return np.random.default_rng(seed).random((steps, 2))


def reachable_within(town: StreetMap, here: int, destination: int, turns: int) -> bool:
    """Whether some way of at most so many turns leads there, breadth-first over the streets."""
    reached = {here}
    for _ in range(turns):
        reached |= {end for start, _, end in town.streets if start in reached}
    return destination in reached


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("name", ["town", "cayley"])
def test_every_trip_is_what_the_dumb_version_drives(
    name: str,
    share: float,
    kind: DetourKind,
    worlds: dict[str, World[Any]],
    models: dict[tuple[str, str], Model],
) -> None:
    world = worlds[name]
    prompts = prompts_of(world, 2 if share == 1 else 5)
    arrived = 0
    for model in [*(models[name, other] for other in MODELS), dumb.Wanderer(world)]:
        detours = [Detour(kind, share, numbers(seed)) for seed in range(len(prompts))]
        trips = drive(setting_of(world), model, prompts, detours)
        for trip, prompt, detour in zip(trips, prompts, detours, strict=True):
            expected = dumb.trip(world, model, prompt, (kind, share, detour.uniforms))
            assert (trip.symbols, trip.valid) == expected
            assert (trip.cost is None) == (not trip.valid)
            arrived += trip.valid
    assert arrived or share == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_replaces_a_choice_is_legal_and_leaves_the_goal_within_reach(
    kind: DetourKind, town: StreetMap
) -> None:
    """Struck at every step: the oracle is sent about until the budget forbids it, and arrives."""
    model = Oracle(town)
    prompts = prompts_of(town, 4)
    detours = [Detour(kind, 1.0, numbers(seed)) for seed in range(len(prompts))]
    replaced = 0
    for trip, prompt in zip(drive(setting_of(town), model, prompts, detours), prompts, strict=True):
        assert trip.valid
        played = trip.symbols[len(prompt) :]
        assert len(played) <= 97
        for step, symbol in enumerate(played):
            read = trip.symbols[: len(prompt) + step]
            mass = dumb.next_probabilities(model, read)
            if symbol == int(mass.argmax()):
                continue
            replaced += 1
            state = town.run(read)
            assert town.end not in town.legal(state), "nobody is sent away from the destination"
            after = town.step(state, symbol)
            # END needs one symbol of those that are left
            assert reachable_within(town, after.at, after.destination, 97 - step - 2)
            if kind == "adversarial":
                for other in town.legal(state):
                    way = town.steps_to_goal(town.step(state, other))
                    assert mass[other] >= mass[symbol] or way is None or way > 97 - step - 1
    assert replaced > 40


def test_random_detours_are_uniform_over_the_other_symbols(
    worlds: dict[str, World[Any]],
) -> None:
    world: Any = worlds["cayley"]
    model = Oracle(world)
    prompt = (1,)
    choice = int(dumb.next_probabilities(model, prompt).argmax())
    rng = np.random.default_rng(0)
    detours = [
        Detour("random", 0.5, np.array([[0.0, rng.random()], *[[1.0, 0.0]] * 99]))
        for _ in range(900)
    ]
    trips = drive(setting_of(world), model, [prompt] * 900, detours)
    counts = Counter(trip.symbols[1] for trip in trips)
    others = [symbol for symbol in world.legal(world.run(prompt)) if symbol != choice]
    assert sorted(counts) == others
    assert min(counts.values()) > 900 / len(others) * 0.8
    assert all(trip.valid for trip in trips)


def test_where_nothing_else_may_be_played_the_choice_stays() -> None:
    board: Any = ConnectFour(2)
    prompt = tuple(column for column in range(6) for _ in range(2))  # one column is left
    detour = Detour("adversarial", 1.0, np.zeros((2, 2)))
    (trip,) = drive(setting_of(board), Oracle(board), [prompt], [detour])
    assert (trip.symbols, trip.valid, trip.cost) == ((*prompt, 6, 6), True, 2)


def test_a_trip_ends_where_the_model_cannot_read_on(town: StreetMap) -> None:
    model = dumb.Wanderer(town, context_length=9)  # it refuses to read more
    trips = drive(setting_of(town), model, prompts_of(town, 20))
    assert max(len(trip.symbols) for trip in trips) == 10
    assert {trip.valid for trip in trips if len(trip.symbols) == 10} <= {False, True}
    assert any(len(trip.symbols) == 10 and not trip.valid for trip in trips)


def test_a_trip_ends_with_its_first_illegal_symbol(town: StreetMap) -> None:
    model = dumb.HashModel(town.alphabet)
    for trip in drive(setting_of(town), model, prompts_of(town, 20)):
        assert dumb.any_world_accepts(town, town.start, trip.symbols[:-1])
        assert trip.valid == dumb.any_world_accepts(town, town.start, trip.symbols)


def test_a_model_that_says_nothing_goes_nowhere(worlds: dict[str, World[Any]]) -> None:
    world: Any = worlds["cayley"]
    (trip,) = drive(setting_of(world), dumb.Silent(world.alphabet), [(1, 1)])
    assert (trip.symbols, trip.valid, trip.cost) == ((1, 1), False, None)


def test_no_trips_is_no_trouble_and_no_goal_is(worlds: dict[str, World[Any]]) -> None:
    town = worlds["town"]
    assert drive(setting_of(town), Oracle(town), []) == []
    world = worlds["automaton"]
    with pytest.raises(NoTrial, match="no goal"):
        drive(setting_of(world), Oracle(world), [(1,)])
