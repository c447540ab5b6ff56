"""The score of a reconstruction, and what mere noise would come to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nerode.errors import InvalidParameter
from nerode.metrics.reconstruction.algorithm import ReconstructedMap, Rules, reconstruct
from nerode.metrics.reconstruction.config import ReconstructionConfig
from nerode.metrics.reconstruction.noise import (
    corrupt,
    joined_pairs,
    matching_share,
    noise_controls,
    true_ways,
    turns_of,
)
from nerode.metrics.reconstruction.plane import Plane
from nerode.metrics.reconstruction.score import estimates_of, per_thousand, score_of
from nerode.sequences.batch import SequenceBatch
from nerode.worlds.streets.street_map import StreetMap
from tests.sequences.maps import grid

RULES = Rules(4, 0.2)


def config(**terms: Any) -> ReconstructionConfig:
    """A configuration in which sequences are walked as they stand."""
    return ReconstructionConfig(RULES, order="given", **terms)


@pytest.fixture(scope="module")
def city() -> StreetMap:
    return grid(12, 12)


@pytest.fixture(scope="module")
def slipped(city: StreetMap) -> ReconstructedMap:
    """What is drawn from 400 trips with 2 in 100 turns replaced, and some that are malformed."""
    rng = np.random.default_rng(5)
    prompts = rng.integers(len(city.names), size=(400, 2)).astype(np.int32)
    batch = SequenceBatch.concat(list(true_ways(city, joined_pairs(city, prompts, rng))))
    written = [sequence.tolist() for sequence in corrupt(batch, 0.02, rng)]
    written[7] = written[7][:-1]
    written[20] = [0]
    return reconstruct(city, [SequenceBatch.of(written)], RULES)


def test_numbers_follow_from_the_counts(city: StreetMap, slipped: ReconstructedMap) -> None:
    score = score_of(slipped, Plane(city))
    counts = score.counts
    assert {name: counts[name] for name in slipped.counts} == slipped.counts
    assert 0 < counts["impossible"] <= counts["new"]
    reasons = counts["longer"], counts["off_bearing"], counts["crossing"]
    assert max(reasons) <= counts["impossible"] <= sum(reasons)
    assert counts["true"] + counts["unused"] == len(city.streets)
    assert score.numbers == {
        "valid": counts["valid"] / 398,
        "new": counts["new"],
        "new_per_1000": 1000 * counts["new"] / counts["symbols"],
        "impossible": counts["impossible"],
        "given_up": counts["given_up"] / 398,
        "precision": counts["true"] / (counts["true"] + counts["new"]),
        "recall": counts["true"] / len(city.streets),
    }


def test_estimates_agree_with_the_score(city: StreetMap, slipped: ReconstructedMap) -> None:
    numbers = score_of(slipped, Plane(city)).numbers
    estimates = estimates_of(slipped)
    assert estimates["valid"].value == numbers["valid"]
    assert estimates["given_up"].value == numbers["given_up"]
    assert (estimates["given_up"].n, estimates["given_up"].skipped) == (398, 2)
    assert (estimates["valid"].n, estimates["valid"].skipped) == (398, 2)
    new = estimates["new"]
    assert new.n == slipped.counts["symbols"]
    thousand = per_thousand(new)
    assert thousand.value == pytest.approx(numbers["new_per_1000"])
    assert estimates["valid"].low is not None
    for none in (new, thousand, estimates["given_up"]):
        assert (none.low, none.high) == (None, None), "no interval of these would cover"


def test_nothing_well_formed_is_undefined_and_not_perfect(city: StreetMap) -> None:
    made = reconstruct(city, [SequenceBatch.of([[0], [5, 3]])], RULES)
    score = score_of(made, Plane(city))
    assert (score.precision, score.recall) == (None, 0.0)
    assert score.numbers["new_per_1000"] is None
    assert score.numbers["given_up"] is None
    assert per_thousand(estimates_of(made)["new"]).value is None
    assert estimates_of(made)["given_up"].n == 0


@pytest.mark.slow
def test_noise_is_drawn_anew_and_alike_for_a_seed(
    city: StreetMap, slipped: ReconstructedMap
) -> None:
    controls = noise_controls(city, slipped, config(draws=6, seed=3))
    assert controls == noise_controls(city, slipped, config(draws=6, seed=3))
    assert controls != noise_controls(city, slipped, config(draws=6, seed=4))
    none, hundredth, matched = controls
    assert [noise.share for noise in (none, hundredth)] == [0, 0.01]
    assert [noise.matched for noise in controls] == [False, False, True]
    assert [noise.draws for noise in controls] == [1, 6, 6]
    assert none.ranges["new"] == {"mean": 0, "low": 0, "high": 0}
    assert none.ranges["precision"]["mean"] == 1
    assert none.name == "noise 0 %"
    assert matched.name.endswith(" % (as many valid)")
    for name, numbers in hundredth.ranges.items():
        low, mean, high = numbers["low"], numbers["mean"], numbers["high"]
        assert low is not None
        assert mean is not None
        assert high is not None
        assert low <= mean <= high, name
    assert hundredth.ranges["new"]["low"] != hundredth.ranges["new"]["high"]


def test_as_many_of_the_matched_noise_are_valid(city: StreetMap, slipped: ReconstructedMap) -> None:
    matched = noise_controls(city, slipped, config(shares=(), draws=20))[0]
    valid = slipped.counts["valid"] / 398
    assert matched.ranges["valid"]["mean"] == pytest.approx(valid, abs=0.03)
    assert matched.share == pytest.approx(0.02, rel=0.4)


def test_shares_do_not_depend_on_what_else_is_asked_for(
    city: StreetMap, slipped: ReconstructedMap
) -> None:
    first = noise_controls(city, slipped, config(shares=(0.05,), draws=3))[0]
    assert first == noise_controls(city, slipped, config(shares=(0.05, 0.2), draws=3))[0]


def test_a_model_that_is_always_valid_is_matched_by_no_noise(city: StreetMap) -> None:
    prompts = np.array([[0, 5], [3, 90]], dtype=np.int32)
    made = reconstruct(city, true_ways(city, prompts.astype(np.int64)), RULES)
    (only, hundredth) = noise_controls(city, made, config(draws=2))
    assert (only.share, only.matched, hundredth.matched) == (0, True, False)
    assert only.name == "noise 0 % (as many valid)"


@pytest.mark.parametrize("valid", [0.999, 0.7, 0.05])
def test_the_matching_share_solves_its_equation(valid: float) -> None:
    turns = np.array([1, 5, 30, 30, 80])
    share = matching_share(turns, valid)
    assert np.mean((1 - share) ** turns) == pytest.approx(valid, abs=1e-9)


def test_the_matching_share_has_ends() -> None:
    assert matching_share(np.array([4]), 1.0) == 0
    assert matching_share(np.array([4]), 0.0) == 1


def test_struck_turns_become_each_other_label_alike() -> None:
    turns = np.tile(np.arange(1, 9), 4_000)
    batch = SequenceBatch.of([[12, 10, *turns, 0]])
    after = corrupt(batch, 0.3, np.random.default_rng(0)).symbols
    assert after[[0, 1, -1]].tolist() == [12, 10, 0]
    played = after[2:-1]
    struck = played != turns
    assert struck.mean() == pytest.approx(0.3, abs=0.01)
    counts = np.zeros((9, 9))
    np.add.at(counts, (turns[struck], played[struck]), 1)
    assert counts[1:, 1:][~np.eye(8, dtype=bool)].min() > 1200 / 7 * 0.75
    assert counts.trace() == 0
    everything = corrupt(batch, 1.0, np.random.default_rng(0)).symbols
    assert (everything[2:-1] != turns).all()


def test_prompts_without_a_way_are_drawn_anew_and_the_others_stay(city: StreetMap) -> None:
    dead_end = len(city.names) - 1
    prompts = np.array([[-1, -1], [0, 9], [dead_end, 3], [4, 4]], dtype=np.int32)
    pairs = joined_pairs(city, prompts, np.random.default_rng(0))
    assert pairs[1].tolist() == [0, 9]
    assert len(turns_of(city, pairs)) == 4
    assert turns_of(city, pairs).min() >= 1
    for sequence in SequenceBatch.concat(list(true_ways(city, pairs))):
        assert city.accepts(sequence.tolist())


def test_a_map_on_which_nobody_can_travel_has_no_true_sequences() -> None:
    world = StreetMap(["a", "b"], [0, 0], [0, 0.001], [], name="apart")
    prompts = np.zeros((1, 2), dtype=np.int32)
    with pytest.raises(InvalidParameter, match="apart"):
        joined_pairs(world, prompts, np.random.default_rng(0))


@pytest.mark.parametrize(
    "terms", [{"shares": (-0.1,)}, {"shares": (1.5,)}, {"shares": (float("nan"),)}, {"draws": 0}]
)
def test_noise_that_there_is_not(
    terms: dict[str, float], city: StreetMap, slipped: ReconstructedMap
) -> None:
    with pytest.raises(InvalidParameter, match="noise"):
        noise_controls(city, slipped, config(**terms))
