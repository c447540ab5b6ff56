"""The command that prints what files hold, for programs that read them."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer


def schema(
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="[record|sequences|chat|run|sweep|series|model|trials]",
            help="The files of one topic; without it, all of them.",
        ),
    ] = None,
) -> None:
    """Print the JSON Schema of every file that nerode writes, by topic and name."""
    from nerode.published import schemas

    sys.stdout.write(json.dumps(schemas(topic), indent=1) + "\n")
