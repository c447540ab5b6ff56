"""Sequences as text: one a line, names of symbols with white space between.

What the files may be otherwise (packed, marked, with other line ends) is `nerode.files`' to say,
what a line may look like the world's (`World.words`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from nerode.errors import FormatError, MissingFile
from nerode.files import whole_file
from nerode.sequences.batch import SequenceBatch
from nerode.text_files import text_lines
from nerode.worlds.world import AnyWorld

_SHOWN = 40


@dataclass(frozen=True)
class BadLine:
    """A line of a text that is no sequence of a world's symbols."""

    line: int
    """Its number, from 1."""
    word: str
    """What it has that is no symbol, cut where it is long; empty for an empty line."""

    def __str__(self) -> str:
        what = f"the unknown symbol {self.word!r}" if self.word else "an empty line"
        return what + (" (is it UTF-16 without its mark?)" if "\0" in self.word else "")


@dataclass
class Unreadable:
    """Counts the lines of a text that are no sequences of a world's symbols, as they are met."""

    lines: int = 0
    first: BadLine | None = None
    error: FormatError | None = None
    """The first of them as an error."""
    foreign: int = 0
    """How many of them have no symbol at all that the world knows."""

    def add(self, line: BadLine, error: FormatError, *, foreign: bool) -> None:
        """Count one more line."""
        if self.first is None:
            self.first, self.error = line, error
        self.lines += 1
        self.foreign += foreign

    def refuse_foreign(self, sequences: int) -> None:
        """Raise the first error where none of so many lines has a symbol of the world."""
        if self.error is not None and self.foreign == sequences:
            raise self.error

    def as_dict(self) -> dict[str, object]:
        """The form in which it is written to JSON: nothing where every line could be read."""
        return (
            {"unreadable": self.lines, "first_unreadable": asdict(self.first)} if self.first else {}
        )


def in_words(unreadable: int, first: BadLine) -> str:
    """A sentence about unreadable lines, for the terminal."""
    return (
        f"{unreadable:,} of the malformed are not written in the world's symbols; the first is "
        f"line {first.line:,}: {first}"
    )


def read_text(path: str | Path, world: AnyWorld) -> SequenceBatch:
    """Every sequence of a text file.

    They need not be legal in the world, only written in its symbols. Empty lines at the end
    are none. Raises MissingFile, and FormatError (with file and line) for an unknown symbol,
    an empty line before others, an empty file, and what is no text.
    """
    return SequenceBatch.of(read_lines(path, world))


def read_lines(
    path: str | Path, world: AnyWorld, unreadable: Unreadable | None = None
) -> Iterator[list[int]]:
    """The same, one sequence at a time.

    With `unreadable` a line with an unknown symbol, or with nothing on it, is no error: it is
    counted there and comes as an empty list, which no other line does.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFile(f"expected a text file of sequences, got no file {path}")
    sequences = 0
    for number, names in _numbered(path, world):
        sequences += 1
        symbols = [world.index.get(name, -1) for name in names]
        if symbols and -1 not in symbols:
            yield symbols
            continue
        word = _shown(names[symbols.index(-1)]) if symbols else ""
        found = BadLine(number, word)
        expected = "symbols" if symbols else "a sequence"
        error = FormatError(f"{path}:{number}: expected {expected} of {world.name}, got {found}")
        if unreadable is None:
            raise error
        unreadable.add(found, error, foreign=all(symbol == -1 for symbol in symbols))
        yield []
    if not sequences:
        raise FormatError(f"{path}:1: expected a sequence on every line, got an empty file")


def _numbered(path: Path, world: AnyWorld) -> Iterator[tuple[int, list[str]]]:
    """Number and words of every line but empty ones at the end.

    What Unicode takes for a line's end beside those of files (form feeds, U+2028 and the like)
    parts sequences too: as mere white space it would make one of two without a word.
    """
    last = 0
    for number, line in enumerate(text_lines(path), start=1):
        parts = [part for part in line.removeprefix("\ufeff").splitlines() if part.strip()]
        if parts:
            yield from ((empty, []) for empty in range(last + 1, number))
            yield from ((number, world.words(part)) for part in parts)
            last = number


def _shown(name: str) -> str:
    return name if len(name) <= _SHOWN else name[:_SHOWN] + "..."


def write_text(batch: SequenceBatch, world: AnyWorld, path: str | Path) -> None:
    """Write every sequence on a line of its own; the file is written whole or not at all."""
    with whole_file(Path(path)) as file:
        file.writelines(world.decode(sequence.tolist()) + "\n" for sequence in batch)
