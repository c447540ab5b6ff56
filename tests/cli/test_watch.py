"""`nerode watch`: one line a step, one for what could not be measured, and what remains."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from nerode.models.bundled import folder_of
from nerode.series.folder import SeriesFolder
from nerode.series.series import Series
from tests.cli.test_app import nth, stop
from tests.terminal import Nerode, runner

OPTIONS: tuple[Any, ...] = ("--trials", 4, "--metrics", "next_symbol,compression", "--once")


@pytest.fixture
def nerode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    return runner(monkeypatch, capsys)


@pytest.fixture
def training(tmp_path: Path) -> Path:
    """A training with two checkpoints of one model, and one that cannot be read."""
    folder = tmp_path / "training"
    for step in (100, 200):
        shutil.copytree(folder_of("othello6-strong"), folder / f"checkpoint-{step}")
    broken = folder / "checkpoint-150"
    shutil.copytree(folder_of("othello6-strong"), broken)
    (broken / "config.json").write_text("no JSON")
    (broken / "trainer_state.json").write_text("{}")
    return folder


@pytest.mark.long
def test_one_line_a_step_and_one_for_what_cannot_be_measured(
    nerode: Nerode, training: Path, tmp_path: Path
) -> None:
    out = tmp_path / "series"
    words = ("watch", training, "--world", "othello:size=6", *OPTIONS, "--baselines", "none")
    said = nerode(*words, "--out", out)
    assert said.code == 0
    lines = said.out.splitlines()
    assert [re.match(r"step +(\d+) ", line)[1] for line in lines] == ["100", "200"]  # type: ignore[index]
    for line in lines:
        pattern = r"next_symbol legal [01.]\S*  compression precision [01.]\S*  \d+\.\d s$"
        assert re.search(pattern, line)
    failed, closing = said.err.splitlines()
    assert failed.startswith("step 150: not measured: expected ")
    assert closing.startswith(f"2 steps in {out}: ")
    # What is measured is not measured again; a seed of its own is another series.
    again = nerode(*words, "--out", out)
    assert (again.code, again.out) == (0, "")
    assert [line[:9] for line in again.err.splitlines()] == ["step 150:", "2 steps i"]
    other = nerode(*words, "--out", out, "--seed", 1)
    assert other.code == 2
    assert "expected the seed that this series was begun with (0), got 1" in other.err


@pytest.mark.slow
def test_where_nothing_could_be_measured_the_status_says_so(
    nerode: Nerode, training: Path, tmp_path: Path
) -> None:
    said = nerode("watch", training, "--world", "cups", *OPTIONS, "--out", tmp_path / "series")
    assert (said.code, said.out) == (1, "")
    assert said.err.count("not measured: ") == 3


@pytest.mark.slow
def test_some_steps_only_and_the_newest_first(
    nerode: Nerode, training: Path, tmp_path: Path
) -> None:
    words = ("watch", training, "--world", "othello:size=6", *OPTIONS, "--baselines", "none")
    said = nerode(*words, "--every", 100, "--newest-first", "--out", tmp_path / "series")
    assert [line.split()[1] for line in said.out.splitlines()] == ["200", "100"]
    assert "150" not in said.err


@pytest.mark.slow
def test_control_c_says_what_remains(
    nerode: Nerode, training: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "series"
    words = ("watch", training, "--world", "othello:size=6", *OPTIONS, "--baselines", "none")
    monkeypatch.setattr(Series, "attempt", nth(2, stop, Series.attempt))
    said = nerode(*words, "--every", 100, "--out", out)
    assert said.code == 130
    assert said.out.count("\n") == 1
    assert said.err == f"stopped; 1 step in {out}; the same command goes on from there\n"
    assert list(SeriesFolder(out).steps()) == [100]


def test_what_is_wrong_is_said_in_one_line(nerode: Nerode, tmp_path: Path) -> None:
    out = tmp_path / "series"
    for words, told in (
        (("--world", "cups"), "got no folder"),
        (("--world", "cupz"), "cupz"),
        (("--world", "cups", "--every", 0), "expected every as 1 or more steps, got 0"),
        (("--world", "cups", "--metrics", "compresion"), "compresion"),
    ):
        said = nerode("watch", tmp_path / "nothing", *words, "--once", "--out", out)
        assert said.code == 2
        assert said.err.count("\n") == 1
        assert told in said.err
    (tmp_path / "empty").mkdir()
    said = nerode("watch", tmp_path / "empty", "--world", "cups", "--once", "--out", out)
    assert said.code == 0
    assert said.err == f"{tmp_path / 'empty'}: no checkpoint to measure\n"


def test_help_says_what_it_does(nerode: Nerode) -> None:
    said = nerode("watch", "--help")
    assert said.code == 0
    for option in ("--world", "--metrics", "--trials", "--every", "--newest-first", "--once"):
        assert option in said.out
