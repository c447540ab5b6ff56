"""Series of a model whose scores are known: closed forms at each step, coverage between steps."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from nerode.models.baselines.simple import NoisyOracle
from nerode.sequences.dataset import write_sequences
from nerode.series.config import SERIES_TRIALS
from nerode.series.series import Series
from nerode.stats.estimate import Estimate
from nerode.worlds.cayley import Cayley
from tests.test_known_answers import agreement, disagreement, orders

NOISES = (0.02, 0.06, 0.15, 0.3)
DEPTH = 2


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sequences of the world, drawn once for all series."""
    folder = tmp_path_factory.mktemp("played") / "sequences"
    write_sequences(Cayley(4), "random", 50, 0, folder)
    return folder


def series_of(trials: int, seed: int, played: Path, noises: tuple[float, ...]) -> Series:
    """Steps of a model that is made worse; every continuation of DEPTH symbols is followed."""
    world: Any = Cayley(4)
    series = Series(
        world,
        ["compression"],
        trials=trials,
        samples=0,
        depth=DEPTH,
        seed=seed,
        baselines=[],
        sequences=played,
    )
    for step, noise in enumerate(noises):
        series(NoisyOracle(world, noise, seed), step)
    return series


def truths(noises: tuple[float, ...]) -> dict[str, list[float]]:
    """The true value of each score at each step: the mean over the world's states."""
    world: Any = Cayley(4)
    forms: dict[str, Any] = {"precision": agreement, "disagreement": disagreement}
    return {
        score: [fmean(form(world, state, DEPTH, noise) for state in orders(4)) for noise in noises]
        for score, form in forms.items()
    }


def is_near(estimate: Estimate, truth: float) -> bool:
    """Whether the truth is within twice the interval: of many, one in twenty leaves it."""
    assert estimate.low is not None
    assert estimate.high is not None
    wide = (estimate.high - estimate.low) / 2
    return estimate.low - wide <= truth <= estimate.high + wide


@pytest.mark.slow
def test_a_model_that_is_made_worse_gives_the_closed_forms(played: Path) -> None:
    series = series_of(1000, 3, played, NOISES)
    for score, values in truths(NOISES).items():
        steps = [later - before for before, later in pairwise(values)]
        assert min(map(abs, steps)) > 0.02, "each step is seen"
        for step, truth in enumerate(values):
            assert is_near(series.estimate(step, "compression", score), truth), (score, step)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_differences_of_steps_cover_the_true_ones(played: Path) -> None:
    """With the trials of a series by default; intervals of fewer ones are on the safe side."""
    repeats, noises = 240, (0.06, 0.15)
    known = truths(noises)
    covered: dict[str, list[bool]] = {score: [] for score in known}
    for seed in range(repeats):
        series = series_of(SERIES_TRIALS, seed, played, noises)
        for score, (before, after) in known.items():
            found = series.difference(0, 1, "compression", score)
            assert found.low is not None
            assert found.high is not None
            covered[score].append(found.low <= after - before <= found.high)
    shares = {score: fmean(hits) for score, hits in covered.items()}
    assert all(0.93 <= share <= 0.97 for share in shares.values()), shares
