from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from nerode.evaluation.evaluation import evaluate
from nerode.metrics.acceptance import Acceptance
from nerode.metrics.compression import COMPRESSION
from nerode.metrics.setting import Setting
from nerode.models.baselines.simple import NoisyOracle, Uniform
from nerode.models.model import Model
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.histories import HistoryPair, on_policy_histories
from nerode.worlds.automata.table import table
from nerode.worlds.world import World
from tests.metrics import dumb
from tests.metrics.conftest import (
    ACCEPTANCE,
    LENGTH,
    MODELS,
    SAMPLES,
    as_dicts,
    records_in,
    setting_of,
)

measure = as_dicts(COMPRESSION)

WORLDS = ("town", "automaton", "cayley")


def drawn(setting: Setting, trial: int) -> tuple[HistoryPair, np.random.Generator]:
    rng = setting.generator(COMPRESSION.name, trial)
    return setting.histories.same_state(rng), rng


@pytest.mark.long
@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.slow) if kind == "noisy" else kind for kind in MODELS],
)
@pytest.mark.parametrize("name", WORLDS)
def test_every_trial_is_what_the_dumb_version_finds(
    name: str, kind: str, worlds: dict[str, World[Any]], models: dict[tuple[str, str], Model]
) -> None:
    world, model = worlds[name], models[name, kind]
    setting = setting_of(world, trials=4 if name == "town" else 12)
    differing = 0
    for record in measure(setting, model, range(setting.trials)):
        pair, rng = drawn(setting, record["trial"])
        assert record["histories"] == [world.decode(history) for history in pair.histories]
        uniforms = rng.random((2, SAMPLES, LENGTH))
        for at, epsilon in enumerate(ACCEPTANCE.thresholds.tolist()):
            texts = [
                [
                    dumb.draw(model, pair.histories[side], epsilon, world.end, LENGTH, numbers)
                    for numbers in uniforms[side]
                ]
                for side in range(2)
            ]
            agree, rate = dumb.compression_of(model, pair.histories, texts, epsilon)
            assert record["agree"][at] == agree
            assert record["disagreement"][at] == pytest.approx(rate, abs=1e-12)
            allowed = [dumb.accepted(model, history, epsilon) for history in pair.histories]
            assert record["first_symbol"][at] == (allowed[0] == allowed[1])
            differing += not agree
    if kind != "ngram":
        assert differing > 5, "the models must be incoherent enough for this test to bite"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hash", "noisy", pytest.param("ngram", marks=pytest.mark.slow)])
def test_following_everything_is_what_the_dumb_version_finds(
    kind: str, worlds: dict[str, World[Any]], models: dict[tuple[str, str], Model]
) -> None:
    world, model = worlds["automaton"], models["automaton", kind]
    setting = setting_of(world, samples=0, depth=3, trials=10)
    for record in measure(setting, model, range(setting.trials)):
        pair, _ = drawn(setting, record["trial"])
        for at, epsilon in enumerate(ACCEPTANCE.thresholds.tolist()):
            rates = []
            for side in range(2):
                other = pair.histories[1 - side]
                followed = dumb.all_accepted(model, pair.histories[side], epsilon, world.end, 3)
                cut = [dumb.first_rejection(model, other, text, epsilon) for text, _ in followed]
                weights = [weight for _, weight in followed]
                rates.append(
                    sum(w for w, rejected in zip(weights, cut, strict=True) if rejected is not None)
                )
            assert record["disagreement"][at] == pytest.approx(np.mean(rates), abs=1e-6)
            assert record["agree"][at] == (max(rates) == 0)


def published_world() -> World[Any]:
    """Sixty symbols, all of them legal for ever: ten more than the published cut keeps."""
    names = [f"s{number}" for number in range(60)]
    rules = {
        here: {name: "ab"[(number + turn) % 2] for number, name in enumerate(names)}
        for turn, here in enumerate("ab")
    }
    return table(rules, start="a")


@pytest.mark.slow
@pytest.mark.parametrize("epsilon", [0.01, 0.05])
def test_the_published_protocol_draws_behind_its_hidden_cut(
    monkeypatch: pytest.MonkeyPatch, epsilon: float
) -> None:
    """Also where ε is above all probabilities: the most probable symbol is kept."""
    # Few symbols, so that not every continuation comes to a rejection.
    monkeypatch.setattr(import_module("nerode.metrics.walk.trials"), "PUBLISHED_LENGTH", 10)
    world = published_world()
    model = dumb.HashModel(world.alphabet, sharpness=6.0)
    terms: dict[str, Any] = {"protocol": "paper", "samples": 8, "trials": 12}
    setting = setting_of(world, acceptance=Acceptance(epsilon, ()), **terms)
    cut_matters = 0
    for record in measure(setting, model, range(setting.trials)):
        pair, rng = drawn(setting, record["trial"])
        first, second = pair.histories
        assert len(first) == len(second)
        length = max(1, 10 - len(first))
        uniforms = rng.random((1, 8, length))[0]
        texts = [dumb.draw(model, first, epsilon, None, length, row, keep=50) for row in uniforms]
        _, rate = dumb.compression_of(model, pair.histories, [texts], epsilon)
        assert record["disagreement"] == [pytest.approx(rate)]
        plain = [dumb.draw(model, first, epsilon, None, length, row) for row in uniforms]
        cut_matters += rate != dumb.compression_of(model, pair.histories, [plain], epsilon)[1]
    assert cut_matters


