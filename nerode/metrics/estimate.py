"""The one place that turns trials into a number with a 95 % interval.

Every score in nerode is a mean of values in [0, 1]: yes/no trials, or shares within a
trial. Its interval is that of Korn and Graubard (Survey Methodology 24, 1998): the exact
interval of Clopper and Pearson, at the number of independent trials that would carry the
same information. It holds with few trials and at 0 and 1, where a normal interval or a
percentile bootstrap is empty, and it knows clusters: values that share a sequence or a state
count for less when they agree within their cluster.

Two models that were asked the same questions differ by a mean of paired differences, whose interval
is that of Bonett and Price (J. Educ. Behav. Stat. 37, 2012) for clusters: it holds where no pair
differs, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv
from scipy.stats import t as student

from nerode.errors import InvalidParameter

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval. Undefined is `value None` with `n 0`, never 1.

    `n` counts the trials (or positions) that gave a value; `skipped` those that could not
    be run or for which the score is undefined.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    skipped: int = 0

    def __post_init__(self) -> None:
        defined = self.value is not None and self.low is not None and self.high is not None
        if defined != (self.n > 0):
            message = f"expected a value exactly where n > 0, got value {self.value}, n {self.n}"
            raise InvalidParameter(message)

    def as_dict(self) -> dict[str, float | int | None]:
        """The form in which it is written to JSON."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "skipped": self.skipped,
        }

    @classmethod
    def of(cls, record: dict[str, Any]) -> Estimate:
        """The estimate that `as_dict` wrote."""
        return cls(record["value"], record["low"], record["high"], record["n"], record["skipped"])


@dataclass(frozen=True)
class Difference:
    """The score of one model less that of another, with its 95 % interval.

    `n` counts the trials that both answered, 0 where the models' trials are not paired: then the
    interval follows from those of the two scores. Undefined is `value None`.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int = 0

    @property
    def certain(self) -> bool:
        """Whether the interval leaves 0 out: the two do differ."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True)
class Answers:
    """What one model's trials came to, by cluster: sums of values and how many they are.

    Both have shape (clusters,). A mean over all values is `totals.sum() / sizes.sum()`.
    """

    totals: NDArray[np.float64]
    sizes: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """The score of the model."""
        return float(self.totals.sum() / self.sizes.sum())

    @property
    def parts(self) -> NDArray[np.float64]:
        """By how much each cluster moves the mean: (clusters,), 0 in sum."""
        moved: NDArray[np.float64] = (self.totals - self.mean * self.sizes) / self.sizes.sum()
        return moved


def estimate(
    values: Iterable[float | None],
    *,
    clusters: ArrayLike | None = None,
    skipped: int = 0,
) -> Estimate:
    """Mean of `values` with its 95 % interval.

    Parameters
    ----------
    values
        One number in [0, 1] per trial, shape (n,); None or NaN where the trial has no
        value, which adds to `skipped`.
    clusters
        A label per value, shape (n,); values with one label are not independent (positions
        of one sequence, trials of one state). Default: every value stands alone.
    skipped
        Trials that gave no value at all and are not in `values`.
    """
    kept, defined, skipped = defined_of(values, skipped)
    if kept.size == 0:
        return Estimate(None, None, None, 0, skipped)
    mean = float(kept.mean())
    if clusters is None:
        return _estimate(mean, np.ones(kept.size), kept, skipped)
    _, cluster = np.unique(np.asarray(clusters)[defined], return_inverse=True)
    sizes = np.bincount(cluster)
    return _estimate(mean, sizes, np.bincount(cluster, weights=kept), skipped)


