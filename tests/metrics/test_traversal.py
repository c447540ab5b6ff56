from __future__ import annotations

import heapq
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from nerode.metrics.traversal import TRAVERSAL
from nerode.models.baselines.simple import Oracle
from nerode.models.model import Model
from nerode.schema.trial import PlainTrial
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import World
from tests.metrics import dumb
from tests.metrics.conftest import MODELS, as_dicts, batches_of, setting_of, typed

measure = as_dicts(TRAVERSAL)

EARTH = 6371008.8  # metres


def length(town: StreetMap, here: int, there: int) -> int:
    """Millimetres of the great circle, by the haversine formula."""
    lat1, lon1, lat2, lon2 = (
        math.radians(value)
        for value in (town.lat[here], town.lon[here], town.lat[there], town.lon[there])
    )
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return max(1, round(2000 * EARTH * math.asin(math.sqrt(half))))


def cheapest(town: StreetMap, origin: int, destination: int) -> int:
    """By Dijkstra's algorithm, over the streets as they stand in the file."""
    waiting, done = [(0, origin)], set()
    while True:
        cost, here = heapq.heappop(waiting)
        if here == destination:
            return cost
        if here not in done:
            done.add(here)
            for start, _, end in town.streets:
                if start == here:
                    heapq.heappush(waiting, (cost + length(town, here, end), end))


@pytest.fixture(scope="module")
def trips(town: StreetMap) -> SequenceBatch:
    return draw_sequences(town, "shortest", 120, 1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*MODELS, "wanderer"])
def test_every_trip_is_what_the_dumb_version_drives(
    kind: str, town: StreetMap, trips: SequenceBatch, models: dict[tuple[str, str], Model]
) -> None:
    model = dumb.Wanderer(town) if kind == "wanderer" else models["town", kind]
    setting = setting_of(town, sequences=trips, trials=25)
    for record, sequence in zip(measure(setting, model, range(25)), trips, strict=False):
        symbols, valid = dumb.trip(town, model, tuple(sequence[:2].tolist()))
        assert (record["sequence"], record["valid"]) == (town.decode(symbols), valid)


@pytest.mark.slow
def test_costs_are_those_of_the_streets_that_were_taken(
    town: StreetMap, trips: SequenceBatch
) -> None:
    setting = setting_of(town, sequences=trips, trials=120)
    ratios = []
    for record in measure(setting, dumb.Wanderer(town), range(120)):
        symbols = town.encode(record["sequence"])
        origin, destination = (int(symbol) - town.first_node for symbol in symbols[:2])
        assert record["cheapest"] == cheapest(town, origin, destination)
        if record["valid"]:
            way = town.trace(symbols)
            assert way[0] == origin
            assert way[-1] == destination
            steps = [length(town, here, there) for here, there in pairwise(way)]
            assert record["cost"] == sum(steps)
            ratios.append(record["cost"] / record["cheapest"])
        else:
            assert record["cost"] is None
    found = TRAVERSAL.run(setting, dumb.Wanderer(town)).estimates()
    assert found["valid"].value == len(ratios) / 120
    margins = {"optimal": 1, "within_1": 1.01, "within_5": 1.05, "within_10": 1.1, "within_50": 1.5}
    for name, margin in margins.items():
        assert found[name].value == sum(ratio <= margin for ratio in ratios) / 120
    values = [found[name].value or 0.0 for name in ("optimal", "within_50", "valid")]
    assert 0 < values[0] < values[1] < values[2] < 1, "the model must arrive by many ways"


def test_a_margin_includes_its_end(town: StreetMap) -> None:
    records: list[PlainTrial] = [
        {"trial": 0, "valid": True, "cost": 101, "cheapest": 100},
        {"trial": 1, "valid": True, "cost": 102, "cheapest": 100},
        {"trial": 2, "valid": False, "cost": None, "cheapest": 100},
        {"trial": 3, "skipped": "why"},
    ]
    found = TRAVERSAL.summarise(setting_of(town), typed(TRAVERSAL, records)).estimates()
    assert found["optimal"].value == 0
    assert found["within_1"].value == pytest.approx(1 / 3)
    assert found["within_5"].value == pytest.approx(2 / 3)
    assert found["valid"].value == pytest.approx(2 / 3)
    assert (found["valid"].n, found["valid"].skipped) == (3, 1)


@pytest.mark.slow
def test_batches_change_nothing(
    town: StreetMap,
    trips: SequenceBatch,
    models: dict[tuple[str, str], Model],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setting = setting_of(town, sequences=trips, trials=30)
    for kind in MODELS:
        found = []
        for rows in (1, 7, 100):
            batches_of(monkeypatch, rows)
            found.append(list(measure(setting, models["town", kind], range(30))))
        assert found[0] == found[1] == found[2]


def test_trials_without_a_sequence_are_counted_with_the_reason(
    town: StreetMap, trips: SequenceBatch
) -> None:
    setting = setting_of(town, sequences=trips.take(np.arange(3)), trials=5)
    records = list(measure(setting, Oracle(town), range(5)))
    assert sorted(record["trial"] for record in records) == [0, 1, 2, 3, 4]
    reasons = [record["skipped"] for record in records if "skipped" in record]
    assert reasons == ["only 3 held-out sequences"] * 2
    assert (TRAVERSAL.run(setting, Oracle(town)).shares["valid"].n) == 3


def test_prompts_too_long_for_the_model_are_counted_with_the_reason(
    worlds: dict[str, World[Any]],
) -> None:
    world = worlds["cayley"]
    model = dumb.HashModel(world.alphabet, context_length=8)
    setting = setting_of(world, trials=30)
    records = list(measure(setting, model, range(30)))
    skipped = {record["skipped"] for record in records if "skipped" in record}
    assert skipped == {"prompt longer than the 8 symbols that the model reads"}
    assert 0 < TRAVERSAL.run(setting, model).shares["valid"].skipped < 30


def test_worlds_without_a_goal_are_counted_with_the_reason(worlds: dict[str, World[Any]]) -> None:
    world = worlds["automaton"]
    setting = setting_of(world, trials=4)
    records = list(measure(setting, Oracle(world), range(4)))
    assert {record["skipped"] for record in records} == {"world table has no goal to arrive at"}
    found = TRAVERSAL.run(setting, Oracle(world)).shares["optimal"]
    assert (found.value, found.n, found.skipped) == (None, 0, 4)
