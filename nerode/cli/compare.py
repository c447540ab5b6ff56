"""The command that compares runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from nerode.cli.command import command
from nerode.cli.options import AsJson, OwnMetrics, names_of, print_json


@dataclass(frozen=True)
class CompareOptions:
    """Options of `nerode compare`."""

    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Two or more run folders; each is compared with the first.", show_default=False
        ),
    ]
    metrics: OwnMetrics = None
    json_: AsJson = False


@command(CompareOptions)
def compare(options: CompareOptions) -> None:
    """Compare runs with the first: differences with intervals, corrected p, better or worse."""
    from nerode.report.compare.compare import compare as compared

    comparison = compared(*options.runs, metrics=names_of(options.metrics) or ())
    if options.json_:
        print_json(comparison.as_dict())
        return
    from rich.console import Console

    from nerode.report.compare.table import print_comparison

    console = Console()
    print_comparison(comparison, console)
    console.print(comparison.headline, markup=False, highlight=False)
