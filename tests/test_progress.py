"""Long work shows a bar with rate and time left on a terminal, and nothing elsewhere."""

from __future__ import annotations

import io
import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from nerode.progress import Bar
from nerode.training.reporter import Reporter
from nerode.worlds.world import World
from tests.terminal import Nerode, on_a_terminal, runner


@pytest.fixture
def nerode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    return runner(monkeypatch, capsys)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that a second passes on whenever someone looks; bars do not draw by themselves."""
    seconds = itertools.count()
    monkeypatch.setattr("nerode.progress.time.monotonic", lambda: float(next(seconds)))


def screen(**terms: Any) -> Console:
    return Console(file=io.StringIO(), width=90, color_system=None, **terms)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def frames(console: Console) -> list[str]:
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written(console))
    return [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]


@pytest.mark.slow
def test_an_evaluation_shows_rate_and_time_left(town: World[Any]) -> None:
    words = ("--metrics", "compression", "--trials", 200, "--baselines", "none", "--json")
    said = on_a_terminal("evaluate", town.name, "noisy-oracle:0.1", *words)
    assert said.code == 0
    assert said.out.count("\n") == 1
    found = [line for line in said.err.splitlines() if "trials/s" in line]
    assert any(
        re.search(
            r"noisy-oracle:0\.1: compression \d+/200 .* \d+% +[\d.,]+ trials/s \d:\d\d:\d\d left",
            line,
        )
        for line in found
    ), said.err


def test_a_command_says_nothing_where_there_is_no_terminal(
    nerode: Nerode, town: World[Any], tmp_path: Path
) -> None:
    commands: list[tuple[Any, ...]] = [
        ("evaluate", town.name, "oracle", "--trials", 40, "--baselines", "none", "--samples", 2),
        ("sequences", town.name, "--policy", "random", "--count", 50, "--out", tmp_path / "s"),
    ]
    for words in commands:
        said = nerode(*words)
        assert (said.code, said.err) == (0, "")


@pytest.mark.usefixtures("clock")
def test_rate_and_time_left_are_those_of_the_whole_time() -> None:
    console = screen(force_terminal=True)
    with Bar("trials", console=console) as bar:
        bar.show("work", 10, 110)
        bar.show("work", 30, 110)
        assert bar._shown is not None
        (task,) = bar._shown.tasks
        # A second or two have passed, and 20 are done: those that were there do not count.
        assert task.fields["rate"] in (20.0, 10.0)
        seconds = 20 / task.fields["rate"]
        assert task.fields["ends"] == seconds + 80 / task.fields["rate"]


def test_a_bar_goes_when_all_is_done_and_the_next_begins_anew() -> None:
    console = screen(force_terminal=True)
    with Bar("trials", console=console) as bar:
        bar.show("first", 0, 4)
        assert bar._shown is not None
        bar.show("first", 4, 4)
        assert bar._shown is None
        bar.show("there already", 4, 4)
        assert bar._shown is None
        bar.show("second", 0, 4)
        assert bar._shown is not None
    assert bar._shown is None
    told = "\n".join(frames(console))
    assert "first" in told
    assert "second" in told
    assert "there already" not in told
    assert written(console).endswith("\x1b[2K")  # nothing stays


def test_a_bar_goes_when_work_fails() -> None:
    console = screen(force_terminal=True)
    bar = Bar("trials", console=console)

    def work() -> None:
        with bar:
            bar.show("work", 0, 4)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert bar._shown is None


def test_a_training_shows_steps_loss_rate_and_time_left() -> None:
    console = screen(force_terminal=True)
    with Reporter(Bar("steps", stays=True, console=console)) as reporter:
        reporter.show(0.0, 0, None, None)
        reporter.show(0.25, 500, 1.25, 0.5)
    last = frames(console)[-1]
    pattern = r"step 500  loss 1\.2500  legal 50\.00% .* 25% +[\d,.]+ steps/s \d+:\d\d:\d\d left"
    assert re.fullmatch(pattern, last), last


def test_a_training_says_nothing_where_there_is_no_terminal() -> None:
    console = screen()
    with Reporter(Bar("steps", stays=True, console=console)) as reporter:
        for step in range(11):
            reporter.show(step / 10, step, 1.0, None)
    assert written(console) == ""


def test_what_is_told_is_never_markup() -> None:
    console = screen(force_terminal=True)
    with Bar("trials", console=console) as bar:
        bar.show("[red]a[/red]", 0, 4)
    assert "[red]a[/red]" in "\n".join(frames(console))
