"""A training by the Hugging Face Trainer that is measured; also a script for several ranks.

torchrun --nproc_per_node 2 -m tests.series.trainings FOLDER REPORTER
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments

from nerode.models.hf.random_network import random_network
from nerode.models.hf.shape import Shape
from nerode.models.hf.tokenizer import tokenizer
from nerode.sequences.dataset import draw_sequences
from nerode.series.callback import WorldModelCallback
from nerode.worlds.registry import open_world

LENGTH = 12
WORLD = "cups:n=3"


class Rows(Dataset[dict[str, torch.Tensor]]):
    """Sequences of one length, the first token in front."""

    def __init__(self, count: int, first: int) -> None:
        world = open_world(WORLD)
        drawn = draw_sequences(world, "random", count, 0)
        self.rows = [[first, *drawn[i].tolist()[: LENGTH - 1]] for i in range(len(drawn))]
        self.rows = [row for row in self.rows if len(row) == LENGTH]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: int) -> dict[str, torch.Tensor]:
        row = torch.tensor(self.rows[at])
        return {"input_ids": row, "labels": row}


def trainer_of(
    folder: Path,
    *,
    attach: bool = True,
    evaluate: bool = True,
    bf16: bool = False,
    report_to: str = "tensorboard",
    **callback: Any,
) -> Any:
    """A trainer whose best model is chosen by a score of the callback; and the callback."""
    world = open_world(WORLD)
    made = tokenizer(world.alphabet)
    rows = Rows(300, int(made.bos_token_id))
    network = random_network("gpt2", world.alphabet, Shape(1, 16, 2), 64, 0)
    given: dict[str, Any] = {"every": 3, "trials": 12, "length": 6, **callback}
    measuring = WorldModelCallback(
        world, ["compression", "next_symbol"], out=folder / "series", **given
    )
    by_scores: dict[str, Any] = {
        "eval_strategy": "steps",
        "eval_steps": 3,
        "save_strategy": "steps",
        "save_steps": 3,
        "metric_for_best_model": "next_symbol_legal",
        "greater_is_better": True,
        "load_best_model_at_end": True,
    }
    arguments = TrainingArguments(
        output_dir=str(folder / "trainer"),
        max_steps=6,
        per_device_train_batch_size=8,
        logging_steps=3,
        report_to=[report_to],
        use_cpu=True,
        bf16=bf16,
        disable_tqdm=True,
        **(by_scores if evaluate else {"save_strategy": "no"}),
    )
    callbacks: list[TrainerCallback] = [measuring]
    if evaluate:  # in front of the measuring one, as users may well put it
        callbacks.insert(0, EarlyStoppingCallback(5))
    trainer = Trainer(
        model=network,
        args=arguments,
        train_dataset=rows,
        eval_dataset=rows if evaluate else None,
        callbacks=callbacks,
        processing_class=made,
    )
    if attach:
        measuring.attach(trainer)
    return trainer, measuring


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    trainer, _ = trainer_of(folder, report_to=sys.argv[2])
    trainer.train()
    if "RANK" not in os.environ:
        sys.exit()
    # A file for each rank: what two processes print to one pipe arrives mixed.
    best = folder / f"best-of-rank-{os.environ['RANK']}.txt"
    best.write_text(str(trainer.state.best_metric), encoding="utf-8")
