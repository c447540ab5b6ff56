"""What an evaluation is about, opened by name: model, sequences, histories, baselines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from nerode.errors import InvalidParameter, MissingExtra, NoTrial, TooFewSequences
from nerode.evaluation.baseline_cache import BaselineCache, CachedBaseline
from nerode.metrics.history_kinds import NEAR_END, ON_POLICY, UNIFORM
from nerode.metrics.metric import AnyMetric
from nerode.models.model import Model
from nerode.models.registry import DTYPES, open_model
from nerode.sequences.corpus import Corpus, folder_corpus, fresh_corpus
from nerode.sequences.histories import (
    HistorySource,
    near_end_histories,
    on_policy_histories,
    uniform_histories,
)
from nerode.worlds.world import AnyWorld


def open_subject(
    world: AnyWorld,
    model: Model | str,
    sequences: Path | str | None,
    trials: int,
    *,
    seed: int,
    dtype: str,
    first_token: str | None,
) -> tuple[Model, Corpus]:
    """The model, and the sequences that go with it: each may need the other."""
    if not isinstance(model, str):
        if dtype != DTYPES[0]:
            message = f"expected a Hugging Face folder to read in {dtype}, got {model.name} open"
            raise InvalidParameter(message)
        if first_token is not None:
            message = f"expected a first token with a Hugging Face folder, got {model.name} open"
            raise InvalidParameter(message)
        return model, _corpus(world, model, sequences, trials, seed)
    how: dict[str, Any] = {"seed": seed, "dtype": dtype, "first_token": first_token}
    if model.startswith("ngram:"):
        corpus = _corpus(world, None, sequences, trials, seed)
        opened = open_model(model, world, sequences=corpus.train, **how)
        return opened, corpus
    opened = open_model(model, world, **how)
    return opened, _corpus(world, opened, sequences, trials, seed)


def _corpus(
    world: AnyWorld,
    model: Model | None,
    sequences: Path | str | None,
    trials: int,
    seed: int,
) -> Corpus:
    if sequences is not None:
        return folder_corpus(Path(sequences), world, seed)
    if trials < 1:
        raise InvalidParameter(f"expected trials of at least 1, got {trials}")
    return fresh_corpus(world, trials, seed, getattr(model, "trained_on", None))


BOTH = "both"


@dataclass(frozen=True)
class Histories:
    """Where pairs of histories come from.

    Metrics that read histories are measured on those of `first`, and on those of `on_policy` beside
    them where there is such a source. `note` says why there is none where that was left open.
    """

    first: HistorySource
    on_policy: HistorySource | None = None
    note: str | None = None


def histories_of(
    kind: str | None, protocol: str, world: AnyWorld, corpus: Corpus, *, read: bool
) -> Histories:
    """The sources of a kind: `uniform`, `on-policy`, `near-end`, or `both` of the first two.

    None is for both where the sequences are the model's own and some two of their prefixes reach
    one state, else for uniform. `read`: whether any metric reads histories at all.

    Raises TooFewSequences where on-policy histories are asked for and no sequence is held out,
    InvalidParameter where the world has no histories near an end.
    """
    if kind == ON_POLICY:
        return Histories(_met(world, corpus))
    if kind == NEAR_END:
        return Histories(near_end_histories(world, same_length=protocol == "paper"))
    uniform = uniform_histories(world, same_length=protocol == "paper")
    if kind == UNIFORM or not read or (kind is None and not corpus.own):
        return Histories(uniform)
    if kind == BOTH:
        return Histories(uniform, _met(world, corpus))
    try:
        met = _met(world, corpus)
        met.same_state(np.random.default_rng(0))
    except (TooFewSequences, NoTrial) as reason:
        return Histories(uniform, note=f"Not measured on on-policy histories: {reason}.")
    return Histories(uniform, met)


def _met(world: AnyWorld, corpus: Corpus) -> HistorySource:
    """Pairs are met by chance among the sequences: it takes many to have choice."""
    return on_policy_histories(world, corpus.met)


@dataclass(frozen=True)
class Baseline:
    """A model that is measured beside another one.

    Attributes
    ----------
    given
        The name it is opened by.
    name
        Its name in records.
    metrics
        Those that measure it.
    cached
        What the cache has of it, by metric.
    open
        Opens it, which may take seconds; not needed where the cache has all of it.
    """

    given: str
    name: str
    metrics: Sequence[AnyMetric]
    cached: Mapping[str, CachedBaseline] = field(repr=False)
    open: Callable[[], Model] = field(repr=False)

    @cached_property
    def model(self) -> Model:
        """The baseline itself, opened once."""
        return self.open()


def open_baselines(
    names: Sequence[str],
    world: AnyWorld,
    model: Model,
    corpus: Corpus,
    seed: int,
    *,
    metrics: Sequence[AnyMetric],
    cache: BaselineCache | None,
) -> tuple[list[Baseline], dict[str, str]]:
    """The baselines beside the model; those that cannot be had here, with the reason.

    The model itself is none, however its name is written. A baseline of which the cache has every
    metric is not opened.
    """
    baselines: list[Baseline] = []
    left_out: dict[str, str] = {}
    how: dict[str, Any] = {"seed": seed, "trained_on": getattr(model, "trained_on", None)}

    def opened(name: str) -> Model:
        fitted_on = corpus.train if name.startswith("ngram:") else None
        return open_model(name, world, sequences=fitted_on, **how)

    for name in names:
        if name == model.name:
            continue
        cached = {} if cache is None else cache.entries(name, metrics)
        if metrics and len(cached) == len(metrics):
            whole = _from_cache(name, metrics, cached, partial(opened, name))
            baselines += [whole] if whole.name != model.name else []
            continue
        try:
            baseline = opened(name)
        except (MissingExtra, TooFewSequences) as error:
            left_out[name] = str(error)
            continue
        if baseline.name == model.name:
            continue
        measuring = [metric for metric in metrics if metric.baselines(baseline)]
        if cache is not None:
            for metric in metrics:
                if metric not in measuring and metric.name not in cached:
                    cache.store(name, metric, CachedBaseline(baseline.name, None))
        baselines.append(
            Baseline(name, baseline.name, measuring, cached, partial(_itself, baseline))
        )
    return baselines, left_out


def _from_cache(
    given: str,
    metrics: Sequence[AnyMetric],
    cached: Mapping[str, CachedBaseline],
    opened: Callable[[], Model],
) -> Baseline:
    """A baseline of which the cache has every metric."""
    measuring = [metric for metric in metrics if cached[metric.name].scores is not None]
    return Baseline(given, cached[metrics[0].name].model, measuring, cached, opened)


def _itself(model: Model) -> Model:
    return model


def caution(model: Model, sequences: Path | str | None) -> list[str]:
    """What to know where held-out sequences were drawn anew for a network from elsewhere."""
    foreign = getattr(model, "first_choice", None) is not None
    if sequences is not None or not foreign or getattr(model, "trained_on", None) is not None:
        return []
    told = "What it was trained on is not known here: held-out sequences may be among it"
    return [f"{told} (--sequences takes a folder whose held-out ones are not)."]


def met_in(parameters: dict[str, Any]) -> list[str]:
    """What to know of histories that are prefixes of held-out sequences."""
    if "met_in" not in parameters:
        return []
    told = f"On-policy pairs are met in {parameters['met_in']:,} held-out sequences"
    return [f"{told}: only states that are met twice count, so that scores hang on that number."]
