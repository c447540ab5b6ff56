"""Checkpoints are models' folders of their own, and as many are left as were asked for."""

from __future__ import annotations

import errno
import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from nerode.errors import InvalidParameter
from nerode.evaluation.evaluation import evaluate
from nerode.interrupted import remains_of
from nerode.models.registry import open_model
from nerode.training import train, trainer
from nerode.training.folder import Keep, TrainingFolder
from nerode.worlds.registry import open_world

SMALL: Any = {"layers": 1, "width": 16, "heads": 2, "batch_size": 32, "seed": 1}
STEPS = 6
"""Half an epoch of twelve batches."""


@pytest.fixture
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint is written after every step but the last."""
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0)


def steps(out: Path) -> list[int]:
    """Steps of all checkpoints of a folder, complete or not."""
    return sorted(int(path.name.split("-")[1]) for path in (out / "checkpoints").glob("*"))


@pytest.fixture(scope="module")
def kept(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training all of whose checkpoints are left."""
    out = tmp_path_factory.mktemp("kept") / "model"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "CHECKPOINT_SECONDS", 0)
        train(town, out, epochs=0.5, keep="all", quiet=True, **SMALL)
    return out


@pytest.mark.slow
def test_a_checkpoint_is_a_folder_like_the_last_one(kept: Path) -> None:
    assert steps(kept) == [1, 2, 3, 4, 5]
    same = ("config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json")
    last = json.loads((kept / "nerode.json").read_text())
    weights = {(kept / "model.safetensors").read_bytes()}
    for step in range(1, STEPS):
        checkpoint = kept / "checkpoints" / f"checkpoint-{step}"
        for name in same:
            assert (checkpoint / name).read_bytes() == (kept / name).read_bytes(), name
        weights.add((checkpoint / "model.safetensors").read_bytes())
        record = json.loads((checkpoint / "nerode.json").read_text())
        training = record.pop("training")
        assert record == {name: last[name] for name in record}
        assert training["settings"] == last["training"]["settings"]
        assert (training["steps"], training["finished"]) == (step, False)
    assert len(weights) == STEPS


@pytest.mark.slow
def test_a_checkpoint_is_measured_as_any_model(kept: Path, town: Path) -> None:
    record = json.loads((kept / "nerode.json").read_text())
    world = open_world(record["world"])
    values = []
    for folder in (kept / "checkpoints" / "checkpoint-1", kept):
        opened: Any = open_model(str(folder), world)
        assert opened.trained_on["policy"] == "random"  # so held-out sequences are held out
        found = evaluate(
            world, opened, ["next_symbol"], sequences=town, trials=20, baselines=()
        ).estimate("next_symbol", "legal")
        assert found.n > 0
        values.append(found.value)
    assert len(values) == 2


@pytest.mark.slow
@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize(
    ("keep", "left"), [(None, []), (1, [5]), (3, [3, 4, 5]), (99, [1, 2, 3, 4, 5])]
)
def test_as_many_are_left_as_were_asked_for(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: Keep | None, left: list[int]
) -> None:
    most = 0
    complete = TrainingFolder.complete_checkpoint

    def count(self: TrainingFolder, step: int, seconds: float) -> None:
        nonlocal most
        most = max(most, len(self.complete_checkpoints()))
        complete(self, step, seconds)

    monkeypatch.setattr(TrainingFolder, "complete_checkpoint", count)
    out = tmp_path / "model"
    train(town, out, epochs=0.5, keep=keep, quiet=True, **SMALL)
    assert steps(out) == left
    assert most <= max(2, keep if isinstance(keep, int) else 0)
    assert (out / "checkpoints").exists() == bool(left)


