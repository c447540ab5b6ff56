"""A log has few lines that say all, a notebook a bar in one place."""

from __future__ import annotations

import io
import sys
from time import sleep
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from nerode.evaluation.evaluation import evaluate
from nerode.progress import Bar
from nerode.progress_views import Lines, NotebookBar, Nothing, TerminalBar
from nerode.training.reporter import Reporter
from nerode.worlds.world import World
from tests.consoles import Time, screen, written


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    shown = Time()
    monkeypatch.setattr("time.monotonic", lambda: shown.now)
    return shown


def test_a_training_says_step_loss_rate_and_time_left_in_a_log(time: Time) -> None:
    console = screen()
    with Reporter(Bar("steps", "train model", stays=True, console=console)) as reporter:
        reporter.show(0.0, 0, None, None)
        for minute in range(1, 21):
            time.now += 60
            reporter.show(minute / 20, 100 * minute, 2 / minute, 0.5)
    lines = written(console).splitlines()
    assert lines[0] == "[0:00:00] step 0"
    assert lines[1] == (
        "[0:01:00] step 100 loss 2.0000 legal 50.00% (5%), 1.67 steps/s, about 0:19:00 left"
    )
    assert [line[:9] for line in lines] == [
        *("[0:00:00]", "[0:01:00]", "[0:02:00]", "[0:04:00]", "[0:08:00]", "[0:13:00]"),
        *("[0:18:00]", "[0:20:00]"),
    ]
    assert lines[-1] == "[0:20:00] done"


def test_lines_come_further_and_further_apart(time: Time) -> None:
    console = screen()
    with Bar("trials", "evaluate town model", part="metric", console=console) as bar:
        assert isinstance(bar.view, Lines)
        for metric in ("next_symbol", "compression"):
            for done in range(0, 2001, 2):
                bar.show(f"model: {metric} {done:,}/2,000", done, 2000)
                time.now += 1
    lines = written(console).splitlines()
    at = [30 * 2**n - 30 for n in range(5)]  # 0, 30, 90, 210, 450
    at += [at[-1] + 300 * n for n in range(1, 6)]
    assert len(lines) == len(at) + 1
    assert lines[1] == (
        "[0:00:30] model: next_symbol 60/2,000 (3%), 2 trials/s, about 0:16:10 left of this metric"
    )
    for line, seconds in zip(lines, at, strict=False):
        minute, second = divmod(seconds, 60)
        assert line.startswith(f"[0:{minute:02}:{second:02}] ")
    assert lines[-1] == "[0:33:22] done"


def test_a_line_comes_while_the_work_says_nothing(time: Time) -> None:
    console = screen()
    with Bar("trials", "evaluate town model", console=console) as bar:
        assert isinstance(bar.view, Lines)
        time.now += 10
        bar.view.beat()
        bar.view.beat()
        assert written(console) == "[0:00:10] evaluate town model\n"
        bar.show("model: compression 0/9", 0, 9)
        for _ in range(10):
            time.now += 10
            bar.view.beat()
    assert written(console).splitlines()[1:] == [
        "[0:00:40] model: compression 0/9",
        "[0:01:40] model: compression 0/9",
        "[0:01:50] done",
    ]


def test_the_clock_is_looked_at_by_a_thread_until_work_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nerode.progress_views.BEAT", 0.001)
    console = screen()
    with Bar("trials", "work", console=console) as bar:
        assert isinstance(bar.view, Lines)
        while not written(console):
            sleep(0.001)
    assert written(console).splitlines()[0].endswith("] work")
    thread = bar.view.thread
    thread.join(timeout=60)
    assert not thread.is_alive()


def test_nothing_is_done_where_work_failed(time: Time) -> None:
    console = screen()

    def work() -> None:
        with Bar("trials", console=console) as bar:
            bar.show("work", 0, 9)
            time.now += 5
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert written(console) == "[0:00:00] work\n"


