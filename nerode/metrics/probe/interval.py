"""Intervals of what a probe scores: over held-out sequences and over fits.

Somebody who fitted the probe on other training sequences, read in another order, would score
another number, on held-out sequences of their own. The interval over sequences knows nothing of the
first. So the probe is fitted several times under random weights of the training sequences
(nerode/metrics/probe/fit.py), and the distances of the bounds from the score are joined with the
spread of these refits as independent parts are: the root of the sum of squares (Zou and Donner,
Statistics in Medicine 27, 2008). benchmarks/probe_coverage.py tells how often such intervals hold.
"""

from __future__ import annotations

from dataclasses import replace
from math import hypot

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr
from scipy.stats import t as student

from nerode.stats.bounds import NORMAL, TAIL
from nerode.stats.estimate import (
    Answers,
    Difference,
    Estimate,
    difference_of_dependent,
    difference_parts,
    estimate_of_ratio,
)

_LEAST = 2
"""Refits without which nothing is known of their spread."""


def reach_of_fits(refits: ArrayLike) -> float:
    """How far a 95 % interval over fits reaches to either side; 0 with fewer than two refits."""
    scores = np.asarray(refits, dtype=np.float64)
    if scores.size < _LEAST:
        return 0.0
    return float(student.ppf(1 - TAIL, scores.size - 1)) * float(scores.std(ddof=1))


def over_fits(
    estimate: Estimate, refits: ArrayLike, *, least: float = 0.0, most: float = 1.0
) -> Estimate:
    """The estimate with an interval over held-out sequences and fits.

    Parameters
    ----------
    estimate
        The score of the fit, its interval that over held-out sequences.
    refits
        The scores of refits on the same held-out sequences: (refits,).
    least, most
        The range of the score.
    """
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    reach, value = reach_of_fits(refits), estimate.value
    low = max(least, value - hypot(value - estimate.low, reach))
    high = min(most, value + hypot(estimate.high - value, reach))
    return replace(estimate, low=min(low, value), high=max(high, value))


def difference_over_fits(difference: Difference, refits: ArrayLike, most: float) -> Difference:
    """A paired difference with an interval over held-out sequences and fits.

    `refits` are the differences of refits, in pairs that had the same weights: (refits,). The score
    lies between 0 and `most`. The p-value is that of a normal distribution whose interval reaches
    as far towards 0, and below 0.05 exactly where the interval leaves 0 out.
    """
    value, low, high = difference.value, difference.low, difference.high
    reach = reach_of_fits(refits)
    if value is None or low is None or high is None or not reach:
        return difference
    below, above = hypot(value - low, reach), hypot(high - value, reach)
    towards = below if value > 0 else above
    p = 2 * float(ndtr(-NORMAL * abs(value) / towards)) if towards else 1.0
    return Difference(value, max(-most, value - below), min(most, value + above), difference.n, p=p)


def mean_over_sequences(answers: Answers, most: float, *, n: int, skipped: int) -> Estimate:
    """A mean over features, with the interval over held-out sequences.

    `answers` has the sum (of bits, or of features told rightly) and the features of each sequence;
    one feature gives from 0 to `most`.
    """
    if not most:
        return Estimate(None, None, None, 0, skipped)
    found = estimate_of_ratio(answers.totals / most, answers.sizes)
    value, low, high = (
        None if each is None else each * most for each in (found.value, found.low, found.high)
    )
    return Estimate(value, low, high, n, skipped)


def paired_bits(first: Answers, second: Answers, most: float, n: int) -> Difference:
    """`second` less `first` in bits per feature, over the same held-out sequences."""
    if not first.sizes.any() or not second.sizes.any():
        return Difference(None, None, None)
    scaled = [Answers(each.totals / most, each.sizes) for each in (first, second)]
    parts, _ = difference_parts(*scaled)
    found = difference_of_dependent(parts, parts.size, None, n)
    value, low, high = ((each or 0.0) * most for each in (found.value, found.low, found.high))
    return Difference(value, low, high, n, found.p)
