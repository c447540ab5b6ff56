"""A sweep on disk.

sweep.json               what is trained, and what every model is asked
sequences/NAME/          one folder of sequences for each way in which arms draw them
trainings/ARM/SEED/      the model, with its series (`nerode train`)
runs/ARM/SEED/           its evaluation, an ordinary run folder
logs/ARM-SEED.log        what the process of a training wrote

A training is done when its evaluation is there; then its model and its sequences may be removed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import structs

from nerode.errors import FormatError, InvalidParameter, MissingFile, RunMismatch, UnknownName
from nerode.models.hf.record import RECORD
from nerode.runs import RESULT, read_json, write_json
from nerode.schema.decoding import DamageError, decoded, encoded
from nerode.schema.sweep import SweepArm, SweepTerms
from nerode.sequences.store import MANIFEST
from nerode.series.folder import term_in_words
from nerode.sweep.arms import folder_name

SWEEP_FILE = "sweep.json"
LOCK = "sweep.lock"
_GROWS = ("arms", "seeds")
_END_OF_LOG = 10_000
"""Bytes at the end of a log that hold its last line."""


@dataclass(frozen=True)
class SweepCell:
    """One training of a sweep: an arm with a seed."""

    arm: str
    seed: int

    def __str__(self) -> str:
        return f"{self.arm}, seed {self.seed}"


def is_sweep(folder: Path) -> bool:
    """Whether a folder holds a sweep."""
    return (folder / SWEEP_FILE).is_file()


@dataclass(frozen=True)
class SweepFolder:
    """The folder of one sweep."""

    path: Path

    @property
    def terms(self) -> SweepTerms:
        """What is trained and asked.

        Raises MissingFile where the folder holds no sweep, FormatError where its file is damaged.
        """
        file = self.path / SWEEP_FILE
        if not file.is_file():
            raise MissingFile(f"expected a sweep, got no file {file}")
        try:
            return decoded(read_json(file), SweepTerms)
        except DamageError as damage:
            raise FormatError(f"{file}: expected a sweep; {damage}") from None

    def begin(self, terms: SweepTerms) -> SweepTerms:
        """Claim an empty folder, or go on with the sweep that it holds; gives its terms now.

        Arms and seeds that are new are added, and none is taken away.

        Raises RunMismatch where that has other terms, InvalidParameter where the folder is no
        folder or holds other things.
        """
        self._check_folder()
        self.path.mkdir(parents=True, exist_ok=True)
        held = sorted(entry.name for entry in self.path.iterdir() if entry.name != LOCK)
        if held and SWEEP_FILE not in held:
            raise InvalidParameter(
                f"expected a sweep ({SWEEP_FILE}) or an empty folder, got {held[0]} in {self.path}"
            )
        if held:
            terms = _grown(self.terms, terms, self.path)
        write_json(self.path / SWEEP_FILE, encoded(terms))
        return terms

    def _check_folder(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise InvalidParameter(f"expected a folder to write, got the file {self.path}")

    def arm(self, name: str) -> SweepArm:
        """The arm of a name. Raises UnknownName where there is none."""
        arms = {arm.name: arm for arm in self.terms.arms}
        if name not in arms:
            raise UnknownName(f"expected an arm of the sweep ({', '.join(arms)}), got {name!r}")
        return arms[name]

    def cells(self) -> list[SweepCell]:
        """All trainings: every arm with the first seed, then with the second, ..."""
        terms = self.terms
        return [SweepCell(arm.name, seed) for seed in range(terms.seeds) for arm in terms.arms]

    def sequences_of(self, arm: SweepArm) -> Path:
        """The folder of the sequences that an arm is trained on."""
        mixed = f"-{arm.synthetic:g}-random" if arm.synthetic else ""
        return self.path / "sequences" / folder_name(f"{arm.policy}{mixed}-{arm.count}")

    @property
    def sequences_of_trials(self) -> Path:
        """The folder whose held-out sequences every model is asked about: that of the first arm."""
        return self.sequences_of(self.terms.arms[0])

    def has_sequences(self, arm: SweepArm) -> bool:
        """Whether an arm's sequences are there."""
        return (self.sequences_of(arm) / MANIFEST).is_file()

    def training_of(self, cell: SweepCell) -> Path:
        """The folder of a model."""
        return self.path / "trainings" / folder_name(cell.arm) / str(cell.seed)

    def was_begun(self, cell: SweepCell) -> bool:
        """Whether a training has a record."""
        return (self.training_of(cell) / RECORD).is_file()

    def run_of(self, cell: SweepCell) -> Path:
        """The run folder of a model's evaluation."""
        return self.path / "runs" / folder_name(cell.arm) / str(cell.seed)

    def log_of(self, cell: SweepCell) -> Path:
        """What the process of a training wrote."""
        return self.path / "logs" / f"{folder_name(cell.arm)}-{cell.seed}.log"

    def last_line(self, cell: SweepCell) -> str:
        """The last line that a training's process wrote: where it is; empty before that."""
        try:
            with self.log_of(cell).open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _END_OF_LOG))
                lines = log.read().decode("utf-8", "replace").split("\n")
        except OSError:
            return ""
        said = [line for line in lines if line.strip()]
        return said[-1] if said else ""

    def is_done(self, cell: SweepCell) -> bool:
        """Whether a model was trained and evaluated."""
        return (self.run_of(cell) / RESULT).is_file()

    def done(self) -> list[SweepCell]:
        """All trainings that are done, in order."""
        return [cell for cell in self.cells() if self.is_done(cell)]

    @contextmanager
    def alone(self) -> Iterator[int | None]:
        """Keep any other process from working on the sweep; gives what holds the lock, if any.

        Processes that inherit the descriptor hold the lock as long as they live.

        Raises RunMismatch where another process is at work there.
        """
        try:
            import fcntl  # noqa: PLC0415 - not there on Windows, which has no such lock
        except ImportError:
            yield None
            return
        self._check_folder()
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / LOCK).open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                message = f"expected a sweep that no other process works on, got {self.path}"
                raise RunMismatch(message) from None
            yield file.fileno()


def _grown(before: SweepTerms, now: SweepTerms, folder: Path) -> SweepTerms:
    """The terms of before with arms and seeds that are new. Raises RunMismatch for any other."""
    for name in (each.name for each in structs.fields(SweepTerms)):
        was, is_ = getattr(before, name), getattr(now, name)
        if name not in _GROWS and was != is_:
            raise RunMismatch(
                f"{folder}: expected the {name} that this sweep was begun with "
                f"({term_in_words(was)}), got {term_in_words(is_)}; give another --out to begin "
                "a new sweep"
            )
    arms = {arm.name: arm for arm in before.arms}
    for arm in now.arms:
        if arms.setdefault(arm.name, arm) != arm:
            raise RunMismatch(
                f"{folder}: expected the settings that the arm {arm.name!r} was begun with, got "
                f"{_differences(arms[arm.name], arm)}; give another --out to begin a new sweep"
            )
    return structs.replace(before, arms=list(arms.values()), seeds=max(before.seeds, now.seeds))


def _differences(before: SweepArm, now: SweepArm) -> str:
    was, is_ = (msgspec.to_builtins(each) for each in (before, now))
    return ", ".join(
        f"{name} {is_[name]} instead of {was[name]}" for name in was if was[name] != is_[name]
    )
