"""What the trials of one metric came to, so that two models can be compared trial by trial.

`summarise` of each metric turns trials into scores; here every trial keeps its part in each of
these scores, as a sum of values and their number: the mean over all trials is the score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from nerode.metrics.compression import SCORES as COMPRESSION
from nerode.metrics.detours import KINDS, SHARES
from nerode.metrics.distinction import SCORES as DISTINCTION
from nerode.metrics.history_kinds import plain_name, with_on_policy
from nerode.metrics.probe.interval import difference_over_fits, paired_bits
from nerode.metrics.probe.scores import LAST, is_bits, parts_of
from nerode.metrics.setting import Record
from nerode.metrics.traversal import reached
from nerode.stats.dyadic import paired_difference_of_pairs, wider
from nerode.stats.estimate import Answers, Difference, paired_difference

Keys = tuple[str, ...]
Part = tuple[Keys, float, float]
"""A score by name, and a trial's part in it: sum of values, number of values."""


class Outcomes:
    """The parts of all trials of one model in the scores of one metric.

    Takes some bytes a trial and score, whatever a record holds beside it.
    """

    def __init__(self, metric: str, trials: int, main: int) -> None:
        """For records of the first `trials` trials; `main` is the place of ε among thresholds."""
        self.metric = metric
        self.main = main
        self.there = np.zeros(trials, dtype=np.bool_)
        self._asked = np.zeros(trials, dtype=np.uint64)
        self._clusters = -1 - np.arange(trials, dtype=np.int64)
        # Of a trial that names no sources, two numbers that no other trial has.
        self._sources = -1 - np.arange(2 * trials, dtype=np.int64).reshape(trials, 2)
        self._scores: dict[Keys, Answers] = {}
        # Most bits that a feature can take, of a probe.
        self._most = 0.0

    def see(self, record: Record) -> None:
        """Take note of one more record; of two for one trial the later one counts."""
        trial = int(record["trial"])
        if trial >= self.there.size:
            return
        self.there[trial] = True
        for answers in self._scores.values():
            answers.totals[trial] = answers.sizes[trial] = 0
        self._asked[trial] = 0
        if "skipped" in record:
            return
        self._asked[trial] = _digest(_question(self.metric, record))
        if "state" in record:
            self._clusters[trial] = _digest(record["state"]) >> 1
        if "sources" in record:
            one, other = record["sources"]
            self._sources[trial] = (one, other if other != one else self._sources[trial, 1])
        self._most = max(self._most, record.get("most_bits", 0.0))
        for name, total, size in _PARTS[plain_name(self.metric)](record, self.main):
            answers = self._scores.setdefault(name, self.parts(name))
            answers.totals[trial], answers.sizes[trial] = total, size

    def parts(self, name: Keys) -> Answers:
        """Every trial's part in a score, no part where it has none: (trials,)."""
        if self.metric == "probe" and name[-1:] == (LAST,):
            name = (*name[:-1], "0")  # the one layer that there is
        none = Answers(np.zeros(self.there.size), np.zeros(self.there.size))
        return self._scores.get(name, none)

    def asked_alike(self, other: Outcomes) -> bool:
        """Whether trials of one number asked the same, wherever both models have an answer."""
        trials = min(self.there.size, other.there.size)
        mine, theirs = self._asked[:trials], other._asked[:trials]
        return bool(((mine == theirs) | (mine == 0) | (theirs == 0)).all())

    def difference(self, other: Outcomes, name: Keys) -> Difference:
        """The score of `other` less this one's, over the trials that both were given."""
        if self.metric == "probe":
            return self._difference_of_probes(other, name)
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

    def _difference_of_probes(self, other: Outcomes, name: Keys) -> Difference:
        """The same for probes, over held-out sequences and fits.

        Refits of one number had the same weights of the same training sequences in both models, so
        that what both owe to the choice of training sequences cancels out.
        """
        trials = min(self.there.size, other.there.size)
        common = self.there[:trials] & other.there[:trials]

        def pair(name: Keys) -> tuple[Answers, Answers]:
            parts = (self.parts(name), other.parts(name))
            one, two = (Answers(p.totals[:trials][common], p.sizes[:trials][common]) for p in parts)
            return one, two

        first, second = pair(name)
        both = int(first.sizes[(first.sizes > 0) & (second.sizes > 0)].sum())
        most = max(self._most, other._most) if is_bits(name) else 1.0
        if is_bits(name):
            found = paired_bits(first, second, most, both)
        else:
            found = paired_difference(first, second, both)
        refits: list[float] = []
        while (refit := (*name, f"refit {len(refits)}")) in self._scores.keys() & other._scores:
            one, two = pair(refit)
            if not one.sizes.any() or not two.sizes.any():
                break
            refits.append(two.mean - one.mean)
        return difference_over_fits(found, refits, most)


def _summed(answers: Answers, cluster: NDArray[np.int64]) -> Answers:
    totals, sizes = (np.bincount(cluster, part) for part in (answers.totals, answers.sizes))
    return Answers(totals.astype(np.float64), sizes.astype(np.float64))


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


_QUESTIONS = {
    "capability": "question",
    "compression": "histories",
    "distinction": "histories",
    "traversal": "cheapest",
}


def _question(metric: str, record: Record) -> str:
    """As much of what was asked as a record tells."""
    asked = _QUESTIONS.get(plain_name(metric))
    return metric if asked is None else str(record[asked])


def _next_symbol(record: Record, _: int) -> Iterator[Part]:
    yield ("legal",), record["legal"], record["positions"]


def _traversal(record: Record, _: int) -> Iterator[Part]:
    for name, yes in reached(record).items():
        yield (name,), float(yes), 1.0


def _capability(record: Record, main: int) -> Iterator[Part]:
    yield from _shares({"accuracy": "right"}, record, main)


def _compression(record: Record, main: int) -> Iterator[Part]:
    yield from _shares(COMPRESSION, record, main)


def _distinction(record: Record, main: int) -> Iterator[Part]:
    yield from _shares({name: name for name in DISTINCTION}, record, main)


def _shares(keys: Mapping[str, str], record: Record, main: int) -> Iterator[Part]:
    for name, key in keys.items():
        value = record[key][main] if key in record else None  # trials of earlier versions lack some
        yield ((name,), 0.0, 0.0) if value is None else ((name,), float(value), 1.0)


def _detours(record: Record, _: int) -> Iterator[Part]:
    for kind in KINDS:
        for share in SHARES:
            yield (kind, share), float(record[kind][share]), 1.0


def _probe(record: Record, _: int) -> Iterator[Part]:
    accuracy: dict[Keys, float] = {}
    for name, total in parts_of(record):
        yield name, float(total), float(record["told"])
        accuracy[name] = float(total)
    for name, total in accuracy.items():
        if name[0] == "control":
            right = accuracy["accuracy", name[1]]
            yield ("selectivity", name[1]), right - total, float(record["told"])


_PARTS: dict[str, Callable[[Record, int], Iterator[Part]]] = {
    "capability": _capability,
    "next_symbol": _next_symbol,
    "traversal": _traversal,
    "compression": _compression,
    "distinction": _distinction,
    "detours": _detours,
    "probe": _probe,
}
PAIRED = with_on_policy(_PARTS)
"""Metrics whose trials can be compared one by one."""
