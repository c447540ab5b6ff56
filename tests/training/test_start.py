"""Trainings that begin with the weights of another model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from nerode.errors import MissingFile, ModelMismatch, NerodeError
from nerode.models.bundled import folder_of
from nerode.models.hf.random_network import random_network
from nerode.models.hf.shape import ARCHITECTURES, Shape
from nerode.models.hf.tokenizer import tokenizer
from nerode.training import loop, train
from nerode.training.start import begin_with
from nerode.worlds.registry import open_world
from tests.training.test_train import interrupted_after

SMALL: Any = {"layers": 1, "width": 32, "heads": 2, "batch_size": 32, "learning_rate": 3e-3}
ALPHABET = ("end", "N", "S")


def saved(folder: Path, architecture: str, width: int = 32) -> Path:
    """A folder with a network of random weights, its seed 1."""
    made: Any = random_network(architecture, ALPHABET, Shape(1, width, 2), 16, 1)
    made.save_pretrained(folder)
    tokenizer(ALPHABET).save_pretrained(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_all_weights_are_those_of_the_model(architecture: str, tmp_path: Path) -> None:
    theirs = saved(tmp_path, architecture)
    ours: Any = random_network(architecture, ALPHABET, Shape(1, 32, 2), 16, 2)
    other: Any = random_network(architecture, ALPHABET, Shape(1, 32, 2), 16, 1)
    tokens = torch.tensor([[4, 1, 2, 2, 0]])
    with torch.no_grad():
        expected = other.eval()(tokens).logits
        assert not torch.equal(ours.eval()(tokens).logits, expected)
        begin_with(str(theirs), ours, tokenizer(ALPHABET))
        assert torch.equal(ours.eval()(tokens).logits, expected)


@pytest.mark.long
def test_a_training_goes_on_from_what_another_has_learned(town: Path, tmp_path: Path) -> None:
    first = train(town, tmp_path / "first", epochs=3, seed=1, **SMALL)
    second = train(
        town, tmp_path / "second", epochs=0.1, seed=2, start_from=str(tmp_path / "first"), **SMALL
    )
    fresh = train(town, tmp_path / "fresh", epochs=0.1, seed=2, **SMALL)
    losses = [each["training"]["held_out_loss"] for each in (first, second, fresh)]
    assert losses[1] == pytest.approx(losses[0], abs=0.1)
    assert losses[2] > losses[0] + 0.3
    assert second["training"]["settings"]["start_from"] == str(tmp_path / "first")


@pytest.mark.long
def test_a_training_that_is_resumed_does_not_begin_again(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(town, tmp_path / "first", epochs=1, seed=1, **SMALL)
    more: Any = {"epochs": 0.5, "seed": 2, "start_from": str(tmp_path / "first"), **SMALL}
    train(town, tmp_path / "whole", **more)
    with monkeypatch.context() as patched:
        interrupted_after(tmp_path / "parts", patched, step=3)
        with pytest.raises(KeyboardInterrupt):
            train(town, tmp_path / "parts", **more)
    began: list[str] = []
    monkeypatch.setattr(loop, "begin_with", lambda name, *_: began.append(name))
    train(town, tmp_path / "parts", resume=True, **more)
    assert not began
    paths = [tmp_path / name / "model.safetensors" for name in ("whole", "parts")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "said", "architecture", "width", "symbols"),
    [
        (ModelMismatch, "expected a gpt2 to begin with, got a llama", "gpt2", 32, ALPHABET),
        (ModelMismatch, "expected weights of the size of the network", "llama", 64, ALPHABET),
        (ModelMismatch, "of the same symbols", "llama", 32, ("end", "N", "W")),
    ],
    ids=["kind", "size", "symbols"],
)
def test_a_model_that_does_not_fit_is_refused(
    error: type[NerodeError],
    said: str,
    architecture: str,
    width: int,
    symbols: tuple[str, ...],
    tmp_path: Path,
) -> None:
    theirs = saved(tmp_path, "llama")
    ours = random_network(architecture, symbols, Shape(1, width, 2), 16, 2)
    with pytest.raises(error, match=said):
        begin_with(str(theirs), ours, tokenizer(symbols))


@pytest.mark.slow
def test_bundled_models_are_found_by_their_names() -> None:
    world = open_world("midtown")
    ours = random_network("lstm", world.alphabet, Shape(1, 256, 4), 132, 3)
    begin_with("midtown-wandering", ours, tokenizer(world.alphabet))
    weights = load_file(folder_of("midtown-wandering") / "model.safetensors")
    for name, expected in weights.items():
        torch.testing.assert_close(ours.state_dict()[name], expected.float())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"heads": 4}, "of heads 4 to begin with, got .* which has heads 2"),
        ({"width": 16}, "of width 16 to begin with, got .* which has width 32"),
        ({"architecture": "gru"}, "of architecture gru to begin with, got .* architecture gpt2"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(
    more: dict[str, Any], said: str, town: Path, tmp_path: Path
) -> None:
    train(town, tmp_path / "first", epochs=0.1, **SMALL)
    settings: Any = SMALL | more | {"start_from": str(tmp_path / "first")}
    with pytest.raises(ModelMismatch, match=said):
        train(town, tmp_path / "second", epochs=0.1, **settings)
    assert not (tmp_path / "second").exists()


def test_a_folder_without_a_model_is_refused(town: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"got no file .*model\.safetensors"):
        train(town, tmp_path / "model", start_from=str(tmp_path / "none"), **SMALL)
    assert not (tmp_path / "model").exists()
