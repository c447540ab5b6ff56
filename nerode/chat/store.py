"""A chat run's answers on disk: each is appended as it comes, and none is asked for twice.

run.json        what was asked for; a run goes on only under the same terms
answers.jsonl   one line a question: {"key", "text", "answer", "input_tokens", "output_tokens",
                "cut_off"}
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

from nerode.errors import FormatError
from nerode.runs import TERMS, agree, read_json, write_json

ANSWERS = "answers.jsonl"

_KEY = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Answered:
    """What a model said to one question.

    Attributes
    ----------
    text
        The whole reply.
    answer
        What was understood: "yes", "no" or a number such as "3"; None where nothing was.
    input_tokens, output_tokens
        As the provider counted them; None where it did not.
    cut_off
        Whether the reply ended because it may be no longer, not because all was said.
    """

    text: str
    answer: str | None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cut_off: bool = False


class Answers(Mapping[str, Answered]):
    """The answers of a run folder by the key of their question.

    In memory stays what was understood and where the line begins; replies are read from disk.
    """

    def __init__(self, folder: Path, terms: dict[str, Any]) -> None:
        """Begin a run, or go on with one; a last line that was not written whole is dropped.

        A run that has no answer yet may go on under any terms: the model's name was wrong, say.
        Raises RunMismatch when the folder was begun under other terms, FormatError when it or
        its files hold anything else, OSError when it cannot be written.
        """
        in_vain = _begun_in_vain(folder)
        if not in_vain:
            agree(folder, terms)
        folder.mkdir(parents=True, exist_ok=True)
        if in_vain or not (folder / TERMS).exists():
            write_json(folder / TERMS, terms)
        self.folder = folder
        self.tokens = [0, 0]
        """Tokens of all answers, in and out, as far as providers counted them."""
        self.cut_off = 0
        """How many answers were cut off."""
        self._path = folder / ANSWERS
        self._places: dict[bytes, int] = {}
        self._parsed: dict[bytes, str | None] = {}
        self._load()
        # Kept open for the whole run and closed by `close`.
        self._stream: BinaryIO = self._path.open("a+b")

    def _load(self) -> None:
        if not self._path.exists():
            return
        whole = 0
        with self._path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.endswith(b"\n"):
                    break  # the run was killed while it wrote this line
                key, answered = _read(line, f"{self._path}:{number}")
                self._remember(key, answered, whole)
                whole += len(line)
        os.truncate(self._path, whole)

    def _remember(self, key: str, answered: Answered, place: int) -> None:
        mark = bytes.fromhex(key)
        self._places[mark] = place
        self._parsed[mark] = answered.answer
        self.cut_off += answered.cut_off
        for at, count in enumerate((answered.input_tokens, answered.output_tokens)):
            self.tokens[at] += count or 0

    def append(self, key: str, answered: Answered) -> None:
        """Add one answer. Raises OSError (with the file) when it cannot be written."""
        line = json.dumps({"key": key, **asdict(answered)}, allow_nan=False).encode() + b"\n"
        try:
            place = self._stream.seek(0, os.SEEK_END)
            self._stream.write(line)
            self._stream.flush()
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from None
        self._remember(key, answered, place)

    @property
    def parsed(self) -> Mapping[str, str | None]:
        """What was understood, by key; None where nothing was."""
        return _Parsed(self._parsed)

    def __getitem__(self, key: str) -> Answered:
        self._stream.seek(self._places[bytes.fromhex(key)])
        return _read(self._stream.readline(), str(self._path))[1]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and bytes.fromhex(key) in self._places

    def __iter__(self) -> Iterator[str]:
        return (mark.hex() for mark in self._places)

    def __len__(self) -> int:
        return len(self._places)

    def close(self) -> None:
        """Close the file of answers."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Parsed(Mapping[str, str | None]):
    """Keys in hexadecimal digits over a dictionary of their bytes."""

    def __init__(self, parsed: dict[bytes, str | None]) -> None:
        self._held = parsed

    def __getitem__(self, key: str) -> str | None:
        try:
            return self._held[bytes.fromhex(key)]
        except KeyError:
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[str]:
        return (mark.hex() for mark in self._held)

    def __len__(self) -> int:
        return len(self._held)


def _begun_in_vain(folder: Path) -> bool:
    """Whether a folder holds a chat run without an answer."""
    lines = folder / ANSWERS
    if not (folder / TERMS).is_file() or not lines.is_file() or lines.stat().st_size:
        return False
    return "chat" in read_json(folder / TERMS)


def _read(line: bytes, where: str) -> tuple[str, Answered]:
    """A line of the file of answers; FormatError where it holds anything else."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{where}: expected an answer, got {error}") from None
    if not isinstance(record, dict):
        raise FormatError(f"{where}: expected an answer, got {type(record).__name__}")
    for name, fits in _FITS.items():
        if not fits(record.get(name)):
            got = repr(record.get(name))[:80]
            raise FormatError(f"{where}: expected an answer with its {name}, got {got}")
    key = record.pop("key")
    tokens = record.get("input_tokens"), record.get("output_tokens")
    cut_off = bool(record.get("cut_off"))
    return key, Answered(record["text"], record.get("answer"), *tokens, cut_off=cut_off)


def _is_count(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "key": lambda value: isinstance(value, str) and _KEY.fullmatch(value) is not None,
    "text": lambda value: isinstance(value, str),
    "answer": lambda value: value is None or isinstance(value, str),
    "input_tokens": _is_count,
    "output_tokens": _is_count,
    "cut_off": lambda value: value is None or isinstance(value, bool),  # older ones lack it
}
