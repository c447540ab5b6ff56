"""The commands that evaluate a model, in one go or in parts that are joined."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerode.cli.command import command
from nerode.cli.options import (
    AsJson,
    Cluster,
    Quiet,
    Seed,
    WorldName,
    engine_of,
    names_of,
    print_json,
    print_record,
)
from nerode.errors import InvalidParameter

if TYPE_CHECKING:
    from nerode.evaluation.evaluation import Evaluation
    from nerode.evaluation.plan import EvaluationOptions, Progress
    from nerode.worlds.world import AnyWorld


@dataclass(frozen=True)
class EvaluateOptions:
    """Options of `nerode evaluate`; nerode/evaluation/evaluation.py says what they mean."""

    world: WorldName
    model: Annotated[
        str,
        typer.Argument(
            help="oracle, policy-oracle:POLICY, counter, uniform, noisy-oracle:P, ngram:N, "
            "untrained, a bundled model (`nerode models`), or a Hugging Face folder."
        ),
    ]
    metrics: Annotated[
        str | None,
        typer.Option(
            help="Some metrics only, with commas between; of your own: module:NAME or file.py:NAME."
        ),
    ] = None
    trials: Annotated[int, typer.Option(help="Trials per metric and model.")] = 1000
    samples: Annotated[
        int, typer.Option(help="Continuations drawn per history; 0: all, to the depth.")
    ] = 30
    epsilon: Annotated[float, typer.Option(help="A symbol is accepted above this probability.")] = (
        0.01
    )
    curve: Annotated[
        bool,
        typer.Option(help="Scores at other thresholds too, for the page; twice the time."),
    ] = True
    protocol: Annotated[str, typer.Option(help="exact or paper.")] = "exact"
    histories: Annotated[
        str | None,
        typer.Option(
            metavar="uniform|on-policy|both|near-end",
            help="What compression and distinction read: any history that reaches a state, "
            "prefixes of held-out sequences, both (the default where the model says what it was "
            "trained on, or --sequences are given), or any history near the end of a sequence.",
        ),
    ] = None
    sequences: Annotated[
        Path | None, typer.Option(help="Folder of sequences: held-out ones are measured on.")
    ] = None
    baselines: Annotated[
        str | None,
        typer.Option(
            help="Models to show beside it (five that fit), with commas between, or `none`."
        ),
    ] = None
    depth: Annotated[int, typer.Option(help="Longest boundary strings of the world.")] = 5
    length: Annotated[int, typer.Option(help="Most symbols of one continuation.")] = 100
    dtype: Annotated[
        str, typer.Option(help="float32 or bfloat16: how a folder's network computes.")
    ] = "float32"
    first_token: Annotated[
        str | None,
        typer.Option(
            metavar="TOKEN|none",
            help="Token in front of every sequence of a folder's network (its tokenizer's own).",
        ),
    ] = None
    seed: Seed = 0
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh", help="Measure the baselines again; do not read them from the cache."
        ),
    ] = False
    out: Annotated[Path | None, typer.Option(help="Run folder; a stopped run goes on.")] = None
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Measure one of N parts into --out; `nerode merge` joins them to one run.",
        ),
    ] = None
    cluster: Cluster = None
    json_: AsJson = False
    quiet: Quiet = False


@command(EvaluateOptions)
def evaluate(options: EvaluateOptions) -> None:
    """Measure a model in a world, with baselines beside it; or models in a suite of worlds."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        message = "expected one process, got several by a launcher"
        raise InvalidParameter(f"{message}; --shard and --cluster share an evaluation out")
    from nerode.worlds.suites import is_suite

    if is_suite(options.world):
        _suite(options)
        return
    world = _open_world_for(options.model, options.world)
    if options.shard is not None and options.cluster is not None:
        raise InvalidParameter("expected --shard or --cluster, got both")
    if options.shard is not None:
        _shard(world, options, options.shard)
        return
    _show(_evaluation(world, options), options)


def _show(result: Evaluation, options: EvaluateOptions | MergeOptions) -> None:
    """Print what came out, and what is to be known of it."""
    from nerode.cache import cache_folder

    for remark in result.remarks:
        typer.echo(remark, err=True)
    if result.from_cache and not options.quiet:
        names = ", ".join(result.from_cache)
        place = cache_folder()
        typer.echo(f"{names}: from the cache in {place}; --fresh measures them again", err=True)
    if options.json_:
        print_json(result.summary())
    else:
        print_record(result.typed)


