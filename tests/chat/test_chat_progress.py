"""What a terminal and a log show while questions wait to be asked again."""

from __future__ import annotations

import io

from rich.console import Console

from nerode.cli.chat_progress import PAUSE, ChatProgress
from nerode.progress import Bar


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def shown(*, terminal: bool) -> tuple[ChatProgress, io.StringIO, Clock, Bar]:
    text, clock = io.StringIO(), Clock()
    bar = Bar("questions", console=Console(file=text, force_terminal=terminal, width=60))
    return ChatProgress("cups:n=3", bar, clock), text, clock, bar


def test_outside_a_terminal_there_is_a_line_at_once_and_then_now_and_then() -> None:
    progress, text, clock, _ = shown(terminal=False)
    progress.progress(0, 40)
    progress.waiting(0, "")
    (start,) = text.getvalue().splitlines()  # that of every long command
    assert start == "[0:00:00] cups:n=3: 0/40 questions"
    long = "[bold]Rate limit reached[/bold], please slow down: " + "very " * 30
    progress.waiting(1, long)
    progress.waiting(2, long)
    _, line = text.getvalue().splitlines()
    assert line.startswith("[0:00:00] cups:n=3: 0 of 40 questions are done, 1 will be asked again")
    assert line.endswith(long)
    clock.now += PAUSE - 1
    progress.progress(7, 40)
    progress.waiting(5, "other")
    assert text.getvalue().count("\n") == 2
    clock.now += 1
    progress.waiting(0, "other")
    assert text.getvalue().count("\n") == 2
    progress.waiting(3, "other")
    assert text.getvalue().splitlines()[2] == (
        "[0:00:00] cups:n=3: 7 of 40 questions are done, 3 will be asked again after a pause: other"
    )


def test_on_a_terminal_the_line_stands_above_the_bar() -> None:
    progress, text, _, bar = shown(terminal=True)
    with bar:
        progress.progress(0, 40)
        progress.waiting(4, "503 busy")
        progress.progress(1, 40)
    assert "503 busy" in text.getvalue()
    assert "cups:n=3: 1/40" in text.getvalue()
