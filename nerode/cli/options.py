"""What several commands share: options, and how results are told."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from nerode.engine.ray_engine import RayEngine
    from nerode.schema.record import Record
    from nerode.worlds.elsewhere import Workers
    from nerode.worlds.world import AnyWorld

WorldName = Annotated[
    str, typer.Argument(help="A world, as `nerode worlds` lists them, or FILE.py:CLASS.")
]
Seed = Annotated[int, typer.Option(help="Seed: the same seed gives the same numbers.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")]
OwnMetrics = Annotated[
    str | None,
    typer.Option(
        "--metrics",
        metavar="module:NAME|file.py:NAME",
        help="Metrics of your own to compare trial by trial, with commas between.",
    ),
]
Against = Annotated[
    str | None,
    typer.Option(
        metavar="ARM", help="Of a sweep: the arm that others are compared with (the first)."
    ),
]
SortedBy = Annotated[
    str | None,
    typer.Option(metavar="METRIC.SCORE", help="Of a sweep: the score that arms are sorted by."),
]
CLUSTER = "local|[ray://]HOST:PORT"
"""How the address of a cluster is written."""
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar=CLUSTER, help="Work on a Ray cluster; `local` starts Ray on this machine."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


@contextmanager
def engine_of(cluster: str | None) -> Iterator[RayEngine | None]:
    """The cluster at an address, for as long as it is entered; None where none is named."""
    if cluster is None:
        yield None
        return
    from nerode import __version__
    from nerode.engine.ray_engine import ray_cluster

    with ray_cluster(cluster, __version__) as engine:
        yield engine


@contextmanager
def workers_of(cluster: str | None, name: str, world: AnyWorld) -> Iterator[Workers | None]:
    """The same with the world that its workers open, by the name that it was opened by here."""
    from nerode.worlds.elsewhere import Workers, WorldByName

    with engine_of(cluster) as engine:
        yield None if engine is None else Workers(engine, WorldByName.of(name, world))


def names_of(text: str | None) -> list[str] | None:
    """Names with commas between; none at all where it says `none`."""
    if text is None:
        return None
    return [] if text == "none" else [name.strip() for name in text.split(",") if name.strip()]


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on one line."""
    sys.stdout.write(json.dumps(value, allow_nan=False) + "\n")


def print_record(record: Record) -> None:
    """The table of an evaluation and its verdict."""
    from rich.console import Console

    from nerode.report.chat.verdict import verdict_of
    from nerode.report.table import print_table

    console = Console()
    print_table(record, console)
    console.print(verdict_of(record), markup=False, highlight=False)
