"""A user's mistake ends in one clear line and exit code 2, and what was measured stays."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nerode.models.hf.gpt2 import network
from nerode.models.hf.shape import Shape
from nerode.models.hf.tokenizer import tokenizer
from nerode.sequences.dataset import write_sequences
from nerode.worlds.cayley import Cayley
from nerode.worlds.world import World
from tests.terminal import Nerode, Said, runner
from tests.towns import write_map

PLACES = [(40.75, -73.98), (40.76, -73.98), (40.77, -73.98)]
STREETS = [(0, "N", 1), (1, "N", 2), (1, "S", 0), (2, "S", 1)]
SMALL = ("--trials", 3, "--samples", 2, "--baselines", "none", "--quiet")


@pytest.fixture
def nerode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    return runner(monkeypatch, capsys)


def assert_refused(said: Said, *told: Any) -> None:
    """One line that starts with what it is, names what was wrong, and says nothing else."""
    assert said.code == 2, said
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    for words in told:
        assert str(words) in said.err


# Street maps


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "lines", "told"),
    [
        ("edges.csv", ["c0,N,c1", "c1,E,c9"], ("edges.csv:3", "c9")),
        ("edges.csv", ["c9,N,c1"], ("edges.csv:2", "c9")),
        ("edges.csv", ["c0,N,c1", "c1,S,c0", "c0,N,c2"], ("edges.csv:4", "N from c0", "line 2")),
        ("edges.csv", ["c0,N,c1", "c1,north,c0"], ("edges.csv:3", "north")),
        ("edges.csv", ["c0,N"], ("edges.csv:2", "c0,N")),
        ("edges.csv", [], ("edges.csv",)),
        ("nodes.csv", [], ("nodes.csv",)),
        ("nodes.csv", ["c0,40,-74", "c0,41,-74"], ("nodes.csv:3", "c0")),
        ("nodes.csv", ["c0,forty,-74"], ("nodes.csv:2", "forty")),
    ],
)
@pytest.mark.parametrize("command", ["evaluate", "sequences", "score"])
def test_a_street_map_that_is_none(
    nerode: Nerode,
    tmp_path: Path,
    command: str,
    file: str,
    lines: list[str],
    told: tuple[str, ...],
) -> None:
    write_map(tmp_path / "map", PLACES, STREETS)
    header = {"edges.csv": "node,direction,neighbor", "nodes.csv": "osmid,lat,lon"}[file]
    (tmp_path / "map" / file).write_text("\n".join([header, *lines]) + "\n")
    more: dict[str, tuple[Any, ...]] = {
        "evaluate": ("oracle", *SMALL, "--out", tmp_path / "out"),
        "sequences": ("--policy", "random", "--count", 3, "--out", tmp_path / "out"),
        "score": (tmp_path / "none.txt",),
    }
    said = nerode(command, f"street-map:{tmp_path / 'map'}", *more[command])
    assert_refused(said, tmp_path / "map" / file, *told)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_files_that_are_empty_or_not_there(nerode: Nerode, tmp_path: Path) -> None:
    write_map(tmp_path / "map", PLACES, STREETS)
    world = f"street-map:{tmp_path / 'map'}"
    (tmp_path / "empty.txt").write_text("")
    assert_refused(nerode("score", world, tmp_path / "empty.txt"), "empty.txt:1", "empty")
    assert_refused(nerode("score", world, tmp_path / "none.txt"), "none.txt")
    assert_refused(nerode("score", world, tmp_path), tmp_path)
    for name in ("nodes.csv", "edges.csv"):
        kept = (tmp_path / "map" / name).read_bytes()
        (tmp_path / "map" / name).write_bytes(b"")
        assert_refused(nerode("evaluate", world, "oracle"), f"{name}:1")
        (tmp_path / "map" / name).unlink()
        assert_refused(nerode("evaluate", world, "oracle"), name)
        (tmp_path / "map" / name).write_bytes(kept)
    assert_refused(nerode("evaluate", f"street-map:{tmp_path / 'nowhere'}", "oracle"), "nowhere")
    assert_refused(
        nerode("evaluate", f"street-map:{tmp_path / 'empty.txt'}", "oracle"), "empty.txt"
    )


def test_a_sequence_with_an_unknown_symbol(nerode: Nerode, tmp_path: Path) -> None:
    write_map(tmp_path / "map", PLACES, STREETS)
    (tmp_path / "a.txt").write_text("down left\nup\n")
    said = nerode("score", f"street-map:{tmp_path / 'map'}", tmp_path / "a.txt", "--json")
    assert_refused(said, f"{tmp_path / 'a.txt'}:1", "unknown symbol 'down'")


# Names and numbers


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("evaluate",), ("world", "`nerode evaluate --help`")),
        (("evaluate", "midtown"), ("model", "`nerode evaluate --help`")),
        (("evaluate", "midtown", "oracle", "more"), ("more",)),
        (("evaluate", "midtown", "oracle", "--trials", "x"), ("--trials", "integer")),
        (("evaluate", "midtown", "oracle", "--trails", "3"), ("--trails", "--trials")),
        (("evaluate", "midtown", "oracle", "--trials"), ("--trials",)),
        (("sequences", "midtown", "--count", "3"), ("--policy", "`nerode sequences --help`")),
        (("evaluat", "midtown"), ("evaluat", "`nerode --help`")),
        (("--bogus",), ("--bogus", "`nerode --help`")),
        (("report",), ("runs",)),
    ],
)
def test_words_that_make_no_command(
    nerode: Nerode, words: tuple[str, ...], told: tuple[str, ...]
) -> None:
    assert_refused(nerode(*words), *told)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("evaluate", "atlantis", "oracle"), ("atlantis", "midtown")),
        (("evaluate", "cayley:n=9", "oracle"), ("from 3 to 6", "9")),
        (("evaluate", "cayley:m=4", "oracle"), ("cayley:n=N",)),
        (("evaluate", "connect-four:rows=x", "oracle"), ("'x'",)),
        (("evaluate", "midtown:5", "oracle"), ("without parameters",)),
        (("evaluate", "street-map:", "oracle"), ("FOLDER",)),
        (("evaluate", "cayley:n=3", "oracel"), ("oracel", "noisy-oracle:P")),
        (("evaluate", "cayley:n=3", "oracle:3"), ("without a parameter",)),
        (("evaluate", "cayley:n=3", "counter"), ("a street map for counter", "cayley:n=3")),
        (("evaluate", "cayley:n=3", "policy-oracle"), ("policy-oracle:POLICY", "trained on")),
        (("evaluate", "cayley:n=3", "policy-oracle:noisy"), ("cayley:n=3", "'noisy'")),
        (("evaluate", "cayley:n=3", "oracle", "--baselines", "counter"), ("a street map",)),
        (("evaluate", "cayley:n=3", "oracle", "--baselines", "policy-oracle"), ("trained on",)),
        (("evaluate", "cayley:n=3", "noisy-oracle:2"), ("from 0 to 1", "2")),
        (("evaluate", "cayley:n=3", "noisy-oracle:much"), ("'much'",)),
        (("evaluate", "cayley:n=3", "ngram:0"), ("order", "0")),
        (("evaluate", "cayley:n=3", "ngram:x"), ("'x'",)),
        (("evaluate", "cayley:n=3", "oracle", "--metrics", "precision"), ("precision", "detours")),
        (("evaluate", "cayley:n=3", "oracle", "--metrics", ""), ("got none",)),
        (("evaluate", "cayley:n=3", "oracle", "--protocol", "real"), ("real", "exact, paper")),
        (("evaluate", "cayley:n=3", "oracle", "--histories", "long"), ("long", "on-policy")),
        (("evaluate", "cayley:n=3", "oracle", "--baselines", "orcale"), ("orcale",)),
        (("evaluate", "cayley:n=3", "oracle", "--trials", 0), ("trials of at least 1", "0")),
        (("evaluate", "cayley:n=3", "oracle", "--samples", -1), ("samples of at least 0", "-1")),
        (("evaluate", "cayley:n=3", "oracle", "--epsilon", 0), ("between 0 and 1", "0")),
        (("evaluate", "cayley:n=3", "oracle", "--epsilon", "nan"), ("between 0 and 1", "nan")),
        (("evaluate", "cayley:n=3", "oracle", "--depth", 0), ("depth of at least 1", "0")),
        (("evaluate", "cayley:n=3", "oracle", "--seed", -1), ("seed from 0", "-1")),
        (("evaluate", "cayley:n=3", "noisy-oracle:0.1", "--seed", -1), ("seed from 0", "-1")),
        (("evaluate", "cayley:n=3", "ngram:2", "--seed", -1), ("seed from 0", "-1")),
        (("sequences", "cayley:n=3", "--policy", "long", "--count", 2, "--seed", 0), ("long",)),
        (
            ("sequences", "cayley:n=3", "--policy", "noisy", "--count", 2),
            ("shortest, random", "noisy"),
        ),
        (("sequences", "cayley:n=3", "--policy", "random", "--count", 0), ("count", "0")),
        (
            ("sequences", "cayley:n=3", "--policy", "random", "--count", 2, "--seed", -1),
            ("seed from 0", "-1"),
        ),
    ],
)
def test_names_and_numbers_that_there_are_not(
    nerode: Nerode, tmp_path: Path, words: tuple[Any, ...], told: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    small = SMALL if words[0] == "evaluate" else ()
    # What is given later counts, so a bad number is not replaced by a good one.
    given = (*words[:3], *small, *words[3:], "--out", out)
    if words[0] == "evaluate" and "--baselines" not in words:
        given = (*given, "--baselines", "none")
    assert_refused(nerode(*given), *told)
    assert not out.exists()


def test_words_that_the_command_line_does_not_know(nerode: Nerode) -> None:
    for words in (("evaluate",), ("fly",), ("evaluate", "cayley:n=3", "oracle", "--trials", "x")):
        said = nerode(*words)
        assert said.code == 2
        assert said.out == ""
        assert "Traceback" not in said.err


# Checkpoints and sequences


def checkpoint(folder: Path, world: World[Any]) -> Path:
    saved: Any = network(world.alphabet, Shape(layers=1, width=8, heads=2), 64, seed=3)
    saved.save_pretrained(folder)
    tokenizer(world.alphabet).save_pretrained(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), ("model.safetensors",)),
        (lambda folder: (folder / "config.json").unlink(), ("config.json",)),
        (lambda folder: (folder / "config.json").write_text("{"), ("config.json",)),
        (lambda folder: (folder / "tokenizer.json").write_text("{}"), ("tokenizer",)),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"abc"), ("safetensors",)),
        (lambda folder: (folder / "nerode.json").write_text("[]"), ("nerode.json",)),
        (shutil.rmtree, ("expected a model",)),
        (lambda folder: [file.unlink() for file in folder.iterdir()], ("config.json",)),
    ],
)
def test_a_checkpoint_that_is_none(
    nerode: Nerode, tmp_path: Path, damage: Callable[[Path], Any], told: tuple[str, ...]
) -> None:
    folder = checkpoint(tmp_path / "model", Cayley(3))
    damage(folder)
    said = nerode("evaluate", "cayley:n=3", folder, *SMALL, "--out", tmp_path / "run")
    assert_refused(said, folder, *told)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_checkpoint_of_another_vocabulary(nerode: Nerode, tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "model", Cayley(3))
    assert_refused(nerode("evaluate", "cayley:n=4", folder, *SMALL), folder, "cayley:n=4", "s3")
    (tmp_path / "file").write_text("no folder")
    said = nerode("evaluate", "cayley:n=4", tmp_path / "file", *SMALL)
    assert_refused(said, "expected a model", tmp_path / "file")


@pytest.mark.slow
def test_a_checkpoint_that_is_whole_is_measured(nerode: Nerode, tmp_path: Path) -> None:
    """The same folder, whole: what is refused above is refused for its damage."""
    folder = checkpoint(tmp_path / "model", Cayley(3))
    said = nerode("evaluate", "cayley:n=3", folder, *SMALL, "--json")
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out)["model"] == str(folder)


@pytest.mark.slow
def test_sequences_that_are_none(nerode: Nerode, tmp_path: Path) -> None:
    write_sequences(Cayley(3), "random", 40, 0, tmp_path / "s")

    def asked(world: str, model: str = "oracle", folder: str = "s") -> Said:
        return nerode("evaluate", world, model, *SMALL, "--sequences", tmp_path / folder)

    assert asked("cayley:n=3").code == 0
    assert_refused(asked("cayley:n=4"), tmp_path / "s", "cayley:n=3", "cayley:n=4")
    assert_refused(asked("cayley:n=4", "ngram:2"), tmp_path / "s", "cayley:n=3", "cayley:n=4")
    assert_refused(asked("cayley:n=3", folder="none"), tmp_path / "none")
    (tmp_path / "file").write_text("")
    assert_refused(asked("cayley:n=3", folder="file"), tmp_path / "file")
    said = nerode(
        *("evaluate", "cayley:n=3", "oracle", *SMALL, "--seed", -1),
        *("--sequences", tmp_path / "s"),
    )
    assert_refused(said, "seed from 0")
    words = ("sequences", "cayley:n=3", "--policy", "random", "--count", 5)
    assert_refused(nerode(*words, "--out", tmp_path / "s"), tmp_path / "s")
    assert_refused(nerode(*words, "--out", tmp_path / "file"), tmp_path / "file")
    (tmp_path / "s" / "held_out-00000.parquet").write_bytes(b"PAR1")
    assert_refused(asked("cayley:n=3"), "held_out-00000.parquet")
    (tmp_path / "s" / "manifest.json").write_text("{}")
    assert_refused(asked("cayley:n=3"), "manifest.json")
    assert_refused(nerode("train", tmp_path / "none", "--out", tmp_path / "m"), tmp_path / "none")


# Runs and reports


@pytest.fixture
def run(nerode: Nerode, tmp_path: Path) -> Path:
    said = nerode("evaluate", "cayley:n=3", "oracle", *SMALL, "--out", tmp_path / "run")
    assert said.code == 0
    return tmp_path / "run"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("cayley:n=3", "oracle", *SMALL, "--seed", 1), ("seed", "(0)", "got 1")),
        (("cayley:n=4", "oracle", *SMALL), ("world", "cayley:n=3", "cayley:n=4")),
        (("cayley:n=3", "uniform", *SMALL), ("model", "oracle", "uniform")),
        (("cayley:n=3", "oracle", *SMALL, "--epsilon", 0.1), ("epsilon", "0.01", "0.1")),
    ],
)
def test_a_run_that_was_begun_otherwise(
    nerode: Nerode, run: Path, words: tuple[Any, ...], told: tuple[str, ...]
) -> None:
    before = {file: file.read_bytes() for file in run.iterdir()}
    assert_refused(nerode("evaluate", *words, "--out", run), run, *told)
    assert {file: file.read_bytes() for file in run.iterdir()} == before


def test_a_run_that_is_damaged(nerode: Nerode, run: Path) -> None:
    words = ("evaluate", "cayley:n=3", "oracle", *SMALL, "--out", run)
    whole = (run / "trials.jsonl").read_bytes()
    (run / "trials.jsonl").write_bytes(whole.replace(b"\n", b"\nnonsense\n", 1))
    assert_refused(nerode(*words), f"{run / 'trials.jsonl'}:2")
    kept = [json.loads(line) for line in whole.splitlines()]
    del kept[-1]["random"]
    (run / "trials.jsonl").write_text("".join(json.dumps(record) + "\n" for record in kept))
    assert_refused(nerode(*words), f"{run / 'trials.jsonl'}:{len(kept)}", "random")
    (run / "trials.jsonl").write_bytes(whole)
    (run / "run.json").write_text("{")
    assert_refused(nerode(*words), run / "run.json")
    (run / "run.json").unlink()
    assert_refused(nerode(*words), run, "run.json")


def test_a_folder_that_cannot_be_written(nerode: Nerode, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    words = ("evaluate", "cayley:n=3", "oracle", *SMALL, "--out")
    assert_refused(nerode(*words, tmp_path / "file"), tmp_path / "file")
    assert_refused(nerode(*words, tmp_path / "file" / "run"), tmp_path / "file")
    assert_refused(nerode(*words, "/proc/nowhere"), "/proc/nowhere")
    assert_refused(nerode(*words, "/proc/two\nlines"), "/proc/two lines")


@pytest.mark.slow
def test_reports_of_what_is_no_run(nerode: Nerode, tmp_path: Path, run: Path) -> None:
    page = tmp_path / "report.html"
    (tmp_path / "empty").mkdir()
    assert_refused(nerode("report", tmp_path / "empty", "--out", page), tmp_path / "empty")
    assert_refused(nerode("report", tmp_path / "nowhere", "--out", page), tmp_path / "nowhere")
    assert_refused(nerode("report", run, "--out", tmp_path), tmp_path)
    assert_refused(nerode("report", run, "--out", "/proc/report.html"), "/proc/report.html")
    (run / "evaluation.json").write_text("{}")
    assert_refused(nerode("report", run, "--out", page), run / "evaluation.json")
    assert not page.exists()


def test_a_full_disk_is_told_with_its_file(
    nerode: Nerode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))

    file = tmp_path / "run" / "trials.jsonl"
    monkeypatch.setattr("nerode.runs.Run.append", full)
    said = nerode("evaluate", "cayley:n=3", "oracle", *SMALL, "--out", tmp_path / "run")
    told = f"no trial is in {tmp_path / 'run'} yet"
    assert_refused(said, f"{file}: No space left on device", told)


def test_nothing_is_promised_where_no_run_is_kept(
    nerode: Nerode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    class Full(io.BytesIO):
        flush = full

    monkeypatch.setattr("tempfile.TemporaryFile", Full)
    said = nerode("evaluate", "cayley:n=3", "oracle", *SMALL)
    assert_refused(said, "a temporary file in ", "No space left on device")
    assert "kept" not in said.err


@pytest.mark.slow
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """In a file system of 48 kB, made for this process alone."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    script = f"mount -t tmpfs -o size=48k tmpfs {disk} || exit 77; "
    if not shutil.which("unshare") or subprocess.run([*mount, script], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    code = "from nerode.cli import main; main()"
    script += f'"$@"; echo $?; cp -r {disk}/run {tmp_path}/kept'
    words = ["evaluate", "cayley:n=3", "oracle", "--baselines", "none", "--trials", "300", "-q"]
    command = [*mount, script, "sh", sys.executable, "-c", code, *words, "--out", f"{disk}/run"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "2\n"
    assert done.stderr.count("\n") == 1
    kept = (tmp_path / "kept" / "trials.jsonl").read_bytes().split(b"\n")[:-1]
    assert len(kept) > 100
    told = f"{len(kept)} trials are in {disk}/run; the same command goes on from there"
    assert done.stderr == f"error: {disk}/run/trials.jsonl: No space left on device; {told}\n"
    assert all("trial" in json.loads(line) for line in kept)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--degree", "1" + 30 * "0"), "a degree from 1 to 1000000"),
        (("--degree", "0"), "a degree from 1 to 1000000"),
        (("--miles", "inf"), "a finite number of miles above 0"),
        (("--noise", ""), "shares of noise like 0,0.01"),
    ],
)
def test_numbers_of_a_reconstruction_that_make_no_sense(
    nerode: Nerode, words: tuple[str, ...], told: str, town: World[Any], tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("c0 c1 N end\n")
    assert_refused(nerode("reconstruct", town.name, tmp_path / "a.txt", *words), told)


def test_trials_beyond_all_measure(nerode: Nerode) -> None:
    said = nerode("evaluate", "midtown", "oracle", "--trials", "9" * 25)
    assert_refused(said, "expected trials of at most 100000000", "9" * 25)
