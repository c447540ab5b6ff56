"""One evaluation: a model in a world, measured by every metric, with baselines beside it.

`evaluate` is the whole story from Python; nerode/schema/record.py says what its record holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from msgspec import UNSET, structs

from nerode import runs
from nerode.engine.engine import Engine
from nerode.errors import InvalidParameter, RunMismatch, UnknownName
from nerode.evaluation.command import command_of
from nerode.evaluation.elsewhere import measure_elsewhere
from nerode.evaluation.measure import measure_baselines, measure_trials, reader_of
from nerode.evaluation.plan import (
    EvaluationOptions,
    EvaluationPlan,
    Progress,
    choose_metrics,
    plan_of_evaluation,
)
from nerode.evaluation.recipe import EvaluationRecipe
from nerode.evaluation.record import record_of
from nerode.evaluation.remarks import too_many_legal
from nerode.evaluation.replays_on_boards import games
from nerode.evaluation.replays_on_maps import routes
from nerode.evaluation.subject import (
    caution,
    met_in,
)
from nerode.evaluation.terms import dtype_of, first_token_of, terms_of
from nerode.evaluation.witnesses import with_boards
from nerode.interrupted import state_what_remains
from nerode.metrics.history_kinds import ON_POLICY
from nerode.metrics.registry import (
    GivenMetric,
)
from nerode.metrics.traversal import TRAVERSAL
from nerode.models.hf.token_check import tokens_record
from nerode.models.model import Model
from nerode.models.registry import DTYPES
from nerode.progress import notebook_progress, trial_progress
from nerode.schema import record as schema
from nerode.schema.chat import decoded_record
from nerode.schema.decoding import decoded, encoded
from nerode.schema.record import Tokens
from nerode.schema.scores import Scores
from nerode.stats.estimate import Estimate
from nerode.worlds.registry import open_world
from nerode.worlds.world import AnyWorld


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
    world: AnyWorld | str,
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
    engine: Engine | None = None,
) -> Evaluation:
    """Measure a model in a world, baselines beside it.

    Parameters
    ----------
    world
        A world, or the name of one as `open_world` takes it.
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
    engine
        Who measures the trials: a cluster (`nerode.engine.ray_engine.ray_cluster`), whose workers
        open world and model by their names. None for the processors of this machine.

    Raises
    ------
    UnknownName, InvalidParameter
        For a metric, protocol, history source, dtype or number that does not exist.
    RunMismatch
        When `out` holds a run under other terms.
    WorkerLost, WorkerUnfit
        Where an engine's worker was lost for good, or cannot do the work.
    """
    options = EvaluationOptions(
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
    if engine is None:
        opened = open_world(world) if isinstance(world, str) else world
        return evaluate_with(opened, model, options)
    return evaluate_elsewhere(world, model, options, engine)


def evaluate_with(world: AnyWorld, model: Model | str, options: EvaluationOptions) -> Evaluation:
    """The same with all further arguments as one object."""
    chosen = choose_metrics(world, options)
    return run_plan(plan_of_evaluation(world, model, options, chosen), options)


def evaluate_elsewhere(
    world: AnyWorld | str, model: Model | str, options: EvaluationOptions, engine: Engine
) -> Evaluation:
    """The same by an engine whose workers open world and model themselves, by their names."""
    if not isinstance(world, str) or not isinstance(model, str):
        what, given = ("world", world) if not isinstance(world, str) else ("model", model)
        raise InvalidParameter(
            f"expected the {what} by its name, for workers open it themselves, got {given!r}"
        )
    command = command_of(world, model, options)
    opened = open_world(world)
    plan = plan_of_evaluation(opened, model, options, choose_metrics(opened, options))
    return run_plan(plan, options, (engine, EvaluationRecipe.of(command, plan)))


def run_plan(
    plan: EvaluationPlan,
    options: EvaluationOptions,
    elsewhere: tuple[Engine, EvaluationRecipe] | None = None,
) -> Evaluation:
    """Measure what a plan says and the run folder lacks; the record of all trials.

    Trials are measured here, or by an engine that is given a recipe for them.

    Raises RunMismatch when the folder holds a run under other terms.
    """
    terms, progress = terms_of(plan.setting, plan.model, plan.corpus), options.progress
    folder = None if options.out is None else Path(options.out)
    if folder is not None and (folder / runs.SHARD).is_file():
        raise RunMismatch(
            f"expected the folder of a whole run, got {folder}, one part of a run: `nerode merge` "
            "joins parts"
        )
    run = runs.Run(folder, terms, reader_of(plan.settings, plan.metrics))
    with state_what_remains(run.remains), run:
        new = {key for key in plan.measured if run.missing(key, options.trials).all()}
        if elsewhere is not None:
            measure_elsewhere(run, plan, *elsewhere, progress)
        for measurement in plan.of_model():
            measure_trials(run, measurement, progress)
        results = measure_baselines(run, plan, progress, new)
        content: dict[str, Any] = encoded(_record(run, plan, options, results.scores))
        if folder is not None:
            runs.write_json(folder / runs.RESULT, content)
    world, epsilon = plan.setting.world, options.epsilon
    remarks = (
        *run.beyond(plan.measured, options.trials),
        *too_many_legal(world, epsilon, options.seed),
    )
    return Evaluation(content, remarks, tuple(results.from_cache))


def _record(
    run: runs.Run,
    plan: EvaluationPlan,
    options: EvaluationOptions,
    baselines: Mapping[str, Mapping[str, Scores]],
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


def _parameters(parameters: schema.Parameters, plan: EvaluationPlan) -> schema.Parameters:
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
