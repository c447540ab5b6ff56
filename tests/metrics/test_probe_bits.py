"""How openly a state lies in hidden states whose noise is known: what orders them and what not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nerode.metrics.outcomes import Outcomes
from nerode.metrics.probe import probe as probe_module
from nerode.metrics.probe.interval import difference_over_fits, mean_over_sequences, over_fits
from nerode.metrics.probe.probe import PROBE
from nerode.metrics.probe.scores import ProbeResult
from nerode.metrics.setting import Setting
from nerode.schema.trial import PlainTrial as Record
from nerode.stats.estimate import Answers, Difference, Estimate
from tests.metrics.conftest import as_dicts, damage_of, typed

pytest.importorskip("torch")

from benchmarks.probe_states import PLACES, MadeUp, setting, walks

NOISE = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Root mean square of the noise beside that of the code."""

measure = as_dicts(PROBE)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few steps of few positions: there are few places."""
    monkeypatch.setattr(probe_module, "STEPS", 64)
    monkeypatch.setattr(probe_module, "POSITIONS", 256)


def given(seed: int = 0, held_out: int = 30) -> Setting:
    return setting(walks(900, 2 * seed + 1), walks(held_out, 2 * seed + 2), seed)


def made_up(code: str = "random code", width: int = 32, noise: float = 0.0, seed: int = 0) -> Any:
    """A model as far as a probe looks at it."""
    return MadeUp(code, width, noise, seed)


def value(estimate: Estimate | None) -> float:
    assert estimate is not None
    assert estimate.value is not None
    return estimate.value


def over_noise(code: str, width: int, seed: int) -> list[ProbeResult]:
    return [PROBE.run(given(seed), made_up(code, width, noise, seed)) for noise in NOISE]


@pytest.mark.long
@pytest.mark.parametrize(
    ("code", "width", "seed"),
    [
        ("one-hot", 12, 0),
        pytest.param("random code", 32, 1, marks=pytest.mark.long),
        ("entangled", 48, 2),
        pytest.param("unscaled", 32, 3, marks=pytest.mark.long),
        pytest.param("one-hot", 48, 4, marks=pytest.mark.long),
        pytest.param("random code", 12, 5, marks=pytest.mark.long),
    ],
)
def test_bits_rise_with_the_noise_and_selectivity_does_not_fall(
    code: str, width: int, seed: int
) -> None:
    found = over_noise(code, width, seed)
    bits = [value(each.bits["0"]) for each in found]
    assert (np.diff(bits) > 0).all(), bits
    selectivity = [value(each.selectivity["0"]) for each in found]
    # Cleaner states with less of it: it orders nothing.
    assert max(selectivity[1:]) > selectivity[0] + 0.02, selectivity
    # No look at the states costs more than the cleanest do.
    assert bits[0] < value(found[0].frequencies) < np.log2(PLACES) + 0.1


@pytest.mark.slow
def test_units_of_numbers_do_not_matter() -> None:
    plain, scaled = (PROBE.run(given(), made_up(code, 24, 0.5)) for code in ("one-hot", "unscaled"))
    assert value(scaled.bits["0"]) == pytest.approx(value(plain.bits["0"]), abs=0.01)


@pytest.mark.slow
def test_what_the_probe_is_held_against() -> None:
    clean = PROBE.run(given(), made_up("random code", 32))
    state, nothing = clean.references["true_state"], clean.references["no_memory"]
    assert value(state["accuracy"]) == value(clean.accuracy["0"]) == 1
    assert value(clean.bits["0"]) == pytest.approx(value(state["bits"]), abs=0.05)
    # After one step three places are possible, later about all of them.
    assert value(clean.majority) < value(nothing["accuracy"]) < 0.4
    assert value(state["bits"]) < value(nothing["bits"]) < value(clean.frequencies) + 0.1


@pytest.mark.slow
def test_what_it_is_held_against_does_not_hang_on_the_model() -> None:
    one, other = (PROBE.run(given(), made_up("random code", 32, noise)) for noise in (0.0, 3.0))
    for name, scores in one.references.items():
        for score, estimate in scores.items():
            assert other.references[name][score] == estimate


@pytest.mark.slow
def test_records_are_of_their_form_and_what_is_damaged_is_told() -> None:
    terms = given(held_out=3)
    records = list(measure(terms, made_up(), range(3)))
    for record in records:
        assert damage_of(PROBE, record, 1) is None
        for name in ("bits", "refits", "no_memory", "true_state", "most_bits", "frequencies"):
            assert f"{name}: expected" in (damage_of(PROBE, record | {name: "x"}, 1) or "")
        short = {"right": record["refits"]["right"], "bits": [[]]}
        assert "refits" in (damage_of(PROBE, record | {"refits": short}, 1) or "")
        assert "bits" in (damage_of(PROBE, record | {"bits": [-1.0]}, 1) or "")


@pytest.mark.slow
def test_trials_of_earlier_versions_have_no_bits() -> None:
    new = list(measure(given(held_out=3), made_up(), range(3)))
    old = [
        {key: record[key] for key in ("trial", "positions", "told", "right", "control", "majority")}
        for record in new
    ]
    assert [damage_of(PROBE, record, 1) for record in old] == [None] * 3
    found = PROBE.summarise(given(), typed(PROBE, old))
    assert set(found.estimates()) == {"accuracy", "control", "selectivity", "majority"}
    mixed = PROBE.summarise(given(), typed(PROBE, [*old[:1], *new[1:]]))
    assert mixed.bits["0"].n == sum(record["told"] for record in new[1:])
    assert mixed.bits["0"].skipped == 1


def test_an_interval_over_fits_joins_both_parts_as_independent_ones() -> None:
    alone = Estimate(0.5, 0.47, 0.53, 100)
    refits = [0.48, 0.5, 0.52]
    reach = 4.302653 * 0.02  # Student's t with two degrees of freedom
    found = over_fits(alone, refits)
    assert found.low == pytest.approx(0.5 - np.hypot(0.03, reach))
    assert found.high == pytest.approx(0.5 + np.hypot(0.03, reach))
    assert over_fits(alone, []) == over_fits(alone, [0.4]) == alone
    assert over_fits(Estimate(0.99, 0.97, 1.0, 9), refits).high == 1
    apart = difference_over_fits(Difference(0.1, 0.07, 0.13, 9, 0.001), refits, 1.0)
    assert apart.low is not None
    assert apart.p is not None
    assert (apart.p < 0.05) == (apart.low > 0)
    nearer = difference_over_fits(Difference(0.05, 0.02, 0.08, 9, 0.001), refits, 1.0)
    assert nearer.low is not None
    assert nearer.p is not None
    assert nearer.low < 0
    assert nearer.p > 0.05


def test_bits_are_those_of_all_features_together() -> None:
    answers = Answers(np.array([2.0, 6.0, 0.0]), np.array([4.0, 2.0, 0.0]))
    found = mean_over_sequences(answers, 12.0, n=6, skipped=1)
    assert found.value == pytest.approx(8 / 6)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low < 8 / 6 < found.high <= 12
    assert (
        mean_over_sequences(Answers(np.zeros(0), np.zeros(0)), 12.0, n=0, skipped=2).value is None
    )


@pytest.mark.slow
def test_models_are_compared_on_the_same_sequences_and_refits() -> None:
    terms = given()
    models = [made_up("random code", 32, noise) for noise in (0.5, 0.5, 2.0)]
    records = [list(measure(terms, model, range(30))) for model in models]
    outcomes = [Outcomes(PROBE, 30, 0) for _ in records]
    for outcome, trials in zip(outcomes, records, strict=True):
        for trial in typed(PROBE, trials):
            outcome.see(trial)
    same = outcomes[0].difference(outcomes[1], ("bits", "0"))
    assert (same.value, same.certain) == (0, False)
    scores = [PROBE.summarise(terms, typed(PROBE, each)) for each in records]
    for name, sign in (("bits", 1), ("accuracy", -1)):
        found = outcomes[0].difference(outcomes[2], (name, "0"))
        first, _, last = (value(getattr(score, name)["0"]) for score in scores)
        assert found.value == pytest.approx(last - first)
        assert found.certain
        assert np.sign(found.value or 0) == sign
    assert outcomes[0].parts(("bits", "0")).mean == pytest.approx(value(scores[0].bits["0"]))
    old: Record = {k: v for k, v in records[0][0].items() if k not in ("refits", "bits")}
    for trial in typed(PROBE, [old]):
        outcomes[0].see(trial)
    assert outcomes[0].difference(outcomes[2], ("accuracy", "0")).value is not None
