"""The command that trains and measures arms of settings beside each other."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerode.cli.command import command
from nerode.cli.options import Against, Quiet, SortedBy, WorldName, names_of

if TYPE_CHECKING:
    from nerode.progress import Bar
    from nerode.sweep.config import SweepConfig
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
    seeds: Annotated[int, typer.Option(help="Trainings of each arm.")] = 3
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
    trials: Annotated[int, typer.Option(help="Trials per metric and model.")] = 200
    samples: Annotated[int, typer.Option(help="Continuations drawn per history.")] = 30
    length: Annotated[int, typer.Option(help="Most symbols of one continuation.")] = 100
    histories: Annotated[
        str | None,
        typer.Option(metavar="uniform|on-policy|both|near-end", help="As `nerode evaluate`."),
    ] = None
    measure: Annotated[
        float,
        typer.Option(help="Share of each training's time for its series; 0 for no series."),
    ] = 0.05
    jobs: Annotated[
        int | None,
        typer.Option(help="Trainings at once (one a core, or one where there is a GPU)."),
    ] = None
    threads: Annotated[int, typer.Option(help="Threads of each training.")] = 1
    seed: Annotated[int, typer.Option(help="Seed of sequences and trials.")] = 0
    sort: SortedBy = None
    against: Against = None
    quiet: Quiet = False


@command(SweepOptions)
def sweep(options: SweepOptions) -> None:
    """Train arms of settings, several seeds of each, and measure all models alike.

    The exit status is 1 where a training could not be done.
    """
    from nerode.progress import Bar
    from nerode.sweep.run import run_sweep

    config = _config(options)
    failed = 0
    with Bar("trainings", f"sweep {options.out}", quiet=options.quiet) as bar:
        finished = run_sweep(
            options.world,
            config,
            options.out,
            jobs=options.jobs,
            watch=lambda progress: _show(bar, progress),
        )
        for each in finished:
            failed += each.failed is not None
            bar.say(f"{each.cell}: {_outcome(options.out, each)}")
    typer.echo(
        f"{options.out}: draw it with `{shlex.join(['nerode', 'report', str(options.out)])}`"
    )
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
    from nerode.sweep.arms import arms_of
    from nerode.sweep.config import SWEEP_MINUTES, SweepConfig

    minutes = options.minutes
    if minutes is None and options.epochs is None:
        minutes = SWEEP_MINUTES
    return SweepConfig(
        arms=arms_of(options.grid or [], options.arm or []),
        seeds=options.seeds,
        minutes=minutes,
        epochs=options.epochs,
        clock=options.clock,
        measure=options.measure or None,
        metrics=names_of(options.metrics),
        trials=options.trials,
        samples=options.samples,
        length=options.length,
        histories=options.histories,
        seed=options.seed,
        threads=options.threads,
    )


def _outcome(out: Path, finished: Finished) -> str:
    """What came of a training, in a line."""
    if finished.failed is not None:
        return f"failed: {finished.failed}"
    from nerode.report.record.record import read_record
    from nerode.report.rows import number, rows_of
    from nerode.report.series.steps import main_rows
    from nerode.sweep.folder import SweepFolder

    record = read_record(SweepFolder(out).run_of(finished.cell))
    scores = []
    for row in main_rows(rows_of(record)):
        estimate = record.metrics[row.path[0]].find(row.path[1:])
        value = None if estimate is None else estimate.value
        scores.append(f"{row.path[0]} {row.label} {number(value)}")
    return "  ".join(scores)


def _show(bar: Bar, progress: SweepProgress) -> None:
    running = "; ".join(map(str, progress.running))
    bar.show(f"{progress.done} of {progress.total} done: {running}", progress.done, progress.total)
