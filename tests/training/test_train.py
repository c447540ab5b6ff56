from __future__ import annotations

import errno
import json
import random
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2LMHeadModel

from nerode.errors import InvalidParameter, MissingFile, NerodeError, RunMismatch
from nerode.models.registry import open_model
from nerode.sequences.dataset import open_sequences, write_sequences
from nerode.training import Settings, loop, train, trainer
from nerode.training.folder import TrainingFolder
from nerode.training.schedule import rate
from nerode.worlds.registry import open_world

SMALL: Any = {"layers": 1, "width": 32, "heads": 2, "batch_size": 32, "learning_rate": 3e-3}


@pytest.fixture(scope="module")
def trained(town: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """One finished training, which no test changes."""
    out = tmp_path_factory.mktemp("trained") / "model"
    return out, train(town, out, epochs=8, seed=1, **SMALL)


@pytest.mark.slow
def test_a_training_learns_and_says_so(trained: tuple[Path, dict[str, Any]]) -> None:
    out, record = trained
    training = record["training"]
    assert training["finished"]
    assert training["steps"] == 8 * 12  # 8 epochs of 12 batches: see the count of sequences
    assert training["held_out_loss"] < 1.8  # a new network is at log(20), about 3
    assert training["legal"] > 0.6
    assert record["policy"] == "random"
    assert record["sequences_seed"] == 5
    assert record["held_out"] == 0.1
    assert json.loads((out / "nerode.json").read_text()) == record
    assert not (out / "checkpoints").exists()


@pytest.mark.slow
def test_it_ends_in_a_folder_that_opens(trained: tuple[Path, dict[str, Any]], town: Path) -> None:
    out, record = trained
    model = AutoModelForCausalLM.from_pretrained(out, local_files_only=True)
    assert model.dtype == torch.float32
    assert model.config.use_cache
    auto: Any = AutoTokenizer
    tokenizer = auto.from_pretrained(out, local_files_only=True)
    world = open_world(record["world"])
    sequence = open_sequences(town).read("train")[0].tolist()
    text = world.decode(sequence)
    assert tokenizer(text)["input_ids"] == [tokenizer.bos_token_id, *sequence]
    assert model.config.pad_token_id == tokenizer.pad_token_id
    assert tokenizer.decode(sequence) == text
    opened = open_model(str(out), world)
    assert opened.context_length == 127
    assert opened.read([sequence]).probabilities.sum() == pytest.approx(1, abs=0.01)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_model(town: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(town, tmp_path / name, epochs=0.5, seed=seed, **SMALL)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in "abc"]
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]


