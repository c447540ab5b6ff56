"""The callback of the Hugging Face Trainer, in trainings of six steps."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)
from torch import nn

from nerode.errors import InvalidParameter
from nerode.series.callback import WorldModelCallback
from nerode.series.live import unwrapped
from nerode.series.series import Series
from nerode.worlds.registry import open_world
from tests.series.trainings import WORLD, trainer_of

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
NAME = "eval_next_symbol_legal"


def logged(folder: Path) -> list[tuple[int, float]]:
    """What TensorBoard has of a score."""
    found: list[tuple[int, float]] = []
    for path in {each.parent for each in folder.rglob("events.*")}:
        events: Any = EventAccumulator(str(path))
        events.Reload()
        if "eval/next_symbol_legal" in events.Tags()["scalars"]:
            found += [(each.step, each.value) for each in events.Scalars("eval/next_symbol_legal")]
    return sorted(found)


def test_scores_are_where_the_trainer_and_its_reporters_look(tmp_path: Path) -> None:
    trainer, callback = trainer_of(tmp_path)
    trainer.train()
    assert callback.series.steps == [3, 6]
    values = [callback.series.scores(step)["next_symbol/legal"] for step in (3, 6)]
    assert trainer.state.best_metric == max(values)
    history = {e["step"]: e[NAME] for e in trainer.state.log_history if NAME in e}
    assert history == dict(zip((3, 6), values, strict=True))
    assert [step for step, _ in logged(tmp_path)] == [3, 6]
    assert [value for _, value in logged(tmp_path)] == pytest.approx(values)
    losses = callback.series.folder.steps()[6].values
    assert isinstance(losses, dict)
    assert {"loss", "eval_loss"} <= set(losses)


def test_without_attaching_the_best_model_is_chosen_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trainer, callback = trainer_of(tmp_path, attach=False)
    trainer.train()
    assert "`callback.attach(trainer)` puts it in front" in caplog.text
    assert trainer.state.best_metric is not None
    assert callback.series.steps == [3, 6]
    assert logged(tmp_path) == []


def test_without_an_evaluation_scores_are_logged_alone(tmp_path: Path) -> None:
    trainer, callback = trainer_of(tmp_path, evaluate=False)
    trainer.train()
    assert callback.series.steps == [3, 6]
    assert [step for step, _ in logged(tmp_path)] == [3, 6]


def test_a_training_that_is_measured_is_the_training_that_is_not(tmp_path: Path) -> None:
    """Weights and random states at the end are those of a training without measurements."""
    ends = []
    for name, every in (("with", 2), ("without", 1000)):
        torch.manual_seed(3)
        trainer, _ = trainer_of(tmp_path / name, evaluate=False, every=every)
        trainer.train()
        state = trainer.model.state_dict()
        ends.append((state, torch.random.get_rng_state()))
    (one, random), (other, same) = ends
    assert torch.equal(random, same)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_one_of_two_ranks_measures_and_both_go_on(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [
            *[sys.executable, "-m", "torch.distributed.run", "--standalone"],  # a port that is free
            *["--nproc_per_node", "2", "-m", "tests.series.trainings", str(tmp_path)],
            "tensorboard",
        ],
        cwd=root,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    best = [path.read_text(encoding="utf-8") for path in tmp_path.glob("best-of-rank-*.txt")]
    assert len(best) == 2
    assert len(set(best)) == 1, "both ranks chose by the same score"
    assert 0 < float(best[0]) <= 1
    series = Series(
        open_world(WORLD), ["compression", "next_symbol"], out=tmp_path / "series", trials=12,
        length=6,
    )  # fmt: skip
    assert series.steps == [3, 6]


def test_scores_are_in_trackios_database(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    # A process of its own: trackio keeps threads.
    done = subprocess.run(
        [sys.executable, "-m", "tests.series.trainings", str(tmp_path), "trackio"],
        cwd=root,
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(root),
            "TRACKIO_DIR": str(tmp_path / "trackio"),
            "HF_HUB_OFFLINE": "1",
            "GRADIO_ANALYTICS_ENABLED": "False",
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    series = Series(
        open_world(WORLD), ["compression", "next_symbol"], out=tmp_path / "series", trials=12,
        length=6,
    )  # fmt: skip
    (database,) = (tmp_path / "trackio").glob("*.db")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("select metrics from metrics").fetchall()
    found = [json.loads(metrics) for (metrics,) in rows]
    name = NAME.replace("eval_", "eval/")
    scores = {each["train/global_step"]: each[name] for each in found if name in each}
    assert scores == {step: series.scores(step)["next_symbol/legal"] for step in (3, 6)}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"every": 5, "share": 0.1}, "every or share"),
        ({"every": 0}, "1 or more steps"),
        ({"share": 1.5}, "between 0 and 1"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(given: Any, words: str) -> None:
    with pytest.raises(InvalidParameter, match=words):
        WorldModelCallback(open_world(WORLD), **given)


def test_split_weights_are_refused_in_one_line() -> None:
    class FullyShardedDataParallel(nn.Module):
        pass

    with pytest.raises(InvalidParameter, match="nerode watch"):
        unwrapped(FullyShardedDataParallel())
