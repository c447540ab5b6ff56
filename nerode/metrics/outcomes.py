"""What the trials of one metric came to, so that two models can be compared trial by trial.

`summarise` of each metric turns trials into scores; here every trial keeps its part in each of
these scores, as a sum of values and their number: the mean over all trials is the score.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from nerode.errors import InvalidParameter
from nerode.metrics.metric import Description, ScorePath
from nerode.schema.trial import AnyTrial, entry_of, is_skipped, number_of
from nerode.stats.dyadic import paired_difference_of_pairs, wider
from nerode.stats.estimate import Answers, Difference, paired_difference


class Outcomes:
    """The parts of all trials of one model in the scores of one metric.

    Takes some bytes a trial and score, whatever else a trial holds.
    """

    def __init__(self, metric: Description, trials: int, main: int) -> None:
        """For the first `trials` trials; `main` is the place of ε among thresholds.

        Raises InvalidParameter for a metric whose trials have no parts in its scores.
        """
        if metric.parts is None:
            raise InvalidParameter(f"expected a metric whose trials have parts, got {metric.name}")
        self.metric = metric
        self._parts_of = metric.parts
        self.main = main
        self.there = np.zeros(trials, dtype=np.bool_)
        self._questions = np.zeros(trials, dtype=np.uint64)
        self._clusters = -1 - np.arange(trials, dtype=np.int64)
        # Of a trial that names no sources, two numbers that no other trial has.
        self._sources = -1 - np.arange(2 * trials, dtype=np.int64).reshape(trials, 2)
        self._scores: dict[ScorePath, Answers] = {}

    def see(self, trial: AnyTrial) -> None:
        """Take note of one more trial; of two of one number the later one counts."""
        number = number_of(trial)
        if number >= self.there.size:
            return
        self.there[number] = True
        for answers in self._scores.values():
            answers.totals[number] = answers.sizes[number] = 0
        self._questions[number] = 0
        if is_skipped(trial):
            return
        question = self.metric.question
        text = self.metric.name if question is None else str(entry_of(trial, question))
        self._questions[number] = _digest(text)
        state, sources = entry_of(trial, "state"), entry_of(trial, "sources")
        if isinstance(state, str):
            self._clusters[number] = _digest(state) >> 1
        if isinstance(sources, tuple | list):
            one, other = sources
            self._sources[number] = (one, other if other != one else self._sources[number, 1])
        for name, total, size in self._parts_of(trial, self.main):
            answers = self._scores.setdefault(name, self.parts(name))
            answers.totals[number], answers.sizes[number] = total, size

    def parts(self, name: ScorePath) -> Answers:
        """Every trial's part in a score, no part where it has none: (trials,)."""
        none = Answers(np.zeros(self.there.size), np.zeros(self.there.size))
        return self._scores.get(name, none)

    @property
    def names(self) -> frozenset[ScorePath]:
        """What trials have parts in."""
        return frozenset(self._scores)

    def same_questions(self, other: Outcomes) -> bool:
        """Whether trials of one number are about the same, wherever both models have an answer."""
        trials = min(self.there.size, other.there.size)
        mine, theirs = self._questions[:trials], other._questions[:trials]
        return bool(((mine == theirs) | (mine == 0) | (theirs == 0)).all())

    def difference(self, other: Outcomes, name: ScorePath) -> Difference:
        """The score of `other` less this one's, over the trials that both were given."""
        if self.metric.difference is not None:
            return self.metric.difference(self, other, name)
        trials = min(self.there.size, other.there.size)
        common = self.there[:trials] & other.there[:trials]
        # A trial that one model could not be given still tells its cluster.
        keys = np.maximum(self._clusters[:trials], other._clusters[:trials])[common]
        _, cluster = np.unique(keys, return_inverse=True)
        parts = (self.parts(name), other.parts(name))
        single = [Answers(p.totals[:trials][common], p.sizes[:trials][common]) for p in parts]
        both = int(((single[0].sizes > 0) & (single[1].sizes > 0)).sum())
        first, second = (_summed(each, cluster) for each in single)
        by_cluster = paired_difference(first, second, both)
        sources = np.maximum(self._sources[:trials], other._sources[:trials])[common]
        if by_cluster.value is None or (sources < 0).all():
            return by_cluster
        by_source = paired_difference_of_pairs(single[0], single[1], sources, both)
        return wider(by_cluster, by_source)


def _summed(answers: Answers, cluster: NDArray[np.int64]) -> Answers:
    totals, sizes = (np.bincount(cluster, part) for part in (answers.totals, answers.sizes))
    return Answers(totals.astype(np.float64), sizes.astype(np.float64))


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
