"""A run on disk: every trial is appended as it is measured, so that nothing is lost.

run.json          what was asked for; a run goes on only under the same terms
trials.jsonl      one line a trial, appended and flushed
evaluation.json   the result, written last (nerode/evaluation.py)
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from nerode.errors import FormatError, RunMismatch

FORMAT = 1
TERMS = "run.json"
TRIALS = "trials.jsonl"
RESULT = "evaluation.json"

Key = tuple[str, str]
"""(model, metric)"""


class Run:
    """Trials of one evaluation by model and metric, on disk when a folder is given."""

    def __init__(self, folder: Path | None, terms: dict[str, Any]) -> None:
        """Begin a run, or go on with one.

        Raises RunMismatch when the folder was begun under other terms, FormatError when its
        files are damaged, OSError when it cannot be written.
        """
        self.folder = folder
        self._records: dict[Key, dict[int, dict[str, Any]]] = {}
        self._stream = None
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        _agree(folder, {"format": FORMAT, **terms})
        self._load(folder / TRIALS)
        # Kept open for the whole run and closed by `close`.
        self._stream = (folder / TRIALS).open("a", encoding="utf-8")

    def _load(self, path: Path) -> None:
        if not path.exists():
            return
        whole = 0
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.endswith(b"\n"):
                    break  # the run was killed while it wrote this line
                record = _trial(line, f"{path}:{number}")
                key = (record.pop("model"), record.pop("metric"))
                self.done(key)[record["trial"]] = record
                whole += len(line)
        os.truncate(path, whole)

    def done(self, key: Key) -> dict[int, dict[str, Any]]:
        """Records so far, by trial number."""
        return self._records.setdefault(key, {})

    def append(self, key: Key, records: Iterable[dict[str, Any]]) -> None:
        """Add trials as they come. Raises OSError (with the file) when one cannot be written."""
        for record in records:
            if self._stream is not None:
                line = {"model": key[0], "metric": key[1], **record}
                with _naming(self._stream.name):
                    self._stream.write(json.dumps(line, allow_nan=False) + "\n")
                    self._stream.flush()
            self.done(key)[record["trial"]] = record

    def close(self) -> None:
        """Close the file of trials."""
        if self._stream is not None:
            with _naming(self._stream.name):
                self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Errors of a stream do not say which file it was."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None


def _trial(line: bytes, where: str) -> dict[str, Any]:
    """A line of the file of trials; FormatError where it holds anything else."""
    try:
        record = json.loads(line)
    except ValueError as error:
        message = f"{where}: expected a trial, got {error}"
        raise FormatError(message) from None
    kinds = {"model": str, "metric": str, "trial": int}
    if isinstance(record, dict):
        for name, kind in kinds.items():
            if not isinstance(record.get(name), kind):
                message = f"{where}: expected a trial with its {name}, got {record.get(name)!r}"
                raise FormatError(message)
        return record
    message = f"{where}: expected a trial, got {type(record).__name__}"
    raise FormatError(message)


def _agree(folder: Path, terms: dict[str, Any]) -> None:
    """Write the terms of a new run; compare them with those of an old one."""
    path = folder / TERMS
    if not path.exists():
        held = sorted(entry.name for entry in folder.iterdir())
        if held:
            message = f"{folder}: expected a run ({TERMS}) or an empty folder, got {held[0]} in it"
            raise FormatError(message)
        write_json(path, terms)
        return
    before = read_json(path)
    for name, value in terms.items():
        if before.get(name) != value:
            message = (
                f"{folder}: expected the {name} this run was begun with ({before.get(name)}), "
                f"got {value}; give another --out to begin a new run"
            )
            raise RunMismatch(message)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises FormatError where it holds anything else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        message = f"{path}: expected JSON, got {error}"
        raise FormatError(message) from None
    if not isinstance(value, dict):
        message = f"{path}: expected a JSON object, got {type(value).__name__}"
        raise FormatError(message)
    return value


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
