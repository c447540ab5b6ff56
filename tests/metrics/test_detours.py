from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nerode.metrics.detours import DETOUR_KINDS, DETOUR_SHARES, DETOURS
from nerode.metrics.traversal import TRAVERSAL
from nerode.models.baselines.simple import NoisyOracle, Oracle
from nerode.models.model import Model
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import World
from tests.metrics import dumb
from tests.metrics.conftest import MODELS, as_dicts, batches_of, setting_of

measure = as_dicts(DETOURS)


@pytest.fixture(scope="module")
def trips(town: StreetMap) -> SequenceBatch:
    return draw_sequences(town, "shortest", 60, 1)


def whose(model: Model, played: tuple[int, ...]) -> list[int]:
    """How many symbols after the prompt are the model's own, and how many are not."""
    own = [dumb.next_probabilities(model, played[:at]) for at in range(2, len(played))]
    chosen = sum(
        bool(mass.any()) and int(np.argmax(mass)) == symbol
        for mass, symbol in zip(own, played[2:], strict=True)
    )
    return [chosen, len(played) - 2 - chosen]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["noisy", "wanderer"])
def test_every_trial_is_what_the_dumb_version_drives(
    kind: str, town: StreetMap, trips: SequenceBatch, models: dict[tuple[str, str], Model]
) -> None:
    model = dumb.Wanderer(town) if kind == "wanderer" else models["town", kind]
    setting = setting_of(town, sequences=trips, trials=6)
    outcomes = set()
    for record in measure(setting, model, range(6)):
        prompt = tuple(trips[record["trial"]][:2].tolist())
        uniforms = setting.generator(DETOURS.name, record["trial"]).random((97, 2))
        for way in DETOUR_KINDS:
            assert list(record[way]) == list(DETOUR_SHARES)
            for name, share in DETOUR_SHARES.items():
                played, valid = dumb.trip(town, model, prompt, (way, share, uniforms))
                assert record[way][name] == valid
                assert record["symbols"][way][name] == whose(model, played)
                outcomes.add((way, name, valid))
    assert len({(way, name) for way, name, _ in outcomes}) == 10
    assert {valid for _, _, valid in outcomes} == {True, False}


def test_without_detours_it_is_traversal(town: StreetMap, trips: SequenceBatch) -> None:
    setting = setting_of(town, sequences=trips, trials=60)
    model = NoisyOracle(town, 0.1, seed=2)
    found = DETOURS.run(setting, model).arrived
    valid = TRAVERSAL.run(setting, model).shares["valid"]
    assert found["random"]["0"] == valid == found["adversarial"]["0"]
    assert 0 < (valid.value or 0) < 1


def test_every_detour_costs_a_noisy_model(town: StreetMap, trips: SequenceBatch) -> None:
    setting = setting_of(town, sequences=trips, trials=60)
    found = DETOURS.run(setting, NoisyOracle(town, 0.05, seed=2)).arrived
    for kind in DETOUR_KINDS:
        values = [estimate.value or 0.0 for estimate in found[kind].values()]
        assert values[0] > values[-2] > values[-1]
        assert all(estimate.n == 60 for estimate in found[kind].values())


@pytest.mark.slow
def test_batches_change_nothing(
    town: StreetMap,
    trips: SequenceBatch,
    models: dict[tuple[str, str], Model],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setting = setting_of(town, sequences=trips, trials=12)
    for kind in MODELS:
        found = []
        for size in (1, 5, 100):
            batches_of(monkeypatch, size)
            found.append(list(measure(setting, models["town", kind], range(12))))
        assert found[0] == found[1] == found[2]


def test_trials_that_cannot_be_run_are_counted_with_the_reason(
    worlds: dict[str, World[Any]], trips: SequenceBatch
) -> None:
    town, cayley, automaton = (worlds[name] for name in ("town", "cayley", "automaton"))
    few = setting_of(town, sequences=trips.take(np.arange(2)), trials=3)
    records = sorted(measure(few, Oracle(town), range(3)), key=lambda record: record["trial"])
    assert [record.get("skipped") for record in records] == [
        None,
        None,
        "only 2 held-out sequences",
    ]
    found = DETOURS.run(few, Oracle(town)).arrived["random"]["0.5"]
    assert (found.value, found.n, found.skipped) == (1.0, 2, 1)

    short = dumb.HashModel(cayley.alphabet, context_length=8)
    reasons = {r.get("skipped") for r in measure(setting_of(cayley), short, range(30))}
    assert reasons == {None, "prompt longer than the 8 symbols that the model reads"}

    (record,) = measure(setting_of(automaton), Oracle(automaton), [0])
    assert record == {"trial": 0, "skipped": "world table has no goal to arrive at"}
