"""Confidence bounds for the mean of bounded values that are not yes/no.

The idea. Give every value a random weight, independent and exponential, so that the weighted mean
becomes random: its quantiles are bounds for the true mean (the Bayesian bootstrap: Rubin, Annals of
Statistics 9, 1981). A sample says nothing of what it has not seen, so one unseen value joins in:
for the upper bound above the others, for the lower bound below them. If it stands at the end of the
range, values of 0 and 1 get the exact interval of Clopper and Pearson, and others the bound of
Gaffke (2005), which is believed to hold for every distribution (Learned-Miller and Thomas,
arXiv 1905.06208) and is several times too wide for values that hardly vary: it always allows for a
share 3/n of values at the far end.

So the unseen value stands where the values seen suggest it: as far from their centre as is typical
of those that make the spread, and farther, up to a distance of 1, by the chance that the next one
exceeds them all: 1 / (1 + k) where k values differ from the centre. Values that all agree suggest
nothing; then it is a whole distance of 1 away, and the interval stays honest. docs/log.md has the
coverage and the width on pools of real trials, beside other methods (`--methods` of
benchmarks/interval_coverage.py repeats them). What no interval of this width can cover is a rare
value far outside all that was seen.

The quantiles take no random numbers. The weighted mean is at most t exactly where the sum of
weight · (value - t) is at most 0, a sum of scaled gamma variables, whose distribution function
the saddlepoint method knows to about one percent of a tail's probability (Barndorff-Nielsen,
Biometrika 73, 1986; Lugannani and Rice, Advances in Applied Probability 12, 1980).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import copysign, log, pi, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr
from scipy.stats import t as student

LEVEL = 0.95
TAIL = (1 - LEVEL) / 2
NORMAL = float(student.ppf(1 - TAIL, np.inf))
"""How many standard errors a 95 % interval reaches, were the variance known."""

ROUNDING = 1e-12

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Unseen:
    """Where values might lie that the sample does not hold: one below it, one above.

    `spread_known` where all values agree, or those that differ do so by a whole distance of 1: like
    yes/no values they need no margin for a variance that had to be estimated.
    """

    below: float
    above: float
    spread_known: bool


@dataclass(frozen=True)
class Weighted:
    """Different values, ascending, and the shape of each one's gamma weight: (values,) each."""

    values: Array
    shapes: Array

    @property
    def mean(self) -> float:
        """The mean of the values."""
        return float(self.values @ self.shapes) / float(self.shapes.sum())


def weighted(values: Array, trials: float, count: float, extra: Unseen) -> Weighted:
    """The values as a sample that is worth so many independent ones, from `count` clusters."""
    different, counts = np.unique(values, return_counts=True)
    if not extra.spread_known:
        trials *= few(count)
    return Weighted(different, np.multiply(counts, trials / values.size, dtype=np.float64))


def few(count: float) -> float:
    """The share of `count` independent trials that is left when their variance is estimated.

    An interval by Student's t is as wide as one by the normal distribution with this share of the
    trials, whose variance was divided by `count` instead of `count` - 1.
    """
    freedom = max(count - 1, 1.0)
    return freedom / (freedom + 1) * (NORMAL / float(student.ppf(1 - TAIL, freedom))) ** 2


def unseen(
    values: Array, low: float, high: float, *, centre: float | None = None, share: float = 1.0
) -> Unseen:
    """One value below and one above what was seen, in a range from `low` to `high`.

    With distances d from the centre, by default the median, the typical one of those that make the
    spread is Σ|d|³ / Σd² (of yes/no values: 1; what a skewed mean is corrected by, too). Of values
    that depend on each other, only a `share` counts.
    """
    centre = float(np.median(values)) if centre is None else centre
    distances = np.abs(values - centre)
    farthest = float(distances.max())
    if farthest <= ROUNDING:
        return Unseen(max(low, centre - 1), min(high, centre + 1), spread_known=True)
    parts = distances / farthest
    typical = farthest * float((parts**3).sum() / (parts**2).sum())
    many = share * float((distances > ROUNDING).sum())
    reach = typical + max(0.0, 1 - typical) / (1 + many)
    return Unseen(
        max(low, centre - reach), min(high, centre + reach), spread_known=typical >= 1 - ROUNDING
    )


def probability_below(sample: Weighted, extra: float, at: float) -> float:
    """How probable it is that the mean under random weights, `extra` among them, is at most `at`.

    S is the sum of weight · (value - at), its cumulant function K(s) = -Σ shape · log(1 - s ·
    (value - at)). The saddlepoint s solves K'(s) = 0. With r = sign(s) sqrt(-2 K(s)) and v = s
    sqrt(K''(s)), P(S <= 0) is near Φ(r + log(v / r) / r).
    """
    off = np.append(sample.values, extra) - at
    shapes = np.append(sample.shapes, 1.0)
    off /= max(float(np.abs(off).max()), 1e-300)  # which leaves the sign of S as it is
    off[np.abs(off) < ROUNDING**2] = 0
    lowest, highest = float(off.min()), float(off.max())
    if highest <= 0:
        return 1.0
    if lowest >= 0:
        return 0.0
    s = _saddlepoint(off, shapes, 1 / lowest, 1 / highest)
    parts = off / (1 - s * off)
    # -K(s), at least 0; K(0) = 0, so that both vanish together where S has mean 0.
    depth = max(0.0, float(shapes @ np.log1p(-s * off)))
    root = copysign(sqrt(2 * depth), s)
    if abs(root) < 1e-4:  # noqa: PLR2004  the formula's limit: 0 / 0 is near
        second, third = float(shapes @ off**2), 2 * float(shapes @ off**3)
        return 0.5 + third / (6 * sqrt(2 * pi) * second * sqrt(second))
    slope = s * sqrt(float(shapes @ parts**2))
    return float(ndtr(root + log(slope / root) / root))


def _saddlepoint(off: Array, shapes: Array, low: float, high: float) -> float:
    """Where K' vanishes between the poles of K: Newton's steps, halving where they leave it."""
    s = 0.0
    for _ in range(100):
        parts = off / (1 - s * off)
        slope = float(shapes @ parts)
        if slope < 0:
            low = s
        else:
            high = s
        following = s - slope / float(shapes @ parts**2)
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - s) <= 1e-12 * (high - low) + 1e-14 * abs(s):
            return following
        s = following
    return s


def bounds(sample: Weighted, extra: Unseen, low: float, high: float) -> tuple[float, float]:
    """The 95 % interval of the mean of values between `low` and `high`."""
    mean = sample.mean

    def lower(at: float) -> float:
        return probability_below(sample, extra.below, at) - TAIL

    def upper(at: float) -> float:
        return probability_below(sample, extra.above, at) - (1 - TAIL)

    return (
        low if mean <= low or lower(low) >= 0 else _root(lower, low, mean),
        high if mean >= high or upper(high) <= 0 else _root(upper, mean, high),
    )


def difference_from_zero(sample: Weighted, extra: Unseen) -> float:
    """The two-sided p-value of mean 0: below 0.05 exactly where the 95 % interval leaves 0 out."""
    positive = probability_below(sample, extra.below, 0.0)
    negative = 1 - probability_below(sample, extra.above, 0.0)
    return min(1.0, 2 * min(positive, negative))


def _root(of: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(of, low, high, xtol=1e-10))
