"""Training by two processes: the same model as by one, and one that is killed goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from nerode.sequences.batch import SequenceBatch
from nerode.training.batches import NUMBER, WEIGHT, Batches

SCRIPT = """
import sys
from nerode.training import trainer
trainer.has_bfloat16 = lambda: False  # whose rounding would hide differences
trainer.CHECKPOINT_SECONDS = 0
from nerode.cli import main
main()
"""
SMALL: tuple[str, ...] = (
    "--layers",
    "1",
    "--width",
    "32",
    "--heads",
    "2",
    "--batch-size",
    "32",
    "--seed",
    "3",
)
SMALL += ("--learning-rate", "0.003", "--quiet")


def command(script: Path, ranks: int, *words: object) -> list[str]:
    launcher = ["-m", "torch.distributed.run", "--nproc-per-node", str(ranks), "--standalone"]
    given = [str(script), "train", *map(str, words), *SMALL]
    return [sys.executable, *(launcher if ranks > 1 else []), *given]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    return path


def record(out: Path) -> Any:
    return json.loads((out / "nerode.json").read_text())["training"]


def run(words: list[str]) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("objective", ["next-token", "state", "next-latent"])
def test_two_ranks_train_the_model_of_one(
    objective: str, script: Path, town: Path, tmp_path: Path
) -> None:
    """All but rounding: sums of gradients are taken in another order."""
    for ranks in (1, 2):
        out = tmp_path / str(ranks)
        words = (town, "--out", out, "--epochs", "1.5", "--objective", objective)
        done = run(command(script, ranks, *words))
        assert done.returncode == 0, done.stderr[-2000:]
    one, two = record(tmp_path / "1"), record(tmp_path / "2")
    assert one["steps"] == two["steps"] == 18
    assert two["held_out_loss"] == pytest.approx(one["held_out_loss"], abs=2e-4)
    weights = [load_file(tmp_path / name / "model.safetensors") for name in ("1", "2")]
    for name, expected in weights[0].items():
        torch.testing.assert_close(weights[1][name], expected, atol=5e-3, rtol=0)
    assert not (tmp_path / "2" / "checkpoints").exists()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_rank_that_is_killed_ends_all_and_the_training_goes_on(
    script: Path, town: Path, tmp_path: Path
) -> None:
    whole = run(command(script, 2, town, "--out", tmp_path / "whole", "--epochs", "4"))
    assert whole.returncode == 0, whole.stderr[-2000:]
    parts = tmp_path / "parts"
    words = command(script, 2, town, "--out", parts, "--epochs", "4")
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as begun:
        while not list(parts.glob("checkpoints/checkpoint-*/clock.json")):
            assert begun.poll() is None, "it ended before a checkpoint was there"
            time.sleep(0.02)
        os.kill(rank_of(begun.pid, 1), signal.SIGKILL)
    assert begun.returncode != 0
    assert not record(parts)["finished"]
    done = run([*words, "--resume"])
    assert done.returncode == 0, done.stderr[-2000:]
    assert record(parts)["steps"] == record(tmp_path / "whole")["steps"]
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "parts"))
    for name, expected in one.items():
        torch.testing.assert_close(two[name], expected, atol=1e-5, rtol=0)


def rank_of(launcher: int, rank: int) -> int:
    """The process of a rank that a launcher has started."""
    for child in Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split():
        environment = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        if f"RANK={rank}".encode() in environment:
            return int(child)
    raise LookupError(rank)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_minutes_are_those_of_the_first_rank_and_a_mistake_is_told(
    script: Path, town: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    words = command(script, 2, town, "--out", out, "--minutes", "0.1", "--measure", "0.3")
    done = run(words)
    assert done.returncode == 0, done.stderr[-2000:]
    assert 6 <= record(out)["seconds"] < 20
    assert record(out)["measured"] >= 1
    again = run(words)
    assert again.returncode != 0
    assert "expected a new folder, got" in again.stderr


@pytest.mark.parametrize("ranks", [2, 3])
def test_parts_of_a_batch_are_the_batch(ranks: int) -> None:
    """Weighted means over parts average to the mean over the whole, also of a short last batch."""
    rng = np.random.default_rng(0)
    sequences = SequenceBatch.of([rng.integers(0, 9, length).tolist() for length in range(3, 20)])
    whole = iter(Batches(sequences, 9, 8, seed=1))
    parts = [iter(Batches(sequences, 9, 8, seed=1, rank=k, ranks=ranks)) for k in range(ranks)]
    for _ in range(9):
        batch, own = next(whole), [next(part) for part in parts]
        assert {int(each[NUMBER]) for each in own} == {int(batch[NUMBER])}
        expected = mean_label(batch)
        found = sum(mean_label(each) * float(each[WEIGHT]) for each in own) / ranks
        assert found == pytest.approx(expected)


def mean_label(batch: dict[str, torch.Tensor]) -> float:
    labels = batch["labels"]
    return float(labels[labels >= 0].double().mean())