def test_a_log_that_cannot_be_written_stops_no_work() -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    with Bar("trials", console=Console(file=Full())) as bar:
        bar.show("work", 0, 9)
        bar.show("work", 9, 9)


def test_without_standard_error_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)
    with Bar("trials") as bar:
        bar.show("work", 0, 9)
        assert isinstance(bar.view, Nothing)


def test_lines_hold_whatever_a_name_holds() -> None:
    console = screen()
    with Bar("trials", console=console) as bar:
        bar.show("[red]two\nlines[/red]", 0, 4)
    assert written(console).splitlines()[0].endswith("] [red]two lines[/red]")


def test_colours_that_are_asked_for_make_no_terminal_of_a_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert isinstance(Bar("trials").view, Lines)
    assert isinstance(Bar("trials", console=screen(force_terminal=True)).view, TerminalBar)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(Bar("trials", console=screen(force_terminal=True)).view, Lines)
    assert isinstance(Bar("trials", quiet=True).view, Nothing)


class Notebook:
    """IPython as a notebook has it, as far as it is needed: what was displayed, and how often."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, kernel: bool = True) -> None:
        self.shown: list[str] = []
        self.places = 0
        shell = SimpleNamespace(kernel=object()) if kernel else SimpleNamespace()
        package, display = ModuleType("IPython"), ModuleType("IPython.display")
        vars(package)["get_ipython"] = lambda: shell
        vars(display)["display"] = self.display
        monkeypatch.setitem(sys.modules, "IPython", package)
        monkeypatch.setitem(sys.modules, "IPython.display", display)

    def display(self, content: dict[str, str], *, raw: bool, display_id: bool) -> Any:
        assert raw
        assert display_id
        self.places += 1
        self.update(content, raw=True)
        return self

    def update(self, content: dict[str, str], *, raw: bool) -> None:
        assert raw
        (text,) = content.values()
        self.shown.append(text)


def test_a_notebook_has_a_bar_of_text_in_one_place(
    monkeypatch: pytest.MonkeyPatch, time: Time
) -> None:
    notebook = Notebook(monkeypatch)
    with Bar("trials") as bar:
        assert isinstance(bar.view, NotebookBar)
        for done in range(101):
            bar.show(f"model: compression {done}/100", done, 100)
            time.now += 0.1
        assert (
            notebook.shown[-1]
            == "model: compression 100/100  " + 30 * "█" + " 100%  10 trials/s  0:00:00 left"
        )
    assert notebook.places == 1
    assert len(notebook.shown) < 60  # not drawn each time
    assert notebook.shown[-1] == "done in 0:00:10"


def test_functions_show_a_bar_in_notebooks_unless_they_are_given_another(
    monkeypatch: pytest.MonkeyPatch, town: World[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    terms: dict[str, Any] = {"trials": 20, "samples": 2, "baselines": (), "seed": 3}
    plain = evaluate(town, "oracle", ["compression"], **terms)
    notebook = Notebook(monkeypatch)
    shown = evaluate(town, "oracle", ["compression"], **terms)
    assert notebook.shown[0].startswith("oracle: compression 0/20")
    assert notebook.shown[-1].startswith("done in ")
    assert shown.record["metrics"] == plain.record["metrics"]
    notebook.shown.clear()
    heard: list[Any] = []
    evaluate(town, "oracle", ["compression"], progress=lambda *words: heard.append(words), **terms)
    assert heard[0] == ("oracle", "compression", 0, 20)
    assert notebook.shown == []
    assert capsys.readouterr() == ("", "")


def test_ipython_on_a_terminal_is_no_notebook(
    monkeypatch: pytest.MonkeyPatch, town: World[Any]
) -> None:
    notebook = Notebook(monkeypatch, kernel=False)
    evaluate(town, "oracle", ["compression"], trials=5, samples=2, baselines=())
    assert notebook.shown == []
    assert isinstance(Bar("trials").view, Lines)
