"""The command that counts valid sequences of a text file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from nerode.cli.command import command
from nerode.cli.options import AsJson, Quiet, WorldName, print_json


@dataclass(frozen=True)
class ScoreOptions:
    """Options of `nerode score`."""

    world: WorldName
    sequences: Annotated[Path, typer.Argument(help="Text, one sequence a line.")]
    json_: AsJson = False
    quiet: Quiet = False


@command(ScoreOptions)
def score(options: ScoreOptions) -> None:
    """Count the sequences of a text file that are valid, and how the others fail."""
    from nerode.progress import Bar
    from nerode.sequences.scoring import score as count
    from nerode.sequences.text import in_words
    from nerode.worlds.registry import open_world

    with Bar("sequences", f"score {options.sequences}", quiet=options.quiet):
        counted = count(open_world(options.world), options.sequences)
    if options.json_:
        print_json(counted.as_dict())
        return
    for name, value in counted.counts().items():
        typer.echo(f"{name.replace('_', ' '):>18}  {value}")
    if counted.first_unreadable is not None:
        typer.echo(in_words(counted.unreadable, counted.first_unreadable))
