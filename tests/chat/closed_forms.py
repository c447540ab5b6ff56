"""What a solver scores whose answers are wrong with probability p, each by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import product
from typing import Any

from nerode.chat.plan import DistinctionCase, TrialPlan

Counts = tuple[int, int, int, int]
"""In the model's boundary: those that are the world's and all, in one direction, in the other."""


def disagreement(p: float) -> float:
    """Two answers to one truth differ where exactly one is wrong."""
    return 2 * p * (1 - p)


def compression_precision(p: float, continuations: int) -> float:
    return (1 - disagreement(p)) ** continuations


def recall(p: float) -> float:
    """Both answers to a boundary string must be right."""
    return (1 - p) ** 2


def distinction_precision(plan: TrialPlan, p: float) -> float:
    """Expected precision: of the sum over trials over the expected number of trials that have one.

    A symbol is in one of the two boundaries of the model, or in none; its chances follow from
    whether it is legal in the two states. Symbols are independent, so that their counts are added
    up exactly, symbol by symbol.
    """
    total = defined = 0.0
    known: dict[tuple[int, int, int], tuple[float, float]] = {}
    for trial in plan.trials["distinction"]:
        if isinstance(trial, DistinctionCase):
            kinds = _kinds(plan, trial)
            if kinds not in known:
                known[kinds] = _expected(kinds, p)
            total += known[kinds][0]
            defined += known[kinds][1]
    return total / defined


def _kinds(plan: TrialPlan, trial: DistinctionCase) -> tuple[int, int, int]:
    """How many symbols are legal in the first state only, in the second only, in both or none."""
    legal = [set(plan.world.legal(state)) for state in trial.states]
    first, second = len(legal[0] - legal[1]), len(legal[1] - legal[0])
    return first, second, len(plan.listed) - first - second


def _expected(kinds: tuple[int, int, int], p: float) -> tuple[float, float]:
    """E[precision; it is defined], and the probability that it is."""
    right, wrong, mixed = (1 - p) ** 2, p**2, p * (1 - p)
    steps: list[list[tuple[Counts, float]]] = [
        [((1, 1, 0, 0), right), ((0, 0, 0, 1), wrong), ((0, 0, 0, 0), 2 * mixed)],
        [((0, 0, 1, 1), right), ((0, 1, 0, 0), wrong), ((0, 0, 0, 0), 2 * mixed)],
        [((0, 1, 0, 0), mixed), ((0, 0, 0, 1), mixed), ((0, 0, 0, 0), 1 - 2 * mixed)],
    ]
    chances: dict[Counts, float] = {(0, 0, 0, 0): 1.0}
    for step, times in zip(steps, kinds, strict=True):
        for _ in range(times):
            after: dict[Counts, float] = defaultdict(float)
            for (counts, chance), (more, also) in product(chances.items(), step):
                a, b, c, d = (x + y for x, y in zip(counts, more, strict=True))
                after[a, b, c, d] += chance * also
            chances = after
    total = defined = 0.0
    for (hits1, all1, hits2, all2), chance in chances.items():
        ratios = [hits / every for hits, every in ((hits1, all1), (hits2, all2)) if every]
        if ratios:
            total += chance * sum(ratios) / len(ratios)
            defined += chance
    return total, defined


def coin_precision(plan: TrialPlan) -> float:
    """A coin picks symbols without a look at them: the share of those that are the world's.

    Exactly that of both directions together over twice the symbols, in every trial that has any.
    """
    shares = [
        sum(_kinds(plan, trial)[:2]) / (2 * len(plan.listed))
        for trial in plan.trials["distinction"]
        if isinstance(trial, DistinctionCase)
    ]
    return mean(shares)


def mean(values: Iterable[Any]) -> float:
    numbers = [float(value) for value in values]
    return sum(numbers) / len(numbers)
