"""The one place that turns trials into a number with a 95 % interval.

Every score in nerode is a mean of values in [0, 1]: yes/no trials, or shares within a
trial. Yes/no trials have the exact interval of Clopper and Pearson, shares the one of
nerode/stats/bounds.py, of which that is a special case. Both hold with few trials and at 0 and 1,
where a normal interval or a percentile bootstrap is empty. Where values depend on each other
(positions of one sequence, trials of one state), the interval is the one at the number of
independent trials that would know the mean as well (Korn and Graubard, Survey Methodology 24,
1998): values that agree within their cluster count for less.

Two models that were asked the same questions differ by a mean of paired differences, in [-1, 1],
whose interval comes from the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtr

from nerode.errors import InvalidParameter
from nerode.stats.bounds import (
    NORMAL,
    TAIL,
    Unseen,
    bounds,
    difference_from_zero,
    few,
    unseen,
    weighted,
)

YES_NO = Unseen(0.0, 1.0, spread_known=True)


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval. Undefined is `value None` with `n 0`, never 1.

    `low` and `high` are both None where a number has no interval that would cover.
    `n` counts the trials (or positions) that gave a value; `skipped` those that could not
    be run or for which the score is undefined.
    """

    value: float | None
    low: float | None
    high: float | None
    n: Annotated[int, Meta(ge=0)]
    skipped: Annotated[int, Meta(ge=0)] = 0

    def __post_init__(self) -> None:
        if (self.value is not None) != (self.n > 0):
            message = f"expected a value exactly where n > 0, got value {self.value}, n {self.n}"
            raise InvalidParameter(message)
        if (self.low is None) != (self.high is None) or (self.low is not None and not self.n):
            message = f"expected both bounds of an interval or none, got {self.low}, {self.high}"
            raise InvalidParameter(message)

    def as_dict(self) -> dict[str, float | int | None]:
        """The form in which it is written to JSON."""
        return asdict(self)

    @classmethod
    def of(cls, record: dict[str, Any]) -> Estimate:
        """The estimate that `as_dict` wrote."""
        return cls(record["value"], record["low"], record["high"], record["n"], record["skipped"])


