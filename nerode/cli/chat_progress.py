"""What is shown while a chat model is asked: a bar, and lines while questions must be repeated."""

from __future__ import annotations

import time
from collections.abc import Callable

from nerode.progress import Bar

PAUSE = 60.0
"""Seconds between two lines about questions that wait to be asked again."""


class ChatProgress:
    """The two callbacks of `nerode.chat.run.chat`, shown on a bar and in lines above it.

    The first attempt that failed is told at once, and then at most once a minute, outside a
    terminal as well: a provider that is down would otherwise be minutes of silence.
    """

    def __init__(self, world: str, bar: Bar, clock: Callable[[], float] = time.monotonic) -> None:
        self._world = world
        self._bar = bar
        self._clock = clock
        self._done = self._total = self._waiting = 0
        self._next_line = 0.0
        self._written = False

    def progress(self, done: int, total: int) -> None:
        """So many of all questions are done."""
        self._done, self._total = done, total
        self._show()

    def waiting(self, count: int, last_error: str) -> None:
        """So many questions wait to be asked again; what the provider said last."""
        self._waiting = count
        if count and (not self._written or self._clock() >= self._next_line):
            self._write(last_error)
            self._written = True
            self._next_line = self._clock() + PAUSE

    def _show(self) -> None:
        line = f"{self._world}: {self._done:,}/{self._total:,} questions"
        line += f", {self._waiting:,} to be repeated" if self._waiting else ""
        self._bar.show(line, self._done, self._total)

    def _write(self, last_error: str) -> None:
        self._bar.say(
            f"{self._world}: {self._done:,} of {self._total:,} questions are done, "
            f"{self._waiting:,} will be asked again after a pause: {last_error}"
        )
