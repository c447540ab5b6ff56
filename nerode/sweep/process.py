"""Trainings of a sweep as processes, here or on another machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerode.engine.engine import Recipe
from nerode.sweep.folder import SweepCell, SweepFolder
from nerode.user_code import whole_name
from nerode.worlds.registry import whole_world_name


@dataclass(frozen=True)
class CellCommand:
    """How the process of a training is started: the world and the metrics as they were named."""

    folder: SweepFolder
    world: str
    metrics: Sequence[str]
    threads: int

    def start(
        self, cell: SweepCell, slot: Sequence[int] = (), lock: int | None = None
    ) -> subprocess.Popen[bytes]:
        """Start one training, on these processors; it keeps the open file `lock`."""
        log = self.folder.log_of(cell)
        log.parent.mkdir(exist_ok=True)
        words = [sys.executable, "-m", "nerode.sweep.cell", str(self.folder.path)]
        words += [cell.arm, str(cell.seed), "--world", self.world]
        words += ["--metrics", ",".join(self.metrics)]
        words += ["--cores", ",".join(map(str, slot))] if slot else []
        threads = str(self.threads)
        # Compiled loops read these once, before anything of ours could tell them.
        environment = os.environ | dict.fromkeys(
            ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads
        )
        with log.open("ab") as stream:
            return subprocess.Popen(  # noqa: S603 - this interpreter, with our own module
                words,
                stdin=subprocess.PIPE,
                stdout=stream,
                stderr=stream,
                env=environment,
                # Ctrl-C goes to the process that leads alone, which ends the others.
                start_new_session=True,
                pass_fds=() if lock is None else (lock,),
            )

    def outcome(self, cell: SweepCell, process: subprocess.Popen[bytes]) -> str | None:
        """Why a process that has ended did not do its training; None where it did."""
        if process.stdin is not None:
            process.stdin.close()
        if process.returncode == 0 and self.folder.is_done(cell):
            return None
        why = self.folder.last_line(cell).removeprefix("error: ") or "it wrote nothing"
        if process.returncode < 0:
            why = f"its process was ended by signal {-process.returncode}"
        return f"{why} (see {self.folder.log_of(cell)})"


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that is still at work; what it has written stays."""
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)
        return
    process.kill()
    process.wait()


class SweepRecipe(Recipe, frozen=True, kw_only=True):
    """Trains and evaluates models of a sweep whose folder all machines see.

    Items are an arm and a seed; the result is empty, or why it could not be done.
    """

    folder: str
    world: str
    metrics: list[str]
    threads: int

    @classmethod
    def of(cls, command: CellCommand) -> SweepRecipe:
        """The recipe of a command, with paths that do not depend on the working directory."""
        return cls(
            folder=str(command.folder.path.absolute()),
            world=whole_world_name(command.world),
            metrics=list(map(whole_name, command.metrics)),
            threads=command.threads,
        )

    def open(self) -> Callable[[Any], bytes]:
        """See to it that the folder is there; raises MissingFile where it is not."""
        folder = SweepFolder(Path(self.folder))
        _ = folder.terms
        command = CellCommand(folder, self.world, self.metrics, self.threads)

        def train(item: Any) -> bytes:
            cell = SweepCell(*item)
            # It ends with this process, however that ends: its standard input is a pipe from here.
            process = command.start(cell)
            try:
                process.wait()
            finally:
                end(process)
            return (command.outcome(cell, process) or "").encode()

        return train