@dataclass(frozen=True)
class Difference:
    """The score of one model less that of another, with its 95 % interval.

    `n` counts the trials that both answered, 0 where the models' trials are not paired: then the
    interval follows from those of the two scores. `p` is the two-sided p-value of no difference:
    below 0.05 exactly where the interval leaves 0 out. Undefined is `value None`.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int = 0
    p: float | None = None

    @property
    def certain(self) -> bool:
        """Whether the interval leaves 0 out: evidence, as long as this is the only score compared.

        Of many that are compared at once, some leave it out by chance (metrics/multiplicity.py).
        """
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
    if clusters is None:
        return estimate_of_dependent(kept, kept.size, _sum_of_squares, skipped=skipped)
    _, cluster = np.unique(np.asarray(clusters)[defined], return_inverse=True)
    if _yes_no(kept):
        yes, sizes = np.bincount(cluster, weights=kept), np.bincount(cluster)
        return estimate_of_counts(yes, sizes, skipped=skipped)

    def products(off: NDArray[np.float64]) -> float:
        return _sum_of_squares(np.bincount(cluster, weights=off))

    return estimate_of_dependent(kept, int(cluster.max()) + 1, products, skipped=skipped)


def estimate_of_dependent(
    values: NDArray[np.float64],
    count: float,
    products: Callable[[NDArray[np.float64]], float],
    *,
    skipped: int,
) -> Estimate:
    """Mean of values in [0, 1] of which some depend on each other.

    Parameters
    ----------
    values
        One or more, shape (n,).
    count
        How many clusters they form, were all of one size.
    products
        Takes x of shape (n,) and gives the sum of x[i] x[j] over all i and j that are not
        independent, i = j among them: n times the variance of the mean, but for a factor, where
        x are the distances from the mean.
    """
    mean, n = float(values.mean()), values.size
    yes_no = _yes_no(values)
    if mean in (0.0, 1.0):
        return _exact(mean, count, n, skipped)
    extra = YES_NO if yes_no else unseen(values, 0.0, 1.0, share=count / n)
    off = values - mean
    trials = _effective_trials(n, count, _sum_of_squares(off), products(off), _beyond(mean, extra))
    if yes_no:
        return _exact(mean, trials * few(count) / few(n), n, skipped)
    low, high = bounds(weighted(values, trials, count, extra), extra, 0.0, 1.0)
    return Estimate(mean, min(low, mean), max(high, mean), n, skipped)


def estimate_of_rate(
    parts: NDArray[np.float64],
    sizes: NDArray[np.float64],
    count: float | None = None,
    products: Callable[[NDArray[np.float64]], float] | None = None,
) -> Estimate:
    """The sum of `parts` over that of `sizes`, where parts are rare, with its 95 % interval.

    Parameters
    ----------
    parts
        One or more in [0, 1], shape (n,).
    sizes
        What they are parts of, above 0, each at least as large as its part: (n,).
    count, products
        Where some of the trials depend on each other: as in `estimate_of_dependent`.

    The ratio is linearised, as a mean of what every trial says of it. The trial that was not seen
    and may lie above the others is a whole part of its own size (1 out of 1): where parts are small
    but for a few that are whole, intervals that guess at it from the others hold the truth too
    seldom (benchmarks/slips.py).
    """
    count, products = count or float(parts.size), products or _sum_of_squares
    size = float(sizes.mean())
    ratio = float(parts.mean()) / size
    if not parts.any():
        none = _exact(0.0, count, parts.size, 0)
        return replace(none, high=(none.high or 0.0) / size)
    mean = ratio * size
    said = mean + parts - ratio * sizes
    low, high = min(0.0, float(said.min())), max(1.0, float(said.max()))
    extra = unseen(said, low, high, share=count / said.size)
    extra = replace(extra, above=max(extra.above, mean + 1 - ratio))
    high = max(high, extra.above)
    off = said - mean
    squares, beyond = _sum_of_squares(off), _beyond(mean, extra)
    trials = _effective_trials(said.size, count, squares, products(off), beyond)
    below, above = bounds(weighted(said, trials, count, extra), extra, low, high)
    return Estimate(
        ratio, min(max(below / size, 0.0), ratio), max(min(above / size, 1.0), ratio), said.size
    )


def _yes_no(values: NDArray[np.float64]) -> bool:
    return bool(((values == 0) | (values == 1)).all())


def _sum_of_squares(off: NDArray[Any]) -> float:
    return float((off**2).sum())


def _beyond(mean: float, extra: Unseen) -> float:
    return (extra.above - mean) ** 2 + (extra.below - mean) ** 2


def _effective_trials(
    n: int, count: float, squares: float, products: float, beyond: float
) -> float:
    """Independent trials that would know the mean as well as n values of `count` clusters do.

    n over the design effect: the variance of the mean over what it would be, were all values
    independent. A made-up cluster of middling size on either side enters both, at the two unseen
    values, whose squared distances from the mean are `beyond`: clusters that happen to agree
    with each other are not taken for independent values.
    """
    middling = n / count
    effect = (products + middling**2 * beyond) / (squares + middling * beyond)
    return n / max(effect, 1.0)


def _exact(mean: float, trials: float, n: int, skipped: int) -> Estimate:
    """The estimate of a mean of `n` yes/no values that are worth so many independent ones."""
    low, high = _clopper_pearson(mean * trials, trials)
    return Estimate(mean, min(low, mean), max(high, mean), n, skipped)


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
    n, mean = int(values.sum()), float(counts.sum() / values.sum())
    if mean in (0.0, 1.0):
        return _exact(mean, values.size, n, skipped)
    within, beyond = n * mean * (1 - mean), _beyond(mean, YES_NO)
    products = _sum_of_squares(counts - mean * values)
    trials = _effective_trials(n, values.size, within, products, beyond)
    return _exact(mean, trials * few(values.size) / few(n), n, skipped)


def estimate_of_ratio(parts: ArrayLike, sizes: ArrayLike, *, skipped: int = 0) -> Estimate:
    """Sum of parts over sum of sizes, by cluster, with its 95 % interval; n is the sum of sizes.

    For clusters of many values, shape (clusters,) each. Every cluster's part in it is the
    linearised one of a ratio, and the interval that of a mean of such parts: a cluster in which
    every value is 1 is no likelier to be among those unseen than the clusters suggest. So it is
    much narrower than `estimate_of_counts`, which allows for such a cluster. Empty clusters say
    nothing.
    """
    given, of = np.asarray(parts, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    given, of = given[of > 0], of[of > 0]
    if not of.size:
        return Estimate(None, None, None, 0, skipped)
    mean, count = float(given.sum() / of.sum()), of.size
    if mean in (0.0, 1.0):
        return _exact(mean, count, int(of.sum()), skipped)
    linear = mean + (given - mean * of) * (count / of.sum())
    # Where clusters differ in size, a large one may weigh more than one whole share.
    low, high = min(0.0, float(linear.min())), max(1.0, float(linear.max()))
    extra = unseen(linear, low, high)
    below, above = bounds(weighted(linear, count, count, extra), extra, low, high)
    return Estimate(
        mean, max(0.0, min(below, mean)), min(1.0, max(above, mean)), int(of.sum()), skipped
    )


def _clopper_pearson(successes: float, trials: float) -> tuple[float, float]:
    """Exact interval for a share; fractional counts are what a design effect gives."""
    low = 0.0 if successes <= 0 else float(betaincinv(successes, trials - successes + 1, TAIL))
    high = (
        1.0
        if successes >= trials
        else float(betaincinv(successes + 1, trials - successes, 1 - TAIL))
    )
    return low, high


def paired_difference(first: Answers, second: Answers, n: int) -> Difference:
    """`second` less `first`, which answered the same `n` questions in the same clusters.

    The difference of the two means over these questions, whichever of them one model gave no value
    for. Every cluster's part in it is the linearised one of a difference of ratios, so that what
    both models find hard in one cluster cancels out; the interval is that of a mean of such parts.
    """
    if not first.sizes.any() or not second.sizes.any():
        return Difference(None, None, None)
    parts, _ = difference_parts(first, second)
    return difference_of_dependent(parts, parts.size, None, n)


def difference_parts(
    first: Answers, second: Answers
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """What each cluster that either answered says of the difference, and which those are."""
    there = first.sizes + second.sizes > 0
    value = second.mean - first.mean
    return value + int(there.sum()) * (second.parts - first.parts)[there], there


def difference_of_dependent(
    parts: NDArray[np.float64],
    count: float,
    products: Callable[[NDArray[np.float64]], float] | None,
    n: int,
) -> Difference:
    """The mean of paired differences: `products` as in `estimate_of_dependent`, None for none."""
    value = float(parts.mean())
    if parts.size == 1:
        return Difference(value, -1.0, 1.0, n, 1.0)
    # Where clusters differ in size, a large one may weigh more than one whole difference.
    low, high = min(-1.0, float(parts.min())), max(1.0, float(parts.max()))
    # Were the models alike, every difference could as well have had the other sign. So the unseen
    # ones lie as far on either side of 0; for yes/no trials this is McNemar's exact test.
    extra = unseen(parts, low, high, centre=0.0, share=count / parts.size)
    trials = float(parts.size)
    if products is not None:
        off = parts - value
        beyond = _beyond(value, extra)
        trials = _effective_trials(parts.size, count, _sum_of_squares(off), products(off), beyond)
    sample = weighted(parts, trials, count, extra)
    below, above = bounds(sample, extra, low, high)
    return Difference(
        value,
        max(-1.0, min(below, value)),
        min(1.0, max(above, value)),
        n,
        difference_from_zero(sample, extra),
    )


def unpaired_difference(first: Estimate, second: Estimate) -> Difference:
    """`second` less `first`, measured apart: Newcombe's interval (Stat. Med. 17, 1998), method 10.

    Each bound combines the distances of the two scores from the bounds of their own intervals. The
    p-value is that of a normal distribution whose interval reaches as far towards 0. Undefined
    where one of the two has no interval.
    """
    if first.value is None or second.value is None or None in (first.low, second.low):
        return Difference(None, None, None)
    value = second.value - first.value
    below = np.hypot(_distance(second, second.low), _distance(first, first.high))
    above = np.hypot(_distance(second, second.high), _distance(first, first.low))
    towards_zero = float(below if value > 0 else above)
    z = NORMAL * abs(value) / towards_zero if towards_zero else np.inf if value else 0.0
    p = 2 * float(ndtr(-z))
    return Difference(value, value - float(below), value + float(above), p=p)


def _distance(estimate_: Estimate, bound: float | None) -> float:
    """From a defined score to a bound of its interval."""
    assert estimate_.value is not None  # noqa: S101 - for the type; both are defined together
    assert bound is not None  # noqa: S101
    return abs(estimate_.value - bound)
