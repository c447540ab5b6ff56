"""The metric: sequences are sampled from the whole distribution, and drawn as trials stand."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

from nerode.errors import InvalidParameter
from nerode.evaluation.evaluation import evaluate
from nerode.metrics.reconstruction.algorithm import Rules, reconstruct
from nerode.metrics.reconstruction.reconstruction import RECONSTRUCTION
from nerode.metrics.reconstruction.sample import sample_symbols, write
from nerode.models.baselines.simple import NoisyOracle, Oracle
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import World
from tests.metrics import dumb
from tests.metrics.conftest import as_dicts, batches_of, setting_of, typed

measure = as_dicts(RECONSTRUCTION)


@pytest.fixture(scope="module")
def trips(town: StreetMap) -> SequenceBatch:
    return draw_sequences(town, "shortest", 60, 1)


def alone(model: Any, prompt: dumb.Symbols, uniforms: Any, end: int) -> dumb.Symbols:
    """One symbol after the other, the whole history read again for each."""
    written = prompt
    for uniform in uniforms:
        if model.context_length is not None and len(written) > model.context_length:
            break
        mass = dumb.next_probabilities(model, written).astype(np.float64)
        if not mass.any():
            break
        symbol = 0
        while mass[: symbol + 1].sum() <= uniform * mass.sum():
            symbol += 1
        written = (*written, symbol)
        if symbol == end:
            break
    return written


@pytest.mark.parametrize("context_length", [None, 7, 2])
def test_sequences_are_those_that_are_written_one_by_one(
    town: StreetMap, trips: SequenceBatch, context_length: int | None
) -> None:
    rng = np.random.default_rng(0)
    prompts = [tuple(trips[number][:2].tolist()) for number in range(12)]
    uniforms = [rng.random(5 + number) for number in range(12)]
    lengths = set()
    for model in (
        dumb.HashModel(town.alphabet, context_length=context_length),
        dumb.Wanderer(town, context_length=context_length),
    ):
        found = write(model, prompts, uniforms, town.end)
        expected = [
            alone(model, prompt, drawn, 0) for prompt, drawn in zip(prompts, uniforms, strict=True)
        ]
        assert found == expected
        lengths |= {len(sequence) for sequence in found}
    assert max(lengths) == (18 if context_length is None else context_length + 1)


def test_symbols_are_drawn_in_proportion_and_impossible_ones_never() -> None:
    mass = np.array([[0.0, 0.3, 0.0, 0.1, 0.0]] * 20_000, dtype=np.float32)
    counts = Counter(sample_symbols(mass, np.random.default_rng(0).random(20_000)).tolist())
    assert set(counts) == {1, 3}
    assert counts[1] / 20_000 == pytest.approx(0.75, abs=0.01)
    assert sample_symbols(mass[:2], np.array([0.0, 1 - 2**-53])).tolist() == [1, 3]
    assert sample_symbols(np.zeros((2, 3), dtype=np.float32), np.array([0.0, 0.9])).tolist() == [
        -1,
        -1,
    ]


def test_nothing_is_written_where_nothing_is_asked_or_said(town: StreetMap) -> None:
    assert write(Oracle(town), [], [], 0) == []
    assert write(dumb.Silent(town.alphabet), [(9, 10)], [np.zeros(3)], 0) == [(9, 10)]
    assert write(Oracle(town), [(9, 10)], [np.zeros(0)], 0) == [(9, 10)]


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 7, 256])
def test_batches_make_no_difference(
    town: StreetMap, trips: SequenceBatch, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = setting_of(town, sequences=trips, trials=20)
    model = dumb.HashModel(town.alphabet)
    together = list(measure(setting, model, range(20)))
    batches_of(monkeypatch, size)
    assert list(measure(setting, model, range(20))) == together
    assert list(measure(setting, model, range(13, 15))) == together[13:15]


def test_trials_differ_and_seeds_do(town: StreetMap, trips: SequenceBatch) -> None:
    same = trips.take([0] * 20)
    model = NoisyOracle(town, 0.3, 2)
    found = []
    for seed in (0, 1):
        setting = setting_of(town, sequences=same, trials=20, seed=seed)
        found.append([record["sequence"] for record in measure(setting, model, range(20))])
    assert len(set(found[0])) > 3
    assert found[0] != found[1]


@pytest.mark.slow
def test_the_map_is_drawn_with_valid_sequences_first(town: StreetMap, trips: SequenceBatch) -> None:
    setting = setting_of(town, sequences=trips, trials=40)
    model = NoisyOracle(town, 0.2, 1)
    records = list(measure(setting, model, range(40)))
    result = RECONSTRUCTION.summarise(setting, typed(RECONSTRUCTION, records))
    batch = SequenceBatch.of([town.encode(record["sequence"]) for record in records])
    assert result.record is not None
    counts = result.record.made.counts
    assert counts == reconstruct(town, [batch], Rules(), "valid-first").counts
    assert counts != reconstruct(town, [batch], Rules()).counts
    assert counts["new"] > 0
    assert result.estimates() == RECONSTRUCTION.run(setting, model).estimates()
    valid = result.estimates()["valid"]
    assert (valid.n, valid.skipped) == (40 - counts["malformed"], counts["malformed"])


@pytest.mark.slow
def test_the_oracle_needs_no_street_that_is_not_there(
    town: StreetMap, trips: SequenceBatch
) -> None:
    found = RECONSTRUCTION.run(setting_of(town, sequences=trips, trials=40), Oracle(town))
    assert found.record is not None
    made = found.record.made
    counts = made.counts
    # It wanders on half of its steps, and may run out of them or into the dead end.
    assert counts["illegal_step"] == counts["wrong_destination"] == 0
    assert (counts["new"], found.estimates()["new"].value) == (0, 0)
    assert counts["valid"] > 20
    assert found.estimates()["valid"].value == 1
    # What it may lose is to the rule that only four streets leave a crossing: one has more.
    leaving = Counter(node for node, _, _ in town.streets)
    records = list(measure(setting_of(town, sequences=trips, trials=40), Oracle(town), range(40)))
    for number in np.flatnonzero(made.gave_up):
        way = town.trace(town.encode(records[number]["sequence"]))
        assert max(leaving[node] for node in way) > 4


def test_trials_without_a_prompt_are_skipped(town: StreetMap, trips: SequenceBatch) -> None:
    setting = setting_of(town, sequences=trips.part(0, 5), trials=8)
    result = RECONSTRUCTION.run(setting, Oracle(town))
    assert {estimate.skipped >= 3 for estimate in result.estimates().values()} == {True}
    valid = result.estimates()["valid"]
    assert valid.n + valid.skipped == 8
    nothing = RECONSTRUCTION.run(setting_of(town, trials=2), Oracle(town))
    assert nothing.record is None
    assert nothing.parts() == {}
    assert [(e.n, e.skipped) for e in nothing.estimates().values()] == [(0, 2)] * 3


def test_only_street_maps_can_be_drawn(worlds: dict[str, World[Any]]) -> None:
    world = worlds["cayley"]
    terms: dict[str, Any] = {"trials": 3, "baselines": (), "samples": 2, "length": 5}
    with pytest.raises(InvalidParameter, match="expected a street map for reconstruction, got"):
        evaluate(world, Oracle(world), ["reconstruction"], **terms)
    result = RECONSTRUCTION.run(setting_of(world, trials=3), Oracle(world))
    assert [(e.value, e.skipped) for e in result.estimates().values()] == [(None, 3)] * 3
    assert "reconstruction" not in evaluate(world, Oracle(world), **terms).record["metrics"]


@pytest.mark.slow
def test_an_evaluation_holds_the_map_and_asks_no_baseline(town: StreetMap) -> None:
    terms: dict[str, Any] = {"trials": 30, "baselines": ("uniform",), "seed": 5}
    record = evaluate(town, NoisyOracle(town, 0.2, 1), ["reconstruction"], **terms).record
    assert record["baselines"] == {"uniform": {}}
    found = json.loads(json.dumps(record["reconstruction"], allow_nan=False))
    assert found["parameters"] == {
        "degree": 4,
        "miles": 0.5,
        "crossings": 3,
        "noise": [0.0, 0.01],
        "draws": 20,
        "seed": 5,
        "order": "valid-first",
        "orders": 100,
    }
    counts, streets = found["counts"], found["streets"]
    assert counts["sequences"] == 30
    assert Counter(streets["kind"]) == {k: counts[k] for k in ("true", "new", "unused")}
    assert {len(column) for column in streets.values()} == {len(streets["kind"])}
    assert sum(why != "" for why in streets["why"]) == counts["impossible"] > 0
    drawn = set(zip(streets["from"], streets["label"], streets["to"], streets["kind"], strict=True))
    for u, v, label in record["drawing"]["streets"]:
        assert (u, label, v, "true") in drawn or (u, label, v, "unused") in drawn
    assert found["score"]["new_per_1000"]["value"] == pytest.approx(
        1000 * counts["new"] / counts["symbols"]
    )
    assert found["score"]["given_up"] == record["metrics"]["reconstruction"]["given_up"]
    assert len(found["gave_up"]) == counts["given_up"]
    assert found["longest"] == [
        max(m for m, k in zip(streets["metres"], streets["kind"], strict=True) if k != "new")
    ]
    assert [noise["share"] for noise in found["noise"]][:2] == [0, 0.01]
