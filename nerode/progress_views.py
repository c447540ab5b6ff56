"""Ways to show progress: on a terminal, in a log, in a notebook."""

from __future__ import annotations

import importlib
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

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

FIRST_WAIT, LONGEST_WAIT = 30.0, 300.0
"""Seconds between the first two lines of a log; each wait is twice the last, up to the longest."""
BEAT = 10.0
"""Seconds after which a log is looked at, whether or not the work has said anything."""
REDRAWN = 0.2
"""Seconds between two drawings of a notebook's bar, at least."""

_FAST = 100
_CELLS = 30


@dataclass(frozen=True)
class Stage:
    """How far one stretch of work has come."""

    text: str
    done: float
    total: float
    rate: float = 0.0
    """Units in a second; 0 while that is not known."""
    ends: float | None = None
    """The moment at which all will be done, if it goes on like this."""

    @property
    def left(self) -> timedelta | None:
        """The time that the rest takes at the same rate."""
        if self.ends is None:
            return None
        return timedelta(seconds=max(0, round(self.ends - time.monotonic())))


class View(Protocol):
    """One way to show progress."""

    def open(self) -> None:
        """Work begins."""

    def show(self, stage: Stage) -> None:
        """So far has it come."""

    def say(self, line: str) -> None:
        """Something else has happened; it is said in a line of its own."""

    def clear(self) -> None:
        """A stretch of work is done, and another may begin."""

    def close(self, *, done: bool) -> None:
        """Work ends: all of it is done, or it failed."""


class Nothing:
    """No-op progress view."""

    def open(self) -> None:
        """Show nothing."""

    def show(self, stage: Stage) -> None:
        """Show nothing."""

    def say(self, line: str) -> None:
        """Show nothing."""

    def clear(self) -> None:
        """Show nothing."""

    def close(self, *, done: bool) -> None:
        """Show nothing."""


class _Rate(ProgressColumn):
    """How much is done in a second: `12.3 trials/s`."""

    def __init__(self, unit: str) -> None:
        super().__init__(Column(no_wrap=True, justify="right"))
        self.unit = unit

    def render(self, task: Task) -> Text:
        return Text(_pace(task.fields["stage"], self.unit), style="progress.data.speed")


class _TimeLeft(ProgressColumn):
    """The time that the rest takes at the same rate: `0:02:10 left`."""

    def __init__(self) -> None:
        super().__init__(Column(no_wrap=True))

    def render(self, task: Task) -> Text:
        left = task.fields["stage"].left
        return Text(f"{'-:--:--' if left is None else left} left", style="progress.remaining")


