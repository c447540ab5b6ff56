"""A network in training is read as its checkpoint would be, and left as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import TrainerCallback

from nerode.models.hf.cpu.forward import CpuReader
from nerode.models.hf.random_network import random_network
from nerode.models.hf.shape import Shape
from nerode.models.hf.tokenizer import tokenizer
from nerode.models.hf.transformer import Transformer
from nerode.models.registry import open_model
from nerode.series.live import LiveNetwork
from nerode.worlds.registry import open_world
from tests.series.trainings import WORLD, trainer_of


def first_row(model: Any) -> Any:
    """The next-symbol distribution after the world's first symbol."""
    return model.read([(0,)]).probabilities[0]


@pytest.mark.slow
def test_mixed_precision_is_measured_in_full(tmp_path: Path) -> None:
    trainer, _ = trainer_of(tmp_path, evaluate=False, bf16=True, every=1000)
    world = open_world(WORLD)
    found: list[Any] = []

    class Look(TrainerCallback):
        def on_step_end(  # type: ignore[override]  # it is called with names
            self, *_: Any, model: Any, **__: Any
        ) -> None:
            wrapped = model.forward
            live = LiveNetwork.open(model, world, tokenizer=trainer.processing_class)
            with live.at_rest("network") as opened:
                assert isinstance(opened, Transformer)
                assert isinstance(opened.reader, CpuReader)  # what is checked against the module
                found.append(first_row(opened))
            assert model.forward == wrapped, "the training goes on in mixed precision"

    trainer.add_callback(Look())
    trainer.train()
    assert "_original_forward" in trainer.model.__dict__, "accelerate wraps the network otherwise"
    trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    trainer.model.save_pretrained(tmp_path / "saved")
    trainer.processing_class.save_pretrained(tmp_path / "saved")
    saved = open_model(str(tmp_path / "saved"), world)
    assert np.array_equal(found[-1], first_row(saved))
    assert not np.array_equal(found[0], found[-1])


def test_an_autocast_around_the_loop_changes_nothing() -> None:
    world = open_world(WORLD)
    made: Any = tokenizer(world.alphabet)
    network = random_network("gpt2", world.alphabet, Shape(1, 16, 2), 64, 0)
    live = LiveNetwork.open(network, world, tokenizer=made)
    with live.at_rest("network") as opened:
        plain = first_row(opened)
    with torch.autocast("cpu", dtype=torch.bfloat16), live.at_rest("network") as opened:
        assert np.array_equal(first_row(opened), plain)
