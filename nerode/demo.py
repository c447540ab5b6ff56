"""The demonstrations: pairs of small bundled models that predict well and know little, or more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from nerode.errors import UnknownName
from nerode.evaluation.evaluation import evaluate
from nerode.evaluation.plan import Progress
from nerode.models.bundled import folder_of
from nerode.models.registry import open_model
from nerode.report.page import write_report
from nerode.report.table import print_table
from nerode.report.verdict import verdict
from nerode.worlds.registry import open_world


@dataclass(frozen=True)
class Demo:
    """A world and the bundled models that are measured in it; docs/log.md has their recipes."""

    world: str
    checkpoints: tuple[str, ...]
    trials: int
    """Per metric and model: about a minute's worth on two cores."""
    introduction: str
    """What is shown, in a sentence that is printed first."""


DEMOS = {
    "midtown": Demo(
        "midtown",
        ("midtown-shortest", "midtown-wandering"),
        64,
        "Two models of Midtown Manhattan: one trained on the next turn of shortest ways; one on "
        "ways with a random turn now and then, by a teacher that says where it is and what may "
        "follow.",
    ),
    "othello": Demo(
        "othello:size=6",
        ("othello6-strong", "othello6-random"),
        40,
        "Two models of Othello on 6 x 6 squares, trained alike on as many games: one on games of "
        "a player who looks ahead (there are no tournaments on this board), one on random games.",
    ),
}


def run_demo(
    out: Path, name: str = "midtown", progress: Progress | None = None, trials: int | None = None
) -> None:
    """Evaluate the bundled models, print their tables and write the report to `out`.

    `trials` per metric and model: the demonstration's own where it is not said. One that was
    stopped goes on where it was. Raises UnknownName for one that there
    is not.
    """
    if name not in DEMOS:
        message = f"expected a demonstration out of {', '.join(DEMOS)}, got {name!r}"
        raise UnknownName(message)
    demo = DEMOS[name]
    console = Console()
    console.print(demo.introduction, highlight=False)
    console.print()
    world = open_world(demo.world)
    folders = []
    for bundled in demo.checkpoints:
        opened: Any = open_model(str(folder_of(bundled)), world)
        model = replace(opened, name=bundled)  # wherever the package happens to be installed
        asked = demo.trials if trials is None else trials
        record = evaluate(world, model, trials=asked, out=out / bundled, progress=progress).typed
        folders.append(out / bundled)
        print_table(record, console)
        console.print(verdict(record), markup=False, highlight=False)
        console.print()
    page = out / "report.html"
    write_report(folders, page)
    console.print(f"Report: {page} (open it in a browser; it needs no network)", highlight=False)
