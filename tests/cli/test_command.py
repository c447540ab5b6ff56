"""Commands whose options are the fields of a dataclass."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer

from nerode.cli.command import command
from nerode.cli.options import Seed


@dataclass(frozen=True)
class ShoutOptions:
    """Options of a command that exists for these tests only."""

    word: Annotated[str, typer.Argument(help="What is said.")]
    times: Annotated[int, typer.Option(min=1, help="How often.")] = 2
    out: Annotated[Path | None, typer.Option("--to", help="Where to.")] = None
    loud: Annotated[bool, typer.Option("--loud", "-l", help="In capitals.")] = False
    seed: Seed = 0


def shout_with(*words: str) -> ShoutOptions:
    """The options that a command is called with."""
    calls: list[ShoutOptions] = []
    app = typer.Typer()

    @app.command()
    @command(ShoutOptions)
    def shout(options: ShoutOptions) -> None:
        """Say something."""
        calls.append(options)

    app(words, standalone_mode=False)
    (options,) = calls
    return options


def test_every_field_is_a_parameter() -> None:
    assert shout_with("hey") == ShoutOptions("hey")
    words = ("hey", "--times", "3", "--to", "a/b", "-l", "--seed", "7")
    assert shout_with(*words) == ShoutOptions("hey", 3, Path("a/b"), loud=True, seed=7)


def test_options_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        shout_with("hey").times = 4  # type: ignore[misc]


@pytest.mark.parametrize(
    ("words", "said"),
    [((), "word"), (("hey", "--times", "0"), "greater than"), (("hey", "--out", "a"), "--out")],
)
def test_typer_says_what_is_wrong(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(Exception, match=said) as wrong:
        shout_with(*words)
    assert isinstance(wrong.value, typer.BadParameter.__base__ or ())


def test_help_is_that_of_the_function_and_of_the_fields_in_their_order(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ValueError, match="not enough values"):
        shout_with("--help")
    said = capsys.readouterr().out
    parts = ["Say something.", "What is said.", "--times", "How often.", "--to", "--loud", "--seed"]
    places = [said.index(part) for part in parts]
    assert places == sorted(places)
