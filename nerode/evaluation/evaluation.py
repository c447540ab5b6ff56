"""One evaluation: a model in a world, measured by every metric, with baselines beside it.

`evaluate` is the whole story from Python; nerode/schema/record.py says what its record holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import UNSET, structs
from numpy.typing import NDArray

from nerode import runs
from nerode.errors import InvalidParameter, UnknownName
from nerode.evaluation.baseline_cache import BaselineCache, CachedBaseline
from nerode.evaluation.record import baseline_scores, record_of, without_curve
from nerode.evaluation.replays_on_boards import games
from nerode.evaluation.replays_on_maps import routes
from nerode.evaluation.subject import (
    BOTH,
    Baseline,
    Histories,
    caution,
    histories_of,
    met_in,
    open_baselines,
    open_subject,
)
from nerode.evaluation.terms import dtype_of, first_token_of, terms_of
from nerode.evaluation.witnesses import with_boards
from nerode.interrupted import state_what_remains
from nerode.metrics.acceptance import Acceptance
from nerode.metrics.history_kinds import NEAR_END, ON_POLICY, UNIFORM, plain_name
from nerode.metrics.metric import AnyMetric
from nerode.metrics.probe.probe import PROBE
from nerode.metrics.registry import (
    METRICS,
    GivenMetric,
    metrics_by_default,
    metrics_of,
    with_variants,
)
from nerode.metrics.setting import PROTOCOLS, TRIAL_BLOCK, Setting
from nerode.metrics.traversal import TRAVERSAL
from nerode.models.baselines.defaults import baselines_of
from nerode.models.hf.token_check import check_readable, tokens_record
from nerode.models.model import Model
from nerode.models.registry import DTYPES
from nerode.progress import notebook_progress, trial_progress
from nerode.schema import record as schema
from nerode.schema.chat import decoded_record
from nerode.schema.decoding import DamageError, decoded, encoded
from nerode.schema.record import Tokens
from nerode.schema.scores import Scores
from nerode.schema.trial import AnyTrial, entries_of, number_of
from nerode.sequences.corpus import Corpus
from nerode.stats.estimate import Estimate
from nerode.suggestions import did_you_mean
from nerode.worlds.world import AnyWorld, World

HISTORY_KINDS = (UNIFORM, ON_POLICY, BOTH, NEAR_END)
MOST_TRIALS_PER_METRIC = 100_000_000
"""Trials of one metric; more would not change a digit that anyone reads."""
TRIALS_PER_CALL = 16
"""`progress` is called once in so many trials."""

Progress = Callable[[str, str, int, int], None]
"""Called with model, metric, trials done and trials in all."""


@dataclass(frozen=True)
class Evaluation:
    """The finished record, with a way to read one estimate from it."""

    record: dict[str, Any]
    """What evaluation.json holds, as plain dictionaries: `record["metrics"]["compression"]`."""
    remarks: tuple[str, ...] = ()
    """What else is to be known: that the run folder holds more than was asked for."""
    from_cache: tuple[str, ...] = ()
    """Baselines with trials from the cache, measured by an earlier evaluation."""

    def estimate(self, metric: str, *names: str, model: str | None = None) -> Estimate:
        """One estimate: `estimate("compression", "precision")`; of a baseline with `model=`."""
        part = self.record["metrics"] if model is None else self.record["baselines"].get(model, {})
        for name in (metric, *names):
            if name not in part:
                whole = " ".join((metric, *names))
                message = f"expected one of {', '.join(part) or 'nothing'}, got {name} in {whole}"
                raise UnknownName(message)
            part = part[name]
        return Estimate.of(part)

    @property
    def typed(self) -> schema.Record:
        """The same record with attributes: a misspelt field is an error of a type checker.

        After `chat` it is a `nerode.schema.chat.ChatRecord`.

        Raises DamageError where `record` was changed to hold what no record holds.
        """
        return decoded_record(self.record)

    def __repr__(self) -> str:
        measured = ", ".join(self.record["metrics"])
        return f"Evaluation({self.record['model']} on {self.record['world']}: {measured})"

    def summary(self) -> dict[str, Any]:
        """The short form that `nerode evaluate --json` prints."""
        names = ("world", "model", "protocol", "seed", "metrics", "baselines")
        return {name: self.record[name] for name in names}


@notebook_progress("trials", lambda bar, _: trial_progress(bar))
def evaluate(  # noqa: PLR0913 - public API: keywords, each with a default
    world: AnyWorld,
    model: Model | str,
    metrics: Sequence[GivenMetric] | None = None,
    *,
    trials: int = 1000,
    samples: int = 30,
    epsilon: float = 0.01,
    curve: bool = True,
    protocol: str = "exact",
    histories: str | None = None,
    sequences: Path | str | None = None,
    baselines: Sequence[str] | None = None,
    depth: int = 5,
    length: int = 100,
    dtype: str = DTYPES[0],
    first_token: str | None = None,
    seed: int = 0,
    fresh: bool = False,
    out: Path | str | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure a model in a world, baselines beside it.

    Parameters
    ----------
    model
        A model, or the name of one (`ngram:3`, a folder) as `open_model` takes it. N-grams are
        fitted on the training sequences.
    metrics
        Names out of METRICS, or metrics of your own (docs/extend.md): a `Metric`, `module:NAME`,
        `file.py:NAME`, or a name that an installed package declares. None for all built-in ones
        that the world can have (`reconstruction` needs a street map, `traversal` and `detours` a
        goal) but `probe`, which takes minutes.
    trials
        Trials per metric and model.
    samples
        Continuations drawn per history (M in the paper); 0 follows every accepted
        continuation of at most `depth` symbols instead.
    epsilon
        A symbol is accepted where its probability is greater than this.
    curve
        Whether compression and distinction are scored at other thresholds too, for the curve over
        ε. Without it they take less time, and their scores at ε stay the same up to rounding.
    protocol
        `exact` (the definitions) or `paper` (the published code's conventions).
    histories
        `uniform` (any history that reaches the state), `on-policy` (prefixes of held-out
        sequences) or `both`: then `compression` and `distinction` are measured on uniform
        histories, `compression_on_policy` and `distinction_on_policy` on the others. `near-end` is
        as `uniform`, for states in which a sequence may stop within three symbols. None for both
        where the model has sequences of its own (it says what it was trained on, or `sequences`
        are given) and some two of their prefixes reach one state, else for `uniform`.
    sequences
        A folder of sequences; without one, sequences are drawn as the model was trained.
    baselines
        Names of models to measure beside it; None for those of nerode/models/baselines/defaults.py.
    depth
        Length at which the world's boundary strings are cut.
    length
        Most symbols that one continuation may have.
    dtype
        `float32`, or `bfloat16` for the folder of a checkpoint: the format in which its network
        computes. A model that is given open computes as it does.
    first_token
        The token in front of every sequence that such a network reads, `none` for none; None for
        what `open_model` takes for granted. The record says which it was, and a note in it where
        another has clearly less loss on the held-out sequences.
    fresh
        Whether to measure the baselines even where the user's cache has their trials from an
        earlier evaluation in the same setting (docs/formats.md, "The cache of baselines").
    out
        A run folder: trials are appended as they are measured, and the same call goes on with a
        run that was stopped, to the same result.
    progress
        Called as `Progress` says; without it, a notebook shows a bar.

    Raises
    ------
    UnknownName, InvalidParameter
        For a metric, protocol, history source, dtype or number that does not exist.
    RunMismatch
        When `out` holds a run under other terms.
    """
    options = _Options(
        metrics=metrics,
        trials=trials,
        samples=samples,
        epsilon=epsilon,
        curve=curve,
        protocol=protocol,
        histories=histories,
        sequences=sequences,
        baselines=baselines,
        depth=depth,
        length=length,
        dtype=dtype,
        first_token=first_token,
        seed=seed,
        fresh=fresh,
        out=out,
        progress=progress,
    )
    chosen = _choose_metrics(world, options)
    plan = _plan(world, model, options, chosen)
    terms = terms_of(plan.setting, plan.model, plan.corpus)
    folder = None if out is None else Path(out)
    run = runs.Run(folder, terms, _reader(plan.settings, plan.metrics))
    with state_what_remains(run.remains), run:
        for metric in plan.metrics:
            _measure(run, plan.setting, metric, plan.model.name, lambda: plan.model, progress)
        results = _measure_baselines(run, plan, progress)
        content: dict[str, Any] = encoded(_record(run, plan, options, results.scores))
        if folder is not None:
            runs.write_json(folder / runs.RESULT, content)
    remarks = tuple(run.beyond(plan.measured, trials))
    return Evaluation(content, remarks, tuple(results.from_cache))


