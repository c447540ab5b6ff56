"""Checkpoints in a folder, and watching them."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from nerode.errors import InvalidParameter, MissingFile
from nerode.models.hf.random_network import random_network
from nerode.models.hf.shape import Shape
from nerode.models.hf.tokenizer import tokenizer
from nerode.series.checkpoints import Checkpoint, checkpoints_in
from nerode.series.series import Series
from nerode.series.watch import WatchConfig, watch
from nerode.worlds.registry import open_world
from nerode.worlds.world import World

pytestmark = pytest.mark.slow
ONCE = WatchConfig(once=True)


@pytest.fixture(scope="module")
def cups() -> World[Any]:
    return open_world("cups:n=3")


def save(world: World[Any], folder: Path, seed: int = 0, *, state: bool = True) -> Path:
    network = random_network("gpt2", world.alphabet, Shape(1, 16, 2), 64, seed)
    network.save_pretrained(folder)
    tokenizer(world.alphabet).save_pretrained(folder)
    if state:
        log = [{"loss": 2.5, "step": 1}, {"eval_loss": 2.25, "step": 1}]
        (folder / "trainer_state.json").write_text(json.dumps({"log_history": log}))
    return folder


@pytest.fixture
def folder(cups: World[Any], tmp_path: Path) -> Path:
    """What the Trainer leaves: three checkpoints, and things that are none."""
    root = tmp_path / "training"
    for step in (20, 100, 30):
        save(cups, root / f"checkpoint-{step}", seed=step)
    (root / "runs").mkdir()
    (root / "checkpoint-5").mkdir()
    return root


def measured(world: World[Any], out: Path) -> Series:
    return Series(world, ["next_symbol"], out=out, baselines=[], trials=8)


def lines() -> tuple[list[tuple[int, str | None]], Callable[[Checkpoint, str | None], None]]:
    said: list[tuple[int, str | None]] = []
    return said, lambda checkpoint, reason: said.append((checkpoint.step, reason))


def test_checkpoints_come_by_their_step(folder: Path) -> None:
    assert [each.step for each in checkpoints_in(folder)] == [20, 30, 100]
    assert checkpoints_in(folder)[0].values() == {"loss": 2.5, "eval_loss": 2.25}
    with pytest.raises(MissingFile, match="no folder"):
        checkpoints_in(folder / "nowhere")


@pytest.mark.parametrize(("newest", "order"), [(False, [20, 30, 100]), (True, [100, 30, 20])])
def test_what_is_there_is_measured_in_order(
    cups: World[Any], folder: Path, tmp_path: Path, newest: bool, order: list[int]
) -> None:
    series = measured(cups, tmp_path / "s")
    said, report = lines()
    watch(series, folder, WatchConfig(once=True, newest_first=newest), report)
    assert said == [(step, None) for step in order]
    assert series.steps == [20, 30, 100]
    assert series.folder.steps()[30].values == {"loss": 2.5, "eval_loss": 2.25}
    again, report = lines()
    watch(measured(cups, tmp_path / "s"), folder, ONCE, report)
    assert again == [], "what is measured stays"


def test_only_multiples_of_a_number_of_steps(
    cups: World[Any], folder: Path, tmp_path: Path
) -> None:
    said, report = lines()
    watch(measured(cups, tmp_path / "s"), folder, WatchConfig(once=True, every=50), report)
    assert said == [(100, None)]


def written(*folders: Path, seconds_ago: float) -> None:
    """Let all files look as if they were written then."""
    then = time.time() - seconds_ago
    for folder in folders:
        for path in folder.iterdir():
            os.utime(path, (then, then))


def test_half_written_checkpoints_wait(cups: World[Any], folder: Path, tmp_path: Path) -> None:
    half = save(cups, folder / "checkpoint-200", state=False)
    weights = (half / "model.safetensors").read_bytes()
    (half / "model.safetensors").write_bytes(weights[:-100])
    early = save(cups, folder / "checkpoint-300", state=False)  # nothing says that it is whole yet
    written(early, half, seconds_ago=-600)  # still new however long the first ones take
    series = measured(cups, tmp_path / "s")
    said, report = lines()
    watch(series, folder, ONCE, report)
    assert [(step, reason is None) for step, reason in said] == [
        (20, True), (30, True), (100, True), (200, False), (300, False)
    ]  # fmt: skip
    assert "written whole" in str(dict(said)[200])
    written(early, half, seconds_ago=60)
    said, report = lines()
    watch(series, folder, ONCE, report)
    assert [(step, reason is None) for step, reason in said] == [(300, True), (200, False)]


def test_what_cannot_be_measured_is_one_line_and_the_rest_goes_on(
    cups: World[Any], folder: Path, tmp_path: Path
) -> None:
    broken = random_network("gpt2", cups.alphabet, Shape(1, 16, 2), 64, 0)
    with torch.no_grad():
        next(iter(broken.parameters())).fill_(torch.nan)
    broken.save_pretrained(folder / "checkpoint-30")
    save(open_world("othello:size=4"), folder / "checkpoint-40")
    gone = save(cups, folder / "checkpoint-50")
    series = measured(cups, tmp_path / "s")
    attempt = series.attempt

    def deleting(model: Any, step: int, **given: Any) -> Any:
        if step == 50:
            shutil.rmtree(gone)
        return attempt(model, step, **given)

    series.attempt = deleting  # type: ignore[method-assign]
    said, report = lines()
    watch(series, folder, ONCE, report)
    reasons = dict(said)
    assert [step for step, _ in said] == [20, 30, 40, 50, 100]
    assert "expected finite weights" in str(reasons[30])
    assert "symbols of cups" in str(reasons[40])
    assert "no folder" in str(reasons[50])
    assert reasons[100] is None
    assert all("\n" not in str(reason) for reason in reasons.values())
    assert series.steps == [20, 100]
    kept = measured(cups, tmp_path / "s").folder.steps()
    assert kept[30].failed == reasons[30]


def test_a_killed_watch_ends_with_the_same_series(
    cups: World[Any], folder: Path, tmp_path: Path
) -> None:
    whole, killed = measured(cups, tmp_path / "whole"), measured(cups, tmp_path / "killed")
    watch(whole, folder, ONCE, lines()[1])

    def report(checkpoint: Checkpoint, _: str | None) -> None:
        if checkpoint.step == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(killed, folder, ONCE, report)
    watch(killed, folder, ONCE, lines()[1])
    assert killed.steps == whole.steps
    for step in whole.steps:
        assert killed.evaluation(step).record == whole.evaluation(step).record


def test_numbers_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="1 or more steps, got 0"):
        WatchConfig(every=0)
    with pytest.raises(InvalidParameter, match="more than 0 seconds"):
        WatchConfig(poll=0)
