"""Where pairs first disagree, and how often a model slips: against a dumb version and the truth."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from nerode.metrics.acceptance import Acceptance
from nerode.metrics.compression import (
    COMPRESSION,
    SLIP_PLACES,
    CompressionResult,
    numbers_of_symbols,
)
from nerode.metrics.outcomes import Outcomes
from nerode.metrics.setting import Setting
from nerode.models.baselines.simple import NoisyOracle, Oracle
from nerode.models.model import Model
from nerode.schema.trial import PlainTrial as Record
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.histories import on_policy_histories
from nerode.stats.estimate import Estimate, estimate_of_rate
from nerode.worlds.cayley import Cayley
from nerode.worlds.world import World
from tests.metrics import dumb
from tests.metrics.conftest import (
    ACCEPTANCE,
    LENGTH,
    SAMPLES,
    as_dicts,
    damage_of,
    setting_of,
    typed,
)

measure = as_dicts(COMPRESSION)


def summarise(setting: Setting, records: list[Record]) -> CompressionResult:
    """The result of trials as JSON has them."""
    return COMPRESSION.summarise(setting, typed(COMPRESSION, records))


EPSILON = float(ACCEPTANCE.thresholds[ACCEPTANCE.main])


def texts_of(setting: Setting, model: Model, trial: int) -> tuple[Any, list[tuple[int, Any, Any]]]:
    """The histories of a trial, and every continuation: side, text, and the text as far as
    it was looked at if it was rejected."""
    rng = setting.generator(COMPRESSION.name, trial)
    histories = setting.histories.same_state(rng).histories
    uniforms = rng.random((2, SAMPLES, LENGTH))
    found = []
    for side in range(2):
        for numbers in uniforms[side]:
            end = setting.world.end
            text = dumb.draw(model, histories[side], EPSILON, end, LENGTH, numbers)
            other = histories[1 - side]
            found.append((side, text, dumb.first_rejection(model, other, text, EPSILON)))
    return histories, found


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hash", "noisy"])
@pytest.mark.parametrize("name", ["automaton", "cayley"])
def test_every_trial_is_what_the_dumb_version_finds(
    name: str, kind: str, worlds: dict[str, World[Any]], models: dict[tuple[str, str], Model]
) -> None:
    world, model = worlds[name], models[name, kind]
    setting = setting_of(world, trials=12)
    later = 0
    for record in measure(setting, model, range(setting.trials)):
        histories, texts = texts_of(setting, model, record["trial"])
        allowed = [dumb.accepted(model, history, EPSILON) for history in histories]
        depths = [len(rejected) for *_, rejected in texts if rejected is not None]
        first = 1 if allowed[0] != allowed[1] else min(depths, default=None)
        assert record["first_disagreement"] == first
        later += first is not None and first > 1
        looked_at = [len(text if rejected is None else rejected) for _, text, rejected in texts]
        spans = list(pairwise([0, *SLIP_PLACES, 100]))
        assert record["slips"] == {
            "rejected": [sum(low < depth <= high for depth in depths) for low, high in spans],
            "looked_at": [
                sum(min(max(n - low, 0), high - low) for n in looked_at) for low, high in spans
            ],
        }
    assert later, "some must disagree later for this test to bite"


def mirrored(found: Estimate) -> Any:
    """One less a score, with its interval."""
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    return pytest.approx((1 - found.value, 1 - found.high, 1 - found.low))


def told(found: Estimate) -> Any:
    return found.value, found.low, found.high


@pytest.mark.slow
@pytest.mark.parametrize("source", ["uniform", "on-policy"])
@pytest.mark.parametrize("samples", [0, SAMPLES])
def test_shares_agree_with_first_symbol_and_precision(
    samples: int, source: str, worlds: dict[str, World[Any]], models: dict[tuple[str, str], Model]
) -> None:
    """Within one symbol: 1 less first_symbol. Within all: 1 less precision, and those pairs whose
    next symbols differ although no continuation came upon it, of which there are none where every
    continuation is followed."""
    world, model = worlds["automaton"], models["automaton", "hash"]
    terms: dict[str, Any] = {"trials": 60, "samples": samples, "depth": 3}
    if source == "on-policy":
        held_out = draw_sequences(world, "random", 30, 3)
        terms["histories"] = on_policy_histories(world, held_out)
    setting = setting_of(world, **terms)
    records = list(measure(setting, model, range(60)))
    found = summarise(setting, records)
    assert isinstance(found, CompressionResult)
    within = found.disagree_within
    assert list(within) == (["1", "2", "3", "5", "6"] if samples else ["1", "2", "3"])
    assert told(within["1"]) == mirrored(found.first_symbol)
    main = setting.acceptance.main
    known = [not (r["agree"][main] and r["first_symbol"][main]) for r in records if "agree" in r]
    last = list(within.values())[-1]
    assert last.value == pytest.approx(np.mean(known))
    values = [each.value or 0.0 for each in within.values()]
    assert values == sorted(values)
    assert 0 < values[0] < values[-1]
    if not samples:
        assert told(last) == mirrored(found.precision)
        assert not found.slip


def test_a_difference_that_no_continuation_came_upon_is_known(
    worlds: dict[str, World[Any]],
) -> None:
    world = worlds["automaton"]
    model = dumb.HashModel(world.alphabet, sharpness=0.5)
    terms: dict[str, Any] = {"trials": 60, "samples": 1, "length": 1}
    found = COMPRESSION.run(setting_of(world, **terms), model)
    (only,) = found.disagree_within.values()
    assert only.value is not None
    assert found.precision.value is not None
    assert only.value > 1 - found.precision.value + 0.1


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (1, [1]),
        (4, [1, 2, 3, 4]),
        (100, [1, 2, 3, 5, 10, 20, 50, 100]),
        (120, [1, 2, 3, 5, 10, 20, 50, 100, 120]),
    ],
)
def test_steps_end_with_the_length(length: int, expected: list[int], town: World[Any]) -> None:
    assert numbers_of_symbols(setting_of(town, length=length)) == expected
    assert numbers_of_symbols(setting_of(town, length=100, samples=0, depth=length)) == expected


def without(record: Record) -> Record:
    return {name: v for name, v in record.items() if name not in ("first_disagreement", "slips")}


def test_trials_of_earlier_versions_and_of_the_paper_do_not_say(
    worlds: dict[str, World[Any]], models: dict[tuple[str, str], Model]
) -> None:
    world, model = worlds["automaton"], models["automaton", "hash"]
    setting = setting_of(world, trials=20)
    records = list(measure(setting, model, range(20)))
    old = [without(record) for record in records]
    assert all(damage_of(COMPRESSION, r, 3) is None for r in (*records, *old))
    found = summarise(setting, old).estimates()
    assert set(found) == {"precision", "disagreement", "first_symbol"}
    mixed = summarise(setting, [*old[:5], *records[5:]])
    assert isinstance(mixed, CompressionResult)
    rest = summarise(setting, records[5:])
    assert isinstance(rest, CompressionResult)
    for some, same in ((mixed.disagree_within, rest.disagree_within), (mixed.slip, rest.slip)):
        assert {(each.n, each.skipped) for each in some.values()} == {(15, 5)}
        assert [told(each) for each in some.values()] == [told(each) for each in same.values()]
    paper = setting_of(world, protocol="paper", trials=5)
    published = COMPRESSION.run(paper, model)
    assert not published.disagree_within
    assert not published.slip


@pytest.mark.parametrize(
    "entry",
    [
        {"first_disagreement": 0},
        {"first_disagreement": True},
        {"first_disagreement": 1.5},
        {"slips": {"rejected": [1, 0, 0, 0], "looked_at": [0, 5, 5, 5]}},
        {"slips": {"rejected": [0, 0, 0], "looked_at": [5, 5, 5]}},
        {"slips": None},
    ],
)
def test_damaged_entries_are_told(entry: Record, worlds: dict[str, World[Any]]) -> None:
    setting = setting_of(worlds["automaton"], trials=1)
    (record,) = measure(setting, Oracle(worlds["automaton"]), [0])
    assert record["first_disagreement"] is None
    assert damage_of(COMPRESSION, record, 3) is None
    assert damage_of(COMPRESSION, record | entry, 3) is not None


def test_runs_are_still_compared_in_the_same_scores(worlds: dict[str, World[Any]]) -> None:
    setting = setting_of(worlds["automaton"], trials=10)
    model = dumb.HashModel(worlds["automaton"].alphabet)
    new, old = (Outcomes(COMPRESSION, 10, setting.acceptance.main) for _ in range(2))
    for record in measure(setting, model, range(10)):
        new.see(*typed(COMPRESSION, [record]))
        old.see(*typed(COMPRESSION, [without(record)]))
    for name in ("precision", "disagreement", "first_symbol"):
        assert old.difference(new, (name,)).value == 0


@pytest.mark.slow
def test_the_rate_of_a_noisy_oracle_is_its_noise_at_any_length_and_number() -> None:
    """Where precision and disagreement are other numbers each time."""
    world, noise = Cayley(4), 0.02
    plain = setting_of(world, acceptance=Acceptance(0.01, ()), trials=400)
    precisions = []
    for length, samples in ((5, 1), (5, 6), (40, 1)):
        setting = replace(plain, length=length, samples=samples)
        records: list[Record] = []
        for seed in range(10):  # no result hangs on one noisy oracle
            some = range(40 * seed, 40 * seed + 40)
            records += measure(setting, NoisyOracle(world, noise, seed=seed), some)
        found = summarise(setting, records)
        assert isinstance(found, CompressionResult)
        rate = found.slip[str(length)]
        assert rate.value == pytest.approx(noise * (1 - noise), rel=0.2)
        assert rate.low is not None
        assert rate.high is not None
        assert rate.low < noise * (1 - noise) < rate.high
        precisions.append(found.precision.value or 0.0)
    assert max(precisions) > 2 * min(precisions)


def test_a_perfect_map_slips_less_often_than_its_trials_can_show(town: World[Any]) -> None:
    found = COMPRESSION.run(setting_of(town, trials=40), Oracle(town)).slip[str(LENGTH)]
    assert (found.value, found.low, found.n) == (0, 0, 40)
    assert found.high is not None
    assert 0 < found.high < 0.05


@pytest.mark.slow
def test_intervals_of_ratios_hold_the_truth() -> None:
    """Parts and sizes that hang on each other: texts of up to 20 symbols with a constant rate."""
    rng, rate, hits = np.random.default_rng(5), 0.02, 0
    for _ in range(120):
        until = rng.geometric(rate, size=(80, 4))
        sizes, parts = np.minimum(until, 20).mean(axis=1), (until <= 20).mean(axis=1)
        found = estimate_of_rate(parts, sizes)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= rate <= found.high
    assert 110 <= hits <= 119
