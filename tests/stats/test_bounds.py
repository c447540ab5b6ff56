"""Bounds for means of shares: against exact distributions, by simulation, and on skewed values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import beta, binomtest

from nerode.stats.bounds import Unseen, bounds, probability_below, unseen, weighted
from nerode.stats.estimate import Answers, estimate, paired_difference

Array = NDArray[np.float64]
ENDS = Unseen(0.0, 1.0, spread_known=True)


@pytest.mark.slow
@given(st.integers(1, 200), st.data())
def test_with_the_unseen_value_at_the_end_yes_no_values_have_the_exact_interval(
    n: int, data: st.DataObject
) -> None:
    yes = data.draw(st.integers(0, n))
    values = np.repeat([0.0, 1.0], [n - yes, yes])
    low, high = bounds(weighted(values, n, n, ENDS), ENDS, 0.0, 1.0)
    exact = binomtest(yes, n).proportion_ci(0.95, method="exact")
    assert [low, high] == pytest.approx([exact.low, exact.high], abs=0.002, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("at", [0.05, 0.2, 0.3, 0.5])
def test_the_probability_is_that_of_drawn_weights(at: float) -> None:
    rng = np.random.default_rng(0)
    values = rng.beta(1, 3, 12)
    weights = rng.gamma(1.0, size=(200_000, 13))
    means = weights @ np.append(values, 1.0) / weights.sum(1)
    by_formula = probability_below(weighted(values, 12, 12, ENDS), 1.0, at)
    assert by_formula == pytest.approx((means <= at).mean(), abs=0.005)


def test_half_the_weight_of_every_value_is_half_as_many_values() -> None:
    values = np.repeat([0.0, 1.0], [20, 20])
    sample = weighted(values, 20, 20, ENDS)
    assert probability_below(sample, 1.0, 0.5) == pytest.approx(beta.cdf(0.5, 11, 10), abs=0.003)


@pytest.mark.slow
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_bounds_stand_around_the_mean_and_inside_the_range(values: list[float]) -> None:
    found = estimate(values)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.high - found.low > 1 / (2 * len(values)), "certain after a few trials"


@pytest.mark.slow
@given(st.lists(st.integers(0, 64).map(lambda part: part / 64), min_size=2, max_size=30))
def test_turning_the_values_turns_the_interval(values: list[float]) -> None:
    there, back = estimate(values), estimate([1 - value for value in values])
    assert [back.low, back.high] == pytest.approx([1 - there.high, 1 - there.low], abs=1e-6)  # type: ignore[operator]


def test_of_values_that_agree_nothing_is_known_of_the_next() -> None:
    assert unseen(np.full(9, 0.25), 0.0, 1.0) == Unseen(0.0, 1.0, spread_known=True)
    few, many = (estimate([0.25] * n) for n in (10, 1000))
    assert few.high is not None
    assert many.high is not None
    assert 0.45 < few.high < 0.5
    assert 0.252 < many.high < 0.254


@pytest.mark.slow
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_yes_no_pairs_have_the_exact_test_of_mcnemar(won: int, lost: int, ties: int) -> None:
    n = won + lost + ties
    if n < 2:
        return
    first = np.repeat([0.0, 1.0, 1.0], [won, lost, ties])
    second = np.repeat([1.0, 0.0, 1.0], [won, lost, ties])
    found = paired_difference(Answers(first, np.ones(n)), Answers(second, np.ones(n)), n)
    exact = binomtest(min(won, lost), won + lost, 0.5).pvalue if won + lost else 1.0
    assert found.p == pytest.approx(exact, rel=0.05, abs=1e-6)


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(st.sampled_from([0, 0.1, 0.5, 1]), st.sampled_from([0, 0.1, 0.5, 1])),
        min_size=2,
        max_size=40,
    )
)
def test_the_p_value_and_the_interval_say_the_same(pairs: list[tuple[float, float]]) -> None:
    first, second = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    sizes = np.ones(len(pairs))
    found = paired_difference(Answers(first, sizes), Answers(second, sizes), len(pairs))
    assert found.p is not None
    if abs(found.p - 0.05) > 1e-6:
        assert found.certain == (found.p < 0.05)


def zero_or(share: float, a: float, b: float) -> Callable[[np.random.Generator, int], Array]:
    """Mostly 0, otherwise of a beta distribution: how often continuations disagree, say."""

    def draw(rng: np.random.Generator, n: int) -> Array:
        return np.where(rng.random(n) < share, rng.beta(a, b, n), 0.0)

    return draw


POOLS: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "one in five differs": zero_or(0.2, 0.5, 2),
    "one in ten differs": zero_or(0.1, 1, 3),
    "hardly varies": lambda rng, n: rng.beta(2, 200, n),
    "near 1": lambda rng, n: rng.beta(5, 1, n),
    "in tenths": lambda rng, n: 1 - np.round(rng.beta(0.3, 4, n), 1),
    "now and then wholly wrong": lambda rng, n: np.where(
        rng.random(n) < 0.1, 1.0, rng.beta(1, 20, n)
    ),
}


@pytest.mark.long
@pytest.mark.parametrize(("trials", "widest"), [(64, 1.35), (200, 1.3)])
@pytest.mark.parametrize("name", POOLS)
def test_shares_are_covered_at_hardly_more_than_the_ideal_width(
    name: str, trials: int, widest: float
) -> None:
    """The ideal width is that of a normal interval whose standard deviation is known."""
    rng = np.random.default_rng(0)
    pool = POOLS[name](rng, 400_000)
    truth, ideal = pool.mean(), 2 * 1.96 * pool.std() / np.sqrt(trials)
    repeats, hits, width = 400, 0, 0.0
    for _ in range(repeats):
        found = estimate(rng.choice(pool, trials))
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= truth <= found.high
        width += found.high - found.low
    # 95 % less three standard errors of this simulation
    assert hits / repeats > 0.95 - 3 * np.sqrt(0.95 * 0.05 / repeats)
    assert width / repeats < widest * ideal


@pytest.mark.long
@pytest.mark.parametrize("name", POOLS)
def test_equal_models_differ_in_at_most_one_of_twenty_comparisons(name: str) -> None:
    rng = np.random.default_rng(0)
    repeats, certain = 300, 0
    for _ in range(repeats):
        first, second = POOLS[name](rng, 60), POOLS[name](rng, 60)
        sizes = np.ones(60)
        certain += paired_difference(Answers(first, sizes), Answers(second, sizes), 60).certain
    assert certain / repeats < 0.05 + 3 * np.sqrt(0.95 * 0.05 / repeats)
