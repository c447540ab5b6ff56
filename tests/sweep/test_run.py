"""Sweeps are trained: what kills them changes nothing, and what fails leaves the others alone."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nerode.report.sweep.arms import read_sweep
from nerode.report.sweep.table import comma_separated
from nerode.sweep.arms import arms_of
from nerode.sweep.config import SweepConfig
from nerode.sweep.folder import SweepFolder
from nerode.sweep.run import run_sweep
from nerode.worlds.registry import open_world

COMMAND = [
    *(sys.executable, "-c", "from nerode.cli import main; main()"),
    *("sweep", "cups", "--grid", "objective=next-token,next-latent", "--grid", "count=1000"),
    *("--grid", "layers=1", "--grid", "width=16", "--seeds", "2", "--epochs", "1"),
    *("--trials", "20", "--samples", "5", "--metrics", "next_symbol,compression,distinction"),
    *("--measure", "0", "--jobs", "2", "--quiet"),
]


def start(out: Path, cwd: Path | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*COMMAND, "--out", str(out)], stdout=subprocess.DEVNULL, cwd=cwd)


def table(out: Path) -> str:
    sweep = read_sweep(out)
    return comma_separated(sweep, sweep.rows)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_sweep_that_is_killed_five_times_ends_with_the_same_table(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert start(whole).wait(timeout=500) == 0
    rng, kills = random.Random(5), 0  # noqa: S311 - no secret
    while kills < 5:
        process = start(killed)
        try:
            process.wait(timeout=rng.uniform(1, 11))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        else:
            # It came to its end before: what is left of a model is trained again.
            assert process.returncode == 0
            break
    # From another folder, and so by another path.
    assert start(Path("killed"), cwd=tmp_path).wait(timeout=500) == 0
    assert kills >= 3
    assert table(killed) == table(whole)
    assert not read_sweep(killed).missing


@pytest.mark.long
def test_processes_end_with_the_one_that_leads(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    process = start(out)
    deadline = time.monotonic() + 120
    while not (out / "logs").is_dir() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    while _running(out) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _running(out)
    with SweepFolder(out).alone():  # the lock went with them
        pass


def _running(out: Path) -> list[str]:
    """Processes of trainings of this sweep that are alive."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except (OSError, UnicodeDecodeError):
            continue
        if "nerode.sweep.cell" in words and str(out) in words:
            found.append(entry.name)
    return found


@pytest.mark.long
def test_a_training_that_fails_leaves_the_others_alone(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    config = SweepConfig(
        arms=arms_of(["layers=1", "width=16", "count=500"], ["width=15 heads=3", "heads=2"]),
        seeds=1,
        epochs=0.5,
        metrics=["next_symbol"],
        trials=5,
        measure=None,
    )
    SweepFolder(out).begin(config.terms(open_world("cups")))
    broken = out / "trainings" / "width-15-heads-3" / "0" / "nerode.json"
    broken.parent.mkdir(parents=True)
    broken.write_text("{}")
    ended = {each.cell.arm: each.failed for each in run_sweep("cups", config, out, jobs=1)}
    assert set(ended) == {"next-token", "width 15, heads 3", "heads 2"}
    assert ended["next-token"] is None
    assert ended["heads 2"] is None
    failed = ended["width 15, heads 3"]
    assert failed is not None
    assert "nerode.json" in failed
    assert "logs" in failed
    broken.unlink()
    again = list(run_sweep("cups", config, out, jobs=1))
    assert [(each.cell.arm, each.failed) for each in again] == [("width 15, heads 3", None)]
