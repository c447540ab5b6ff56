"""Long work shows how far it has come: a bar, or lines in a log, whatever fits the stream."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from nerode.cli import main
from nerode.progress import Bar, trial_progress
from nerode.progress_views import TerminalBar
from nerode.sequences.batch import SequenceBatch
from nerode.training.data import TrainingData
from nerode.training.reporter import Reporter
from nerode.worlds.registry import open_world
from nerode.worlds.world import World
from tests.consoles import screen, written
from tests.run_folders import measured
from tests.terminal import Nerode, Said, on_a_terminal, runner

NO_SEQUENCES = TrainingData(
    open_world("cayley:n=3"), SequenceBatch.of([]), SequenceBatch.of([]), {}
)


@pytest.fixture
def nerode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    return runner(monkeypatch, capsys)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that a second passes on whenever someone looks; bars do not draw by themselves."""
    seconds = itertools.count()
    monkeypatch.setattr("nerode.progress.time.monotonic", lambda: float(next(seconds)))


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


@pytest.mark.slow
def test_a_log_has_a_line_at_the_start_and_one_at_the_end(nerode: Nerode, town: World[Any]) -> None:
    words: list[Any] = ["evaluate", town.name, "oracle", "--trials", 40, "--baselines", "none"]
    words += ["--samples", 2, "--metrics", "next_symbol,compression", "--json"]
    said = nerode(*words)
    assert said.code == 0
    assert said.out.count("\n") == 1
    assert json.loads(said.out)["model"] == "oracle"
    first, *_, last = said.err.splitlines()
    assert re.fullmatch(r"\[\d+:\d\d:\d\d\] (oracle: next_symbol 0/40|evaluate .* oracle)", first)
    assert re.fullmatch(r"\[\d+:\d\d:\d\d\] done", last)
    assert nerode(*words, "--quiet") == Said(0, said.out, "")


@pytest.mark.slow
def test_what_is_there_already_makes_no_line(whole: Path, town: World[Any]) -> None:
    bar = Bar("trials", console=(console := screen()))
    with bar:
        measured(town, whole, progress=trial_progress(bar))
    assert written(console) == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("demo",),
        ("sequences", "cayley:n=3", "--policy", "random", "--count", 9, "--out", "s"),
        ("train", "s", "--out", "m"),
        ("evaluate", "cayley:n=3", "oracle"),
        ("score", "cayley:n=3", "s.txt"),
        ("reconstruct", "midtown", "s.txt"),
        ("chat", "seating", "--model", "mockllm/model"),
        ("report", "r"),
    ],
)
def test_every_long_command_can_be_quiet(
    monkeypatch: pytest.MonkeyPatch, words: tuple[Any, ...]
) -> None:
    """The option is there, and reaches the bar."""
    seen: list[bool] = []

    class Seen(Bar):
        def __init__(self, *_: Any, quiet: bool = False, **__: Any) -> None:
            seen.append(quiet)
            raise RuntimeError

    monkeypatch.setattr("nerode.progress.Bar", Seen)
    monkeypatch.setattr("nerode.training.run.Bar", Seen)
    monkeypatch.setattr("nerode.training.run.open_training_data", lambda *_: NO_SEQUENCES)
    monkeypatch.setattr(
        "nerode.training.folder.TrainingFolder.begin", lambda _, record, **__: record
    )
    for quiet in (True, False):
        monkeypatch.setattr("sys.argv", ["nerode", *map(str, words), *(["--quiet"] * quiet)])
        with pytest.raises(RuntimeError):
            main()
    assert seen == [True, False]


@pytest.mark.usefixtures("clock")
def test_rate_and_time_left_are_those_of_the_whole_time() -> None:
    console = screen(force_terminal=True)
    with Bar("trials", console=console) as bar:
        bar.show("work", 10, 110)
        assert bar._begun is not None
        begun, _ = bar._begun
        bar.show("work", 30, 110)
        assert isinstance(bar.view, TerminalBar)
        assert bar.view.bar is not None
        (task,) = bar.view.bar.tasks
        stage = task.fields["stage"]
        # A second or two have passed, and 20 are done: those that were there do not count.
        assert stage.rate in (20.0, 10.0)
        seconds = 20 / stage.rate
        assert stage.ends == begun + seconds + 80 / stage.rate


def test_a_bar_goes_when_all_is_done_and_the_next_begins_anew() -> None:
    console = screen(force_terminal=True)
    with Bar("trials", console=console) as bar:
        assert isinstance(bar.view, TerminalBar)
        bar.show("first", 0, 4)
        assert bar.view.bar is not None
        bar.show("first", 4, 4)
        assert bar.view.bar is None
        bar.show("there already", 4, 4)
        assert bar.view.bar is None
        bar.show("second", 0, 4)
        assert bar.view.bar is not None
    assert bar.view.bar is None
    told = "\n".join(frames(console))
    assert "first" in told
    assert "second" in told
    assert "there already" not in told
    assert written(console).endswith("\x1b[2K")  # nothing stays


def test_a_bar_goes_when_work_fails() -> None:
    console = screen(force_terminal=True)
    bar = Bar("trials", console=console)
    assert isinstance(bar.view, TerminalBar)

    def work() -> None:
        with bar:
            bar.show("work", 0, 4)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert bar.view.bar is None


def test_a_training_shows_steps_loss_rate_and_time_left() -> None:
    console = screen(force_terminal=True)
    with Reporter(Bar("steps", stays=True, console=console)) as reporter:
        reporter.show(0.0, 0, None, None)
        reporter.show(0.25, 500, 1.25, 0.5)
    last = frames(console)[-1]
    pattern = r"step 500  loss 1\.2500  legal 50\.00% .* 25% +[\d,.]+ steps/s \d+:\d\d:\d\d left"
    assert re.fullmatch(pattern, last), last


def test_what_is_told_is_never_markup() -> None:
    console = screen(force_terminal=True)
    with Bar("trials", console=console) as bar:
        bar.show("[red]a[/red]", 0, 4)
    assert "[red]a[/red]" in "\n".join(frames(console))
