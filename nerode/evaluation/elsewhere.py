"""Trials of an evaluation that an engine measures, into the one run folder that this one owns."""

from __future__ import annotations

from collections import Counter

from nerode import runs
from nerode.engine.engine import Engine
from nerode.evaluation.blocks import TrialBlock, blocks_of, by_key
from nerode.evaluation.measure import check_trial, comes_from_cache
from nerode.evaluation.plan import EvaluationPlan, Progress
from nerode.evaluation.recipe import EvaluationRecipe, TrialsItem
from nerode.metrics.parallel import unpacked
from nerode.schema.trial import number_of


def measure_elsewhere(
    run: runs.Run,
    plan: EvaluationPlan,
    engine: Engine,
    recipe: EvaluationRecipe,
    progress: Progress | None,
) -> None:
    """Let an engine measure the trials that the run lacks and the cache does not have.

    They are written as they come, in any order. What the run has stays as it is, so that a block
    that comes again changes nothing.
    """
    known, count = by_key(plan), plan.setting.trials
    cached = {
        (baseline.name, measurement.metric.name)
        for baseline in plan.baselines
        for measurement in plan.of_baseline(baseline)
        if comes_from_cache(run, plan, baseline, measurement.metric)
    }
    wanted = [each for each in known.values() if each.key not in cached]
    missing = {each.key: run.missing(each.key, count) for each in wanted}
    blocks = [each for each in blocks_of(wanted) if missing[each.key][list(each.trials)].any()]
    left = Counter({key: int(places.sum()) for key, places in missing.items()})
    for key in left:
        _tell(progress, key, count - left[key], count)

    def item_of(block: TrialBlock) -> TrialsItem:
        return known[block.key].baseline, known[block.key].metric.name, block.trials

    for place, trials in engine.map(recipe, [item_of(block) for block in blocks]):
        key = blocks[place].key
        measurement, places = known[key], missing[key]
        new = [
            trial
            for trial in unpacked(trials, measurement.metric.trial)
            if places[number_of(trial)]
        ]
        for trial in new:
            check_trial(measurement, trial)
            places[number_of(trial)] = False
        run.append(key, new)
        left[key] -= len(new)
        _tell(progress, key, count - left[key], count)


def _tell(progress: Progress | None, key: runs.Key, done: int, of: int) -> None:
    if progress is not None:
        progress(*key, done, of)
