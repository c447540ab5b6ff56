"""Many comparisons at once: p-values corrected for how many there are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ALPHA = 0.05
"""A difference is called one where its corrected p is below this."""


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values of a family of comparisons, corrected by Holm's step-down method, in order.

    The i-th smallest of k (from 0) is multiplied by k - i; none is less than one before it, nor
    more than 1. Where every one below ALPHA is called a difference, then with a chance of at most
    ALPHA any of those that are none is called one, however the comparisons hang together (Holm,
    Scand. J. Stat. 6, 1979). No corrected value is greater than Bonferroni's.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    stepped = given[order] * np.arange(given.size, 0, -1)
    corrected = np.empty_like(given)
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return [float(p) for p in corrected]
