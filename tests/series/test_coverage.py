"""Series of a model whose scores are known: closed forms at each step, coverage between steps."""

from __future__ import annotations

from statistics import fmean
from typing import Any

import pytest

from nerode.models.baselines.simple import NoisyOracle
from nerode.series.series import Series
from nerode.worlds.cayley import Cayley
from tests.test_known_answers import agreement, covers, disagreement, orders

NOISES = (0.02, 0.06, 0.15, 0.3)
DEPTH = 2


def series_of(trials: int, seed: int, metrics: list[str]) -> Series:
    """Steps of a model that is made worse; every continuation of DEPTH symbols is followed."""
    world: Any = Cayley(4)
    series = Series(world, metrics, trials=trials, samples=0, depth=DEPTH, seed=seed, baselines=[])
    for step, noise in enumerate(NOISES):
        series(NoisyOracle(world, noise, seed), step)
    return series


def truths(world: Any) -> dict[tuple[str, str], list[float]]:
    """The true value of each score at each step."""
    states = orders(4)
    return {
        ("compression", "precision"): [
            fmean(agreement(world, state, DEPTH, noise) for state in states) for noise in NOISES
        ],
        ("compression", "disagreement"): [
            fmean(disagreement(world, state, DEPTH, noise) for state in states) for noise in NOISES
        ],
        ("next_symbol", "legal"): [1 - noise for noise in NOISES],
    }


@pytest.mark.slow
def test_a_model_that_is_made_worse_gives_the_closed_forms() -> None:
    series = series_of(500, 3, ["compression", "next_symbol"])
    for score, values in truths(series.world).items():
        assert sorted(values) in (values, values[::-1]), "a model that is made worse step by step"
        for step, truth in enumerate(values):
            assert covers(series.estimate(step, *score), truth), (score, step)


@pytest.mark.long
def test_differences_of_steps_cover_the_true_ones() -> None:
    repeats = 300
    covered: dict[tuple[str, str], list[bool]] = {}
    known = truths(Cayley(4))
    for seed in range(repeats):
        series = series_of(60, seed, ["compression", "next_symbol"])
        for score, values in known.items():
            found = series.difference(1, 2, *score)
            assert found.low is not None
            assert found.high is not None
            here = found.low <= values[2] - values[1] <= found.high
            covered.setdefault(score, []).append(here)
    shares = {"/".join(score): fmean(hits) for score, hits in covered.items()}
    assert all(0.93 <= share <= 0.97 for share in shares.values()), shares