def _suite(options: EvaluateOptions) -> None:
    """Measure in one world after the other, and print one table."""
    from rich.console import Console

    from nerode.evaluation.suite import plan_suite
    from nerode.report.suite import print_suite
    from nerode.sweep.arms import folder_name

    if options.shard is not None or options.sequences is not None:
        given = "--shard" if options.shard is not None else "--sequences"
        raise InvalidParameter(f"expected {given} with one world, got {options.world}")
    plan = plan_suite(options.world, options.model)
    for world in plan.without_model:
        typer.echo(f"{world} is left out: no model in {options.model} was trained on it", err=True)
    for model in plan.elsewhere:
        typer.echo(f"{model} is left out: its nerode.json names no world of the suite", err=True)
    records, summaries = {}, {}
    for pairing in plan.pairings:
        out = None if options.out is None else options.out / folder_name(pairing.label)
        one = replace(options, world=pairing.world, model=pairing.model, out=out)
        result = _evaluation(_open_world_for(one.model, one.world), one)
        records[pairing.label], summaries[pairing.label] = result.typed, result.summary()
    if options.json_:
        print_json(summaries)
    else:
        print_suite(records, Console())


def _open_world_for(model: str, name: str) -> AnyWorld:
    """Open the world, and check the model's name before what takes seconds to load is loaded."""
    from nerode.models.bundled import which_was_opened
    from nerode.models.registry import check_name
    from nerode.worlds.registry import open_world

    world = open_world(name)
    check_name(model, world)
    opened_as = which_was_opened(model)
    if opened_as is not None:
        typer.echo(opened_as, err=True)
    return world


def _evaluation(world: AnyWorld, options: EvaluateOptions) -> Evaluation:
    """Measure under a progress bar."""
    from nerode.evaluation.evaluation import evaluate_elsewhere, evaluate_with
    from nerode.progress import Bar, trial_progress

    title = f"evaluate {options.world} {options.model}"
    quiet = options.quiet
    with Bar("trials", title, part="metric", quiet=quiet) as bar, engine_of(options.cluster) as ray:
        arguments = _arguments(options, trial_progress(bar))
        if ray is None:
            return evaluate_with(world, options.model, arguments)
        return evaluate_elsewhere(options.world, options.model, arguments, ray)


def _shard(world: AnyWorld, options: EvaluateOptions, text: str) -> None:
    """Measure one part."""
    from nerode.evaluation.blocks import Shard
    from nerode.evaluation.shards import measure_shard
    from nerode.progress import Bar, trial_progress

    shard = Shard.parse(text)
    title = f"evaluate {options.world} {options.model}, shard {shard}"
    with Bar("trials", title, part="metric", quiet=options.quiet) as bar:
        arguments = _arguments(options, trial_progress(bar))
        found = measure_shard(world, options.world, options.model, shard, arguments)
    counts = {"shard": str(shard), "measured": found.measured, "trials": found.trials}
    if options.json_:
        print_json(counts)
        return
    if not found.trials:
        typer.echo(f"shard {shard} is empty: there are {found.blocks} blocks to share out")
        return
    typer.echo(
        f"shard {shard}: {found.measured:,} trials measured, all {found.trials:,} of this part are "
        f"in {options.out}; `nerode merge` joins the parts"
    )


def _arguments(options: EvaluateOptions, progress: Progress) -> EvaluationOptions:
    """The arguments of `evaluate`."""
    from nerode.evaluation.plan import EvaluationOptions

    return EvaluationOptions(
        metrics=names_of(options.metrics),
        trials=options.trials,
        samples=options.samples,
        epsilon=options.epsilon,
        curve=options.curve and options.out is not None,  # without a folder nobody sees it
        protocol=options.protocol,
        histories=options.histories,
        sequences=options.sequences,
        baselines=names_of(options.baselines),
        depth=options.depth,
        length=options.length,
        dtype=options.dtype,
        first_token=options.first_token,
        seed=options.seed,
        fresh=options.fresh,
        out=options.out,
        progress=progress,
    )


@dataclass(frozen=True)
class MergeOptions:
    """Options of `nerode merge`."""

    parts: Annotated[
        list[Path], typer.Argument(help="Folders that `nerode evaluate --shard` has written.")
    ]
    out: Annotated[Path, typer.Option(help="The run's folder.", show_default=False)]
    json_: AsJson = False
    quiet: Quiet = False


@command(MergeOptions)
def merge(options: MergeOptions) -> None:
    """Join the parts of an evaluation into one run."""
    from nerode.evaluation.shards import merge as join
    from nerode.progress import Bar, trial_progress

    with Bar("trials", f"merge {options.out}", part="metric", quiet=options.quiet) as bar:
        result = join(options.parts, options.out, trial_progress(bar))
    _show(result, options)
