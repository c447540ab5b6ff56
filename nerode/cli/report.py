"""The command that writes a page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from nerode.cli.command import command
from nerode.cli.options import Against, OwnMetrics, Quiet, SortedBy, names_of


@dataclass(frozen=True)
class ReportOptions:
    """Options of `nerode report`."""

    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Run folders that `nerode evaluate`, `reconstruct` or `chat` wrote, series of "
            "`nerode watch` or `train --measure`, or one sweep."
        ),
    ]
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html")
    metrics: OwnMetrics = None
    against: Against = None
    sort: SortedBy = None
    quiet: Quiet = False


@command(ReportOptions)
def report(options: ReportOptions) -> None:
    """Write one self-contained page about one run or several, about series, or about a sweep.

    Of series: scores over the steps of training, where they saturate, any two steps compared. Of a
    sweep: arms side by side, whether scores agree, the maps of the best and the worst model.
    """
    from nerode.progress import Bar, count_progress
    from nerode.report.page import write_report

    out, metrics = options.out, names_of(options.metrics) or ()
    with Bar("runs", f"report {out}", quiet=options.quiet) as bar:
        progress = count_progress(bar, f"{out}: runs and steps read")
        write_report(
            options.runs,
            out,
            progress,
            metrics=metrics,
            against=options.against,
            sort=options.sort,
        )
    typer.echo(f"{out}: open it in a browser; it needs no network")
