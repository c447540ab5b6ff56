"""Checkpoints of a training: each is a model's folder like the one that it ends with."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import save_file
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from nerode.training.folder import Keep, RecordDict, TrainingFolder, write_record

OBJECTIVE_WEIGHTS = "objective.safetensors"
FEWEST_CHECKPOINTS = 2
"""Checkpoints that there are while training goes on, whatever is left of them at the end."""


@dataclass(frozen=True)
class Checkpoints:
    """Makes the Trainer's checkpoints whole, and removes those that are not to be kept."""

    folder: TrainingFolder
    network: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    record: RecordDict
    keep: Keep = 0
    objective: nn.Module | None = None
    """What it is trained by; its own weights are kept in checkpoints, to go on from there."""

    def complete(self, step: int, seconds: float) -> None:
        """Give the checkpoint of a step its tokenizer, configuration and record."""
        self._describe(self.folder.checkpoint(step), step, seconds)
        weights = {} if self.objective is None else self.objective.state_dict()
        if weights:
            save_file(weights, self.folder.checkpoint(step) / OBJECTIVE_WEIGHTS)
        self.folder.complete_checkpoint(step, seconds)
        self.folder.drop_checkpoints(
            self.keep if self.keep == "all" else max(self.keep, FEWEST_CHECKPOINTS)
        )

    def write(self, path: Path, step: int, seconds: float) -> None:
        """Write the network as it is into a folder of its own."""
        self.network.save_pretrained(path)
        self._describe(path, step, seconds)

    def _describe(self, path: Path, step: int, seconds: float) -> None:
        """Write tokenizer, configuration and record beside the weights of a step."""
        self.tokenizer.save_pretrained(path)
        config = copy.deepcopy(self.network.config)
        # As in the folder at the end: training is faster without these.
        config.pad_token_id, config.use_cache = self.tokenizer.pad_token_id, True
        config.save_pretrained(path)
        so_far = {"steps": step, "seconds": round(seconds, 1)}
        write_record(path, {**self.record, "training": self.record["training"] | so_far})
