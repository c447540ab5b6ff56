"""Progress of long work: one bar with rate and time left, on a terminal and nowhere else."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
)
from rich.table import Column
from rich.text import Text

_FAST = 100


class _Rate(ProgressColumn):
    """How much is done in a second: `12.3 trials/s`."""

    def __init__(self, unit: str) -> None:
        super().__init__(Column(no_wrap=True, justify="right"))
        self.unit = unit

    def render(self, task: Task) -> Text:
        rate = task.fields["rate"]
        return Text(f"{_told(rate)} {self.unit}/s" if rate else "", style="progress.data.speed")


class _TimeLeft(ProgressColumn):
    """The time that the rest takes at the same rate: `0:02:10 left`."""

    def __init__(self) -> None:
        super().__init__(Column(no_wrap=True))

    def render(self, task: Task) -> Text:
        ends = task.fields["ends"]
        left = None if ends is None else timedelta(seconds=max(0, round(ends - time.monotonic())))
        return Text(f"{'-:--:--' if left is None else left} left", style="progress.remaining")


def _told(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= _FAST else f"{rate:.3g}"


class Bar:
    """A bar on standard error while something is under way; silent where that is no terminal.

    `unit` is what is counted (`trials`). The bar goes when all is done, or stays at the end of
    the `with` block where `stays` says so.
    """

    def __init__(self, unit: str, *, stays: bool = False, console: Console | None = None) -> None:
        self.console = Console(stderr=True) if console is None else console
        self.unit = unit
        self.stays = stays
        self._shown: Progress | None = None
        self._begun = (0.0, 0.0)

    def show(self, told: str, done: float, total: float, *, each: float = 1.0) -> None:
        """So much is done of the total; where those are no units, one of them is `each` units."""
        if not self.console.is_terminal or (self._shown is None and done >= total):
            return
        if self._shown is None:
            self._begun = time.monotonic(), done
            self._shown = self._columns()
            self._shown.add_task(told, completed=int(done), total=total, rate=0.0, ends=None)
            self._shown.start()
        (task,) = self._shown.task_ids
        pace = self._pace(done, total, each)
        self._shown.update(task, description=told, completed=done, total=total, **pace)
        if done >= total and not self.stays:
            self.close()

    def _pace(self, done: float, total: float, each: float) -> dict[str, Any]:
        """Units done in a second, and the moment at which all will be.

        The mean over all the time, because work comes in lumps: what a whole batch brings in
        one instant has taken as long as the batch.
        """
        now, (since, before) = time.monotonic(), self._begun
        if done <= before or now <= since:
            return {}
        speed = (done - before) / (now - since)
        return {"rate": speed * each, "ends": now + (total - done) / speed}

    def _columns(self) -> Progress:
        wide = Column(ratio=3, no_wrap=True, overflow="ellipsis")
        return Progress(
            TextColumn("{task.description}", markup=False, table_column=wide),
            BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=8)),
            TaskProgressColumn(),
            _Rate(self.unit),
            _TimeLeft(),
            console=self.console,
            transient=not self.stays,
            expand=True,
        )

    def close(self) -> None:
        """End the bar, if there is one."""
        if self._shown is not None:
            self._shown.stop()
            self._shown = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
