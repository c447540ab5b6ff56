from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from nerode.errors import InvalidParameter
from nerode.stats.estimate import (
    Difference,
    Estimate,
    estimate,
    estimate_of_counts,
    unpaired_difference,
)

Draw = Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray | None]]


@pytest.mark.slow
@given(st.integers(1, 300), st.data())
def test_independent_yes_no_trials_have_the_interval_of_clopper_and_pearson(
    n: int, data: st.DataObject
) -> None:
    successes = data.draw(st.integers(0, n))
    found = estimate([1.0] * successes + [0.0] * (n - successes))
    exact = binomtest(successes, n).proportion_ci(0.95, method="exact")
    assert found.low == pytest.approx(exact.low, abs=1e-9)
    assert found.high == pytest.approx(exact.high, abs=1e-9)
    assert found.value == successes / n


def shares(share: float, n: int) -> Draw:
    return lambda rng: ((rng.random(n) < share).astype(float), None)


def betas(a: float, b: float, n: int) -> Draw:
    return lambda rng: (rng.beta(a, b, n), None)


def lumps(n: int) -> Draw:
    """Nearly always 1/2, now and then 0: a few equal values must not pass for certainty."""
    return lambda rng: (np.where(rng.random(n) < 0.95, 0.5, 0.0), None)


def clustered(a: float, b: float, n: int) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray | None]:
        cluster = np.repeat(np.arange(n), rng.integers(1, 40, n))
        share = rng.beta(a, b, n)
        return (rng.random(cluster.size) < share[cluster]).astype(float), cluster

    return draw


@pytest.mark.long
@pytest.mark.parametrize(
    ("draw", "truth"),
    [
        (shares(0.02, 15), 0.02),
        (shares(0.5, 20), 0.5),
        (shares(0.97, 60), 0.97),
        (betas(0.5, 0.5, 20), 0.5),
        (betas(5, 1, 100), 5 / 6),
        (lumps(5), 0.475),
        (lumps(100), 0.475),
        (clustered(1, 1, 20), 0.5),
        (clustered(9.5, 0.5, 60), 0.95),
    ],
)
def test_intervals_cover_the_truth(draw: Draw, truth: float) -> None:
    rng = np.random.default_rng(0)
    repeats, hits = 800, 0
    for _ in range(repeats):
        values, clusters = draw(rng)
        found = estimate(values, clusters=clusters)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= truth <= found.high
    # 95 % less three standard errors of this simulation
    assert hits / repeats > 0.95 - 3 * np.sqrt(0.95 * 0.05 / repeats)


def test_clusters_that_agree_count_as_one_trial_each() -> None:
    values = np.repeat([1.0, 0.0, 1.0, 1.0, 0.0], 100)
    apart = estimate(values)
    together = estimate(values, clusters=np.repeat(np.arange(5), 100))
    assert together.value == apart.value
    assert apart.low is not None
    assert together.low is not None
    assert together.low < 0.3
    assert apart.low > 0.5


def test_certainty_grows_with_clusters_not_with_values() -> None:
    found = estimate(np.ones(1000), clusters=np.repeat(np.arange(10), 100))
    assert found.low == pytest.approx(0.025 ** (1 / 10))
    assert (found.value, found.high, found.n) == (1.0, 1.0, 1000)


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1)), max_size=40))
def test_counts_say_what_their_values_say(drawn: list[tuple[int, float]]) -> None:
    sizes = [size for size, _ in drawn]
    yes = [round(size * share) for size, share in drawn]
    values = [v for y, n in zip(yes, sizes, strict=True) for v in [1.0] * y + [0.0] * (n - y)]
    labels = np.repeat(np.arange(len(sizes)), sizes)
    assert estimate_of_counts(yes, sizes, skipped=2) == estimate(values, clusters=labels, skipped=2)


def test_counts_that_cannot_be_are_refused() -> None:
    for yes in (-1, 4):
        with pytest.raises(InvalidParameter, match="between 0 and the size"):
            estimate_of_counts([1, yes], [3, 3])


def test_nothing_measured_is_undefined_not_perfect() -> None:
    assert estimate([None, None], skipped=3) == Estimate(None, None, None, 0, 5)
    with pytest.raises(InvalidParameter):
        Estimate(1.0, 1.0, 1.0, 0)


def test_a_number_may_have_no_interval_and_is_then_not_compared() -> None:
    bare, known = Estimate(0.5, None, None, 9), Estimate(0.1, 0.0, 0.2, 9)
    assert Estimate.of(bare.as_dict()) == bare
    for pair in ((bare, known), (known, bare), (bare, bare)):
        assert unpaired_difference(*pair) == Difference(None, None, None)
    for value, low, high, n in ((0.5, 0.1, None, 9), (0.5, None, 0.9, 9), (None, 0.1, 0.2, 0)):
        with pytest.raises(InvalidParameter, match="expected both bounds of an interval or none"):
            Estimate(value, low, high, n)


def test_values_outside_the_unit_interval_are_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"expected values in \[0, 1\], got 0 to 2"):
        estimate([0.0, 2.0])


def test_estimates_survive_json() -> None:
    found = estimate([1.0, 0.0, None])
    assert Estimate.of(json.loads(json.dumps(found.as_dict()))) == found
