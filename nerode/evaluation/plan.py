"""What an evaluation is to measure: its arguments, checked, and all that follows from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Integral, Real
from pathlib import Path

from nerode import runs
from nerode.errors import InvalidParameter, UnknownName
from nerode.evaluation.baseline_cache import BaselineCache
from nerode.evaluation.record import without_curve
from nerode.evaluation.subject import (
    BOTH,
    Baseline,
    Histories,
    histories_of,
    open_baselines,
    open_subject,
)
from nerode.metrics.acceptance import Acceptance
from nerode.metrics.history_kinds import NEAR_END, ON_POLICY, UNIFORM, plain_name
from nerode.metrics.metric import AnyMetric
from nerode.metrics.registry import (
    METRICS,
    GivenMetric,
    metrics_by_default,
    metrics_of,
    with_variants,
)
from nerode.metrics.setting import PROTOCOLS, Setting
from nerode.models.baselines.defaults import baselines_of
from nerode.models.hf.token_check import check_readable
from nerode.models.model import Model
from nerode.schema.trial import AnyTrial
from nerode.sequences.corpus import Corpus
from nerode.suggestions import did_you_mean
from nerode.worlds.world import AnyWorld, World

HISTORY_KINDS = (UNIFORM, ON_POLICY, BOTH, NEAR_END)
MOST_TRIALS_PER_METRIC = 100_000_000
"""Trials of one metric; more would not change a digit that anyone reads."""

Progress = Callable[[str, str, int, int], None]
"""Called with model, metric, trials done and trials in all."""


@dataclass(frozen=True)
class EvaluationOptions:
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
class Measurement:
    """One metric of one model, which is the evaluated one or a baseline.

    Attributes
    ----------
    name
        The model's name in records.
    setting
        What the trials of all metrics have in common; baselines are measured without the curve.
    open
        The model itself, which is opened when it is needed.
    baseline
        The name that a baseline is opened by; None for the evaluated model.
    """

    name: str
    metric: AnyMetric
    setting: Setting
    open: Callable[[], Model]
    baseline: str | None = None

    @property
    def key(self) -> runs.Key:
        """Names of model and metric."""
        return self.name, self.metric.name

    def trials(self, numbers: Iterable[int]) -> Iterator[AnyTrial]:
        """Measure the trials of these numbers."""
        for trial in self.metric.measure(self.metric.within(self.setting), self.open(), numbers):
            self.metric.check_type(trial)
            yield trial


@dataclass(frozen=True)
class EvaluationPlan:
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

    def of_model(self) -> Iterator[Measurement]:
        """What is measured of the model, metric by metric."""
        for metric in self.metrics:
            yield Measurement(self.model.name, metric, self.setting, lambda: self.model)

    def of_baseline(self, baseline: Baseline) -> Iterator[Measurement]:
        """What is measured of a baseline, metric by metric."""
        setting = without_curve(self.setting)
        for metric in baseline.metrics:
            opened = partial(getattr, baseline, "model")
            yield Measurement(baseline.name, metric, setting, opened, baseline.given)

    def measurements(self) -> Iterator[Measurement]:
        """All that is measured, the model first."""
        yield from self.of_model()
        for baseline in self.baselines:
            yield from self.of_baseline(baseline)

    @property
    def measured(self) -> set[runs.Key]:
        """Names of model and metric for all that is measured."""
        return {each.key for each in self.measurements()}

    def has(self, metric: AnyMetric) -> bool:
        """Whether this metric is measured."""
        return any(each.name == metric.name for each in self.metrics)


def choose_metrics(world: AnyWorld, options: EvaluationOptions) -> list[AnyMetric]:
    """The metrics that are named, or those of the world; raises where the arguments are wrong."""
    if not isinstance(world, World):
        raise InvalidParameter(f"expected a world (`open_world` opens one by name), got {world!r}")
    options.check_kinds()
    chosen = _metrics(options.metrics, world)
    options.check_values()
    return chosen


def plan_of_evaluation(
    world: AnyWorld,
    model: Model | str,
    options: EvaluationOptions,
    metrics: Sequence[AnyMetric],
    *,
    cached: bool = True,
) -> EvaluationPlan:
    """Open the model, its sequences and the baselines, whose trials may be cached."""
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
        inside = any(metric.reads_hidden_states for metric in metrics)
        names = baselines_of(world, opened, hidden_states=inside)
    cache = _cache(without_curve(setting), opened, corpus, options) if names and cached else None
    baselines, left_out = open_baselines(
        names, world, opened, corpus, options.seed, metrics=metrics, cache=cache
    )
    return EvaluationPlan(opened, corpus, sources, setting, metrics, baselines, left_out, cache)


def _cache(
    setting: Setting, model: Model, corpus: Corpus, options: EvaluationOptions
) -> BaselineCache | None:
    """The cache of the baselines' trials."""
    folder = None if options.sequences is None else Path(options.sequences)
    trained_on = getattr(model, "trained_on", None)
    return BaselineCache.of(setting, corpus, folder, trained_on, fresh=options.fresh)


def _acceptance(options: EvaluationOptions) -> Acceptance:
    """The threshold, with those of the curve where it is wanted."""
    return Acceptance(options.epsilon) if options.curve else Acceptance(options.epsilon, curve=())


def _setting(
    world: AnyWorld,
    corpus: Corpus,
    sources: Histories,
    acceptance: Acceptance,
    options: EvaluationOptions,
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
