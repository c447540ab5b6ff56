"""The trials of an evaluation: measured in whole blocks, read again, or taken from the cache."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from nerode import runs
from nerode.errors import InvalidParameter
from nerode.evaluation.baseline_cache import CachedBaseline
from nerode.evaluation.plan import EvaluationPlan, Measurement, Progress
from nerode.evaluation.record import baseline_scores
from nerode.evaluation.subject import (
    Baseline,
)
from nerode.metrics.history_kinds import plain_name
from nerode.metrics.metric import AnyMetric
from nerode.metrics.registry import (
    METRICS,
)
from nerode.metrics.setting import TRIAL_BLOCK, Setting
from nerode.schema.decoding import DamageError
from nerode.schema.scores import Scores
from nerode.schema.trial import AnyTrial, entries_of, number_of

TRIALS_PER_CALL = 16
"""`progress` is called once in so many trials."""


@dataclass
class BaselineResults:
    """The baselines, measured: scores by name and metric, and whose trials came from the cache."""

    scores: dict[str, dict[str, Scores]] = field(default_factory=dict)
    from_cache: list[str] = field(default_factory=list)


def measure_baselines(
    run: runs.Run, plan: EvaluationPlan, progress: Progress | None, new: Collection[runs.Key]
) -> BaselineResults:
    """Measure the trials of the baselines, or take them from the cache.

    `new` has the keys of which the run had no trial when this call began: those go to the cache.
    """
    results = BaselineResults()
    for each in plan.baselines:
        scores = results.scores.setdefault(each.name, {})
        for measurement in plan.of_baseline(each):
            metric = measurement.metric
            known = _from_cache(run, plan, each, metric)
            if known is None:
                is_new = measurement.key in new
                scores[metric.name] = _measure_baseline(
                    run, plan, each, measurement, progress, is_new=is_new
                )
                continue
            scores[metric.name] = known
            if each.name not in results.from_cache:
                results.from_cache.append(each.name)
            if progress is not None:
                progress(*measurement.key, plan.setting.trials, plan.setting.trials)
    return results


def comes_from_cache(
    run: runs.Run, plan: EvaluationPlan, baseline: Baseline, metric: AnyMetric
) -> bool:
    """Whether the cache has the scores of a baseline, and the run has none of its trials.

    Where the run has some already, the others are measured.
    """
    entry = baseline.cached.get(metric.name)
    if plan.cache is None or entry is None or entry.scores is None:
        return False
    return bool(run.missing((baseline.name, metric.name), plan.setting.trials).all())


def _from_cache(
    run: runs.Run, plan: EvaluationPlan, baseline: Baseline, metric: AnyMetric
) -> Scores | None:
    """Scores from the cache, whose trials are written to the run; None where they are not."""
    if plan.cache is None or not comes_from_cache(run, plan, baseline, metric):
        return None
    lines = plan.cache.lines(baseline.given, metric)
    if lines is None:  # removed meanwhile
        return None
    run.append_lines((baseline.name, metric.name), lines)
    return baseline.cached[metric.name].scores


def _measure_baseline(
    run: runs.Run,
    plan: EvaluationPlan,
    baseline: Baseline,
    measurement: Measurement,
    progress: Progress | None,
    *,
    is_new: bool,
) -> Scores:
    """Scores of the trials that the run has and of those that it lacks, which are measured.

    Where all are new, they go to the cache.
    """
    setting, metric, key = measurement.setting, measurement.metric, measurement.key
    measure_trials(run, measurement, progress)
    scores = baseline_scores(run, setting, metric, baseline.name)
    if is_new and plan.cache is not None:
        lines = run.lines(key, setting.trials)
        plan.cache.store(baseline.given, metric, CachedBaseline(baseline.name, scores), lines)
    return scores


def reader_of(
    settings: Mapping[str, Setting], chosen: Sequence[AnyMetric]
) -> runs.ReadTrial[AnyTrial | None]:
    """Reads the trials of a run; those of other models and metrics are let be."""
    known = METRICS | {metric.name: metric for metric in chosen}

    def read(key: runs.Key, line: bytes) -> AnyTrial | None:
        name, metric = key
        if name not in settings or metric not in known:
            return None
        trial = known[metric].decode(line)
        known[metric].check(trial, len(settings[name].acceptance.thresholds))
        return trial

    return read


def measure_trials(run: runs.Run, measurement: Measurement, progress: Progress | None) -> None:
    """Measure the trials that the run does not have yet, all in one go.

    Always in whole blocks (`TRIAL_BLOCK` says why); what the run has of them already stays as it
    is. The last block may be short: where a run is given more trials later, those that it has of
    that block were measured in smaller company than in a run that was longer from the start, and a
    neural network's may differ in the last digit.
    """
    count = measurement.setting.trials
    measure_numbers(run, measurement, list(_whole_blocks(run, measurement)), progress, of=count)


def measure_numbers(
    run: runs.Run,
    measurement: Measurement,
    numbers: Sequence[int],
    progress: Progress | None,
    *,
    of: int,
) -> int:
    """Measure the trials of these numbers, and write those that the run lacks; how many they are.

    `numbers` may hold trials that the run has: they keep the others company in a batch. `of` is
    how many trials there are in all, for `progress`.
    """
    key, setting = measurement.key, measurement.setting
    missing = run.missing(key, setting.trials)
    left = int(missing[list(numbers)].sum())
    if progress is not None:
        progress(*key, of - left, of)
    if not left:
        return 0
    if progress is not None:
        fitted = partial(progress, measurement.name, f"{measurement.metric.name} fitted")
        measurement = replace(measurement, setting=replace(setting, progress=fitted))

    def wanted() -> Iterator[AnyTrial]:
        done = of - left
        for trial in measurement.trials(numbers):
            if missing[number_of(trial)]:
                check_trial(measurement, trial)
                yield trial
                done += 1
                if progress is not None and (done % TRIALS_PER_CALL == 0 or done == of):
                    progress(*key, done, of)

    run.append(key, wanted())
    return left


def check_trial(measurement: Measurement, trial: AnyTrial) -> None:
    """Raise InvalidParameter for a trial that could not be read again, before it is written."""
    metric = measurement.metric
    if plain_name(metric.name) in METRICS:
        return  # of those built in tests say so
    try:
        read = metric.decode(json.dumps(entries_of(trial)).encode())
        metric.check(read, len(measurement.setting.acceptance.thresholds))
        metric.check_question(read)
    except DamageError as damage:
        message = f"{metric.name}: trial {number_of(trial)} is not of its type: {damage}"
        raise InvalidParameter(message) from None


def _whole_blocks(run: runs.Run, measurement: Measurement) -> Iterator[int]:
    """Numbers of all trials in blocks of which the run misses one."""
    missing = run.missing(measurement.key, measurement.setting.trials)
    for start in range(0, missing.size, TRIAL_BLOCK):
        end = min(start + TRIAL_BLOCK, missing.size)
        if missing[start:end].any():
            yield from range(start, end)
