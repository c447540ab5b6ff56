"""Trips that are written down step by step, beside a loop that drives one at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nerode.evaluation.evaluation import evaluate
from nerode.evaluation.replays_on_maps import ROUTES_WRITTEN, SYMBOLS_OF_STEP
from nerode.evaluation.replays_on_maps import routes as typed_routes
from nerode.metrics.setting import Setting
from nerode.metrics.traversal import TRAVERSAL
from nerode.models.baselines.simple import NoisyOracle, Oracle, Uniform
from nerode.models.model import Model
from nerode.runs import TERMS, TRIALS
from nerode.schema.decoding import encoded
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import World
from tests.evaluation.test_resume import Rounded
from tests.metrics import dumb
from tests.metrics.conftest import MODELS, as_dicts, setting_of
from tests.report.from_json import check_record
from tests.run_folders import lines, result

BUDGET = 97
Told = dict[str, Any]
measure = as_dicts(TRAVERSAL)


def routes(setting: Setting, model: Model) -> list[Told]:
    """Routes as JSON has them."""
    return list(encoded(typed_routes(setting, model)))


@pytest.fixture(scope="module")
def trips(town: StreetMap) -> SequenceBatch:
    return draw_sequences(town, "shortest", 120, 1)


def others(town: StreetMap, state: Any, wanted: int, left: int) -> list[int]:
    """What may be played instead, with `left` symbols to go."""
    if town.end in town.legal(state):
        return []
    ways = {a: town.steps_to_goal(town.step(state, a)) for a in town.legal(state) if a != wanted}
    return [a for a, way in ways.items() if way is not None and way < left]


def driven(
    town: StreetMap, model: Model, prompt: dumb.Symbols, struck: tuple[int, float] | None
) -> tuple[Told, list[int]]:
    """One trip, every step from the whole history, and the steps that a detour may replace."""
    symbols, steps, places, arrived = prompt, list[Told](), list[int](), False
    while not arrived and len(steps) < BUDGET:
        mass, state = dumb.next_probabilities(model, symbols), town.run(symbols)
        if not mass.any():
            break
        wanted = int(mass.argmax())
        free = others(town, state, wanted, BUDGET - len(steps))
        if free and wanted in town.legal(state):
            places.append(len(steps))
        played = free[int(struck[1] * len(free))] if struck and struck[0] == len(steps) else wanted
        order = sorted(range(len(mass)), key=lambda a: (-mass[a], a))
        top = [a for a in order[:SYMBOLS_OF_STEP] if mass[a] >= 0.0005] or [wanted]
        if played not in top:
            top = [*top[: SYMBOLS_OF_STEP - 1], played]
        names = town.alphabet
        steps.append(
            {
                "symbol": names[played],
                "detour": played != wanted,
                "wanted": names[wanted],
                "top": [[names[a], round(float(mass[a]), 4)] for a in top],
                "legal": [names[a] for a in town.legal(state)],
            }
        )
        symbols = (*symbols, played)
        if played not in town.legal(state):
            break
        arrived = played == town.end
    left = bool(steps) and steps[-1]["symbol"] not in steps[-1]["legal"]
    told = {
        "sequence": [town.alphabet[a] for a in symbols],
        "path": town.trace(symbols),
        "arrived": arrived,
        "left": len(steps) - 1 if left else None,
        "steps": steps,
    }
    return told, places


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*MODELS, "wanderer", "uniform", "silent"])
def test_every_route_is_what_the_slow_loop_drives(
    kind: str, town: StreetMap, trips: SequenceBatch, models: dict[tuple[str, str], Model]
) -> None:
    plain: dict[str, Model] = {
        "wanderer": dumb.Wanderer(town),
        "uniform": Uniform(town.alphabet),
        "silent": dumb.Silent(town.alphabet),
    }
    model = plain[kind] if kind in plain else models["town", kind]
    setting = setting_of(town, sequences=trips, trials=12)
    found = routes(setting, model)
    assert [route["trial"] for route in found] == list(range(12))
    replaced = 0
    for route in found:
        prompt = tuple(trips[route["trial"]][:2].tolist())
        expected, places = driven(town, model, prompt, None)
        assert route["plain"] == expected
        where, which = setting.generator("routes", route["trial"]).random(2)
        struck = (places[int(where * len(places))], which) if places else None
        assert route["detour"] == driven(town, model, prompt, struck)[0]
        marked = [step["detour"] for step in route["detour"]["steps"]]
        assert sum(marked) == bool(places)
        assert not any(step["detour"] for step in route["plain"]["steps"])
        replaced += any(marked)
        way = town.run(prompt), route["shortest"]
        assert len(way[1]) == town.steps_to_goal(way[0])
        assert (way[1][0], town.names[way[1][-1]]) == (route["plain"]["path"][0], names(route)[1])
    assert replaced > 3 or kind in ("hash", "uniform", "silent")


def names(route: Told) -> list[str]:
    found: list[str] = route["plain"]["sequence"]
    return found


def test_the_oracle_arrives_also_after_a_detour(town: StreetMap, trips: SequenceBatch) -> None:
    found = routes(setting_of(town, sequences=trips, trials=500), Oracle(town))
    assert len(found) == ROUTES_WRITTEN
    for route in found:
        assert route["plain"]["arrived"]
        assert route["detour"]["arrived"]
        assert route["plain"]["path"] == route["shortest"]
    assert sum(any(s["detour"] for s in r["detour"]["steps"]) for r in found) > ROUTES_WRITTEN / 2


def test_where_a_trip_leaves_the_map_is_told(town: StreetMap, trips: SequenceBatch) -> None:
    found = routes(setting_of(town, sequences=trips, trials=60), NoisyOracle(town, 0.2, seed=1))
    gone = [trip for r in found for trip in (r["plain"], r["detour"]) if trip["left"] is not None]
    assert len(gone) > 20
    for trip in gone:
        last = trip["steps"][trip["left"]]
        assert trip["left"] == len(trip["steps"]) - 1
        assert last["symbol"] not in last["legal"]
        assert not trip["arrived"]
        assert len(trip["path"]) == len(trip["steps"])  # the last step leads nowhere
    stayed = [r["plain"] for r in found if r["plain"]["left"] is None]
    assert all(trip["arrived"] for trip in stayed)
    assert stayed


def test_they_are_the_trips_of_the_traversal_metric(town: StreetMap, trips: SequenceBatch) -> None:
    setting, model = setting_of(town, sequences=trips, trials=70), NoisyOracle(town, 0.1, seed=2)
    found = routes(setting, model)
    for route, record in zip(found, measure(setting, model, range(70)), strict=False):
        told = " ".join(names(route)), route["plain"]["arrived"]
        assert (record["sequence"], record["valid"]) == told


def test_prompts_that_cannot_be_had_are_left_out(town: StreetMap, trips: SequenceBatch) -> None:
    three = SequenceBatch.of([trips[number] for number in range(3)])
    assert len(routes(setting_of(town, sequences=three, trials=9), Oracle(town))) == 3
    model = dumb.Wanderer(town, context_length=1)
    assert routes(setting_of(town, sequences=trips, trials=9), model) == []


def test_only_worlds_on_a_map_have_routes(worlds: dict[str, World[Any]]) -> None:
    for name in ("cayley", "automaton"):
        assert routes(setting_of(worlds[name], trials=3), Oracle(worlds[name])) == []


@pytest.mark.parametrize("metrics", [["traversal"], ["next_symbol"]])
def test_an_evaluation_has_them_where_traversal_is_asked_for(
    town: StreetMap, metrics: list[str]
) -> None:
    record = evaluate(town, NoisyOracle(town, 0.1), metrics, trials=5, baselines=()).record
    assert len(record.get("routes", ())) == (5 if metrics == ["traversal"] else 0)
    assert ("routes" in record) == (metrics == ["traversal"])
    check_record(json.loads(json.dumps(record)), "here")


def test_a_run_that_goes_on_has_the_same_routes_also_where_a_model_rounds(
    town: StreetMap, tmp_path: Path
) -> None:
    model = Rounded(town, 0.1, 3)
    terms: dict[str, Any] = {"metrics": ["traversal"], "trials": 70, "baselines": ()}
    evaluate(town, model, out=tmp_path / "whole", **terms)
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / TERMS).write_bytes((tmp_path / "whole" / TERMS).read_bytes())
    (tmp_path / "cut" / TRIALS).write_bytes(b"".join(lines(tmp_path / "whole")[:21]))
    evaluate(town, model, out=tmp_path / "cut", **terms)
    assert result(tmp_path / "cut") == result(tmp_path / "whole")
