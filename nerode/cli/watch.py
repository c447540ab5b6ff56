"""The command that measures checkpoints as a training writes them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerode.cli.command import command
from nerode.cli.options import CLUSTER, Seed, engine_of, names_of

if TYPE_CHECKING:
    from nerode.engine.engine import Engine
    from nerode.series.checkpoints import Checkpoint
    from nerode.series.series import Series


@dataclass(frozen=True)
class WatchOptions:
    """Options of `nerode watch`; nerode/series/watch.py says what they mean."""

    folder: Annotated[
        Path,
        typer.Argument(
            help="Where a trainer writes checkpoints (checkpoint-500, step500, 500, or those of "
            "`nerode train`).",
            show_default=False,
        ),
    ]
    world: Annotated[
        str,
        typer.Option(
            help="A world, as `nerode worlds` lists them, or FILE.py:CLASS.", show_default=False
        ),
    ]
    out: Annotated[
        Path,
        typer.Option(help="Folder of the series; one that was begun goes on.", show_default=False),
    ]
    metrics: Annotated[
        str,
        typer.Option(help="With commas between; of your own: module:NAME or file.py:NAME."),
    ] = "compression,distinction"
    trials: Annotated[int, typer.Option(help="Trials per metric and step.")] = 200
    every: Annotated[int, typer.Option(help="Only steps that are a multiple of it.")] = 1
    newest_first: Annotated[
        bool,
        typer.Option("--newest-first", help="The newest checkpoint first, so that it keeps up."),
    ] = False
    once: Annotated[
        bool, typer.Option("--once", help="Measure what is there and end; wait for no more.")
    ] = False
    sequences: Annotated[
        Path | None, typer.Option(help="Folder of sequences: held-out ones are measured on.")
    ] = None
    baselines: Annotated[
        str | None,
        typer.Option(
            help="Models that are measured once, with the first step (those that fit), with "
            "commas between, or `none`."
        ),
    ] = None
    seed: Seed = 0
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar=CLUSTER,
            help="Measure on a Ray cluster whose machines all see the checkpoints.",
        ),
    ] = None


@command(WatchOptions)
def watch(options: WatchOptions) -> None:
    """Measure checkpoints as a training writes them: the same trials at every step.

    It ends when a training by `nerode train` is finished and measured, else with Ctrl-C. The exit
    status is 1 where there were checkpoints and none could be measured.
    """
    with engine_of(options.cluster) as engine:
        _watch(options, engine)


def _watch(options: WatchOptions, engine: Engine | None) -> None:
    """Measure here, or by an engine."""
    from nerode.interrupted import state_what_remains
    from nerode.series.series import Series
    from nerode.series.watch import WatchConfig
    from nerode.series.watch import watch as run

    config = WatchConfig(every=options.every, newest_first=options.newest_first, once=options.once)
    series = Series(
        options.world,
        names_of(options.metrics) or (),
        out=options.out,
        baselines=names_of(options.baselines),
        trials=options.trials,
        sequences=options.sequences,
        seed=options.seed,
        engine=engine,
    )
    seen = 0

    def report(checkpoint: Checkpoint, reason: str | None) -> None:
        nonlocal seen
        seen += 1
        if reason is None:
            typer.echo(_line(series, checkpoint.step))
        else:
            typer.echo(f"step {checkpoint.step}: not measured: {_on_one_line(reason)}", err=True)

    with state_what_remains(lambda: _remains(series)):
        run(series, options.folder, config, report)
    if not seen and not series.steps:
        typer.echo(f"{options.folder}: no checkpoint to measure", err=True)
    elif series.steps:
        out = shlex.quote(str(options.out))
        typer.echo(f"{_counted(series)}: see `nerode table {out}`, `nerode report {out}`", err=True)
    if seen and not series.steps:
        raise typer.Exit(1)


def _line(series: Series, step: int) -> str:
    """A step that was measured: its main scores, and what it took."""
    from nerode.report.series.steps import main_scores

    scores = main_scores(series.evaluation(step).typed)
    seconds = series.folder.steps()[step].seconds
    return f"step {step:>7}  {scores}  {seconds:.1f} s"


def _counted(series: Series) -> str:
    count = len(series.steps)
    return f"{count} step{'' if count == 1 else 's'} in {series.folder.path}"


def _remains(series: Series) -> str:
    return f"{_counted(series)}; the same command goes on from there"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
