"""Runs on disk: nothing measured is lost, and what is damaged is told."""

from __future__ import annotations

import errno
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nerode import runs
from nerode.errors import FormatError, InvalidParameter, MissingFile, NerodeError, RunMismatch
from nerode.runs import RESULT, TERMS, TRIALS, Run, agree, read_json, write_json
from nerode.worlds.world import World
from tests.run_folders import BASELINES, MODEL, lines, measured, result

KEY = ("model", "metric")


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"\x00\x01\xff\n",
        b"\n",
        b"[1, 2]\n",
        b"3\n",
        b"null\n",
        b"{}\n",
        b'{"model": "oracle", "metric": "compression"}\n',
        b'{"model": 3, "metric": "compression", "trial": 1}\n',
        b'{"model": "oracle", "metric": "compression", "trial": [1]}\n',
        b'{"model": "oracle", "metric": "compression", "trial": true}\n',
        b'{"model": "oracle", "metric": "compression", "trial": -1}\n',
        b'{"model": "oracle", "metric": "compression", "trial": 1' + 30 * b"0" + b"}\n",
        b"[" * 100_000 + b"\n",
    ],
)
def test_a_damaged_line_is_told(tmp_path: Path, line: bytes) -> None:
    with Run(tmp_path, {"seed": 0}) as run:
        run.append(KEY, [{"trial": 0}, {"trial": 1}])
    with (tmp_path / TRIALS).open("ab") as file:
        file.write(line + b'{"model": "a", "metric": "b", "trial": 7}\n')
    with pytest.raises(FormatError, match=r"trials\.jsonl:3: expected a trial") as info:
        Run(tmp_path, {"seed": 0})
    assert "\n" not in str(info.value)


@pytest.mark.slow
@pytest.mark.parametrize("model", [MODEL, *BASELINES])
@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("next_symbol", "positions"),
        ("traversal", "cost"),
        ("compression", "agree"),
        ("distinction", "recall"),
        ("detours", "random"),
    ],
)
def test_a_trial_that_lacks_what_its_metric_needs_is_told(
    town: World[Any], whole: Path, tmp_path: Path, model: str, metric: str, name: str
) -> None:
    copy = tmp_path / "it"
    shutil.copytree(whole, copy)
    records = [json.loads(line) for line in lines(copy)]
    number, record = next(
        (number, record)
        for number, record in enumerate(records, start=1)
        if (record["model"], record["metric"]) == (model, metric) and name in record
    )
    del record[name]
    text = "".join(json.dumps(record) + "\n" for record in records)
    (copy / TRIALS).write_text(text)
    with pytest.raises(FormatError) as info:
        measured(town, copy)
    told = str(info.value)
    where = f"{copy / TRIALS}:{number}: expected a trial of {metric}; {name}: expected "
    assert told.startswith(where)
    assert told.endswith(", got nothing")
    assert "\n" not in told
    assert (copy / TRIALS).read_text() == text


@pytest.mark.slow
def test_trials_of_a_metric_that_there_is_not_are_let_be(
    town: World[Any], whole: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "it"
    shutil.copytree(whole, copy)
    with (copy / TRIALS).open("a") as file:
        file.write('{"model": "oracle", "metric": "compression", "trial": 0}\n')
        file.write(f'{{"model": "{MODEL}", "metric": "unheard-of", "trial": 0}}\n')
    measured(town, copy)
    assert result(copy) == result(whole)


@pytest.mark.parametrize("terms", ["", "[]", "{", "nonsense"])
def test_damaged_terms_are_told(tmp_path: Path, terms: str) -> None:
    (tmp_path / TERMS).write_text(terms)
    with pytest.raises(FormatError, match=r"run\.json: expected"):
        Run(tmp_path, {"seed": 0})


def test_a_trial_is_on_disk_as_soon_as_it_is_measured(tmp_path: Path) -> None:
    with Run(tmp_path, {"seed": 0}) as run:
        for trial in range(3):
            run.append(KEY, [{"trial": trial}])
            assert len(lines(tmp_path)) == trial + 1


def test_trials_without_terms_are_nobodys(tmp_path: Path) -> None:
    (tmp_path / TRIALS).write_text("")
    with pytest.raises(FormatError, match=r"expected a run \(run\.json\) or an empty folder"):
        Run(tmp_path, {"seed": 0})


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"seed": 1}, r"the seed this run was begun with \(0\), got 1"),
        ({}, r"the seed this run was begun with \(0\), got none"),
        ({"seed": 0, "depth": 5}, r"the depth this run was begun with \(none\), got 5"),
        ({"seed": 0, "reconstruction": "x"}, "run of `nerode reconstruct`, got one of"),
    ],
)
def test_a_folder_is_agreed_on_by_runs_of_the_same_terms_only(
    tmp_path: Path, terms: dict[str, Any], told: str
) -> None:
    agree(tmp_path / "new", {"seed": 0})
    agree(tmp_path, {"seed": 0})
    assert not list(tmp_path.iterdir()), "asking writes nothing"
    write_json(tmp_path / TERMS, {"seed": 0})
    agree(tmp_path, {"seed": 0})
    with pytest.raises(RunMismatch, match=told):
        agree(tmp_path, terms)
    with pytest.raises(InvalidParameter, match=TERMS):
        agree(tmp_path / TERMS, terms)