@pytest.mark.slow
@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("keep", [None, 3, "all"])
def test_a_training_that_is_resumed_keeps_them_too(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: Path, keep: Keep | None
) -> None:
    out = tmp_path / "model"
    complete = TrainingFolder.complete_checkpoint

    def stop(self: TrainingFolder, step: int, seconds: float) -> None:
        complete(self, step, seconds)
        if step == 3:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(TrainingFolder, "complete_checkpoint", stop)
        with pytest.raises(KeyboardInterrupt) as caught:
            train(town, out, epochs=0.5, keep=keep, quiet=True, **SMALL)
    at = out / "checkpoints" / "checkpoint-3"
    told = f"up to step 3 it is in {at}; with --resume it goes on from there"
    assert remains_of(caught.value) == (told,)
    (out / "checkpoints" / "checkpoint-4").mkdir()  # one that was not written to its end
    train(town, out, epochs=0.5, keep=keep, resume=True, quiet=True, **SMALL)
    assert steps(out) == {None: [], 3: [3, 4, 5], "all": [1, 2, 3, 4, 5]}[keep]
    weights = [folder / "model.safetensors" for folder in (kept, out)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


@pytest.mark.slow
def test_a_training_without_a_checkpoint_promises_nothing(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("transformers.Trainer.training_step", stop)
        with pytest.raises(KeyboardInterrupt) as caught:
            train(town, tmp_path / "model", epochs=0.5, quiet=True, **SMALL)
    told = "there is no checkpoint to go on from; with --resume it begins anew"
    assert remains_of(caught.value) == (told,)
    record = train(town, tmp_path / "model", epochs=0.5, resume=True, quiet=True, **SMALL)
    assert record["training"]["finished"]


@pytest.mark.slow
@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("part", ["tokenizer", "config", "clock"])
def test_a_disk_that_is_full_in_the_middle_of_a_checkpoint(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """The one before it is gone on from; what stands for a checkpoint is whole."""
    out, count = tmp_path / "model", 0
    places = {
        "tokenizer": "transformers.PreTrainedTokenizerFast.save_pretrained",
        "config": "transformers.GPT2Config.save_pretrained",
        "clock": "nerode.training.folder.json.dump",
    }
    errors = {
        "tokenizer": Exception("No space left on device (os error 28)"),  # as tokenizers has it
        "config": OSError(errno.ENOSPC, "No space left on device"),
        "clock": OSError(errno.ENOSPC, "No space left on device"),
    }
    with monkeypatch.context() as patched:
        whole = TrainingFolder.complete_checkpoint

        def at_step_2(self: TrainingFolder, step: int, seconds: float) -> None:
            whole(self, step, seconds)
            nonlocal count
            count += 1
            if count == 2:
                patched.setattr(places[part], full)

        def full(*_: Any, **__: Any) -> None:
            raise errors[part]

        patched.setattr(TrainingFolder, "complete_checkpoint", at_step_2)
        with pytest.raises(OSError, match="No space left") as caught:
            train(town, out, epochs=0.5, quiet=True, **SMALL)
    assert caught.value.errno == errno.ENOSPC
    assert str(caught.value.filename).startswith(str(out))
    (told,) = remains_of(caught.value)
    assert told.startswith("up to step 2 it is in ")
    record = train(town, out, epochs=0.5, resume=True, quiet=True, **SMALL)
    assert record["training"]["steps"] == STEPS


@pytest.mark.parametrize("keep", [0, -1])
def test_fewer_than_one_cannot_be_kept(town: Path, tmp_path: Path, keep: int) -> None:
    with pytest.raises(InvalidParameter, match=f"1 or more checkpoints to keep.*got {keep}"):
        train(town, tmp_path / "model", keep=keep)
    assert not (tmp_path / "model").exists()


@pytest.mark.slow
def test_a_finished_training_is_left_as_it_is(kept: Path, town: Path, tmp_path: Path) -> None:
    out = shutil.copytree(kept, tmp_path / "model")
    train(town, out, epochs=0.5, resume=True, keep=1, **SMALL)
    assert steps(out) == [1, 2, 3, 4, 5]


def test_how_many_to_keep_is_a_number_or_all(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidParameter, match="1 or more checkpoints to keep, or `all`, got 'last'"
    ):
        train(tmp_path / "sequences", tmp_path / "model", keep="last")  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_training_too_short_for_a_checkpoint_leaves_no_folder_of_them(
    town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(town, tmp_path / "model", epochs=0.1, keep="all", quiet=True, **SMALL)
    assert "no checkpoint is left to keep" in capsys.readouterr().err
    assert (tmp_path / "model" / "model.safetensors").is_file()
    assert not (tmp_path / "model" / "checkpoints").exists()