@pytest.mark.slow
def test_the_learning_rate_follows_the_schedule(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[float] = []

    def building(*arguments: Any, **options: Any) -> Any:
        built: Any = trainer.build_trainer(*arguments, **options)
        step = built.training_step

        def noting(*inputs: Any, **named: Any) -> Any:
            rates.append(built.optimizer.param_groups[0]["lr"])
            return step(*inputs, **named)

        built.training_step = noting
        return built

    monkeypatch.setattr(loop, "build_trainer", building)
    train(town, tmp_path / "model", epochs=1, **SMALL)
    assert rates == [pytest.approx(3e-3 * rate(step / 12)) for step in range(12)]


@pytest.mark.slow
def test_global_random_states_are_put_back(town: Path, tmp_path: Path) -> None:
    def states() -> tuple[Any, ...]:
        legacy: Any = np.random.get_state()  # noqa: NPY002
        return random.getstate(), legacy[1].tolist(), torch.random.get_rng_state().tolist()

    before = states()
    train(town, tmp_path / "model", epochs=0.1, **SMALL)
    assert states() == before


@pytest.mark.slow
def test_minutes_are_kept(town: Path, tmp_path: Path) -> None:
    record = train(town, tmp_path / "model", minutes=0.05, **SMALL)
    assert 3 <= record["training"]["seconds"] < 10
    assert record["training"]["steps"] > 3


def interrupted_after(folder: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Let the next training save a checkpoint after every step, and stop it at one."""
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0)
    complete = TrainingFolder.complete_checkpoint

    def stop(self: Any, at: int, seconds: float) -> None:
        complete(self, at, seconds)
        if at == step:
            signal.raise_signal(signal.SIGINT)

    assert not folder.exists()
    monkeypatch.setattr(TrainingFolder, "complete_checkpoint", stop)


@pytest.mark.slow
def test_a_stopped_training_goes_on_as_if_nothing_had_happened(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(town, tmp_path / "whole", epochs=2, seed=3, **SMALL)
    with monkeypatch.context() as patched:
        interrupted_after(tmp_path / "parts", patched, step=15)
        with pytest.raises(KeyboardInterrupt):
            train(town, tmp_path / "parts", epochs=2, seed=3, **SMALL)
    left = json.loads((tmp_path / "parts" / "nerode.json").read_text())
    assert not left["training"]["finished"]
    # A checkpoint that was not written to its end is passed over.
    (tmp_path / "parts" / "checkpoints" / "checkpoint-99").mkdir()
    resumed = train(town, tmp_path / "parts", epochs=2, seed=3, resume=True, **SMALL)
    assert resumed["training"]["steps"] == whole["training"]["steps"] == 24
    paths = [tmp_path / name / "model.safetensors" for name in ("whole", "parts")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.slow
def test_a_training_that_is_resumed_counts_its_earlier_minutes(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "model"
    with monkeypatch.context() as patched:
        interrupted_after(out, patched, step=5)
        with pytest.raises(KeyboardInterrupt):
            train(town, out, minutes=1, **SMALL)
    clock = out / "checkpoints" / "checkpoint-5" / "clock.json"
    clock.write_text(json.dumps({"seconds": 58.5}))
    record = train(town, out, minutes=1, resume=True, **SMALL)
    assert record["training"]["steps"] > 5
    assert 60 <= record["training"]["seconds"] < 63


@pytest.mark.slow
def test_a_finished_training_is_left_as_it_is(
    trained: tuple[Path, dict[str, Any]], town: Path
) -> None:
    out, record = trained
    before = (out / "model.safetensors").stat().st_mtime_ns
    assert train(town, out, epochs=8, seed=1, resume=True, **SMALL) == record
    assert (out / "model.safetensors").stat().st_mtime_ns == before


@pytest.mark.slow
def test_a_folder_is_one_trainings_own(
    trained: tuple[Path, dict[str, Any]], town: Path, tmp_path: Path
) -> None:
    out, _ = trained
    with pytest.raises(RunMismatch, match="holds a training"):
        train(town, out, epochs=8, seed=1, **SMALL)
    with pytest.raises(RunMismatch, match="expected a training with seed 2, got one with 1"):
        train(town, out, epochs=8, seed=2, resume=True, **SMALL)
    with pytest.raises(RunMismatch, match="epochs 9, got one with 8"):
        train(town, out, epochs=9, seed=1, resume=True, **SMALL)
    other = tmp_path / "others"
    write_sequences(open_world("connect-four:rows=2"), "random", 50, 0, other)
    with pytest.raises(RunMismatch, match="world connect-four:rows=2, got one with street-map"):
        train(other, out, epochs=8, seed=1, resume=True, **SMALL)


def test_folders_that_will_not_do(town: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    with pytest.raises(InvalidParameter, match="new or empty folder"):
        train(town, tmp_path / "full", **SMALL)
    with pytest.raises(MissingFile, match=r"training to resume, got no file .*nerode\.json"):
        train(town, tmp_path / "new", resume=True, **SMALL)
    with pytest.raises(NerodeError) as caught:
        train(tmp_path / "nowhere", tmp_path / "new", **SMALL)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "error",
    [
        SafetensorError("Error while serializing: I/O error: No space left on device"),
        pytest.param(
            RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_full_disk_is_told_and_can_be_resumed_from(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(GPT2LMHeadModel, "save_pretrained", full)
        with pytest.raises(OSError, match="No space left") as caught:
            train(town, tmp_path / "model", epochs=0.1, **SMALL)
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(tmp_path / "model")
    record = train(town, tmp_path / "model", epochs=0.1, resume=True, **SMALL)
    assert record["training"]["finished"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"minutes": 1, "epochs": 1}, "minutes or epochs, got 1 minutes and 1 epochs"),
        ({"minutes": 0}, "minutes above 0, got 0"),
        ({"epochs": -1}, "epochs above 0, got -1"),
        ({"minutes": float("nan")}, "minutes above 0, got nan"),
        ({"learning_rate": 0}, "learning_rate above 0"),
        ({"batch_size": 0}, "batch size of at least 1"),
        ({"layers": 0}, "layers of at least 1"),
        ({"heads": 3}, "a width that 3 heads divide"),
        ({"seed": -1}, "seed"),
    ],
)
def test_settings_out_of_range(options: Any, words: str) -> None:
    with pytest.raises(InvalidParameter, match=words):
        Settings(**options)


def test_without_minutes_or_epochs_it_is_half_an_hour() -> None:
    assert Settings().minutes == 30
    assert Settings(epochs=2).minutes is None


@pytest.mark.slow
def test_a_world_without_prompts_and_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="the extra `tensorboard` is not installed")
    write_sequences(open_world("connect-four:rows=2"), "random", 200, 0, tmp_path / "games")
    record = train(tmp_path / "games", tmp_path / "model", epochs=1, tensorboard=True, **SMALL)
    assert 0 < record["training"]["legal"] <= 1
    assert list((tmp_path / "model" / "tensorboard").glob("events.*"))
