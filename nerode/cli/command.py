"""Commands of typer whose options are the fields of one dataclass."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import wraps
from typing import Any, TypeVar, get_type_hints

Options = TypeVar("Options")


def command(options: type[Options]) -> Callable[[Callable[[Options], None]], Callable[..., None]]:
    """Make a command of typer of a function that takes all its options as one object.

    Parameters
    ----------
    options
        A dataclass. Its fields are the command's arguments and options in the order in which
        `--help` lists them; each is annotated as typer expects a parameter (`Annotated` with
        `typer.Option` or `typer.Argument`).
    """
    hints = get_type_hints(options, include_extras=True)
    signature = inspect.Signature(
        [
            inspect.Parameter(
                field.name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=inspect.Parameter.empty if field.default is MISSING else field.default,
                annotation=hints[field.name],
            )
            for field in fields(options)  # type: ignore[arg-type]  # a dataclass, see above
        ]
    )

    def decorate(function: Callable[[Options], None]) -> Callable[..., None]:
        @wraps(function)
        def run(**values: Any) -> None:
            function(options(**values))

        run.__annotations__ = hints
        vars(run)["__signature__"] = signature  # typer reads the options from it
        return run

    return decorate
