"""Holm's correction: the values of a worked example, its guarantees, and that it holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import norm

from nerode.stats.multiplicity import ALPHA, holm

P_VALUES = st.lists(st.floats(0, 1), max_size=12)


def test_worked_by_hand() -> None:
    # Sorted: 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1; none below the one before it.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([0.04]) == [0.04]
    assert holm([]) == []


@given(P_VALUES)
def test_never_below_the_plain_p_nor_above_bonferroni(p_values: list[float]) -> None:
    for plain, corrected in zip(p_values, holm(p_values), strict=True):
        assert plain <= corrected <= min(1.0, len(p_values) * plain) or corrected == plain


@given(P_VALUES)
def test_the_order_of_evidence_stays(p_values: list[float]) -> None:
    corrected = holm(p_values)
    in_order = [corrected[at] for at in np.argsort(p_values, kind="stable")]
    assert in_order == sorted(in_order)
    backwards = holm(p_values[::-1])
    assert backwards[::-1] == corrected


@pytest.mark.slow
@pytest.mark.parametrize("shared", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("true", [0, 8])
def test_any_false_difference_has_a_chance_of_at_most_5_percent(shared: float, true: int) -> None:
    """However the comparisons hang together, and with some real differences among them."""
    rng = np.random.default_rng(0)
    repeats, count, hits = 2000, 24, 0
    cut = 1.959964  # the z of 0.05
    uncorrected = 0
    for _ in range(repeats):
        z = np.sqrt(shared) * rng.normal() + np.sqrt(1 - shared) * rng.normal(size=count)
        z[:true] += 6
        p_values = [float(p) for p in _two_sided(z)]
        hits += any(p < ALPHA for p in holm(p_values)[true:])
        uncorrected += bool((np.abs(z[true:]) > cut).any())
    assert hits / repeats < 0.05 + 3 * np.sqrt(0.05 * 0.95 / repeats)
    if shared == 0:
        assert uncorrected / repeats > 0.5


def _two_sided(z: NDArray[np.float64]) -> NDArray[np.float64]:
    p: NDArray[np.float64] = 2 * norm.sf(np.abs(z))
    return p
