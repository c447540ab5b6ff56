"""One evaluation: a model in a world, measured by every metric, with baselines beside it.

`evaluate` is the whole story from Python; nerode/schema/record.py says what its record holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from nerode.evaluation.record import record_of, without_curve
from nerode.evaluation.replays_on_boards import games
from nerode.evaluation.replays_on_maps import routes
from nerode.evaluation.subject import (
    BOTH,
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
from nerode.schema.trial import AnyTrial, entries_of, number_of
from nerode.stats.estimate import Estimate
from nerode.worlds.world import World

HISTORY_SOURCES = (UNIFORM, ON_POLICY, BOTH, NEAR_END)
_MOST_TRIALS = 100_000_000
"""Trials of one metric; more would not change a digit that anyone reads."""
_PROGRESS_EVERY = 16
"""Progress is reported once in so many trials."""

Progress = Callable[[str, str, int, int], None]
"""Called with model, metric, trials done and trials in all."""


@dataclass(frozen=True)
class Evaluation:
    """The finished record, with a way to read one estimate from it."""

    record: dict[str, Any]
    """What evaluation.json holds, as plain dictionaries: `record["metrics"]["compression"]`."""
    remarks: tuple[str, ...] = ()
    """What else is to be known: that the run folder holds more than was asked for."""

    def estimate(self, metric: str, *names: str, model: str | None = None) -> Estimate:
        """One estimate: `estimate("compression", "precision")`; of a baseline with `model=`."""
        part = self.record["metrics"] if model is None else self.record["baselines"].get(model, {})
        for name in (metric, *names):
            if name not in part:
                asked = " ".join((metric, *names))
                message = f"expected one of {', '.join(part) or 'nothing'}, got {name} in {asked}"
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
def evaluate(
    world: World[Any],
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
    whole = {"trials": trials, "samples": samples, "depth": depth, "length": length, "seed": seed}
    _check(world, metrics, baselines, whole, epsilon)
    chosen = _metrics(metrics, world)
    if trials > _MOST_TRIALS:
        raise InvalidParameter(f"expected trials of at most {_MOST_TRIALS}, got {trials}")
    _known("protocol", protocol, PROTOCOLS)
    if histories is not None:
        _known("histories", histories, HISTORY_SOURCES)
    histories = _asked_by_name(chosen, histories)
    acceptance = Acceptance(epsilon) if curve else Acceptance(epsilon, curve=())
    model, corpus = open_subject(
        world, model, sequences, trials, seed=seed, dtype=dtype, first_token=first_token
    )
    check_readable(model, world, corpus.held_out)
    reads = any(metric.reads_histories for metric in chosen)
    sources = histories_of(histories, protocol, world, corpus, read=reads)
    if sources.on_policy is not None:
        chosen = _on_both(chosen)
    setting = Setting(
        world=world,
        histories=sources.first,
        on_policy=sources.on_policy,
        sequences=corpus.held_out,
        acceptance=acceptance,
        protocol=protocol,  # type: ignore[arg-type]  # Setting checks it
        trials=trials,
        samples=samples,
        depth=depth,
        length=length,
        seed=seed,
        training=corpus.training,
    )
    if baselines is None:
        baselines = baselines_of(
            world, model, hidden_states=any(metric.name == PROBE.name for metric in chosen)
        )
    beside, left_out = open_baselines(baselines, world, model, corpus, seed)
    plain = without_curve(setting)
    settings = {each.name: plain for each in beside} | {model.name: setting}
    asked = {each.name: [m for m in chosen if m.baselines(each)] for each in beside}
    terms = terms_of(setting, model, corpus)
    run = runs.Run(None if out is None else Path(out), terms, _reader(settings, chosen))
    with state_what_remains(run.remains), run:
        for each in (model, *beside):
            for metric in chosen if each is model else asked[each.name]:
                _measure(run, settings[each.name], metric, each, progress)
        record = record_of(run, setting, chosen, model.name, asked)
        met = ON_POLICY in (sources.first.name, getattr(sources.on_policy, "name", None))
        parameters = structs.replace(
            record.parameters,
            dtype=dtype_of(model),
            sequences=corpus.source,
            met_in=len(corpus.met) if met else UNSET,
            first_token=first_token_of(model) or UNSET,
        )
        tokens = tokens_record(model, world, corpus.held_out)
        kept = {(model.name, each.name) for each in chosen}
        kept |= {(name, each.name) for name, measured in asked.items() for each in measured}
        notes = (
            tokens.get("notes", ()),
            caution(model, sequences),
            met_in(encoded(parameters)),
            [] if sources.note is None else [sources.note],
            record.notes or (),
        )
        watched = any(metric.name == TRAVERSAL.name for metric in chosen)
        record = structs.replace(
            record,
            parameters=parameters,
            witnesses=with_boards(world, model, record.witnesses or {}),
            notes=list(chain(*notes)) or UNSET,
            routes=routes(setting, model) or UNSET if watched else UNSET,
            games=games(setting, model) or UNSET if watched else UNSET,
            left_out=left_out,
            tokens=decoded(encoded(tokens["tokens"]), Tokens) if "tokens" in tokens else UNSET,
        )
        content: dict[str, Any] = encoded(record)
        if out is not None:
            runs.write_json(Path(out) / runs.RESULT, content)
    return Evaluation(content, tuple(run.beyond(kept, trials)))


def _check(
    world: object,
    metrics: object,
    baselines: object,
    whole: Mapping[str, object],
    epsilon: object,
) -> None:
    """Raise InvalidParameter for arguments of another kind than they should be."""
    if not isinstance(world, World):
        raise InvalidParameter(f"expected a world (`open_world` opens one by name), got {world!r}")
    for name, value in (("metrics", metrics), ("baselines", baselines)):
        if isinstance(value, str):
            raise InvalidParameter(f"expected a list of {name}, got the text {value!r}")
    for name, value in whole.items():
        if not isinstance(value, Integral) or isinstance(value, bool):
            raise InvalidParameter(f"expected {name} as a whole number, got {value!r}")
    if not isinstance(epsilon, Real) or isinstance(epsilon, bool):
        raise InvalidParameter(f"expected epsilon as a number, got {epsilon!r}")


def _known(what: str, name: str, names: Iterable[str]) -> None:
    if name not in names:
        raise UnknownName(f"expected {what} out of {', '.join(names)}, got {name!r}")


def _metrics(given: Sequence[GivenMetric] | None, world: World[Any]) -> list[AnyMetric]:
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


def _asked_by_name(chosen: Sequence[AnyMetric], histories: str | None) -> str | None:
    """The kind of histories that is asked for: both where a metric on on-policy ones is named."""
    named = [metric.name for metric in chosen if metric.on_policy]
    if not named or histories == BOTH:
        return histories
    if histories is None:
        return BOTH
    plain = plain_name(named[0])
    told = f"under histories {ON_POLICY} alone that is {plain}"
    message = f"expected histories {BOTH} for {named[0]}, got {histories}; {told}"
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
    run: runs.Run, setting: Setting, metric: AnyMetric, model: Model, progress: Progress | None
) -> None:
    """Measure the trials that the run does not have yet, all in one go.

    Always in whole blocks (`TRIAL_BLOCK` says why); what the run has of them already stays as it
    is. The last block may be short: where a run is given more trials later, those that it has of
    that block were measured in smaller company than in a run that was longer from the start, and a
    neural network's may differ in the last digit.
    """
    key = (model.name, metric.name)
    missing = run.missing(key, setting.trials)
    left = int(missing.sum())
    if progress is not None:
        progress(*key, setting.trials - left, setting.trials)
    if not left:
        return
    if progress is not None:
        setting = replace(setting, progress=partial(progress, model.name, f"{metric.name} fitted"))

    thresholds = len(setting.acceptance.thresholds)

    def wanted() -> Iterator[AnyTrial]:
        done = setting.trials - left
        for trial in metric.measure(metric.within(setting), model, _whole_blocks(missing)):
            metric.check_type(trial)
            if missing[number_of(trial)]:
                _check_trial(metric, trial, thresholds)
                yield trial
                done += 1
                if progress is not None and (done % _PROGRESS_EVERY == 0 or done == setting.trials):
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
