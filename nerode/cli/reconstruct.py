"""The command that reconstructs the map of sequences."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from nerode.cli.command import command
from nerode.cli.options import AsJson, Cluster, Quiet, Seed, WorldName, print_json, workers_of
from nerode.errors import InvalidParameter


@dataclass(frozen=True)
class ReconstructOptions:
    """Options of `nerode reconstruct`; nerode/evaluation/reconstruction.py says what they mean."""

    world: WorldName
    sequences: Annotated[
        Path, typer.Argument(help="Text, one sequence a line, or a folder of sequences.")
    ]
    out: Annotated[Path | None, typer.Option(help="Run folder, which `nerode report` draws.")] = (
        None
    )
    degree: Annotated[int, typer.Option(help="Most used streets out of a crossing.")] = 4
    miles: Annotated[float, typer.Option(help="Greatest length of a new street.")] = 0.5
    limit: Annotated[int | None, typer.Option(help="Read so many sequences only.")] = None
    noise: Annotated[
        str, typer.Option(help="Shares of turns replaced in the noise controls, or `none`.")
    ] = "0,0.01"
    order: Annotated[
        str,
        typer.Option(
            help="How sequences are walked, the noise's too: `valid-first` (those that are valid, "
            "then the others), `given` (as they stand, as published) or `mean` (numbers are means "
            "over random orders; the map is that of valid-first)."
        ),
    ] = "valid-first"
    orders: Annotated[
        int, typer.Option(help="Random orders that numbers are averaged over; 0 for none.")
    ] = 100
    seed: Seed = 0
    cluster: Cluster = None
    json_: AsJson = False
    quiet: Quiet = False


@command(ReconstructOptions)
def reconstruct(options: ReconstructOptions) -> None:
    """Reconstruct the map that sequences speak of: which streets would have to exist?"""
    from nerode.evaluation.reconstruction import (
        ReconstructionOptions,
        run_reconstruction,
        summary,
    )
    from nerode.progress import Bar, count_progress
    from nerode.worlds.registry import open_world

    title = f"reconstruct {options.world} {options.sequences}"
    with Bar("maps", title, quiet=options.quiet) as bar:
        world = open_world(options.world)
        how = ReconstructionOptions(
            degree=options.degree,
            miles=options.miles,
            limit=options.limit,
            noise=None if options.noise == "none" else _shares(options.noise),
            order=options.order,
            orders=options.orders,
            seed=options.seed,
        )
        progress = count_progress(bar, "orders and noise")
        with workers_of(options.cluster, options.world, world) as workers:
            record = run_reconstruction(
                world,
                options.sequences,
                how,
                out=options.out,
                progress=progress,
                workers=workers,
            )
    if options.json_:
        print_json(summary(record))
        return
    from rich.console import Console

    from nerode.report.street_map.terminal import print_reconstruction
    from nerode.schema.chat import decoded_record

    print_reconstruction(decoded_record(record), Console())
    if options.out is not None:
        folder = shlex.quote(str(options.out))
        typer.echo(f"{options.out}: draw it with `nerode report {folder}`")


def _shares(text: str) -> list[float]:
    try:
        return [float(share) for share in text.split(",")]
    except ValueError:
        raise InvalidParameter(f"expected shares of noise like 0,0.01, got {text!r}") from None