@pytest.mark.parametrize("kept", [True, False])
def test_trials_are_read_back_in_order_and_by_key(tmp_path: Path, kept: bool) -> None:
    with Run(tmp_path if kept else None, {"seed": 0}) as run:
        run.append(KEY, [{"trial": trial, "value": trial * "x"} for trial in (2, 0)])
        run.append(("other", "metric"), [{"trial": 1, "value": "another's"}])
        assert run.missing(KEY, 4).tolist() == [False, True, False, True]
        first = run.records(KEY, 1)
        assert next(first) == {"trial": 0, "value": ""}
        run.append(KEY, [{"trial": 1, "value": "x"}])
        assert list(run.records(KEY, 3)) == [{"trial": t, "value": t * "x"} for t in range(3)]
        with pytest.raises(LookupError, match="expected 4 trials of model metric, got fewer"):
            list(run.records(KEY, 4))


def test_a_run_without_a_folder_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Run(None, {"seed": 0}) as run:
        run.append(KEY, [{"trial": 0}])
        assert not run.missing(KEY, 1).any()
    assert not list(tmp_path.iterdir())


def test_of_two_lines_for_a_trial_the_later_one_counts(tmp_path: Path) -> None:
    with Run(tmp_path, {"seed": 0}) as run:
        run.append(KEY, [{"trial": 0, "value": 1}, {"trial": 0, "value": 2}])
    with Run(tmp_path, {"seed": 0}) as run:
        assert list(run.records(KEY, 1)) == [{"trial": 0, "value": 2}]


class TinyDisk(io.FileIO):
    """A file on a disk with room for so many more bytes."""

    room = 0

    def write(self, data: Any) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = super().write(bytes(data)[: self.room]) or 0
        self.room -= written
        return written


@pytest.fixture
def fill_up(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Call it to leave room for so many bytes of trials."""
    plain: Any = Path.open

    def leave(room: int) -> None:
        def small(path: Path, mode: str = "r", **terms: Any) -> Any:
            if mode != "a+b":
                return plain(path, mode, **terms)
            disk = TinyDisk(str(path), "a+")
            disk.room = room
            return io.BufferedRandom(disk)

        monkeypatch.setattr(Path, "open", small)

    return leave


@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 20_011])
def test_a_full_disk_keeps_what_was_measured(
    town: World[Any],
    whole: Path,
    tmp_path: Path,
    fill_up: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    room: int,
) -> None:
    folder = tmp_path / "it"
    fill_up(room)
    with pytest.raises(OSError, match="No space left") as info:
        measured(town, folder)
    assert info.value.errno == errno.ENOSPC
    assert str(info.value.filename) == str(folder / TRIALS)
    assert (folder / TRIALS).read_bytes() == (whole / TRIALS).read_bytes()[:room]
    monkeypatch.undo()
    measured(town, folder)
    assert result(folder) == result(whole)


def test_a_result_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / RESULT
    write_json(path, {"value": 1})

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_json(path, {"value": 2})
    assert caught.value.filename == str(path)
    assert read_json(path) == {"value": 1}
    assert [file.name for file in tmp_path.iterdir()] == [RESULT]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_trial_with_what_is_no_number_in_json_is_not_written(
    tmp_path: Path, value: float
) -> None:
    with Run(tmp_path, {"seed": 0}) as run, pytest.raises(ValueError, match="not JSON compliant"):
        run.append(KEY, [{"trial": 0, "value": value}])
    assert not lines(tmp_path)


def test_what_is_no_number_in_json_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / RESULT, {"value": float("nan")})
    assert not list(tmp_path.iterdir())


def test_every_refusal_is_one_of_ours() -> None:
    assert issubclass(RunMismatch, NerodeError)
    assert issubclass(FormatError, ValueError)


def test_a_folder_that_is_removed_meanwhile_is_told_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "a"
    run = Run(folder, {"world": "w"})
    run.append(("m", "x"), [{"trial": 0}])
    shutil.rmtree(tmp_path / "runs")
    run.append(("m", "x"), [{"trial": 1}])  # its file is open still
    assert [each["trial"] for each in run.records(("m", "x"), 2)] == [0, 1]
    with pytest.raises(
        MissingFile, match=r"expected the folder .*runs/a to write evaluation\.json"
    ):
        write_json(folder / "evaluation.json", {})
    run.close()


def test_a_trial_that_was_written_when_ctrl_c_came_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the line on disk and the note of its place."""

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with Run(tmp_path / "run", {"model": "a"}) as run:
        run.append(KEY, [{"trial": 0}, {"trial": 1}])
        assert run.remains().startswith("2 trials are in ")
        with monkeypatch.context() as patch:
            patch.setattr(runs._Places, "add", interrupted)
            with pytest.raises(KeyboardInterrupt):
                run.append(KEY, [{"trial": 2}])
        assert run.remains().startswith("3 trials are in ")
        with (tmp_path / "run" / TRIALS).open("ab") as file:
            file.write(b'{"model": "a", "me')  # cut, as on a full disk
        assert run.remains().startswith("3 trials are in ")
    with Run(tmp_path / "run", {"model": "a"}) as run:
        assert run.remains().startswith("3 trials are in ")
