"""Saying how a training goes: a progress bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

LINES = 20
"""About so many plain lines report a whole training."""


@dataclass
class Reporter:
    """Shows progress, loss, and share of legal next symbols, on standard error."""

    console: Console = field(default_factory=lambda: Console(stderr=True))
    _bar: Progress | None = field(default=None, init=False)
    _task: TaskID = field(default=TaskID(0), init=False)
    _said: float = field(default=-1.0, init=False)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            columns = ("[progress.percentage]{task.percentage:>3.0f}%", "{task.description}")
            self._bar = Progress(
                BarColumn(), *map(TextColumn, columns), TimeElapsedColumn(), console=self.console
            )
            self._task = self._bar.add_task("training", total=1.0)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, progress: float, step: int, loss: float | None, legal: float | None) -> None:
        """Report where the training is; on plain output only now and then."""
        parts = [f"step {step:,}"]
        if loss is not None:
            parts.append(f"loss {loss:.4f}")
        if legal is not None:
            parts.append(f"legal {legal:.2%}")
        if self._bar is not None:
            self._bar.update(self._task, completed=progress, description="  ".join(parts))
        elif progress - self._said >= 1 / LINES or progress >= 1:
            self._said = progress
            self.console.print(f"{progress:4.0%}", *parts, sep="  ", highlight=False)
