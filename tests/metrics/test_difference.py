"""Differences of two models' scores: their intervals hold, paired and apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from nerode.stats.estimate import (
    Answers,
    Difference,
    estimate,
    paired_difference,
    unpaired_difference,
)

Pair = tuple[Answers, Answers]
Draw = Callable[[np.random.Generator], Pair]


def single(*values: float | None) -> Answers:
    """Answers of clusters of one trial, None where it has no value."""
    sizes = np.array([float(value is not None) for value in values])
    return Answers(np.array([value or 0.0 for value in values]), sizes)


def yes_no(n: int, lost: float, won: float, both: float) -> Draw:
    """Trials on which the second model fails, wins, or does as well."""

    def draw(rng: np.random.Generator) -> Pair:
        at = rng.random(n)
        first, second = at < lost + both, (at >= lost) & (at < lost + both + won)
        return tuple(Answers(yes.astype(float), np.ones(n)) for yes in (first, second))  # type: ignore[return-value]

    return draw


def clustered(n: int) -> Draw:
    """Positions of sequences that are hard or easy for both; the second is right 0.8 as often."""

    def draw(rng: np.random.Generator) -> Pair:
        sizes, share = rng.integers(1, 40, n), rng.beta(1, 1, n)
        totals = [rng.binomial(sizes, factor * share).astype(float) for factor in (1, 0.8)]
        return Answers(totals[0], sizes.astype(float)), Answers(totals[1], sizes.astype(float))

    return draw


def with_holes(n: int) -> Draw:
    """Now and then one of the two gives no value."""

    def draw(rng: np.random.Generator) -> Pair:
        share, there = rng.beta(1, 1, n), rng.random((2, n)) < [[0.7], [0.8]]
        yes = rng.random((2, n)) < share * np.array([[1], [0.8]])
        first, second = (
            Answers((y & t).astype(float), t.astype(float)) for y, t in zip(yes, there, strict=True)
        )
        return first, second

    return draw


@pytest.mark.long
@pytest.mark.parametrize(
    ("draw", "truth"),
    [
        (yes_no(5, 0, 0.02, 0.9), 0.02),
        (yes_no(10, 0, 0.3, 0.3), 0.3),
        (yes_no(20, 0.05, 0.9, 0), 0.85),
        (yes_no(200, 0.1, 0.1, 0.4), 0.0),
        (clustered(12), -0.1),
        (clustered(60), -0.1),
        (with_holes(20), -0.1),
        (with_holes(200), -0.1),
    ],
)
def test_paired_intervals_cover_the_truth(draw: Draw, truth: float) -> None:
    rng = np.random.default_rng(0)
    repeats, hits = 600, 0
    for _ in range(repeats):
        found = paired_difference(*draw(rng), 1)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= truth <= found.high
    assert hits / repeats > 0.95 - 3 * np.sqrt(0.95 * 0.05 / repeats)


@pytest.mark.slow
@pytest.mark.parametrize(("first", "second"), [(0.5, 0.5), (0.02, 0.1), (1.0, 0.9)])
def test_unpaired_intervals_cover_the_truth(first: float, second: float) -> None:
    rng = np.random.default_rng(0)
    repeats, hits = 600, 0
    for _ in range(repeats):
        one, other = (estimate((rng.random(40) < p).astype(float)) for p in (first, second))
        found = unpaired_difference(one, other)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= second - first <= found.high
    assert hits / repeats > 0.95 - 3 * np.sqrt(0.95 * 0.05 / repeats)


def test_the_value_is_the_difference_of_the_means() -> None:
    first, second = single(1, 0, None, 1), single(0, 0.5, 1, None)
    found = paired_difference(first, second, 4)
    assert found.value == pytest.approx(0.5 - 2 / 3)
    assert found.n == 4
    apart = unpaired_difference(estimate([1, 0, None, 1]), estimate([0, 0.5, 1, None]))
    assert apart.value == pytest.approx(found.value)
    assert apart.n == 0


def test_the_order_of_the_two_turns_the_sign_alone() -> None:
    first, second = single(1, 0, 1, 0.5, 0.25), single(0, 0, 1, 1, 0)
    there, back = paired_difference(first, second, 5), paired_difference(second, first, 5)
    assert [there.value, there.low, there.high] == pytest.approx(
        [-float(bound or 0) for bound in (back.value, back.high, back.low)]
    )


def test_models_that_agreed_on_ten_questions_may_differ_on_the_next() -> None:
    found = paired_difference(single(*[1.0] * 10), single(*[1.0] * 10), 10)
    assert (found.value, found.certain) == (0, False)
    assert found.high is not None
    assert 0.1 < found.high < 0.4
    assert found.low == pytest.approx(-found.high)


def test_what_is_hard_for_both_cancels_out() -> None:
    rng = np.random.default_rng(0)
    hard = (rng.random(200) < 0.5).astype(float)
    other = np.where(np.arange(200) < 24, 0, hard)
    paired = paired_difference(single(*hard), single(*other), 200)
    apart = unpaired_difference(estimate(hard), estimate(other))
    assert paired.value == pytest.approx(apart.value)
    assert paired.certain
    assert not apart.certain


def test_values_of_one_cluster_are_one_value() -> None:
    one, other = np.ones(200), np.concatenate((np.ones(180), np.zeros(20)))
    alone = paired_difference(single(*one), single(*other), 200)
    together = paired_difference(
        Answers(np.array([20.0] * 10), np.full(10, 20.0)),
        Answers(np.array([20.0] * 9 + [0.0]), np.full(10, 20.0)),
        200,
    )
    assert together.value == pytest.approx(alone.value)
    assert alone.certain
    assert not together.certain


def test_one_cluster_knows_nothing_and_none_less() -> None:
    found = paired_difference(single(1.0), single(0.0), 1)
    assert found == Difference(-1.0, -1.0, 1.0, 1, 1.0)
    undefined = Difference(None, None, None)
    assert paired_difference(single(None, None), single(1.0, 0.0), 2) == undefined
    assert unpaired_difference(estimate([]), estimate([1.0])) == undefined
    assert not undefined.certain


@pytest.mark.slow
@pytest.mark.parametrize("draw", [yes_no(20, 0.05, 0.3, 0.4), clustered(12), with_holes(40)])
def test_p_is_below_5_percent_exactly_where_the_interval_leaves_0_out(draw: Draw) -> None:
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(300):
        first, second = draw(rng)
        apart = [estimate((rng.random(40) < mean).astype(float)) for mean in (0.4, 0.6)]
        for found in (paired_difference(first, second, 1), unpaired_difference(*apart)):
            assert found.p is not None
            assert 0 <= found.p <= 1
            assert (found.p < 0.05) == found.certain
            seen.add(found.certain)
    assert seen == {True, False}
