"""Clusters of trials that share a question, and so its answer: they are not independent.

Every question is asked once. Few seats have few situations, and with many trials the same question
comes up again and again: with three seats, the 10,000 questions of 1,000 trials of compression are
6,236 different ones. Intervals that ignore this are too narrow: docs/log.md has how often they, and
those that know it, hold the true scores.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from nerode.chat.plan import CapabilityCase, Skipped, TrialPlan
from nerode.stats.dyadic import estimate_of_pairs
from nerode.stats.estimate import Estimate, estimate


class QuestionClusters:
    """Clusters of each trial of a metric: its riddle, or each of its two histories."""

    def __init__(self, plan: TrialPlan, metric: str) -> None:
        numbers: dict[Hashable, int] = {}
        self._things: dict[int, tuple[int, ...]] = {}
        for trial, each in enumerate(plan.trials[metric]):
            if isinstance(each, Skipped):
                continue
            things = (each.riddle,) if isinstance(each, CapabilityCase) else each.histories
            self._things[trial] = tuple(
                [numbers.setdefault(thing, len(numbers)) for thing in things]
            )

    def estimate(
        self, values: Sequence[float | None], trials: Sequence[int], skipped: int
    ) -> Estimate:
        """Mean of the values of these trials, with an interval that knows what they share."""
        if not trials:
            return estimate([], skipped=skipped)
        things: NDArray[np.int64] = np.array([self._things[trial] for trial in trials])
        if things.shape[1] == 1:
            return estimate(values, clusters=things[:, 0], skipped=skipped)
        return estimate_of_pairs(values, things, skipped=skipped)
