"""The command that shows two bundled models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from nerode.cli.command import command
from nerode.cli.options import Quiet


@dataclass(frozen=True)
class DemoOptions:
    """Options of `nerode demo`."""

    name: Annotated[str, typer.Argument(help="midtown or othello.")] = "midtown"
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the runs and the report (nerode-demo, or nerode-demo-NAME)."),
    ] = None
    quiet: Quiet = False


@command(DemoOptions)
def demo(options: DemoOptions) -> None:
    """Evaluate two bundled models of Midtown, or of Othello, and write the report."""
    from nerode.demo import run_demo
    from nerode.progress import Bar, trial_progress

    name, out = options.name, options.out
    if out is None:
        out = Path("nerode-demo" if name == "midtown" else f"nerode-demo-{name}")
    with Bar("trials", f"demo {name}", part="metric", quiet=options.quiet) as bar:
        run_demo(out, name, trial_progress(bar))
