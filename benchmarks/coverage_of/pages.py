"""Pages of two runs of one model: how many call any score better or worse.

Three ways in which a user gets there:

    unpaired  one model, two seeds: other histories, and scores are compared by their intervals
    paired    one seed, two noisy oracles of one rate that are confused in other contexts: trials of
              one number ask the same. Which of the two answers for which run is drawn trial by
              trial, so that the two runs are equal in distribution
    shared    as paired, of models that are wrong about whole prompts, and on-policy pairs, which
              share sequences
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import structs

from benchmarks.coverage_of import on_policy
from benchmarks.coverage_of.pools import (
    EPSILON,
    GOALS,
    NOISY,
    OTHER_NOISE,
    SHORTEST,
    Pool,
    file_of,
    in_groups,
    setting_of,
    trials_in,
)
from nerode.metrics.outcomes import Outcomes
from nerode.metrics.registry import METRICS
from nerode.metrics.walk.trials import PairTrial
from nerode.report.compare.compare import RunComparison, compare_records
from nerode.report.compare.differences import Answered
from nerode.schema.chat import decoded_record
from nerode.schema.trial import PlainTrial as Record
from nerode.schema.trial import Trial
from nerode.stats.estimate import Estimate

Trials = dict[str, list[Any]]
"""The trials of a run by metric."""
Count = Callable[[], "Pages"]


@dataclass(frozen=True)
class Pages:
    """Counts over pages of equal models.

    `marked` have a score that is better or worse, `uncorrected` an interval without 0 (which a page
    does not call a difference); `scores` is the size of the family, on average.
    """

    pages: int
    marked: int
    uncorrected: int
    scores: float


def counted(pairs: Iterator[tuple[Trials, Trials]], pool: Pool, *, seeds: tuple[int, int]) -> Pages:
    pages = marked = uncorrected = scores = 0
    for both in pairs:
        found = compared(both, pool, seeds)
        pages += 1
        marked += any(score.verdict != "none" for score in found.scores)
        uncorrected += any(
            score.difference is not None and score.difference.certain for score in found.scores
        )
        scores += found.family
    return Pages(pages, marked, uncorrected, scores / max(pages, 1))


def compared(both: Sequence[Trials], pool: Pool, seeds: tuple[int, int]) -> RunComparison:
    """What `nerode compare` finds in two runs with these trials."""
    main = pool.acceptance.main
    records, answered = [], []
    for trials, seed in zip(both, seeds, strict=True):
        terms = {"world": pool.world, "histories": "uniform", "seed": seed, "protocol": "exact"}
        setting, count = setting_of(pool), len(next(iter(trials.values())))
        found = {
            name: METRICS[name].summarise(setting, map(_of_no_length, records_)).estimates()
            for name, records_ in trials.items()
        }
        parameters = {"trials": count, "epsilon": EPSILON}
        measured = {"metrics": _plain(found), "parameters": parameters, "baselines": {}}
        records.append(decoded_record({"schema": 1, **terms, "model": pool.name, **measured}))
        outcomes = {name: Outcomes(METRICS[name], count, main) for name in trials}
        for name, records_ in trials.items():
            for number, record in enumerate(records_):
                outcomes[name].see(structs.replace(record, trial=number))
        answered.append(Answered({**terms, "model": pool.name}, outcomes))
    return compare_records(records, answered)


def _of_no_length(trial: Trial) -> Trial:
    """The trial without its histories: scores by length are not compared, and take longest."""
    if not isinstance(trial, PairTrial):
        return trial
    return structs.replace(trial, histories=("", ""))


def _plain(node: Any) -> Any:
    if isinstance(node, Estimate):
        return node.as_dict()
    return {name: _plain(child) for name, child in node.items()}


def unpaired(folder: Path, pool: Pool, size: int, trials: int, pages: int) -> Pages:
    rng = np.random.default_rng([trials, pages, 0])
    of = {name: trials_in(file_of(folder, pool, name, size), name) for name in GOALS}

    def run() -> Trials:
        return {
            name: [all_[at] for at in rng.integers(0, len(all_), trials)]
            for name, all_ in of.items()
        }

    return counted(((run(), run()) for _ in range(pages)), pool, seeds=(0, 1))


def paired(folder: Path, size: int, trials: int, pages: int) -> Pages:
    rng = np.random.default_rng([trials, pages, 1])
    of = {
        name: [trials_in(file_of(folder, pool, name, size), name) for pool in (NOISY, OTHER_NOISE)]
        for name in GOALS
    }

    def two() -> tuple[Trials, Trials]:
        runs: tuple[Trials, Trials] = ({}, {})
        for name, (one, other) in of.items():
            numbers = rng.integers(0, len(one), trials)
            _split(runs, name, [(one[at], other[at]) for at in numbers], rng)
        return runs

    return counted((two() for _ in range(pages)), NOISY, seeds=(0, 0))


def shared(folder: Path, groups: int, trials: int) -> Pages:
    pools = (on_policy.PROMPTS, on_policy.OTHER_PROMPTS)

    def groups_of(name: str, pool: Pool) -> Iterator[list[Any]]:
        all_ = trials_in(file_of(folder, pool, name, groups), name)
        for group in in_groups(all_, on_policy.TRIALS):
            yield from in_groups(group, trials)

    def pairs() -> Iterator[tuple[Trials, Trials]]:
        each = [groups_of(name, pool) for name in on_policy.WALKS for pool in pools]
        for lists in zip(*each, strict=True):
            runs: tuple[Trials, Trials] = ({}, {})
            for place, name in enumerate(on_policy.WALKS):
                runs[0][name], runs[1][name] = lists[2 * place], lists[2 * place + 1]
            yield runs

    return counted(pairs(), on_policy.PROMPTS, seeds=(0, 0))


def _split(
    runs: tuple[Trials, Trials],
    name: str,
    answered: Sequence[tuple[Record, Record]],
    rng: np.random.Generator,
) -> None:
    """Give each run one of the two answers to every trial."""
    swapped = rng.random(len(answered)) < 1 / 2
    for run, trials in enumerate(runs):
        trials[name] = [pair[run ^ int(swap)] for pair, swap in zip(answered, swapped, strict=True)]


def kinds(folder: Path, size: int, groups: int, pages: int) -> Iterator[tuple[str, int, Count]]:
    """Every kind of page: its name, the trials of a run, and how to count it."""
    for trials in (64, 200):
        for pool in (SHORTEST, NOISY):
            count = partial(unpaired, folder, pool, size, trials, pages)
            yield f"other seed, {pool.name}", trials, count
        yield "same seed, noisy 0.05", trials, partial(paired, folder, size, trials, pages)
        count = partial(shared, folder, groups, trials)
        yield "same seed, on-policy, wrong prompts", trials, count