def defined_of(
    values: Iterable[float | None], skipped: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
    """The values that are defined, which those are (shape of all), and how many are skipped.

    Raises InvalidParameter for values outside [0, 1].
    """
    given = (np.nan if value is None else value for value in values)
    numbers = (
        values.astype(np.float64)
        if isinstance(values, np.ndarray)
        else np.fromiter(given, dtype=np.float64)
    )
    defined = ~np.isnan(numbers)
    kept = numbers[defined]
    if kept.size and (kept.min() < 0 or kept.max() > 1):
        message = f"expected values in [0, 1], got {kept.min():g} to {kept.max():g}"
        raise InvalidParameter(message)
    return kept, defined, skipped + int((~defined).sum())


def estimate_of_counts(yes: ArrayLike, sizes: ArrayLike, *, skipped: int = 0) -> Estimate:
    """The same for yes/no values that are counted by cluster, shape (clusters,) each.

    `estimate` of all the single values gives the very same numbers; this takes the memory of
    the clusters only. Empty clusters say nothing.
    """
    counts, values = np.asarray(yes, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    if (counts < 0).any() or (counts > values).any():
        message = "expected counts between 0 and the size of their cluster, got others"
        raise InvalidParameter(message)
    counts, values = counts[values > 0], values[values > 0]
    if values.size == 0:
        return Estimate(None, None, None, 0, skipped)
    return _estimate(float(counts.sum() / values.sum()), values, counts, skipped)


def _estimate(mean: float, sizes: NDArray[Any], totals: NDArray[Any], skipped: int) -> Estimate:
    """The estimate of a mean whose values have these sizes and totals by cluster."""
    return estimate_at(mean, _effective_trials(mean, sizes, totals), int(sizes.sum()), skipped)


def estimate_at(mean: float, trials: float, n: int, skipped: int) -> Estimate:
    """The estimate of a mean of `n` values that are worth so many independent yes/no trials."""
    low, high = _clopper_pearson(mean * trials, trials)
    return Estimate(mean, min(low, mean), max(high, mean), n, skipped)


def _effective_trials(mean: float, sizes: NDArray[Any], totals: NDArray[Any]) -> float:
    """Independent yes/no trials that would know the mean as well as these values do.

    p (1 - p) over the variance of the mean, which is estimated from the cluster totals
    (the linearised variance of a ratio). Two made-up clusters of middling size, one all 0 and
    one all 1, enter the variance, so that a handful of equal values is not taken for
    certainty. A correction by Student's t accounts for the clusters being few.
    """
    count, values = sizes.size, float(sizes.sum())
    if mean in (0.0, 1.0):
        return float(count)
    middling = values / count
    sizes = np.append(sizes, [middling, middling])
    totals = np.append(totals, [0.0, middling])
    centre = totals.sum() / sizes.sum()
    spread = float(((totals - centre * sizes) ** 2).sum()) / sizes.size
    variance = spread * count / values**2
    trials = float(centre * (1 - centre)) / variance
    if count == 1:
        return min(trials, 1.0)
    if middling > 1:
        by_normal = student.ppf((1 + LEVEL) / 2, values - 1)
        trials *= float(by_normal / student.ppf((1 + LEVEL) / 2, count - 1)) ** 2
        return min(trials, values)
    return trials


def _clopper_pearson(successes: float, trials: float) -> tuple[float, float]:
    """Exact interval for a share; fractional counts are what a design effect gives."""
    tail = (1 - LEVEL) / 2
    low = 0.0 if successes <= 0 else float(betaincinv(successes, trials - successes + 1, tail))
    high = (
        1.0
        if successes >= trials
        else float(betaincinv(successes + 1, trials - successes, 1 - tail))
    )
    return low, high


def paired_difference(first: Answers, second: Answers, n: int) -> Difference:
    """`second` less `first`, which answered the same `n` questions in the same clusters.

    The difference of the two means over these questions, whichever of them one model gave no value
    for. Its variance is the linearised one of a difference of ratios, so that what both models
    find hard in one cluster cancels out. Two made-up clusters of middling size, one in which the
    first model has it all and one in which the second does, enter it: models that agreed on ten
    questions need not agree on the next. Student's t accounts for the clusters being few.
    """
    there = first.sizes + second.sizes > 0
    count = int(there.sum())
    if not first.sizes.any() or not second.sizes.any():
        return Difference(None, None, None)
    value = second.mean - first.mean
    if count == 1:
        return Difference(value, -1.0, 1.0, n)
    one, other = _with_extremes(first, there, 0), _with_extremes(second, there, 1)
    error = float(np.sqrt(((other.parts - one.parts) ** 2).sum()))
    reach = error * float(student.ppf((1 + LEVEL) / 2, count - 1))
    centre = other.mean - one.mean
    low, high = max(-1.0, centre - reach), min(1.0, centre + reach)
    return Difference(value, min(low, value), max(high, value), n)


def _with_extremes(answers: Answers, there: NDArray[np.bool_], all_in: int) -> Answers:
    """The clusters that hold anything, and two more: one all 0 and one (number `all_in`) all 1."""
    middling = float(answers.sizes.sum() / there.sum())
    extremes = np.zeros(2)
    extremes[all_in] = middling
    return Answers(
        np.append(answers.totals[there], extremes),
        np.append(answers.sizes[there], [middling, middling]),
    )


def unpaired_difference(first: Estimate, second: Estimate) -> Difference:
    """`second` less `first`, measured apart: Newcombe's interval (Stat. Med. 17, 1998), method 10.

    Each bound combines the distances of the two scores from the bounds of their own intervals.
    """
    if first.value is None or second.value is None:
        return Difference(None, None, None)
    value = second.value - first.value
    below = np.hypot(_distance(second, second.low), _distance(first, first.high))
    above = np.hypot(_distance(second, second.high), _distance(first, first.low))
    return Difference(value, value - float(below), value + float(above))


def _distance(estimate_: Estimate, bound: float | None) -> float:
    """From a defined score to a bound of its interval."""
    assert estimate_.value is not None  # noqa: S101 - for the type; both are defined together
    assert bound is not None  # noqa: S101
    return abs(estimate_.value - bound)
