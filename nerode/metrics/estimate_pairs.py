"""Intervals of trials that hang on two things each, and share them with other trials.

A trial about two histories has its answers in common with every trial that tells one of them again:
questions are asked once. Trials are then edges of a graph, not members of clusters; two of them are
independent unless they share an end. The variance of their mean is the sum over all pairs of trials
that share one (the dyadic estimator: Aronow, Samii and Assenova, Political Analysis 23, 2015), and
stands where `estimate` has that of clusters.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from nerode.errors import InvalidParameter
from nerode.metrics.estimate import LEVEL, Estimate, defined_of, estimate_at

ENDS = 2


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
    mean = float(numbers.mean())
    trials = _Pairs(ends).effective_trials(numbers, mean)
    return estimate_at(mean, trials, numbers.size, lost)


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

    def effective_trials(self, values: NDArray[np.float64], mean: float) -> float:
        """Independent yes/no trials that would know the mean as well as these values do.

        As `estimate` has it for clusters, two made-up ones of middling size included. There are as
        many "clusters" as there would be, were all of one size and as many pairs of trials
        dependent. The estimated variance can fall short of that of trials that share nothing, by
        chance; then that one stands.
        """
        n = values.size
        count = n**2 / self._sum_of_products(np.ones(n))[0]
        if mean in (0.0, 1.0):
            return count
        middling = n / count
        centre = (values.sum() + middling) / (n + 2 * middling)
        off = values - centre
        spread = max(*self._sum_of_products(off), float((off**2).sum()))
        spread += (middling * centre) ** 2 + (middling * (1 - centre)) ** 2
        trials = float(centre * (1 - centre) * n**2 / (spread * count / (count + 2)))
        if count <= 1:
            return min(trials, 1.0)
        if middling > 1:
            by_normal = student.ppf((1 + LEVEL) / 2, n - 1)
            # Fewer than two have no degree of freedom; one is as cautious as it gets.
            few = student.ppf((1 + LEVEL) / 2, max(count - 1, 1.0))
            trials *= float(by_normal / few) ** 2
        return trials
