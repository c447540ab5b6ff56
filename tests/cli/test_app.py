"""What a command that was stopped says of what remains is true, whatever the command."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from nerode.errors import MissingFile
from nerode.runs import Run
from nerode.sequences.dataset import open_sequences, write_sequences
from nerode.sequences.store import Shards
from nerode.worlds.registry import open_world
from nerode.worlds.world import World
from tests.terminal import Nerode, Said, runner

QUIET = "--quiet"
EVALUATE = ("--trials", 8, "--samples", 2, "--baselines", "none", QUIET)


@pytest.fixture
def nerode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    return runner(monkeypatch, capsys)


def stop(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


def full(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def nth(count: int, then: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose call number `count` fails."""
    calls = 0

    def call(*words: Any, **terms: Any) -> Any:
        nonlocal calls
        calls += 1
        return then() if calls == count else function(*words, **terms)

    return call


def assert_stopped(said: Said, *remains: str) -> None:
    assert said == Said(130, "", "; ".join(("stopped", *remains)) + "\n")


def lines(run: Path) -> int:
    return (run / "trials.jsonl").read_bytes().count(b"\n")


@pytest.mark.slow
def test_an_evaluation_with_a_folder_goes_on(
    nerode: Nerode, town: World[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("evaluate", town.name, "noisy-oracle:0.2", *EVALUATE, "--json", "--out")
    run, append = tmp_path / "run", Run.append
    whole = nerode(*words, tmp_path / "whole")
    monkeypatch.setattr(Run, "append", nth(3, stop, append))
    said = nerode(*words, run)
    assert lines(run) == 16
    assert_stopped(said, f"16 trials are in {run}; the same command goes on from there")
    monkeypatch.setattr(Run, "append", append)
    assert nerode(*words, run) == whole
    monkeypatch.setattr("nerode.evaluation.evaluation.record_of", stop)
    count = lines(run)
    assert_stopped(
        nerode(*words, run), f"{count} trials are in {run}; the same command goes on from there"
    )


@pytest.mark.slow
def test_an_evaluation_that_measured_nothing_or_has_no_folder_promises_nothing(
    nerode: Nerode, town: World[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "append", stop)
    words = ("evaluate", town.name, "oracle", *EVALUATE)
    run = tmp_path / "run"
    told = f"no trial is in {run} yet; the same command begins anew"
    assert_stopped(nerode(*words, "--out", run), told)
    told = "nothing of it is on disk, for no run folder was named (--out)"
    assert_stopped(nerode(*words), told)
    monkeypatch.setattr("nerode.evaluation.subject.open_model", stop)
    assert_stopped(nerode(*words))


@pytest.mark.long
def test_control_c_in_a_process_of_its_own(town: World[Any], tmp_path: Path) -> None:
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    main = heeding + "from nerode.cli import main; main()"
    run = tmp_path / "run"
    words = ["evaluate", town.name, "noisy-oracle:0.1", "--trials", "20000", "--out", str(run)]
    with subprocess.Popen(
        [sys.executable, "-c", main, *words], stderr=subprocess.PIPE, text=True
    ) as started:
        while not ((run / "trials.jsonl").exists() and lines(run)) and started.poll() is None:
            sleep(0.02)
        started.send_signal(signal.SIGINT)
        _, said = started.communicate()
    assert started.returncode == 130
    there = f"{lines(run):,} trials are in {run}; the same command goes on from there"
    assert said.splitlines()[-1] == f"stopped; {there}"


@pytest.mark.slow
@pytest.mark.parametrize("failing", [stop, full])
@pytest.mark.parametrize("where", ["shards", "manifest"])
def test_sequences_that_are_not_all_there_are_not_there(
    nerode: Nerode,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    failing: Callable[..., Any],
) -> None:
    out = tmp_path / "s"
    words = ("sequences", "cayley:n=3", "--policy", "random", "--count", 90, "--out", out, QUIET)
    with monkeypatch.context() as patched:
        if where == "shards":
            patched.setattr(Shards, "write", nth(2, failing, Shards.write))
        else:
            patched.setattr("nerode.sequences.store.json.dump", failing)
        said = nerode(*words)
    remains = f"no sequences are left in {out}; the same command begins anew"
    if failing is stop:
        assert_stopped(said, remains)
    else:
        place = out if where == "shards" else out / "manifest.json"
        assert said == Said(2, "", f"error: {place}: No space left on device; {remains}\n")
    assert not list(out.iterdir())
    with pytest.raises(MissingFile):
        open_sequences(out)
    assert nerode(*words).code == 0
    assert open_sequences(out).manifest.train > 0


def test_a_manifest_never_outlives_its_sequences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C may come when the manifest stands already."""
    unlink = Path.unlink

    def late(self: Path, *, missing_ok: bool = False) -> None:
        unlink(self, missing_ok=missing_ok)
        if self.name == "manifest.json.part":
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "unlink", late)
    with pytest.raises(KeyboardInterrupt):
        write_sequences(open_world("cayley:n=3"), "random", 50, 0, tmp_path / "s")
    assert not list((tmp_path / "s").iterdir())


def test_text_that_finds_no_room_leaves_whole_sequences(
    nerode: Nerode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, text = tmp_path / "s", tmp_path / "s.txt"
    monkeypatch.setattr("nerode.worlds.world.World.decode", full)
    words = ("--policy", "random", "--count", 50, "--out", out, "--text", text, QUIET)
    said = nerode("sequences", "cayley:n=3", *words)
    told = f"{text}: No space left on device; the sequences in {out} are whole"
    assert said == Said(2, "", f"error: {told}\n")
    assert len(open_sequences(out).read("train")) > 0
    assert not text.exists()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small finished run."""
    from nerode.evaluation.evaluation import evaluate  # noqa: PLC0415 - only these tests need it

    out = tmp_path_factory.mktemp("run") / "run"
    world = open_world("cayley:n=3")
    evaluate(world, "oracle", trials=5, samples=2, baselines=(), out=out)
    return out


@pytest.mark.slow
@pytest.mark.parametrize("before", [True, False])
def test_a_page_is_whole_or_as_it_was(
    nerode: Nerode, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    page = tmp_path / "report.html"
    if before:
        page.write_text("the page before")
    remains = f"{page} stays as it was" if before else f"{page} is not there"
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        said = nerode("report", run, "--out", page)
        assert said == Said(2, "", f"error: {page}: No space left on device; {remains}\n")
        patched.setattr("os.fsync", stop)
        assert_stopped(nerode("report", run, "--out", page), remains)
        patched.setattr("nerode.report.page.render", stop)
        assert_stopped(nerode("report", run, "--out", page), remains)
    left = [file.read_text() for file in tmp_path.iterdir()]
    assert left == ["the page before"] * before
    assert nerode("report", run, "--out", page).code == 0
    assert page.read_text().rstrip().endswith("</html>")


def test_commands_that_write_at_the_end_say_so(
    nerode: Nerode, town: World[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tmp_path / "s.txt"
    text.write_text("c0 c1 N end\n" * 5)
    monkeypatch.setattr("nerode.evaluation.reconstruction.reconstruct_with_noise", stop)
    words = ("reconstruct", town.name, text, QUIET)
    told = "it is made in one piece; the same command begins anew"
    for more in ((), ("--out", tmp_path / "map")):
        assert_stopped(nerode(*words, *more), told)
    assert not (tmp_path / "map").exists()
    monkeypatch.setattr("nerode.worlds.streets.street_map.StreetMap.step", stop)
    assert_stopped(nerode("score", town.name, text, QUIET))


@pytest.mark.long
def test_a_demonstration_goes_on(
    nerode: Nerode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "append", stop)
    said = nerode("demo", "othello", "--out", tmp_path, QUIET)
    told = f"no trial is in {tmp_path / 'othello6-strong'} yet; the same command begins anew"
    assert (said.code, said.err) == (130, f"stopped; {told}\n")


@pytest.mark.long
def test_a_training_says_how_far_it_is(
    nerode: Nerode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where it ends well, how the model is measured: a line for the shell as it stands."""
    here = tmp_path / "it's here"
    rides, out = here / "rides", here / "model"
    write_sequences(open_world("cayley:n=3"), "random", 100, 0, rides)
    words: list[Any] = ["train", rides, "--out", out, "--epochs", 3, "--layers", 1, "--width", 16]
    words += ["--heads", 2, "--batch-size", 32, "--keep", 1, QUIET]
    monkeypatch.setattr("nerode.training.trainer.CHECKPOINT_SECONDS", 0)
    with monkeypatch.context() as patched:
        from nerode.training.checkpoints import Checkpoints  # noqa: PLC0415 - loads torch

        patched.setattr(Checkpoints, "complete", nth(3, stop, Checkpoints.complete))
        said = nerode(*words)
    at = out / "checkpoints" / "checkpoint-2"
    assert_stopped(said, f"up to step 2 it is in {at}; with --resume it goes on from there")
    done = nerode(*words, "--resume")
    assert (done.code, done.err) == (0, "")
    told, command = done.out.splitlines()[-1].split("measure it with `")
    assert told == f"{out}: "
    quoted = [f"'{path}'".replace("it's", "it'\"'\"'s") for path in (out, rides)]
    assert command == f"nerode evaluate cayley:n=3 {quoted[0]} --sequences {quoted[1]}`"
    (checkpoint,) = (out / "checkpoints").iterdir()
    assert f"{out}/checkpoints: 1, each of which can be measured" in done.out
    assert nerode("evaluate", "cayley:n=3", checkpoint, *EVALUATE).code == 0


@pytest.mark.slow
@pytest.mark.parametrize("keep", ["0", "-1", "1.5", "every", ""])
def test_checkpoints_are_kept_by_number_or_all(nerode: Nerode, tmp_path: Path, keep: str) -> None:
    said = nerode("train", tmp_path, "--out", tmp_path / "m", f"--keep={keep}")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: expected ")
    assert "`all`" in said.err
    assert said.err.count("\n") == 1
