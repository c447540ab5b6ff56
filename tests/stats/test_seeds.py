"""Means over seeds: intervals cover, and agree with what is known of simpler cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from nerode.stats.estimate import Answers, Difference, Estimate, estimate, paired_difference
from nerode.stats.seeds import difference_over_seeds, mean_over_seeds

TRIALS = 200


def test_one_seed_has_the_interval_of_its_trials() -> None:
    only = Estimate(0.5, 0.4, 0.7, 100, 3)
    assert mean_over_seeds([only]) == only


def test_without_intervals_it_is_that_of_student() -> None:
    values = [40.0, 44.0, 51.0]
    found = mean_over_seeds([Estimate(v, None, None, 1, 0) for v in values], share=False)
    low, high = ttest_1samp(values, 0).confidence_interval(0.95)
    assert found.value == pytest.approx(45)
    assert found.low == pytest.approx(low)
    assert found.high == pytest.approx(high)
    alone = mean_over_seeds([Estimate(40.0, None, None, 1, 0)], share=False)
    assert (alone.value, alone.low, alone.high) == (40.0, None, None)


def test_equal_seeds_leave_what_trials_leave_open() -> None:
    found = mean_over_seeds([Estimate(0.5, 0.4, 0.7, 100, 0)] * 3)
    assert found.low == pytest.approx(0.4)
    assert found.high == pytest.approx(0.7)
    assert found.n == 300


def test_undefined_scores_are_left_out() -> None:
    nothing = Estimate(None, None, None, 0, 5)
    found = mean_over_seeds([nothing, Estimate(0.5, 0.4, 0.6, 10, 0)])
    assert (found.value, found.low, found.high, found.skipped) == (0.5, 0.4, 0.6, 5)
    assert mean_over_seeds([nothing]).value is None
    assert difference_over_seeds([Difference(None, None, None)]).value is None


def test_shares_stay_between_0_and_1() -> None:
    found = mean_over_seeds([Estimate(v, v - 0.1, min(v + 0.1, 1), 10, 0) for v in (0.3, 0.9, 1.0)])
    assert found.low is not None
    assert (max(found.low, 0.0), found.high) == (found.low, 1.0)


@pytest.mark.long
@pytest.mark.parametrize("seeds", [1, 2, 3, 5])
@pytest.mark.parametrize("between", [0.0, 0.05, 0.15])
def test_intervals_of_means_cover(seeds: int, between: float) -> None:
    """Models of one arm whose true scores vary with the seed, asked the same trials."""
    rng = np.random.default_rng([seeds, int(1000 * between)])
    hits, rounds, truth = 0, 300, 0.6
    for _ in range(rounds):
        hard = rng.normal(0, 0.3, TRIALS)  # what makes a trial hard for all of them
        scores = []
        for off in rng.normal(0, between, seeds):
            noise = rng.normal(0, 0.4, TRIALS)
            answers = (hard + noise < np.sqrt(0.25) * _quantile(truth) + off).astype(float)
            scores.append(estimate(answers))
        found = mean_over_seeds(scores)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= truth <= found.high
    # One seed says nothing of others: only there may it miss the mean of all seeds.
    if seeds > 1 or not between:
        assert hits >= 0.93 * rounds
    assert hits > 0.4 * rounds


def _quantile(share: float) -> float:
    from scipy.stats import norm  # noqa: PLC0415

    return float(norm.ppf(share))


@pytest.mark.long
@pytest.mark.parametrize("seeds", [2, 3])
def test_intervals_of_differences_cover(seeds: int) -> None:
    """Two arms that do not differ in the mean over all seeds, paired trial by trial."""
    rng = np.random.default_rng(seeds)
    hits, rounds = 0, 300
    for _ in range(rounds):
        hard = rng.random(TRIALS)
        differences = []
        for first, second in rng.normal(0.6, 0.05, (seeds, 2)):
            own = 0.15 * rng.standard_normal((2, TRIALS))
            answers = [
                Answers((hard + noise < level).astype(float), np.ones(TRIALS))
                for level, noise in zip((first, second), own, strict=True)
            ]
            differences.append(paired_difference(answers[0], answers[1], TRIALS))
        found = difference_over_seeds(differences)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 0 <= found.high
    assert hits >= 0.93 * rounds


def test_a_difference_that_all_seeds_show_is_seen() -> None:
    found = difference_over_seeds(
        [Difference(v, v - 0.05, v + 0.05, 100, 0.01) for v in (0.2, 0.22, 0.19)]
    )
    assert found.value == pytest.approx(0.61 / 3)
    assert found.low is not None
    assert found.low > 0
    assert found.n == 300