@pytest.mark.slow
def test_the_published_protocol_draws_after_the_first_history_only(
    worlds: dict[str, World[Any]],
) -> None:
    world = worlds["automaton"]
    model = dumb.HashModel(world.alphabet, sharpness=2.0)
    setting = setting_of(world, protocol="paper", samples=3, trials=20)
    one_way = 0
    for record in measure(setting, model, range(setting.trials)):
        pair, rng = drawn(setting, record["trial"])
        length = 128 - len(pair.histories[0])
        uniforms = rng.random((1, 3, length))[0]
        for at, epsilon in enumerate(ACCEPTANCE.thresholds.tolist()):
            forth, back = (
                [dumb.draw(model, history, epsilon, world.end, length, row, 50) for row in uniforms]
                for history in pair.histories
            )
            agree, rate = dumb.compression_of(model, pair.histories, [forth], epsilon)
            assert record["agree"][at] == agree
            assert record["disagreement"][at] == pytest.approx(rate)
            allowed = [set(dumb.accepted(model, history, epsilon)) for history in pair.histories]
            assert record["first_symbol"][at] == (allowed[0] <= allowed[1])
            one_way += (
                agree and not dumb.compression_of(model, pair.histories[::-1], [back], epsilon)[0]
            )
    assert one_way


@pytest.mark.slow
@pytest.mark.parametrize("kind", MODELS)
def test_batches_change_nothing(
    kind: str,
    worlds: dict[str, World[Any]],
    models: dict[tuple[str, str], Model],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = models["town", kind]
    setting = setting_of(worlds["town"], trials=24)
    together = records_in(monkeypatch, measure, 100, setting, model, range(24))
    assert records_in(monkeypatch, measure, 1, setting, model, range(24)) == together
    assert records_in(monkeypatch, measure, 7, setting, model, range(24)) == together
    assert records_in(monkeypatch, measure, 7, setting, model, reversed(range(24))) == together
    assert records_in(monkeypatch, measure, 7, setting, model, range(5, 9)) == together[5:9]


def test_another_seed_draws_other_pairs(worlds: dict[str, World[Any]]) -> None:
    model = dumb.HashModel(worlds["town"].alphabet)
    first, second = (
        [record["histories"] for record in measure(setting_of(worlds["town"], seed=s), model, [0])]
        for s in (0, 1)
    )
    assert first != second


def test_pairs_too_long_for_the_model_are_counted_with_the_reason(town: World[Any]) -> None:
    model = dumb.HashModel(town.alphabet, context_length=40)
    setting = setting_of(town, trials=40)
    records = list(measure(setting, model, range(40)))
    assert sorted(record["trial"] for record in records) == list(range(40))
    reasons = {record["trial"]: record["skipped"] for record in records if "skipped" in record}
    expected = {}
    for trial in range(40):
        longest = max(map(len, drawn(setting, trial)[0].histories))
        if longest > 40:
            expected[trial] = "history longer than the 40 symbols that the model reads"
        elif longest > 36:
            expected[trial] = "history after which the model has room for fewer than 5 symbols"
    assert reasons == expected
    assert len(set(expected.values())) == 2
    found = COMPRESSION.run(setting, model).precision
    assert (found.n, found.skipped) == (40 - len(expected), len(expected))
    assert 0 < len(expected) < 40


@pytest.mark.slow
@pytest.mark.parametrize("context", range(2, 9))
def test_a_model_that_always_contradicts_itself_never_agrees(context: int) -> None:
    """Whatever its context is: also where the history fills it."""
    world = published_world()
    model = dumb.HashModel(world.alphabet, sharpness=6.0, context_length=context)
    setting = setting_of(world, trials=60, depth=1, acceptance=Acceptance(1 / 60, ()))
    found = COMPRESSION.run(setting, model)
    at_the_brim = [
        record
        for record in measure(setting, model, range(60))
        if "skipped" not in record
        and max(len(text.split()) for text in record["histories"]) == context
    ]
    assert at_the_brim
    assert found.precision.n
    assert found.precision.value == 0
    assert found.first_symbol.value == 0


@pytest.mark.slow
def test_continuations_that_the_context_ends_are_counted(worlds: dict[str, World[Any]]) -> None:
    world = worlds["automaton"]
    model = dumb.HashModel(world.alphabet, sharpness=3.0, context_length=9)
    setting = setting_of(world, trials=30, depth=2, length=6, acceptance=Acceptance(0.01, ()))
    shares = []
    for record in measure(setting, model, range(30)):
        if "skipped" in record:
            continue
        pair, rng = drawn(setting, record["trial"])
        limit = min(6, 9 - max(map(len, pair.histories)) + 1)
        uniforms = rng.random((2, SAMPLES, 6))
        cut = 0
        for side, history in enumerate(pair.histories):
            other = pair.histories[1 - side]
            for row in uniforms[side]:
                text = dumb.draw(model, history, 0.01, world.end, limit, row)
                whole = len(text) == limit < 6 and text[-1] != world.end
                whole = whole and world.accepts(text, pair.states[side])
                whole = whole and bool(world.legal(world.run(text, pair.states[side])))
                cut += whole and dumb.first_rejection(model, other, text, 0.01) is None
        shares.append(cut / (2 * SAMPLES))
        assert record.get("cut", 0) == pytest.approx(shares[-1])
    assert 0 < sum(shares) < len(shares)
    assert COMPRESSION.run(setting, model).cut == pytest.approx(np.mean(shares))
    long = dumb.HashModel(world.alphabet, sharpness=3.0)
    assert COMPRESSION.run(setting, long).cut == 0


def test_at_the_end_of_a_game_little_room_is_enough() -> None:
    """Nothing may follow that the model could not look at."""
    world = table(
        {"start": {"a": "x", "b": "x"}, "x": {"a": "y", "b": "y"}, "y": {"a": "z"}, "z": {}}
    )
    setting = setting_of(world, trials=40)
    lengths = [len(drawn(setting, trial)[0].histories[0]) for trial in range(40)]
    assert set(lengths) == {1, 2}
    for context, skipped in ((1, 40), (2, 0), (3, 0)):
        found = COMPRESSION.run(setting, NoisyOracle(world, 0.0, context_length=context))
        assert found.precision.skipped == skipped
        assert found.cut == 0, "all that is legal was looked at"
    # A model that goes on past the end, or outside the rules, has lost nothing there.
    uniform = Uniform(world.alphabet, context_length=8)
    assert COMPRESSION.run(setting, uniform).cut == 0
    rules = {q: dict.fromkeys("ab", to) for q, to in (("start", "x"), ("x", "y"), ("y", "z"))}
    setting = setting_of(table({**rules, "z": {}}), trials=40)
    assert COMPRESSION.run(setting, uniform).cut == 0


def test_pairs_that_there_are_not_are_counted_with_the_reason(town: World[Any]) -> None:
    alone = SequenceBatch.of([town.encode("c0 c2 E E end")])
    setting = setting_of(town, histories=on_policy_histories(town, alone), trials=3)
    model = dumb.HashModel(town.alphabet)
    records = list(measure(setting, model, range(3)))
    assert [record["trial"] for record in records] == [0, 1, 2]
    assert all("reach one state" in record["skipped"] for record in records)
    found = COMPRESSION.run(setting, model)
    assert (found.precision.value, found.precision.n, found.precision.skipped) == (None, 0, 3)
    assert found.disagreement.value is None


def test_a_pair_with_too_many_continuations_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nerode.metrics.walk.walk.MOST_WALKERS", 100)
    world = published_world()
    model = dumb.HashModel(world.alphabet, sharpness=50.0)
    setting = setting_of(world, samples=0, depth=3, trials=2, acceptance=Acceptance(0.001, ()))
    reasons = [record["skipped"] for record in measure(setting, model, range(2))]
    assert reasons == ["too many accepted continuations to follow them all"] * 2


@pytest.mark.slow
def test_the_score_is_the_mean_over_the_trials(worlds: dict[str, World[Any]]) -> None:
    world = worlds["automaton"]
    model = dumb.HashModel(world.alphabet, sharpness=2.0)
    setting = setting_of(world, trials=30)
    records = list(measure(setting, model, range(30)))
    found = COMPRESSION.run(setting, model)
    main = ACCEPTANCE.main
    assert found.precision.value == np.mean([record["agree"][main] for record in records])
    assert found.disagreement.value == pytest.approx(
        np.mean([record["disagreement"][main] for record in records])
    )
    assert [point.value for point in found.curves()["precision"]] == [
        np.mean([record["agree"][at] for record in records]) for at in range(3)
    ]
    assert 0 < len(found.witnesses) == min(20, sum(not r["agree"][main] for r in records))


@pytest.mark.long
def test_a_record_says_how_many_continuations_the_context_ended(town: World[Any]) -> None:
    model = dumb.Wanderer(town, context_length=30)
    terms: dict[str, Any] = {"trials": 40, "baselines": (), "curve": False}
    record = evaluate(town, model, ["compression", "next_symbol"], **terms).record
    assert 0 < record["cut"]["compression"] < 1
    (note,) = record["notes"]
    assert note.startswith("Compression: the model's context ended ")
    assert "% of continuations that might have gone on, to 100 symbols at most" in note
    whole = evaluate(town, replace(model, context_length=None), ["compression"], **terms).record
    assert not {"cut", "notes"} & whole.keys()