class TerminalBar:
    """A bar that is drawn again and again in one line of a terminal.

    It goes when a stretch of work is done, or stays at the end where `stays` says so.
    """

    def __init__(self, unit: str, console: Console, *, stays: bool) -> None:
        self.unit = unit
        self.console = console
        self.stays = stays
        self.bar: Progress | None = None

    def open(self) -> None:
        """Nothing is drawn before there is something to show."""

    def show(self, stage: Stage) -> None:
        """Draw the bar."""
        if self.bar is None:
            self.bar = self._columns()
            self.bar.add_task(stage.text, total=stage.total, stage=stage)
            self.bar.start()
        (task,) = self.bar.task_ids
        self.bar.update(
            task, description=stage.text, completed=stage.done, total=stage.total, stage=stage
        )

    def say(self, line: str) -> None:
        """Write the line above the bar."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

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

    def clear(self) -> None:
        """Take the bar away."""
        if not self.stays:
            self._stop()

    def close(self, *, done: bool) -> None:  # noqa: ARG002 - it ends in the same way
        """Take the bar away, or leave it as it is."""
        self._stop()

    def _stop(self) -> None:
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


class Lines:
    """Lines for a log: the first at once, others further and further apart, one at the end.

    A thread sees to it that they come while the work itself says nothing, which a large network
    may do for long; before the work has said anything it shows `title`. `part` is what a stretch
    is called where the work has several, for the time left is that of one.
    """

    def __init__(self, unit: str, console: Console, title: str = "", part: str = "") -> None:
        self.unit = unit
        self.console = console
        self.title = title
        self.left = f"left of this {part}" if part else "left"
        self.begun = self.due = time.monotonic()
        self.wait = FIRST_WAIT
        self.stage: Stage | None = None
        self.written = False
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.thread = threading.Thread(target=self._watch, name="progress", daemon=True)

    def open(self) -> None:
        """Begin to look at the clock."""
        self.thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(BEAT):
            self.beat()

    def show(self, stage: Stage) -> None:
        """Write a line if it is time for one."""
        self.stage = stage
        self.beat()

    def say(self, line: str) -> None:
        """Write the line now."""
        with self._lock:
            self._write(time.monotonic(), line)

    def beat(self) -> None:
        """Write a line if it is time for one."""
        with self._lock:
            now = time.monotonic()
            words = self.title if self.stage is None else self._described(self.stage)
            if now < self.due or self._ended.is_set() or not words:
                return
            self.due = now + self.wait
            self.wait = min(2 * self.wait, LONGEST_WAIT)
            self._write(now, words)

    def _described(self, stage: Stage) -> str:
        words = [stage.text]
        if stage.done > 0:
            words[0] += f" ({stage.done / stage.total:.0%})"
        if stage.rate:
            words.append(_pace(stage, self.unit))
        if stage.left is not None:
            words.append(f"about {stage.left} {self.left}")
        return " ".join(", ".join(words).split())

    def _write(self, now: float, words: str) -> None:
        self.written = True
        # Whoever has stopped reading, or a log on a full disk, is no reason to stop the work.
        with suppress(OSError, ValueError):
            since = timedelta(seconds=int(now - self.begun))
            self.console.file.write(f"[{since}] {words}\n")
            self.console.file.flush()

    def clear(self) -> None:
        """Write nothing."""

    def close(self, *, done: bool) -> None:
        """Write that all is done, where anything was written before."""
        with self._lock:
            self._ended.set()
            if done and self.written:
                self._write(time.monotonic(), "done")
                self.written = False


class NotebookBar:
    """A bar of text in a notebook's output, drawn by IPython, without widgets."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.begun = time.monotonic()
        self.updated = self.begun
        self._handle: Any = None

    def open(self) -> None:
        """Nothing is drawn before there is something to show."""

    def show(self, stage: Stage) -> None:
        """Draw the bar, unless it was drawn a moment ago."""
        now = time.monotonic()
        if self._handle is None or stage.done >= stage.total or now - self.updated >= REDRAWN:
            self.updated = now
            share = min(1.0, stage.done / stage.total)
            full = round(share * _CELLS)
            bar = "█" * full + "░" * (_CELLS - full)
            left = "" if stage.left is None else f"{stage.left} left"
            words = (stage.text, f"{bar} {share:4.0%}", _pace(stage, self.unit), left)
            self._draw("  ".join(word for word in words if word))

    def say(self, line: str) -> None:
        """Write the line under what is there; the bar stays where it is."""
        importlib.import_module("IPython.display").display({"text/plain": line}, raw=True)

    def _draw(self, text: str) -> None:
        content = {"text/plain": text}
        if self._handle is None:
            display = importlib.import_module("IPython.display").display
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)

    def clear(self) -> None:
        """The next stretch of work is drawn in the same place."""

    def close(self, *, done: bool) -> None:
        """Say that all is done, or leave the bar where it was."""
        if done and self._handle is not None:
            self._draw(f"done in {timedelta(seconds=int(time.monotonic() - self.begun))}")


def _pace(stage: Stage, unit: str) -> str:
    """How much is done in a second; empty while that is not known."""
    if not stage.rate:
        return ""
    return f"{stage.rate:,.0f} {unit}/s" if stage.rate >= _FAST else f"{stage.rate:.3g} {unit}/s"
