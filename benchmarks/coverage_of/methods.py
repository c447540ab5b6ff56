"""Our interval beside other methods, for scores that are shares within a trial.

Pools of paired differences come from every pool and the one before it; the columns `equal` give
each pair a random sign, so that the truth is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from benchmarks.coverage_of.pools import POOLS, Pool, file_of, trials_in
from nerode.schema.trial import SkippedTrial
from nerode.stats.bounds import Unseen, bounds, weighted
from nerode.stats.estimate import Answers, estimate, paired_difference

Array = NDArray[np.float64]
Interval = tuple[float, float]
Method = Callable[[Array, np.random.Generator], Interval]

SCORES = {"compression": ("disagreement",), "distinction": ("precision", "recall")}
SIZES = (20, 64, 200)
FEWEST = 250
"""Trials of the smallest pool that is used."""
GRID = np.linspace(0.0005, 0.9995, 500)
RESAMPLES = 300


def ours(values: Array, _: np.random.Generator) -> Interval:
    found = estimate(values)
    assert found.low is not None and found.high is not None  # noqa: PT018
    return found.low, found.high


def normal(values: Array, _: np.random.Generator) -> Interval:
    """Student's t."""
    half = student.ppf(0.975, values.size - 1) * values.std(ddof=1) / np.sqrt(values.size)
    return values.mean() - half, values.mean() + half


def floored(values: Array, rng: np.random.Generator) -> Interval:
    """Student's t, and at least the rule of three on either side."""
    low, high = normal(values, rng)
    half = max((high - low) / 2, 3 / values.size)
    return max(0.0, values.mean() - half), min(1.0, values.mean() + half)


def studentised(values: Array, rng: np.random.Generator) -> Interval:
    """The studentised bootstrap; resamples that do not vary count as infinitely far away."""
    n, mean = values.size, values.mean()
    drawn = values[rng.integers(0, n, (RESAMPLES, n))]
    errors = drawn.std(axis=1, ddof=1) / np.sqrt(n)
    off = drawn.mean(axis=1) - mean
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(errors > 0, off / errors, np.copysign(np.inf, off))
    low, high = np.quantile(ratios, [0.025, 0.975], method="nearest")
    error = values.std(ddof=1) / np.sqrt(n)
    if error == 0:
        return float(mean), float(mean)
    return max(0.0, mean - high * error), min(1.0, mean - low * error)


def betting(values: Array, rng: np.random.Generator) -> Interval:
    """The hedged capital of Waudby-Smith and Ramdas (J. R. Stat. Soc. B 86, 2024)."""
    x = rng.permutation(values)
    times = np.arange(1, x.size + 1)
    means = (0.5 + np.cumsum(x)) / (times + 1)
    spreads = (0.25 + np.cumsum((x - means) ** 2)) / (times + 1)
    before = np.concatenate([[0.25], spreads[:-1]])
    bet = np.sqrt(2 * np.log(2 / 0.05) / (before * x.size))[:, None]
    off = x[:, None] - GRID
    up = np.log1p(np.minimum(bet, 0.75 / GRID) * off).sum(axis=0)
    down = np.log1p(-np.minimum(bet, 0.75 / (1 - GRID)) * off).sum(axis=0)
    inside = GRID[np.logaddexp(up, down) - np.log(2) < np.log(1 / 0.05)]
    return (float(inside.min()), float(inside.max())) if inside.size else (x.mean(), x.mean())


def gaffke(values: Array, _: np.random.Generator) -> Interval:
    """Our bounds with the unseen value always at the end of the range."""
    ends = Unseen(0.0, 1.0, spread_known=True)
    return bounds(weighted(values, values.size, values.size, ends), ends, 0.0, 1.0)


METHODS: dict[str, Method] = {
    "ours": ours,
    "t": normal,
    "t, at least 3/n": floored,
    "bootstrap-t": studentised,
    "betting": betting,
    "Gaffke": gaffke,
}


def paired(differences: Array, _: np.random.Generator) -> Interval:
    """Our interval of paired differences."""
    sizes, rest = np.ones(differences.size), np.maximum(-differences, 0)
    found = paired_difference(Answers(rest, sizes), Answers(rest + differences, sizes), 1)
    assert found.low is not None and found.high is not None  # noqa: PT018
    return found.low, found.high


PAIRED: dict[str, Method] = {"ours": paired, "t": normal}


def values_of(folder: Path, pool: Pool, trials: int) -> dict[tuple[str, str], dict[int, float]]:
    """The values at ε of each score of a pool, by trial."""
    found: dict[tuple[str, str], dict[int, float]] = {}
    for metric, names in SCORES.items():
        for trial in trials_in(file_of(folder, pool, metric, trials), metric):
            for name in () if isinstance(trial, SkippedTrial) else names:
                value = getattr(trial, name)[pool.acceptance.main]
                if value is not None:
                    found.setdefault((metric, name), {})[trial.trial] = float(value)
    return {key: pool for key, pool in found.items() if len(pool) >= FEWEST}


def simulated(
    pool: Array, trials: int, repeats: int, methods: dict[str, Method], *, equal: bool = False
) -> Iterator[str]:
    """A cell for each method."""
    rng = np.random.default_rng([trials, repeats])
    truth = 0.0 if equal else pool.mean()
    deviation = np.sqrt((pool**2).mean()) if equal else pool.std()
    ideal = 2 * 1.959964 * deviation / np.sqrt(trials)
    drawn = pool[rng.integers(0, pool.size, (repeats, trials))]
    if equal:
        drawn = drawn * rng.choice([-1.0, 1.0], drawn.shape)
    for method in methods.values():
        intervals = np.array([method(values, rng) for values in drawn])
        hits = (intervals[:, 0] <= truth) & (truth <= intervals[:, 1])
        width = (intervals[:, 1] - intervals[:, 0]).mean() / ideal
        yield f"{hits.mean():.3f}, {width:.2f}"


def compare(folder: Path, size: int, repeats: int) -> None:
    """Print the tables of pools of so many trials."""
    found = {pool: values_of(folder, pool, size) for pool in POOLS}
    for trials in SIZES:
        print(f"\n| {trials} trials | mean | {' | '.join(METHODS)} |")
        print("|---" * (len(METHODS) + 2) + "|")
        for pool, scores in found.items():
            for (_, name), by_trial in scores.items():
                values = np.array(list(by_trial.values()))
                cells = " | ".join(simulated(values, trials, repeats, METHODS))
                print(f"| {pool.name}: {name} | {values.mean():.3f} | {cells} |", flush=True)
    for trials in SIZES:
        print(f"\n| {trials} pairs | mean | {' | '.join(PAIRED)} | equal: {' | '.join(PAIRED)} |")
        print("|---" * (2 * len(PAIRED) + 2) + "|")
        for one, other in pairwise(pool for pool in found if pool.world == POOLS[0].world):
            for key in [key for key in found[one] if key in found[other]]:
                before, after = found[one][key], found[other][key]
                both = sorted(before.keys() & after.keys())
                apart = np.array([after[trial] - before[trial] for trial in both])
                cells = " | ".join(
                    [
                        *simulated(apart, trials, repeats, PAIRED),
                        *simulated(apart, trials, repeats, PAIRED, equal=True),
                    ]
                )
                name = f"{other.name} less {one.name}: {key[1]}"
                print(f"| {name} | {apart.mean():.3f} | {cells} |", flush=True)
