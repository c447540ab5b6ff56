"""The command that compares runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerode.cli.options import AsJson, OwnMetrics, names_of, print_json


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Two or more run folders; each is compared with the first.", show_default=False
        ),
    ],
    metrics: OwnMetrics = None,
    json_: AsJson = False,
) -> None:
    """Compare runs with the first: differences with intervals, corrected p, better or worse."""
    from nerode.report.compare.compare import compare as compared

    comparison = compared(*runs, metrics=names_of(metrics) or ())
    if json_:
        print_json(comparison.as_dict())
        return
    from rich.console import Console

    from nerode.report.compare.table import print_comparison

    console = Console()
    print_comparison(comparison, console)
    console.print(comparison.headline, markup=False, highlight=False)
