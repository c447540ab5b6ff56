"""The command line: a thin layer whose options are the functions' parameters.

Nothing heavy is imported before a command needs it: `nerode --help` is for people.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Annotated, Any, NoReturn, cast

import typer
from typer.core import TyperGroup

from nerode.cli.chat import chat
from nerode.cli.compare import compare
from nerode.cli.demo import demo
from nerode.cli.evaluate import evaluate, merge
from nerode.cli.imports import maps, models
from nerode.cli.lists import models as list_models
from nerode.cli.lists import worlds
from nerode.cli.reconstruct import reconstruct
from nerode.cli.report import report
from nerode.cli.schema import schema
from nerode.cli.score import score
from nerode.cli.sequences import sequences
from nerode.cli.sweep import sweep
from nerode.cli.table import table
from nerode.cli.train import train
from nerode.cli.watch import watch
from nerode.errors import NerodeError
from nerode.interrupted import remains_of


class _Stopped(Exception):
    """Ctrl-C was pressed; the cause says what remains."""


class _Commands(TyperGroup):
    """Commands that keep what typer forgets of Ctrl-C: what the work said about it."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise _Stopped from stop


app = typer.Typer(
    cls=_Commands,
    help="Measures the world model implicit in a generative sequence model.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # loading what draws its boxes takes as long as all the rest
    context_settings={"help_option_names": ["-h", "--help"]},
)

UsageError = cast(type[Exception], typer.BadParameter.__base__)
"""What typer raises where the words of a command make no sense; it has no public name there."""

INTERRUPTED = 130
"""Exit code that typer gives to whoever pressed Ctrl-C."""

_COMMANDS = (
    demo,
    worlds,
    sequences,
    train,
    sweep,
    watch,
    evaluate,
    merge,
    score,
    reconstruct,
    chat,
    compare,
    table,
    report,
    schema,
)


def _summary(command: Callable[..., None]) -> str:
    """The first line of what a command says of itself, whole: the list of commands cuts it."""
    return (command.__doc__ or "").partition("\n")[0]


for _command in _COMMANDS:
    app.command(short_help=_summary(_command))(_command)
app.command(name="models", short_help=_summary(list_models))(list_models)
app.add_typer(maps, name="map")
app.add_typer(models, name="model")


def main() -> None:
    """Entry point: a user's mistake ends in one clear line and exit code 2."""
    # Threads that spin while they wait slow each other down tenfold where cores are shared.
    # It must be said before torch is loaded; whoever has set it knows better.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        code = app(prog_name="nerode", standalone_mode=False) or 0
    except UsageError as error:
        _fail(_usage(error))
    except typer.Abort:  # how older versions of typer tell of Ctrl-C before a command runs
        code = INTERRUPTED
    except _Stopped as stop:
        _end(INTERRUPTED, "stopped", stop.__cause__)
    except NerodeError as error:
        _fail(str(error), error)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}", error)
    if code == INTERRUPTED:
        _end(code, "stopped")
    sys.exit(code)


def _usage(error: Any) -> str:
    """What is wrong with the words of a command, and where they are explained."""
    command = error.ctx.command_path if error.ctx else "nerode"
    return f"{error.format_message()} (`{command} --help` explains)"


def _fail(message: str, error: BaseException | None = None) -> NoReturn:
    _end(2, f"error: {message}", error)


def _end(code: int, message: str, error: BaseException | None = None) -> NoReturn:
    """End with one line: the message, and what the work said of what remains."""
    remains = () if error is None else remains_of(error)
    sys.stderr.write(" ".join("; ".join((message, *remains)).split()) + "\n")
    sys.exit(code)


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    version: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--version", help="Print the version.")
    ] = False,
) -> None:
    if version:
        from nerode import __version__

        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)
