"""A series on disk: one ordinary run folder a step, and a list of them.

series.json       what every step is asked
steps.jsonl       one line a step, appended when it is measured (or could not be)
steps/STEP/       a run folder, as `nerode evaluate --out` writes it
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import UNSET

from nerode.errors import FormatError, InvalidParameter, MissingFile, RunMismatch, UnknownName
from nerode.files import naming
from nerode.runs import RESULT, read_json, write_json
from nerode.schema.decoding import DamageError, decoded, decoded_line, encoded
from nerode.schema.series import MeasuredStep, SeriesTerms

SERIES_FILE = "series.json"
STEPS_FILE = "steps.jsonl"
RUNS = "steps"
DROPPED = "dropped"


def is_series(folder: Path) -> bool:
    """Whether a folder holds a series."""
    return (folder / SERIES_FILE).is_file()


def read_terms(folder: Path) -> SeriesTerms:
    """What every step of a series is asked.

    Raises MissingFile where a folder holds no series, FormatError where its file is damaged.
    """
    if not is_series(folder):
        raise MissingFile(f"expected a series, got no file {folder / SERIES_FILE}")
    try:
        return decoded(read_json(folder / SERIES_FILE), SeriesTerms)
    except DamageError as damage:
        raise FormatError(f"{folder / SERIES_FILE}: expected a series; {damage}") from None


@dataclass(frozen=True)
class SeriesFolder:
    """The folder of one series."""

    path: Path

    def begin(self, terms: SeriesTerms) -> None:
        """Claim an empty folder, or go on with the series that it holds.

        Raises RunMismatch where that has other terms, InvalidParameter where the folder is no
        folder or holds other things.
        """
        if self.path.exists() and not self.path.is_dir():
            raise InvalidParameter(f"expected a folder to write, got the file {self.path}")
        self.path.mkdir(parents=True, exist_ok=True)
        if not is_series(self.path):
            held = sorted(entry.name for entry in self.path.iterdir())
            if held:
                raise InvalidParameter(
                    f"expected a series ({SERIES_FILE}) or an empty folder, got {held[0]} in "
                    f"{self.path}"
                )
            write_json(self.path / SERIES_FILE, encoded(terms))
            return
        before = read_terms(self.path)
        if before != terms and not any(map(self.is_measured, self.steps())):
            # Nothing was measured under the old ones: they may have been a mistake.
            (self.path / STEPS_FILE).unlink(missing_ok=True)
            write_json(self.path / SERIES_FILE, encoded(terms))
            return
        for name in msgspec.structs.fields(SeriesTerms):
            was, now = (getattr(each, name.name) for each in (before, terms))
            if was != now:
                raise RunMismatch(
                    f"{self.path}: expected the {name.name} that this series was begun with "
                    f"({term_in_words(was)}), got {term_in_words(now)}; give another folder to "
                    "begin a new series"
                )

    def run_of(self, step: int) -> Path:
        """The run folder of a step."""
        return self.path / RUNS / str(step)

    def steps(self) -> dict[int, MeasuredStep]:
        """All steps that were measured, in order; also those that could not be (`failed`).

        Raises FormatError where a line is damaged.
        """
        found: dict[int, MeasuredStep] = {}
        for line in self._lines():
            if line.failed is not UNSET or self.is_measured(line.step):
                found[line.step] = line
        return dict(sorted(found.items()))

    def has_measured(self) -> bool:
        """Whether the record of any step is there; asked at every step, so it stops at one."""
        return any(self.is_measured(line.step) for line in self._lines())

    def is_measured(self, step: int) -> bool:
        """Whether the record of a step is there."""
        return (self.run_of(step) / RESULT).is_file()

    def _lines(self) -> Iterator[MeasuredStep]:
        path = self.path / STEPS_FILE
        if not path.exists():
            return
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.endswith(b"\n"):
                    return  # it was killed while it wrote this line
                try:
                    yield decoded_line(line, MeasuredStep)
                except (ValueError, DamageError) as damage:
                    message = f"{path}:{number}: expected a measured step; {damage}"
                    raise FormatError(message) from None

    def append(self, step: MeasuredStep) -> None:
        """Add a step's line, on the disk when this returns."""
        path = self.path / STEPS_FILE
        whole = path.read_bytes() if path.exists() else b""
        with naming(path), path.open("ab") as stream:
            if whole and not whole.endswith(b"\n"):
                stream.truncate(whole.rfind(b"\n") + 1)
            stream.write(json.dumps(encoded(step), allow_nan=False).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())

    def forget(self, step: int) -> None:
        """Remove what was measured of a step that was not measured to its end."""
        if not self.is_measured(step):
            shutil.rmtree(self.run_of(step), ignore_errors=True)

    def drop_after(self, step: int) -> list[int]:
        """Set aside the steps after a step: a training that goes on from there measures its own.

        Their run folders go to `dropped/`; gives their numbers.
        """
        later = [number for number in self.steps() if number > step and self.is_measured(number)]
        for number in later:
            aside = self.path / DROPPED / str(number)
            aside.parent.mkdir(exist_ok=True)
            shutil.rmtree(aside, ignore_errors=True)
            self.run_of(number).rename(aside)
        return later

    def check_step(self, step: int) -> None:
        """Raise UnknownName where the record of a step is not there."""
        if not self.is_measured(step):
            known = ", ".join(map(str, self.steps())) or "none"
            raise UnknownName(f"expected a step that was measured ({known}), got {step}")


def term_in_words(value: object) -> str:
    """A term as messages name it."""
    if value is None:
        return "none"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
