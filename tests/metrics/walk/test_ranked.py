"""Symbols in order of probability, and draws from them, in exact fractions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nerode.metrics.walk.ranked import Ranked, most_probable

SYMBOLS = 6
THRESHOLDS = np.array([1 / 64, 0.05, 0.125, 0.3], dtype=np.float32)
"""Two of them are probabilities that come up, which are rejected then."""

EIGHTHS = st.lists(st.integers(0, 8), min_size=SYMBOLS, max_size=SYMBOLS)
ROWS = st.lists(EIGHTHS, min_size=1, max_size=4)
"""Weights: few values, so that many are equal, and many are nothing."""


def distributions(weights: list[list[int]]) -> NDArray[np.float32]:
    """In 64ths, exact in every format; sums are at most 48/64, as where other tokens have some."""
    return np.array(weights, dtype=np.float32) / np.float32(64)


def order(row: NDArray[np.float32], threshold: np.float32) -> list[int]:
    """Accepted symbols, most probable first, of equal ones that with the smaller number."""
    accepted = [symbol for symbol in range(len(row)) if row[symbol] > threshold]
    return sorted(accepted, key=lambda symbol: (-row[symbol], symbol))


def pointed_at(row: NDArray[np.float32], symbols: Sequence[int], target: Fraction) -> int | None:
    """Whose share a place in the distribution belongs to; None where it lies behind them all."""
    for symbol in symbols:
        target -= Fraction(float(row[symbol]))
        if target < 0:
            return symbol
    return None


def drawn(row: NDArray[np.float32], threshold: np.float32, number: float) -> int:
    """The rule of `Ranked.draw`, word by word."""
    symbols = order(row, threshold)
    if not symbols:
        return -1
    whole = sum(Fraction(float(p)) for p in row)
    accepted = sum(Fraction(float(row[symbol])) for symbol in symbols)
    target = Fraction(number) * whole
    symbol = pointed_at(row, symbols, target)
    if symbol is None:
        again = (target - accepted) / (whole - accepted)
        symbol = pointed_at(row, symbols, again * accepted)
    assert symbol is not None
    return symbol


@given(ROWS)
def test_accepted_symbols_are_ranked(weights: list[list[int]]) -> None:
    rows = distributions(weights)
    ranked = Ranked(rows, THRESHOLDS)
    assert ranked.whole.tolist() == [sum(row) / 64 for row in weights]
    for number, row in enumerate(rows):
        here = slice(ranked.start[number], ranked.start[number + 1])
        expected = order(row, THRESHOLDS[0])
        assert ranked.symbol[here].tolist() == expected
        assert ranked.mass[here].tolist() == row[expected].tolist()
        assert ranked.cumulative[here].tolist() == np.cumsum(row[expected]).tolist()
        for at, threshold in enumerate(THRESHOLDS):
            symbols = order(row, threshold)
            assert ranked.accepted[at, number] == len(symbols)
            if symbols:
                total = ranked.total(np.array([at]), np.array([number]))
                assert total.tolist() == [float(row[symbols].sum())]


def test_many_that_are_equal_come_in_the_order_of_their_numbers() -> None:
    weights = np.random.default_rng(0).integers(2, 4, 60).tolist()
    ranked = Ranked(distributions([weights]), THRESHOLDS)
    assert ranked.symbol.tolist() == sorted(range(60), key=lambda symbol: -weights[symbol])


@pytest.mark.slow
@given(ROWS, st.integers(0, 2**32))
def test_draws_follow_their_rule(weights: list[list[int]], seed: int) -> None:
    rows = distributions(weights)
    threshold, row = (each.reshape(-1) for each in np.indices((len(THRESHOLDS), len(rows), 5))[:2])
    uniform = np.random.default_rng(seed).random(threshold.size)
    came = Ranked(rows, THRESHOLDS).draw(threshold, row, uniform)
    expected = [
        drawn(rows[here], THRESHOLDS[at], number)
        for at, here, number in zip(threshold, row, uniform.tolist(), strict=True)
    ]
    assert came.tolist() == expected


def draws(row: list[float], threshold: int, uniform: Sequence[float]) -> list[int]:
    count = len(uniform)
    ranked = Ranked(np.array([row], dtype=np.float32), THRESHOLDS)
    where = np.full(count, threshold), np.zeros(count, dtype=np.int64)
    return [int(symbol) for symbol in ranked.draw(*where, np.array(uniform))]


def test_numbers_at_the_edges() -> None:
    row = [0.125, 0.5, 0.25, 0.125]
    edges = [0.0, 0.5, 0.75, 0.875, float(np.nextafter(1, 0))]
    assert draws(row, 0, edges) == [1, 2, 0, 3, 3]
    # At 0.3 one symbol is accepted, at 0.125 two: the others point again.
    assert draws(row, 3, edges) == [1] * 5
    assert draws(row, 2, [0.0, 0.75, 0.875, 0.9375, edges[-1]]) == [1, 1, 1, 2, 2]
    assert draws([0.01] * 6, 0, edges) == [-1] * 5
    assert draws([0.0] * 6, 0, edges) == [-1] * 5


@pytest.mark.parametrize("threshold", range(4))
def test_draws_have_the_distribution_cut_at_the_threshold(threshold: int) -> None:
    row = [0.375, 0.03125, 0.0625, 0.3125, 0.125, 0.0625]
    count = 4096
    came = Counter(draws(row, threshold, [(i + 0.5) / count for i in range(count)]))
    kept = [p if p > THRESHOLDS[threshold] else 0.0 for p in row]
    for symbol, mass in enumerate(kept):
        # Two stretches of even steps: no count is off by more than an end of each.
        assert abs(came[symbol] - count * mass / sum(kept)) <= 2
    assert came.total() == count


def test_a_threshold_draws_what_its_neighbour_draws_unless_it_must_not() -> None:
    row = [0.375, 0.03125, 0.0625, 0.3125, 0.125, 0.0625]
    uniform = np.random.default_rng(0).random(400).tolist()
    low, high = draws(row, 0, uniform), draws(row, 2, uniform)
    differ = [symbol for symbol, other in zip(low, high, strict=True) if symbol != other]
    assert differ
    assert all(row[symbol] <= THRESHOLDS[2] for symbol in differ)


@given(ROWS, st.integers(1, SYMBOLS + 1))
def test_the_most_probable_are_kept_and_sum_to_one(weights: list[list[int]], keep: int) -> None:
    rows = distributions(weights)
    before = rows.copy()
    for row, came in zip(weights, most_probable(rows, keep), strict=True):
        least = sorted(row, reverse=True)[:keep][-1]
        kept = [weight if weight >= least else 0 for weight in row]  # equal ones stay together
        expected = np.array(kept, dtype=np.float32) / (sum(kept) or 1)
        np.testing.assert_allclose(came, expected, rtol=2e-7)
    np.testing.assert_array_equal(rows, before)
