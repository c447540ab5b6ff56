"""The command that trains and measures arms of settings beside each other."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerode.cli.command import command
from nerode.cli.options import (
    CLUSTER,
    Against,
    Quiet,
    SortedBy,
    WorldName,
    engine_of,
    names_of,
)

if TYPE_CHECKING:
    from nerode.progress import Bar
    from nerode.sweep.config import SweepConfig
    from nerode.sweep.folder import SweepFolder
    from nerode.sweep.run import Finished, SweepProgress


@dataclass(frozen=True)
class SweepOptions:
    """Options of `nerode sweep`; nerode/sweep says what they mean."""

    world: WorldName
    out: Annotated[
        Path,
        typer.Option(help="Folder of the sweep; one that was begun goes on.", show_default=False),
    ]
    grid: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE,VALUE",
            help="Values of a setting (objective, architecture, synthetic, policy, layers, "
            "batch-size, ...); several times: every combination. A single value holds for all.",
        ),
    ] = None
    arm: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'NAME=VALUE NAME=VALUE'", help="One more arm; several times for several."
        ),
    ] = None
    seeds: Annotated[int | None, typer.Option(help="Trainings of each arm (3).")] = None
    minutes: Annotated[
        float | None,
        typer.Option(help="Minutes of each training (20 where --epochs is not given either)."),
    ] = None
    epochs: Annotated[float | None, typer.Option(help="Or passes over its training sequences.")] = (
        None
    )
    clock: Annotated[
        str | None,
        typer.Option(
            metavar="cpu|wall",
            help="What minutes are: processor time of each training (the default), or wall time "
            "(the default where there is a GPU).",
        ),
    ] = None
    metrics: Annotated[
        str | None,
        typer.Option(
            help="What every model is asked at its end, with commas between (all that fit but "
            "traversal and probe)."
        ),
    ] = None
    trials: Annotated[int | None, typer.Option(help="Trials per metric and model (200).")] = None
    samples: Annotated[int | None, typer.Option(help="Continuations per history (30).")] = None
    length: Annotated[int | None, typer.Option(help="Most symbols of a continuation (100).")] = None
    histories: Annotated[
        str | None,
        typer.Option(metavar="uniform|on-policy|both|near-end", help="As `nerode evaluate`."),
    ] = None
    measure: Annotated[
        float | None,
        typer.Option(help="Share of each training's time for its series (0.05); 0 for no series."),
    ] = None
    jobs: Annotated[
        int | None,
        typer.Option(help="Trainings at once (one a core, or one where there is a GPU)."),
    ] = None
    threads: Annotated[int | None, typer.Option(help="Threads of each training (1).")] = None
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar=CLUSTER,
            help="Train on a Ray cluster whose machines all see --out.",
        ),
    ] = None
    seed: Annotated[int | None, typer.Option(help="Seed of sequences and trials (0).")] = None
    sort: SortedBy = None
    against: Against = None
    quiet: Quiet = False


@command(SweepOptions)
def sweep(options: SweepOptions) -> None:
    """Train arms of settings, several seeds of each, and measure all models alike.

    A sweep that was begun goes on: `nerode sweep WORLD --out SWEEP` is enough, and more arms and
    seeds may be named. The exit status is 1 where a training could not be done.
    """
    from nerode.progress import Bar
    from nerode.sweep.folder import SweepFolder
    from nerode.sweep.run import run_sweep

    config = _config(options)
    _check_table(options, config)
    folder, failed = SweepFolder(options.out), 0
    title = f"sweep {options.out}"
    with engine_of(options.cluster) as cluster, Bar("trainings", title, quiet=options.quiet) as bar:
        finished = run_sweep(
            options.world,
            config,
            options.out,
            jobs=options.jobs,
            watch=lambda progress: _show(bar, folder, progress),
            engine=None if cluster is None else cluster.with_processors(config.threads),
        )
        for each in finished:
            failed += each.failed is not None
            bar.say(f"{each.cell}: {_outcome(options.out, each)}")
    _print(options)
    place = shlex.quote(str(options.out))
    typer.echo(f"{options.out}: `nerode table {place}`, `nerode report {place}` show it")
    if failed:
        typer.echo(f"{failed} failed; the same command tries them again", err=True)
        raise typer.Exit(1)


def _print(options: SweepOptions) -> None:
    """The table of what is done; nothing where nothing is."""
    from rich.console import Console

    from nerode.report.sweep.arms import read_sweep
    from nerode.report.sweep.table import print_sweep
    from nerode.sweep.folder import SweepFolder

    if SweepFolder(options.out).done():
        sweep = read_sweep(options.out, against=options.against, sort=options.sort)
        print_sweep(sweep, Console())


def _config(options: SweepOptions) -> SweepConfig:
    from nerode.sweep.begun import config_of
    from nerode.sweep.folder import SweepFolder

    return config_of(
        SweepFolder(options.out),
        options.grid or [],
        options.arm or [],
        seeds=options.seeds,
        minutes=options.minutes,
        epochs=options.epochs,
        clock=options.clock,
        measure=options.measure,
        metrics=names_of(options.metrics),
        trials=options.trials,
        samples=options.samples,
        length=options.length,
        histories=options.histories,
        seed=options.seed,
        threads=options.threads,
    )


def _check_table(options: SweepOptions, config: SweepConfig) -> None:
    """Raise, before hours of training, for an arm or a metric that the table will not have."""
    from nerode.errors import UnknownName
    from nerode.metrics.history_kinds import plain_name
    from nerode.series.best import ScoreName
    from nerode.suggestions import did_you_mean
    from nerode.sweep.folder import SweepFolder, is_sweep
    from nerode.worlds.registry import open_world

    arms = [arm.name for arm in config.arms]
    if is_sweep(options.out):
        arms += [arm.name for arm in SweepFolder(options.out).terms.arms]
    if options.against is not None and options.against not in arms:
        near = did_you_mean(options.against, arms)
        listed = "; ".join(dict.fromkeys(arms))
        raise UnknownName(f"expected an arm ({listed}), got {options.against!r}{near}")
    if options.sort is not None:
        metrics = [
            name.rpartition(":")[2] for name in config.metric_names(open_world(options.world))
        ]
        asked = ScoreName.parse(options.sort)
        if plain_name(asked.metric) not in metrics:
            near = did_you_mean(asked.metric, metrics)
            raise UnknownName(
                f"expected a score of a metric that is measured ({', '.join(metrics)}), got "
                f"{options.sort}{near}"
            )


def _outcome(out: Path, finished: Finished) -> str:
    """What came of a training, in a line."""
    if finished.failed is not None:
        return f"failed: {finished.failed}"
    from nerode.report.record.record import read_record
    from nerode.report.series.steps import main_scores
    from nerode.sweep.folder import SweepFolder

    return main_scores(read_record(SweepFolder(out).run_of(finished.cell)))


def _show(bar: Bar, folder: SweepFolder, progress: SweepProgress) -> None:
    words = {cell: " ".join(folder.last_line(cell).split())[:80] for cell in progress.running}
    running = "; ".join(f"{cell} ({said or 'starts'})" for cell, said in words.items())
    bar.show(f"{progress.done} of {progress.total} done: {running}", progress.done, progress.total)
