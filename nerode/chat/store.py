"""Append-only store of a chat run's answers; no question is put twice.

run.json         what was asked for; a run goes on only under the same terms
answers.jsonl    one line a reply: {"key", "text", "answer", "input_tokens", "output_tokens",
                 "cut_off", "stop_reason", "only_reasoning"}
failures.jsonl   one line a question that the provider did not answer: {"key", "cause", "words"};
                 it is asked again, and its answer, once there, is what counts
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar

from msgspec import UNSET

from nerode.chat.failures import Failure, stored_error
from nerode.errors import FormatError
from nerode.runs import TERMS, agree, read_json, write_json
from nerode.schema.chat import Answer, FailedQuestion
from nerode.schema.decoding import DamageError, decoded_line, encoded

ANSWERS_FILE = "answers.jsonl"
FAILURES_FILE = "failures.jsonl"

_Line = TypeVar("_Line")


@dataclass(frozen=True)
class Reply:
    """A model's reply to one question.

    Attributes
    ----------
    text
        The whole reply.
    answer
        What was understood: "yes", "no" or a number such as "3"; None where nothing was, and of
        every reply that was cut off, whatever its last words seem to say.
    input_tokens, output_tokens
        As the provider counted them; None where it did not.
    cut_off
        Whether the reply ended because it may be no longer, not because all was said.
    stop_reason
        Why it ended, as Inspect calls it ("stop", "max_tokens"); None in older runs.
    only_reasoning
        Whether it holds the model's reasoning, apart, and no text for an answer to stand in.
    """

    text: str
    answer: str | None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cut_off: bool = False
    stop_reason: str | None = None
    only_reasoning: bool = False

    def __post_init__(self) -> None:
        if self.cut_off:
            object.__setattr__(self, "answer", None)


class AnswerStore(Mapping[str, Reply]):
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
            (folder / FAILURES_FILE).unlink(missing_ok=True)  # of questions of other terms
            write_json(folder / TERMS, terms)
        self.folder = folder
        self.tokens = [0, 0]
        """Tokens of all answers, in and out, as far as providers counted them."""
        self.cut_off = 0
        """How many answers were cut off."""
        self.only_reasoning = 0
        """How many replies hold reasoning and no text."""
        self._path = folder / ANSWERS_FILE
        self._places: dict[bytes, int] = {}
        self._parsed: dict[bytes, str | None] = {}
        self._causes: dict[bytes, str] = {}
        self._load(folder / FAILURES_FILE)
        # Kept open for the whole run and closed by `close`.
        self._stream: BinaryIO = self._path.open("a+b")

    def _load(self, failures: Path) -> None:
        for line, where, place in _whole_lines(self._path):
            key, reply = _read(line, where)
            if isinstance(reply, Reply):
                self._remember(key, reply, place)
            else:
                self._causes[bytes.fromhex(key)] = reply.cause
        for line, where, _ in _whole_lines(failures):
            key, failure = _read_failure(line, where)
            if key not in self:
                self._causes[bytes.fromhex(key)] = failure.cause

    def _remember(self, key: str, reply: Reply, place: int) -> None:
        mark = bytes.fromhex(key)
        self._places[mark] = place
        self._parsed[mark] = reply.answer
        self._causes.pop(mark, None)
        self.cut_off += reply.cut_off
        self.only_reasoning += reply.only_reasoning
        for at, count in enumerate((reply.input_tokens, reply.output_tokens)):
            self.tokens[at] += count or 0

    def append(self, key: str, reply: Reply) -> None:
        """Add one answer. Raises OSError (with the file) when it cannot be written."""
        line = _line(Answer(key=key, **asdict(reply)))
        try:
            place = self._stream.seek(0, os.SEEK_END)
            self._stream.write(line)
            self._stream.flush()
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from None
        self._remember(key, reply, place)

    def fail(self, key: str, failure: Failure) -> None:
        """Note why a question has no answer. Raises OSError (with the file), as `append` does."""
        line = _line(FailedQuestion(key=key, **asdict(failure)))
        path = self.folder / FAILURES_FILE
        try:
            with path.open("ab") as stream:
                stream.write(line)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from None
        self._causes[bytes.fromhex(key)] = failure.cause

    @property
    def failed(self) -> dict[str, int]:
        """How many questions were asked and have no answer, by cause, the most frequent first."""
        return dict(Counter(self._causes.values()).most_common())

    @property
    def parsed(self) -> Mapping[str, str | None]:
        """What was understood, by key; None where nothing was."""
        return _Parsed(self._parsed)

    def __getitem__(self, key: str) -> Reply:
        self._stream.seek(self._places[bytes.fromhex(key)])
        found = _read(self._stream.readline(), str(self._path))[1]
        if not isinstance(found, Reply):
            raise KeyError(key)  # never: only places of answers are remembered
        return found

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and bytes.fromhex(key) in self._places

    def __iter__(self) -> Iterator[str]:
        return (mark.hex() for mark in self._places)

    def __len__(self) -> int:
        return len(self._places)

    def remains(self) -> str:
        """What of the run is there for the same command to go on with, in words."""
        if not self._places:
            return f"no answer is in {self.folder} yet; the same command begins anew"
        answers = "1 answer is" if len(self) == 1 else f"{len(self):,} answers are"
        return f"{answers} in {self.folder}; the same command asks for the rest"

    def close(self) -> None:
        """Close the file of answers."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is None:
            self.close()
            return
        with suppress(OSError):  # what could not be written is the error that counts
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
    lines = folder / ANSWERS_FILE
    if not (folder / TERMS).is_file() or not lines.is_file() or lines.stat().st_size:
        return False
    return "chat" in read_json(folder / TERMS)


def _whole_lines(path: Path) -> Iterator[tuple[bytes, str, int]]:
    """The lines of a file, where each stands in words and in bytes; a torn last one is cut off."""
    if not path.exists():
        return
    whole = 0
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.endswith(b"\n"):
                break  # the run was killed while it wrote this line
            yield line, f"{path}:{number}", whole
            whole += len(line)
    os.truncate(path, whole)


def _line(value: Answer | FailedQuestion) -> bytes:
    return json.dumps(encoded(value), allow_nan=False).encode() + b"\n"


def _read(line: bytes, where: str) -> tuple[str, Reply | Failure]:
    """A line of the file of answers; FormatError where it holds anything else.

    A Failure where an older run took the provider's error for the model's answer.
    """
    found = _decoded(line, where, "an answer", Answer)
    old = found.stop_reason is UNSET and found.input_tokens is found.output_tokens is None
    if old and found.answer is None:
        error = stored_error(found.text)
        if error is not None:
            return found.key, error
    return found.key, Reply(
        found.text,
        found.answer,
        found.input_tokens,
        found.output_tokens,
        cut_off=bool(found.cut_off),
        stop_reason=None if found.stop_reason is UNSET else found.stop_reason,
        only_reasoning=bool(found.only_reasoning),
    )


def _read_failure(line: bytes, where: str) -> tuple[str, Failure]:
    found = _decoded(line, where, "a failure", FailedQuestion)
    return found.key, Failure(found.cause, found.words)


def _decoded(line: bytes, where: str, what: str, kind: type[_Line]) -> _Line:
    """A line as its type; FormatError says what was expected in its place."""
    try:
        return decoded_line(line, kind)
    except DamageError as damage:
        raise FormatError(f"{where}: expected {what}; {damage}") from None
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{where}: expected {what}, got {error}") from None
