"""Measure checkpoints beside any trainer, as they are written."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nerode.errors import InvalidParameter
from nerode.series.checkpoints import Checkpoint, checkpoints_in, is_finished
from nerode.series.series import Series

POLL_SECONDS = 5.0

Report = Callable[[Checkpoint, str | None], None]
"""Called after each checkpoint, with the reason where it could not be measured."""


@dataclass(frozen=True)
class WatchConfig:
    """Which checkpoints are measured, and in which order.

    Attributes
    ----------
    every
        Only steps that are a multiple of it; 1 for all.
    newest_first
        Whether the newest checkpoint comes first, so that a slow watch keeps up.
    once
        Measure what is there and end, instead of waiting for more.
    poll
        Seconds between two looks at the folder.
    """

    every: int = 1
    newest_first: bool = False
    once: bool = False
    poll: float = POLL_SECONDS

    def __post_init__(self) -> None:
        if self.every < 1:
            raise InvalidParameter(f"expected every as 1 or more steps, got {self.every}")
        if not self.poll > 0:
            raise InvalidParameter(f"expected more than 0 seconds between looks, got {self.poll}")


def watch(series: Series, folder: Path, config: WatchConfig, report: Report) -> None:
    """Measure the checkpoints in a folder, those that come later too.

    It ends when all are measured of a training by `nerode train` that is finished, or at once
    where `config.once` says so; else it goes on until it is interrupted. One that cannot be
    measured is reported and tried again when its files change.

    Parameters
    ----------
    series
        Where scores go; steps that it has are not measured again.
    folder
        Where a trainer writes checkpoints: see `checkpoints_in`.
    config
        Which, and in which order.
    report
        Called after each.

    Raises
    ------
    MissingFile
        Where there is no such folder and `config.once` says not to wait for one.
    """
    tried: dict[int, float] = {}
    while True:
        if not folder.is_dir() and not config.once and not folder.exists():
            time.sleep(config.poll)  # a training that begins later makes it
            continue
        finished = is_finished(folder)  # asked first, so that no later checkpoint is missed
        due = [
            each
            for each in checkpoints_in(folder)
            if each.step % config.every == 0 or (finished and each.path == folder)
            if not series.folder.is_measured(each.step) and tried.get(each.step) != each.changed
        ]
        now = time.time()
        settled = [each for each in due if each.is_settled(now)]
        ready = [each for each in settled if each.is_whole()]
        if ready:
            chosen = ready[-1 if config.newest_first else 0]
            result = series.attempt(chosen.path, chosen.step, values=chosen.values())
            tried[chosen.step] = chosen.changed
            report(chosen, result if isinstance(result, str) else None)
        elif config.once or (finished and len(settled) == len(due)):
            for each in due:
                report(each, "expected a checkpoint that is written whole, got a part of one")
            return
        else:
            time.sleep(config.poll)
