"""Intervals of trials that hang on two things each, and share them with other trials.

A trial about two histories has its answers in common with every trial that tells one of them again:
questions are asked once. Trials are then edges of a graph, not members of clusters; two of them are
independent unless they share an end. The variance of their mean is the sum over all pairs of trials
that share one (the dyadic estimator: Aronow, Samii and Assenova, Political Analysis 23, 2015), and
stands where `estimate` has that of clusters.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nerode.errors import InvalidParameter
from nerode.stats.estimate import (
    Answers,
    Difference,
    Estimate,
    defined_of,
    difference_of_dependent,
    difference_parts,
    estimate_of_dependent,
    estimate_of_rate,
)

ENDS = 2

_Found = TypeVar("_Found", Estimate, Difference)


def estimate_of_pairs(
    values: Iterable[float | None], things: ArrayLike, *, skipped: int = 0
) -> Estimate:
    """Mean of `values` with its 95 % interval.

    Parameters
    ----------
    values
        One number in [0, 1] per trial, shape (n,); None or NaN where it has no value, which adds to
        `skipped`.
    things
        Labels of the two different things that each trial hangs on, shape (n, 2).
    skipped
        Trials that gave no value at all and are not in `values`.

    Raises InvalidParameter for values outside [0, 1], or things of another shape or twice the same.
    """
    numbers, defined, lost = defined_of(values, skipped)
    labels = np.asarray(things)
    if labels.shape != (defined.size, ENDS):
        message = f"expected things of shape ({defined.size}, {ENDS}), got {labels.shape}"
        raise InvalidParameter(message)
    if (labels[:, 0] == labels[:, 1]).any():
        message = "expected two different things in every trial, got one twice"
        raise InvalidParameter(message)
    if numbers.size == 0:
        return Estimate(None, None, None, 0, lost)
    ends = np.unique(labels[defined], return_inverse=True)[1].reshape(-1, ENDS)
    pairs = _Pairs(ends)
    return estimate_of_dependent(numbers, pairs.count, pairs.products, skipped=lost)


def estimate_of_rate_of_pairs(
    parts: NDArray[np.float64], sizes: NDArray[np.float64], things: ArrayLike
) -> Estimate:
    """As `estimate_of_rate`, of trials that each hang on two things: labels of shape (n, 2)."""
    pairs = _Pairs(np.unique(np.asarray(things), return_inverse=True)[1].reshape(-1, ENDS))
    return estimate_of_rate(parts, sizes, pairs.count, pairs.products)


def paired_difference_of_pairs(
    first: Answers, second: Answers, things: ArrayLike, n: int
) -> Difference:
    """As `paired_difference`, of trials that each hang on two things: labels of shape (trials, 2).

    `first` and `second` have one entry a trial.
    """
    if not first.sizes.any() or not second.sizes.any():
        return Difference(None, None, None)
    parts, there = difference_parts(first, second)
    ends = np.unique(np.asarray(things)[there], return_inverse=True)[1].reshape(-1, ENDS)
    pairs = _Pairs(ends)
    return difference_of_dependent(parts, pairs.count, pairs.products, n)


def wider(first: _Found, second: _Found) -> _Found:
    """Of two for the same trials, each knowing other things that they share, the careful one."""
    return max(first, second, key=lambda found: (found.high or 0.0) - (found.low or 0.0))


class _Pairs:
    """Which of n trials share an end, as sums over them; ends are numbers from 0, shape (n, 2)."""

    def __init__(self, ends: NDArray[np.intp]) -> None:
        self._ends = ends
        self._count = int(ends.max()) + 1
        low, high = np.sort(ends, axis=1).T
        self._same = np.unique(low * self._count + high, return_inverse=True)[1]

    def _sum_of_products(self, x: NDArray[np.float64]) -> tuple[float, float]:
        """Sum of x[i] x[j] over all i, j that share an end; and that share both, i = j among them.

        Those that share both are in the sums of two ends.
        """
        by_end = sum(np.bincount(end, x, minlength=self._count) for end in self._ends.T)
        both = float((np.bincount(self._same, x) ** 2).sum())
        return float((np.asarray(by_end) ** 2).sum()) - both, both

    @property
    def count(self) -> float:
        """How many clusters would have as many pairs of dependent trials, were all of one size."""
        n = self._same.size
        return n**2 / self._sum_of_products(np.ones(n))[0]

    def products(self, off: NDArray[np.float64]) -> float:
        """Sum of off[i] off[j] over all i, j that share an end, i = j among them.

        By chance it can fall short of what trials that share nothing would give; then that stands,
        as does the sum over those that share both ends.
        """
        return max(*self._sum_of_products(off), float((off**2).sum()))
