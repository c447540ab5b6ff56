"""The checkpoints in a folder that some training writes to, as far as they are written whole."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerode.errors import MissingFile, NerodeError
from nerode.models.hf.model_folder import CONFIG, weight_names
from nerode.models.hf.record import RECORD, read_record
from nerode.schema.decoding import decoded
from nerode.schema.model import ModelRecord

SETTLED = 3.0
"""Seconds in which no file of a checkpoint may change before it counts as written whole."""
TRAINER_STATE = "trainer_state.json"
"""What the Trainer writes to a checkpoint behind its weights."""
WRITTEN_LAST = (TRAINER_STATE, "clock.json", RECORD)
"""Files that a trainer writes behind all others: where one is, the checkpoint is written."""
INNER = "checkpoints"
"""Where `nerode train` keeps its checkpoints."""

_NUMBER = re.compile(r"(\d+)$")


@dataclass(frozen=True)
class Checkpoint:
    """A folder with the weights of one step.

    Attributes
    ----------
    step
        Steps of training.
    path
        The folder.
    changed
        When a file in it changed last, in seconds.
    """

    step: int
    path: Path
    changed: float

    def is_settled(self, now: float) -> bool:
        """Whether nothing more is to come: its last file is there, or none changed for a while."""
        last = any((self.path / name).is_file() for name in WRITTEN_LAST)
        return last or now - self.changed >= SETTLED

    def is_whole(self) -> bool:
        """Whether configuration and weights can be read to their ends."""
        try:
            return bool(weight_names(self.path)) and (self.path / CONFIG).is_file()
        except (NerodeError, OSError):
            return False

    def values(self) -> dict[str, float]:
        """The last loss that the training logged there, where it did."""
        found: dict[str, float] = {}
        with suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
            state: dict[str, Any] = json.loads((self.path / TRAINER_STATE).read_text("utf-8"))
            for entry in state["log_history"]:
                found |= {n: float(v) for n, v in entry.items() if n in ("loss", "eval_loss")}
        return found


def checkpoints_in(folder: Path) -> list[Checkpoint]:
    """The checkpoints in a folder, by step; half-written ones are among them.

    A checkpoint is a folder with a configuration whose name ends in its step: the Trainer's
    `checkpoint-500`, and `step500` or `500` alike; they may lie in `checkpoints/`, as those of
    `nerode train` do. Its final model, in the folder itself, is one more.

    Raises MissingFile where there is no such folder.
    """
    if not folder.is_dir():
        raise MissingFile(f"expected a folder with checkpoints, got no folder {folder}")
    found: dict[int, Checkpoint] = {}
    for place in (folder, folder / INNER):
        for path in _folders(place):
            number = _NUMBER.search(path.name)
            if number is not None and (path / CONFIG).is_file():
                found[int(number[1])] = Checkpoint(int(number[1]), path, _changed(path))
    final = _final_step(folder)
    if final is not None:
        found[final] = Checkpoint(final, folder, _changed(folder))
    return [found[step] for step in sorted(found)]


def is_finished(folder: Path) -> bool:
    """Whether `nerode train` says that the training in a folder is finished."""
    return _final_step(folder) is not None


def _final_step(folder: Path) -> int | None:
    """Steps of the training by `nerode train` that a folder holds, if it is finished."""
    if not (folder / RECORD).is_file():
        return None
    with suppress(NerodeError, OSError):
        record = read_record(folder)
        training = None if record is None else decoded(record, ModelRecord).training
        if training and training.finished is True and (folder / CONFIG).is_file():
            return training.steps or None
    return None


def _folders(place: Path) -> Iterator[Path]:
    with suppress(OSError):  # it may have gone since
        yield from (path for path in place.iterdir() if path.is_dir())


def _changed(folder: Path) -> float:
    """When a file of the folder changed last; now, where one went away meanwhile."""
    try:
        times = [path.stat().st_mtime for path in folder.iterdir() if path.is_file()]
    except OSError:
        return time.time()
    return max(times, default=time.time())