@dataclass(frozen=True)
class _Options:
    """The arguments of `evaluate`, which explains them."""

    metrics: Sequence[GivenMetric] | None
    trials: int
    samples: int
    epsilon: float
    curve: bool
    protocol: str
    histories: str | None
    sequences: Path | str | None
    baselines: Sequence[str] | None
    depth: int
    length: int
    dtype: str
    first_token: str | None
    seed: int
    fresh: bool
    out: Path | str | None
    progress: Progress | None

    def check_kinds(self) -> None:
        """Raise InvalidParameter for arguments of another kind than they should be."""
        for name in ("metrics", "baselines"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise InvalidParameter(f"expected a list of {name}, got the text {value!r}")
        for name in ("trials", "samples", "depth", "length", "seed"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or isinstance(value, bool):
                raise InvalidParameter(f"expected {name} as a whole number, got {value!r}")
        if not isinstance(self.epsilon, Real) or isinstance(self.epsilon, bool):
            raise InvalidParameter(f"expected epsilon as a number, got {self.epsilon!r}")

    def check_values(self) -> None:
        """Raise where there are too many trials, or no such protocol or kind of histories."""
        if self.trials > MOST_TRIALS_PER_METRIC:
            raise InvalidParameter(
                f"expected trials of at most {MOST_TRIALS_PER_METRIC}, got {self.trials}"
            )
        _check_known("protocol", self.protocol, PROTOCOLS)
        if self.histories is not None:
            _check_known("histories", self.histories, HISTORY_KINDS)


@dataclass(frozen=True)
class _Plan:
    """What is measured, by which metrics and under which setting."""

    model: Model
    corpus: Corpus
    sources: Histories
    setting: Setting
    metrics: Sequence[AnyMetric]
    baselines: Sequence[Baseline]
    left_out: Mapping[str, str]
    """Baselines that cannot be had here, with the reason."""
    cache: BaselineCache | None
    """Where trials of baselines are kept; None where they are not."""

    @property
    def settings(self) -> dict[str, Setting]:
        """The setting of each model, by its name: baselines are measured without the curve."""
        plain = without_curve(self.setting)
        return {each.name: plain for each in self.baselines} | {self.model.name: self.setting}

    @property
    def measured(self) -> set[runs.Key]:
        """Names of model and metric for all that is measured."""
        pairs = {(self.model.name, metric.name) for metric in self.metrics}
        for each in self.baselines:
            pairs |= {(each.name, metric.name) for metric in each.metrics}
        return pairs

    def has(self, metric: AnyMetric) -> bool:
        """Whether this metric is measured."""
        return any(each.name == metric.name for each in self.metrics)


def _choose_metrics(world: AnyWorld, options: _Options) -> list[AnyMetric]:
    """The metrics that are named, or those of the world; raises where the arguments are wrong."""
    if not isinstance(world, World):
        raise InvalidParameter(f"expected a world (`open_world` opens one by name), got {world!r}")
    options.check_kinds()
    chosen = _metrics(options.metrics, world)
    options.check_values()
    return chosen


def _plan(
    world: AnyWorld, model: Model | str, options: _Options, metrics: Sequence[AnyMetric]
) -> _Plan:
    """Open the model, its sequences and the baselines."""
    histories = _kind_of_histories(metrics, options.histories)
    acceptance = _acceptance(options)
    opened, corpus = open_subject(
        world,
        model,
        options.sequences,
        options.trials,
        seed=options.seed,
        dtype=options.dtype,
        first_token=options.first_token,
    )
    check_readable(opened, world, corpus.held_out)
    reads = any(metric.reads_histories for metric in metrics)
    sources = histories_of(histories, options.protocol, world, corpus, read=reads)
    if sources.on_policy is not None:
        metrics = _on_both(metrics)
    setting = _setting(world, corpus, sources, acceptance, options)
    names = options.baselines
    if names is None:
        probes = any(metric.name == PROBE.name for metric in metrics)
        names = baselines_of(world, opened, hidden_states=probes)
    cache = _cache(without_curve(setting), opened, corpus, options) if names else None
    baselines, left_out = open_baselines(
        names, world, opened, corpus, options.seed, metrics=metrics, cache=cache
    )
    return _Plan(opened, corpus, sources, setting, metrics, baselines, left_out, cache)


def _cache(
    setting: Setting, model: Model, corpus: Corpus, options: _Options
) -> BaselineCache | None:
    """The cache of the baselines' trials."""
    folder = None if options.sequences is None else Path(options.sequences)
    trained_on = getattr(model, "trained_on", None)
    return BaselineCache.of(setting, corpus, folder, trained_on, fresh=options.fresh)


def _acceptance(options: _Options) -> Acceptance:
    """The threshold, with those of the curve where it is wanted."""
    return Acceptance(options.epsilon) if options.curve else Acceptance(options.epsilon, curve=())


def _setting(
    world: AnyWorld,
    corpus: Corpus,
    sources: Histories,
    acceptance: Acceptance,
    options: _Options,
) -> Setting:
    """What the trials of all models have in common."""
    return Setting(
        world=world,
        histories=sources.first,
        on_policy=sources.on_policy,
        sequences=corpus.held_out,
        acceptance=acceptance,
        protocol=options.protocol,  # type: ignore[arg-type]  # Setting checks it
        trials=options.trials,
        samples=options.samples,
        depth=options.depth,
        length=options.length,
        seed=options.seed,
        training=corpus.training,
    )


@dataclass
class _BaselineResults:
    """The baselines, measured: scores by name and metric, and whose trials came from the cache."""

    scores: dict[str, dict[str, Scores]] = field(default_factory=dict)
    from_cache: list[str] = field(default_factory=list)


def _measure_baselines(run: runs.Run, plan: _Plan, progress: Progress | None) -> _BaselineResults:
    """Measure the trials of the baselines, or take them from the cache."""
    results = _BaselineResults()
    for each in plan.baselines:
        scores = results.scores.setdefault(each.name, {})
        for metric in each.metrics:
            known = _from_cache(run, plan, each, metric)
            if known is None:
                scores[metric.name] = _measure_baseline(run, plan, each, metric, progress)
                continue
            scores[metric.name] = known
            if each.name not in results.from_cache:
                results.from_cache.append(each.name)
            if progress is not None:
                progress(each.name, metric.name, plan.setting.trials, plan.setting.trials)
    return results


def _from_cache(run: runs.Run, plan: _Plan, baseline: Baseline, metric: AnyMetric) -> Scores | None:
    """Scores from the cache, whose trials are written to the run.

    None where the cache has none, and where the run has some of these trials already: the others
    are measured then.
    """
    key, entry = (baseline.name, metric.name), baseline.cached.get(metric.name)
    if plan.cache is None or entry is None or entry.scores is None:
        return None
    if not run.missing(key, plan.setting.trials).all():
        return None
    lines = plan.cache.lines(baseline.given, metric)
    if lines is None:
        return None
    run.append_lines(key, lines)
    return entry.scores


def _measure_baseline(
    run: runs.Run,
    plan: _Plan,
    baseline: Baseline,
    metric: AnyMetric,
    progress: Progress | None,
) -> Scores:
    """Scores of the trials that the run has and of those that it lacks, which are measured.

    Where it had none, all go to the cache.
    """
    setting, key = without_curve(plan.setting), (baseline.name, metric.name)
    is_new = bool(run.missing(key, setting.trials).all())
    _measure(run, setting, metric, baseline.name, lambda: baseline.model, progress)
    scores = baseline_scores(run, setting, metric, baseline.name)
    if is_new and plan.cache is not None:
        lines = run.lines(key, setting.trials)
        plan.cache.store(baseline.given, metric, CachedBaseline(baseline.name, scores), lines)
    return scores


def _record(
    run: runs.Run, plan: _Plan, options: _Options, baselines: Mapping[str, Mapping[str, Scores]]
) -> schema.Record:
    """The whole record: what the trials came to, how it was measured, and what can be drawn."""
    setting, model, corpus = plan.setting, plan.model, plan.corpus
    record = record_of(run, setting, plan.metrics, model.name, baselines)
    parameters = _parameters(record.parameters, plan)
    tokens = tokens_record(model, setting.world, corpus.held_out)
    notes = (
        tokens.get("notes", ()),
        caution(model, options.sequences),
        met_in(encoded(parameters)),
        [] if plan.sources.note is None else [plan.sources.note],
        record.notes or (),
    )
    replays = plan.has(TRAVERSAL)
    return structs.replace(
        record,
        parameters=parameters,
        witnesses=with_boards(setting.world, model, record.witnesses or {}),
        notes=list(chain(*notes)) or UNSET,
        routes=routes(setting, model) or UNSET if replays else UNSET,
        games=games(setting, model) or UNSET if replays else UNSET,
        left_out=dict(plan.left_out),
        tokens=decoded(encoded(tokens["tokens"]), Tokens) if "tokens" in tokens else UNSET,
    )


def _parameters(parameters: schema.Parameters, plan: _Plan) -> schema.Parameters:
    """The parameters with what is known of the model and of the sequences."""
    sources, corpus = plan.sources, plan.corpus
    on_policy = ON_POLICY in (sources.first.name, getattr(sources.on_policy, "name", None))
    return structs.replace(
        parameters,
        dtype=dtype_of(plan.model),
        sequences=corpus.source,
        met_in=len(corpus.met) if on_policy else UNSET,
        first_token=first_token_of(plan.model) or UNSET,
    )


def _check_known(what: str, name: str, names: Iterable[str]) -> None:
    if name not in names:
        near = did_you_mean(name, names)
        raise UnknownName(f"expected {what} out of {', '.join(names)}, got {name!r}{near}")


def _metrics(given: Sequence[GivenMetric] | None, world: AnyWorld) -> list[AnyMetric]:
    if given is None:
        return metrics_by_default(world)
    if not given:
        message = f"expected one or more metrics out of {', '.join(METRICS)}, got none"
        raise InvalidParameter(message)
    chosen = metrics_of(given)
    for metric in chosen:
        if (needed := metric.needs(world)) is not None:
            message = f"expected {needed} for {metric.name}, got the world {world.name}"
            raise InvalidParameter(message)
    return chosen


def _kind_of_histories(chosen: Sequence[AnyMetric], histories: str | None) -> str | None:
    """The kind of histories to measure on: both where a metric on on-policy ones is named."""
    named = [metric.name for metric in chosen if metric.on_policy]
    if not named or histories == BOTH:
        return histories
    if histories is None:
        return BOTH
    plain = plain_name(named[0])
    message = (
        f"expected histories {BOTH} for {named[0]}, got {histories}; "
        f"under histories {ON_POLICY} alone that is {plain}"
    )
    raise InvalidParameter(message)


def _on_both(chosen: Sequence[AnyMetric]) -> list[AnyMetric]:
    """The metrics, those that read histories on on-policy ones too, unless such are named."""
    if any(metric.on_policy for metric in chosen):
        return list(chosen)
    return with_variants(chosen)


def _reader(
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


def _measure(
    run: runs.Run,
    setting: Setting,
    metric: AnyMetric,
    name: str,
    opened: Callable[[], Model],
    progress: Progress | None,
) -> None:
    """Measure the trials that the run does not have yet, all in one go.

    Always in whole blocks (`TRIAL_BLOCK` says why); what the run has of them already stays as it
    is. The last block may be short: where a run is given more trials later, those that it has of
    that block were measured in smaller company than in a run that was longer from the start, and a
    neural network's may differ in the last digit.
    """
    key = (name, metric.name)
    missing = run.missing(key, setting.trials)
    left = int(missing.sum())
    if progress is not None:
        progress(*key, setting.trials - left, setting.trials)
    if not left:
        return
    if progress is not None:
        setting = replace(setting, progress=partial(progress, name, f"{metric.name} fitted"))

    model, thresholds = opened(), len(setting.acceptance.thresholds)

    def wanted() -> Iterator[AnyTrial]:
        done = setting.trials - left
        for trial in metric.measure(metric.within(setting), model, _whole_blocks(missing)):
            metric.check_type(trial)
            if missing[number_of(trial)]:
                _check_trial(metric, trial, thresholds)
                yield trial
                done += 1
                if progress is not None and (done % TRIALS_PER_CALL == 0 or done == setting.trials):
                    progress(*key, done, setting.trials)

    run.append(key, wanted())


def _check_trial(metric: AnyMetric, trial: AnyTrial, thresholds: int) -> None:
    """Raise InvalidParameter for a trial that could not be read again, before it is written."""
    if plain_name(metric.name) in METRICS:
        return  # of those built in tests say so
    try:
        read = metric.decode(json.dumps(entries_of(trial)).encode())
        metric.check(read, thresholds)
        metric.check_question(read)
    except DamageError as damage:
        message = f"{metric.name}: trial {number_of(trial)} is not of its type: {damage}"
        raise InvalidParameter(message) from None


def _whole_blocks(missing: NDArray[np.bool_]) -> Iterator[int]:
    """Numbers of all trials in blocks that miss one."""
    for start in range(0, missing.size, TRIAL_BLOCK):
        end = min(start + TRIAL_BLOCK, missing.size)
        if missing[start:end].any():
            yield from range(start, end)
