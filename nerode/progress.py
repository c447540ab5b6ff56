"""Progress of long work, on standard error.

A terminal has a bar with rate and time left, a notebook has one of text, and anything else (a
log, a batch job) a line at the start, one every few minutes, and one at the end.
"""

from __future__ import annotations

import functools
import inspect
import sys
import time
from collections.abc import Callable
from typing import Any, ParamSpec, Self, TypeVar

from rich.console import Console

from nerode.progress_views import Lines, NotebookBar, Nothing, Stage, TerminalBar, View

Params = ParamSpec("Params")
Returned = TypeVar("Returned")


def in_notebook() -> bool:
    """Whether this runs in a notebook. IPython is not loaded to find out."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


class Bar:
    """Shows how far work has come, in the way that fits where standard error goes.

    Parameters
    ----------
    unit
        What is counted (`trials`).
    title
        The work as a whole, for a log in which nothing else is known yet.
    part
        What a stretch of work is called, where there are several one after the other.
    stays
        Whether a terminal's bar stays at the end of the `with` block; else it goes when all is
        done.
    quiet
        Show nothing.
    console
        Where to show it, if not on standard error or in a notebook.
    """

    def __init__(
        self,
        unit: str,
        title: str = "",
        *,
        part: str = "",
        stays: bool = False,
        quiet: bool = False,
        console: Console | None = None,
    ) -> None:
        self.view: View
        nowhere = console is None and getattr(sys, "stderr", None) is None  # it was closed
        if quiet:
            self.view = Nothing()
        elif console is None and in_notebook():
            self.view = NotebookBar(unit)
        elif nowhere:
            self.view = Nothing()
        else:
            # FORCE_COLOR, which many batch jobs set, makes no terminal of a log.
            has_bar = console is not None or sys.stderr.isatty()
            console = console or Console(stderr=True)
            if has_bar and console.is_interactive:
                self.view = TerminalBar(unit, console, stays=stays)
            else:
                self.view = Lines(unit, console, title, part)
        self._begun: tuple[float, float] | None = None

    def show(self, text: str, done: float, total: float, *, each: float = 1.0) -> None:
        """So much is done of the total; where those are no units, one of them is `each` units."""
        now = time.monotonic()
        if self._begun is None:
            if done >= total:
                return  # it was there already
            self._begun = now, done
        # The mean over all the time, because work comes in lumps: what a whole batch brings in
        # one instant has taken as long as the batch.
        since, before = self._begun
        stage = Stage(text, done, total)
        if done > before and now > since:
            speed = (done - before) / (now - since)
            stage = Stage(text, done, total, speed * each, now + (total - done) / speed)
        self.view.show(stage)
        if done >= total:
            self._begun = None
            self.view.clear()

    def say(self, line: str) -> None:
        """Say something else in a line of its own."""
        self.view.say(line)

    def __enter__(self) -> Self:
        self.view.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.view.close(done=kind is None)


def trial_progress(bar: Bar) -> Callable[[str, str, int, int], None]:
    """Shows on a bar what an evaluation says of its progress."""

    def show(model: str, metric: str, done: int, total: int) -> None:
        name = model.rstrip("/").rsplit("/", maxsplit=1)[-1]
        bar.show(f"{name}: {metric} {done:,}/{total:,}", done, total)

    return show


def count_progress(bar: Bar, text: str, total: int | None = None) -> Callable[..., None]:
    """Shows on a bar how many are done, of a total that is known before or said each time."""

    def show(done: int, of: int | None = None) -> None:
        whole = total if of is None else of
        assert whole is not None  # noqa: S101 - said before or now
        bar.show(f"{text}: {done:,}/{whole:,}", done, whole)

    return show


def notebook_progress(
    unit: str, shown: Callable[[Bar, dict[str, Any]], Callable[..., object]]
) -> Callable[[Callable[Params, Returned]], Callable[Params, Returned]]:
    """Let a function show a bar in notebooks where its caller gives no `progress` of his own.

    `shown` makes the callback from the bar and the function's arguments.
    """

    def decorate(function: Callable[Params, Returned]) -> Callable[Params, Returned]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def run(*positional: Params.args, **named: Params.kwargs) -> Returned:
            if not in_notebook():
                return function(*positional, **named)
            given = signature.bind(*positional, **named)
            if given.arguments.get("progress") is not None:
                return function(*positional, **named)
            with Bar(unit) as bar:
                given.arguments["progress"] = shown(bar, given.arguments)
                return function(*given.args, **given.kwargs)

        return run

    return decorate
