"""The Hugging Face Trainer, configured for symbol sequences, with callbacks for measurements."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers import (
    PreTrainedModel,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    integrations,
)

from nerode.models.hf.borders import Network
from nerode.series.ranks import Ranks
from nerode.training.batches import NUMBER, WEIGHT, Batches
from nerode.training.checkpoints import Checkpoints
from nerode.training.held_out import HeldOut, HeldOutScores
from nerode.training.objectives.next_token import NextToken
from nerode.training.objectives.objective import Objective, Read
from nerode.training.reporter import Reporter
from nerode.training.schedule import TrainingClock, rate
from nerode.training.settings import Settings

LOG_SECONDS = 2.0
MEASURE_SHARE = 20
"""Held-out measurements take at most one part in so many of the time."""
CHECKPOINT_SECONDS = 60.0
WEIGHT_DECAY = 0.1
BETAS = (0.9, 0.98)


@dataclass
class TrainingProgress:
    """State of a training that its callbacks share."""

    clock: TrainingClock
    held_out: HeldOut | None
    reporter: Reporter
    ranks: Ranks = field(default_factory=Ranks)
    loss: float | None = None
    measured: HeldOutScores | None = None
    measuring: float = 0.0
    logged: float = field(default_factory=time.monotonic)
    saved: float = field(default_factory=time.monotonic)

    def measure(self, network: PreTrainedModel) -> HeldOutScores | None:
        """Held-out loss and legal share of the network as it is now."""
        if self.held_out is None:
            return None
        began = time.monotonic()
        network.train(mode=False)
        self.measured = self.held_out.measure(network)
        network.train()
        self.measuring += time.monotonic() - began
        return self.measured

    def show(self, step: int) -> None:
        """Report what is known after so many steps."""
        legal = None if self.measured is None else self.measured.legal
        self.reporter.show(self.clock.progress(step), step, self.loss, legal)

    @property
    def measure_due(self) -> bool:
        """Whether another measurement would still take its small share of the time only."""
        return self.measuring * MEASURE_SHARE <= self.clock.elapsed


class _Guide(TrainerCallback):
    """Trainer callback: decides after each step whether to log, to save and to stop."""

    def __init__(self, progress: TrainingProgress, saving: Checkpoints) -> None:
        self.progress = progress
        self.saving = saving

    def on_train_begin(
        self,
        args: TrainingArguments,  # noqa: ARG002 - of every callback
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **_: object,
    ) -> None:
        self.progress.clock.start()
        self.progress.show(state.global_step)

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002 - of every callback
        state: TrainerState,
        control: TrainerControl,
        **_: object,
    ) -> None:
        now = time.monotonic()
        done = self.progress.clock.progress(state.global_step) >= 1
        if done or now - self.progress.logged >= LOG_SECONDS:
            self.progress.logged = now
            control.should_log = True
        if not done and now - self.progress.saved >= CHECKPOINT_SECONDS:
            self.progress.saved = now
            control.should_save = True
        control.should_training_stop = done

    def on_save(
        self,
        args: TrainingArguments,  # noqa: ARG002 - of every callback
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **_: object,
    ) -> None:
        self.progress.ranks.wait()  # each has written its part of the checkpoint
        if self.progress.ranks.is_first:
            self.saving.complete(state.global_step, self.progress.clock.elapsed)


class _Agreement(TrainerCallback):
    """Trainer callback, the last one: all ranks do what the first one has decided.

    They have clocks of their own, and the first alone measures: when to log, to save and to stop,
    and how far the training is, on which the learning rate depends, is what it says.
    """

    def __init__(self, progress: TrainingProgress, objective: Objective) -> None:
        self.progress, self.objective = progress, objective

    def on_train_begin(
        self,
        args: TrainingArguments,  # noqa: ARG002 - of every callback
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,  # noqa: ARG002
        **_: object,
    ) -> None:
        self._agree()

    def on_pre_optimizer_step(
        self,
        args: TrainingArguments,  # noqa: ARG002 - of every callback
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,  # noqa: ARG002
        **_: object,
    ) -> None:
        self.progress.ranks.share_gradients(self.objective)

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002 - of every callback
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,
        **_: object,
    ) -> None:
        decided = (control.should_log, control.should_save, control.should_training_stop)
        log, save, stop = map(bool, self._agree(*decided))
        control.should_log, control.should_save, control.should_training_stop = log, save, stop

    def _agree(self, *decided: bool) -> list[float]:
        elapsed, *agreed = self.progress.ranks.agree([self.progress.clock.elapsed, *decided])
        self.progress.clock.agreed = elapsed
        return agreed


class _Trainer(Trainer):
    """A Trainer that takes ready batches and adds held-out measurements to its log."""

    def __init__(
        self,
        network: PreTrainedModel,
        batches: Batches,
        progress: TrainingProgress,
        objective: Objective,
        **arguments: Any,
    ) -> None:
        super().__init__(model=network, **arguments)
        self.network = network
        self.batches = batches
        self.progress = progress
        self.trained_by = objective

    def get_train_dataloader(self) -> DataLoader[dict[str, Tensor]]:
        return DataLoader(self.batches, batch_size=None)

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,  # noqa: FBT001, FBT002 - as of the library
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """The objective's loss on a batch."""
        number, weight = int(inputs.pop(NUMBER)), float(inputs.pop(WEIGHT))
        loss: Any
        if isinstance(self.trained_by, NextToken):  # the network's own loss, which is faster
            loss = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        else:
            # The library clears the gradients of the network alone, after each step.
            self.trained_by.zero_grad()
            network = cast("Network", model)
            loss = self.trained_by(Read(network, inputs["input_ids"], inputs["labels"], number))
        return loss if self.batches.ranks == 1 else loss * weight

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if "loss" in logs:
            progress, step = self.progress, self.state.global_step
            progress.loss = logs["loss"]
            if progress.measure_due and (measured := progress.measure(self.network)):
                logs = logs | {"held_out_loss": measured.loss, "legal": measured.legal}
            if progress.clock.progress(step) < 1:
                progress.show(step)  # the last time is after the last measurement
        super().log(logs, start_time)


