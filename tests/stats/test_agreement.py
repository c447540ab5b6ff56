"""Kendall's W beside another library's Friedman statistic, and where rankings are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.stats import friedmanchisquare, spearmanr

from nerode.errors import InvalidParameter
from nerode.stats.agreement import agreement


def test_scores_that_rank_alike() -> None:
    found = agreement(np.array([[1, 2, 3, 4], [10, 20, 30, 40], [0.1, 0.2, 0.3, 0.9]]))
    assert found.w == pytest.approx(1)
    assert found.p == pytest.approx(1 / 24**2, abs=2e-3)
    assert found.correlations == pytest.approx(np.ones((3, 3)))


def test_two_scores_that_rank_the_other_way_round() -> None:
    assert agreement([[1, 2, 3], [3, 2, 1]]).w == pytest.approx(0)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("levels", [3, 1000])
def test_it_is_friedmans_statistic(seed: int, levels: int) -> None:
    """Q = scores * (models - 1) * W, ties among them."""
    values = np.random.default_rng(seed).integers(levels, size=(5, 8))
    found = agreement(values)
    assert found.w is not None
    assert 5 * 7 * found.w == pytest.approx(friedmanchisquare(*values.T).statistic)
    assert found.correlations[1, 3] == pytest.approx(spearmanr(values[1], values[3]).statistic)


def test_chance_alone_is_rarely_called_agreement() -> None:
    rng = np.random.default_rng(0)
    below = [(agreement(rng.random((4, 6))).p or 0) < 0.05 for _ in range(40)]
    assert sum(below) <= 6


def test_scores_that_tell_no_models_apart() -> None:
    found = agreement([[1, 1, 1], [2, 2, 2]])
    assert (found.w, found.p) == (None, None)
    assert np.isnan(found.correlations).all()


@pytest.mark.parametrize("values", [[[1, 2]], [[1], [2]], [[1, 2], [np.nan, 3]], [1, 2, 3]])
def test_what_cannot_be_ranked(values: ArrayLike) -> None:
    with pytest.raises(InvalidParameter, match="2 scores and 2 models"):
        agreement(values)
