"""The demonstration: two small models of Midtown, nearly perfect and incoherent."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from rich.console import Console

from nerode.evaluation import Progress, evaluate
from nerode.models.registry import open_model
from nerode.report.page import write_report
from nerode.report.table import print_table
from nerode.report.verdict import verdict
from nerode.worlds.registry import open_world

CHECKPOINTS = {"shortest": "midtown-shortest", "random": "midtown-random"}
"""Bundled models by the policy that they were trained on; docs/log.md has the recipes."""
TRIALS = 64


def checkpoint(policy: str) -> Path:
    """Folder of the bundled model that was trained on this policy's sequences."""
    return Path(str(resources.files("nerode") / "checkpoints" / CHECKPOINTS[policy]))


def run_demo(out: Path, progress: Progress | None = None, trials: int = TRIALS) -> None:
    """Evaluate both bundled models, print their tables and write the report to `out`.

    A demonstration that was stopped goes on where it was.
    """
    console = Console()
    world = open_world("midtown")
    folders = []
    for policy, name in CHECKPOINTS.items():
        opened: Any = open_model(str(checkpoint(policy)), world)
        model = replace(opened, name=name)  # wherever the package happens to be installed
        record = evaluate(world, model, trials=trials, out=out / name, progress=progress).record
        folders.append(out / name)
        print_table(record, console)
        console.print(verdict(record), markup=False, highlight=False)
        console.print()
    page = out / "report.html"
    write_report(folders, page)
    console.print(f"Report: {page} (open it in a browser; it needs no network)", highlight=False)