def has_bfloat16() -> bool:
    """Whether this device multiplies matrices faster in bfloat16 than in float32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def build_trainer(
    network: PreTrainedModel,
    batches: Batches,
    settings: Settings,
    progress: TrainingProgress,
    saving: Checkpoints,
    objective: Objective,
    *,
    more: Sequence[TrainerCallback] = (),
) -> Trainer:
    """A Trainer for a network that is on its device already.

    AdamW with decay on matrices only, gradients clipped to norm 1, bfloat16 where the
    device has it. Callbacks in `more` are asked after those that decide when to save and to stop.
    """
    on_gpu = torch.cuda.is_available()
    arguments = TrainingArguments(
        output_dir=str(saving.folder.checkpoints),
        max_steps=progress.clock.steps or 10**9,
        per_device_train_batch_size=settings.batch_size,
        seed=settings.seed % 2**32,
        use_cpu=not on_gpu,
        bf16=has_bfloat16(),
        logging_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        log_level="error",
        # Both would make every step wait for the device.
        logging_nan_inf_filter=False,
        dataloader_pin_memory=False,
        average_tokens_across_devices=False,
        # Others may leave out the head of the next token, for which several ranks would wait.
        ddp_find_unused_parameters=not isinstance(objective, NextToken),
        # The batches themselves start where the checkpoint stopped.
        ignore_data_skip=True,
    )
    optimizer = _optimizer([network, objective], settings.learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: rate(progress.clock.progress(step))
    )
    callbacks: list[TrainerCallback] = [_Guide(progress, saving), *more]
    if progress.ranks.of > 1:
        callbacks.append(_Agreement(progress, objective))
    if progress.reporter.tensorboard:
        callbacks.append(_tensorboard(saving.folder.path / "tensorboard"))
    trainer = _Trainer(
        network,
        batches,
        progress,
        objective,
        args=arguments,
        callbacks=callbacks,
        optimizers=(optimizer, schedule),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _optimizer(modules: Sequence[nn.Module], learning_rate: float) -> torch.optim.Optimizer:
    parameters = [part for module in modules for part in module.parameters()]
    groups = [
        {"params": [part for part in parameters if part.dim() > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [part for part in parameters if part.dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=BETAS, fused=True)


def _tensorboard(folder: Path) -> TrainerCallback:
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  an extra

    library: Any = integrations
    callback: TrainerCallback = library.TensorBoardCallback(SummaryWriter(str(folder)))
    return callback
