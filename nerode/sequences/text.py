"""Sequences as text: one a line, names of symbols with white space between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nerode.errors import FormatError, MissingFile
from nerode.sequences.batch import SequenceBatch
from nerode.worlds.world import World

_SHOWN = 40


def read_text(path: str | Path, world: World[Any]) -> SequenceBatch:
    """Every sequence of a text file.

    They need not be legal in the world, only written in its symbols. Raises MissingFile,
    and FormatError (with file and line) for an unknown symbol, an empty line, an empty
    file, and what is no UTF-8 text.
    """
    return SequenceBatch.of(read_lines(path, world))


def read_lines(path: str | Path, world: World[Any]) -> Iterator[list[int]]:
    """The same, one sequence at a time."""
    path = Path(path)
    if not path.is_file():
        raise MissingFile(f"expected a text file of sequences, got no file {path}")
    number = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError as error:
                raise FormatError(
                    f"{path}:{number}: expected UTF-8 text, got {error.reason}"
                ) from None
            yield _encode(text, world, f"{path}:{number}")
    if not number:
        raise FormatError(f"{path}:1: expected a sequence on every line, got an empty file")


def _encode(line: str, world: World[Any], where: str) -> list[int]:
    names = line.split()
    if not names:
        raise FormatError(f"{where}: expected a sequence of {world.name}, got an empty line")
    try:
        return [world.index[name] for name in names]
    except KeyError as error:
        name = str(error.args[0])
        shown = name if len(name) <= _SHOWN else name[:_SHOWN] + "..."
        raise FormatError(
            f"{where}: expected symbols of {world.name}, got the unknown symbol {shown!r}"
        ) from None


def write_text(batch: SequenceBatch, world: World[Any], path: str | Path) -> None:
    """Write every sequence on a line of its own."""
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(world.decode(sequence.tolist()) + "\n" for sequence in batch)
