"""The folder of a training run: its settings, checkpoints and final model."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from nerode.errors import FormatError, InvalidParameter, MissingFile, RunMismatch
from nerode.files import whole_file
from nerode.models.hf.record import RECORD, read_record
from nerode.schema.decoding import DamageError, decoded_line, encoded
from nerode.schema.model import Clock

CLOCK = "clock.json"
CHECKPOINTS = "checkpoints"

RecordDict: TypeAlias = dict[str, Any]
"""What nerode.json holds, as plain dictionaries: nerode/schema/model.py says it field by field."""

Keep = int | Literal["all"]
"""How many checkpoints stay: so many of the last ones, or all."""


@dataclass(frozen=True)
class TrainingFolder:
    """A folder that one training has to itself.

    `nerode.json` is written at the start and again at the end, when `training.finished`
    becomes true. `checkpoints/checkpoint-STEP` is complete once its `clock.json` is there: a
    model's folder like this one, with what the Trainer needs to go on.
    """

    path: Path

    @property
    def checkpoints(self) -> Path:
        """Where the checkpoints are while training goes on."""
        return self.path / CHECKPOINTS

    def begin(self, record: RecordDict, *, resume: bool) -> RecordDict:
        """Claim the folder for a training, or take up the one it holds; gives its record.

        Raises RunMismatch for a folder of another training and, unless it is to be
        resumed, of this one; InvalidParameter for one that holds other things;
        MissingFile where there is nothing to resume.
        """
        if resume:
            return self._resumed(record)
        if (self.path / RECORD).is_file():
            raise RunMismatch(
                f"expected a new folder, got {self.path}, which holds a training (--resume goes on)"
            )
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise InvalidParameter(f"expected a new or empty folder, got {self.path}")
        self.path.mkdir(parents=True, exist_ok=True)
        self.write(record)
        return record

    def _resumed(self, record: RecordDict) -> RecordDict:
        found = read_record(self.path)
        if found is None:
            raise MissingFile(f"expected a training to resume, got no file {self.path / RECORD}")
        for part, expected in _settings_of(record).items():
            came = _settings_of(found).get(part)
            if came != expected:
                raise RunMismatch(
                    f"expected a training with {part} {expected}, got one with {came} "
                    f"in {self.path / RECORD}"
                )
        return found

    def write(self, record: RecordDict) -> None:
        """Write `nerode.json`, whole or not at all."""
        write_record(self.path, record)

    def complete_checkpoints(self) -> list[tuple[int, Path]]:
        """Step and folder of every complete checkpoint, the earliest first."""
        return sorted(
            (int(path.name.rpartition("-")[2]), path)
            for path in self.checkpoints.glob("checkpoint-*")
            if (path / CLOCK).is_file()
        )

    def last_checkpoint(self) -> tuple[Path, int, float] | None:
        """The latest complete checkpoint, its step, and the seconds trained until then."""
        complete = self.complete_checkpoints()
        if not complete:
            return None
        step, path = complete[-1]
        return path, step, _read_clock(path / CLOCK).seconds

    def checkpoint(self, step: int) -> Path:
        """Folder of the checkpoint of a step."""
        return self.checkpoints / f"checkpoint-{step}"

    def complete_checkpoint(self, step: int, seconds: float) -> None:
        """Mark the checkpoint of a step as complete."""
        with whole_file(self.checkpoint(step) / CLOCK) as clock:
            json.dump(encoded(Clock(seconds=seconds)), clock)

    def drop_checkpoints(self, keep: Keep) -> None:
        """Remove all checkpoints but the last complete ones, `keep` of them or all."""
        complete = [path for _, path in self.complete_checkpoints()]
        last = complete if keep == "all" else complete[max(0, len(complete) - keep) :]
        for path in self.checkpoints.glob("checkpoint-*"):
            if path not in last:
                shutil.rmtree(path, ignore_errors=True)

    def remains(self) -> str:
        """In words: which checkpoint a resumed training would start from."""
        last = self.last_checkpoint()
        if last is None:
            return "there is no checkpoint to go on from; with --resume it begins anew"
        path, step, _ = last
        return f"up to step {step:,} it is in {path}; with --resume it goes on from there"

    def finish(self, record: RecordDict, keep: Keep = 0) -> int:
        """Write the final record and clear the checkpoints away, but for the last `keep`.

        Gives how many are left.
        """
        self.write(record)
        if keep:
            self.drop_checkpoints(keep)
        left = len(self.complete_checkpoints()) if keep else 0
        if not left:
            shutil.rmtree(self.checkpoints, ignore_errors=True)
        return left


def _read_clock(path: Path) -> Clock:
    """The time that a checkpoint was trained. Raises FormatError for a damaged file."""
    try:
        return decoded_line(path.read_bytes(), Clock)
    except (ValueError, DamageError) as error:
        raise FormatError(f"expected the seconds of a checkpoint in {path}; {error}") from None


def write_record(folder: Path, record: RecordDict) -> None:
    """Write a model's `nerode.json`, whole or not at all."""
    with whole_file(folder / RECORD) as file:
        file.write(json.dumps(record, indent=2) + "\n")


def _settings_of(record: RecordDict) -> RecordDict:
    """The part of a record that must be equal for a training to be resumed: data and settings."""
    training: dict[str, Any] = record["training"]
    above = {name: record.get(name) for name in ("world", "policy", "sequences_seed", "held_out")}
    # Records of a time when there was one of each do not say which.
    one = {"architecture": "gpt2", "objective": "next-token", "clock": "wall"}
    settings: RecordDict = one | training.get("settings", {})
    return above | {"sequences": training.get("sequences")} | settings
