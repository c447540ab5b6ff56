"""Training on sequences of the time when alphabets had all eight directions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from nerode.errors import RunMismatch
from nerode.models.registry import open_model
from nerode.sequences.dataset import open_sequences, write_sequences
from nerode.training import train
from nerode.worlds.registry import open_world

SMALL: Any = {"layers": 1, "width": 32, "heads": 2, "batch_size": 32, "learning_rate": 3e-3}


@pytest.fixture
def old(town: Path, tmp_path: Path) -> Path:
    """The same walks, written with all eight directions."""
    world = open_world(open_sequences(town).manifest.world).with_unused_symbols()
    write_sequences(world, "random", 400, 5, tmp_path / "old")
    return tmp_path / "old"


@pytest.mark.slow
def test_an_old_folder_trains_the_same_model(town: Path, old: Path, tmp_path: Path) -> None:
    assert open_sequences(old).manifest.alphabet != open_sequences(town).manifest.alphabet
    for name, folder in (("a", town), ("b", old)):
        train(folder, tmp_path / name, epochs=0.2, seed=1, **SMALL)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in "ab"]
    assert weights[0] == weights[1]
    world = open_world(open_sequences(town).manifest.world)
    model: Any = open_model(str(tmp_path / "b"), world)
    assert model.first_choice.name == "<bos>"


@pytest.mark.slow
def test_an_old_checkpoint_cannot_go_on(old: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    record = train(old, out, epochs=0.2, seed=1, **SMALL)
    world = open_world(record["world"])
    record["training"]["finished"] = False
    (out / "nerode.json").write_text(json.dumps(record))
    checkpoint = out / "checkpoints" / "checkpoint-2"
    checkpoint.mkdir(parents=True)
    shutil.copy(out / "config.json", checkpoint)
    config = json.loads((checkpoint / "config.json").read_text())
    tokens = len(world.with_unused_symbols().alphabet) + 2
    (checkpoint / "config.json").write_text(json.dumps(config | {"vocab_size": tokens}))
    (checkpoint / "clock.json").write_text('{"seconds": 1.0}')
    with pytest.raises(RunMismatch, match=f"expected a network with .* got one with {tokens};"):
        train(old, out, resume=True, epochs=0.2, seed=1, **SMALL)
