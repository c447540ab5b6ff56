"""Scores of a training that is repeated with other seeds: their mean, and how far it may be off.

Two things leave the mean of a few seeds uncertain. Other trials would give each model another
score: its interval says how much. Other seeds would give other models: how much the seeds differ
says that. All models answer the same trials, so that what trials leave open does not shrink with
the number of seeds: it counts as the mean of the distances from each score to its bound. What seeds
leave open is Student's interval of the mean over seeds. Both are added as independent variances are
(by their squares, each bound on its own: Zou and Donner, Statistics in Medicine 27, 2008).

The scores of seeds differ by their trials, too, so that the sum counts a part of that twice: with
many seeds the interval is a little too wide, with few it covers what it says
(tests/stats/test_seeds.py). Of one seed nothing is known of others: the interval is that of its
trials.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
from scipy.stats import t as student

from nerode.stats.bounds import TAIL
from nerode.stats.estimate import Difference, Estimate


def mean_over_seeds(scores: Sequence[Estimate], *, share: bool = True) -> Estimate:
    """The mean of a score over seeds with its 95 % interval.

    Parameters
    ----------
    scores
        The score of each seed's model; those that are undefined are left out.
    share
        Whether it lies between 0 and 1, and so does its interval.

    Returns
    -------
    Estimate
        `n` and `skipped` are those of all models together. Without bounds where a single seed has
        none.
    """
    defined = [each for each in scores if each.value is not None]
    n, skipped = (sum(getattr(each, name) for each in scores) for name in ("n", "skipped"))
    if not defined:
        return Estimate(None, None, None, n, skipped)
    low, high = _bounds(defined)
    mean = _mean(defined)
    if share and low is not None and high is not None:
        low, high = max(0.0, low), min(1.0, high)
    return Estimate(mean, low, high, n, skipped)


def difference_over_seeds(differences: Sequence[Difference], *, share: bool = True) -> Difference:
    """The mean over seeds of a difference between two arms with its 95 % interval, without a p.

    Each is that of two models of one seed, paired trial by trial where that can be. One of shares
    lies between -1 and 1, and so does its interval.
    """
    defined = [each for each in differences if each.value is not None]
    if not defined:
        return Difference(None, None, None)
    low, high = _bounds(defined)
    if share and low is not None and high is not None:
        low, high = max(-1.0, low), min(1.0, high)
    return Difference(_mean(defined), low, high, sum(each.n for each in defined))


def _mean(found: Sequence[Estimate | Difference]) -> float:
    return float(np.mean([each.value for each in found]))


def _bounds(found: Sequence[Estimate | Difference]) -> tuple[float | None, float | None]:
    """Bounds of the mean of defined values."""
    values = np.array([each.value for each in found], dtype=np.float64)
    mean = float(values.mean())
    seeds = 0.0
    if len(values) > 1:
        reach = float(student.ppf(1 - TAIL, len(values) - 1))
        seeds = reach * float(values.std(ddof=1)) / sqrt(len(values))
    lows = [each.low for each in found]
    highs = [each.high for each in found]
    if None in lows or None in highs:
        # A number of all trials together has no interval: what seeds leave open is all there is.
        return (None, None) if len(values) == 1 else (mean - seeds, mean + seeds)
    below = float((values - np.array(lows, dtype=np.float64)).mean())
    above = float((np.array(highs, dtype=np.float64) - values).mean())
    return mean - float(np.hypot(below, seeds)), mean + float(np.hypot(above, seeds))
