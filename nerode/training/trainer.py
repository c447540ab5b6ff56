"""The Hugging Face Trainer, told what this project needs of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader
from transformers import (
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    integrations,
)

from nerode.training.batches import Batches
from nerode.training.checkpoints import Checkpoints
from nerode.training.held_out import HeldOut, Measured
from nerode.training.reporter import Reporter
from nerode.training.schedule import Clock, rate
from nerode.training.settings import Settings

LOG_SECONDS = 2.0
MEASURE_SHARE = 20
"""Held-out measurements take at most one part in so many of the time."""
CHECKPOINT_SECONDS = 60.0
WEIGHT_DECAY = 0.1
BETAS = (0.9, 0.98)


@dataclass
class Watch:
    """What is known of a training while it goes on."""

    clock: Clock
    held_out: HeldOut | None
    reporter: Reporter
    loss: float | None = None
    measured: Measured | None = None
    measuring: float = 0.0
    logged: float = field(default_factory=time.monotonic)
    saved: float = field(default_factory=time.monotonic)

    def measure(self, network: Any) -> Measured | None:
        """Held-out loss and legal share of the network as it is now."""
        if self.held_out is None:
            return None
        began = time.monotonic()
        network.eval()
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
    """Decides after each step whether to log, to save and to stop."""

    def __init__(self, watch: Watch, saving: Checkpoints) -> None:
        self.watch = watch
        self.saving = saving

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self.watch.clock.start()
        self.watch.show(state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        now = time.monotonic()
        done = self.watch.clock.progress(state.global_step) >= 1
        if done or now - self.watch.logged >= LOG_SECONDS:
            self.watch.logged = now
            control.should_log = True
        if not done and now - self.watch.saved >= CHECKPOINT_SECONDS:
            self.watch.saved = now
            control.should_save = True
        control.should_training_stop = done

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self.saving.complete(state.global_step, self.watch.clock.elapsed)


class _Trainer(Trainer):
    """A Trainer that takes ready batches and adds held-out measurements to its log."""

    def __init__(self, batches: Batches, watch: Watch, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.batches = batches
        self.watch = watch

    def get_train_dataloader(self) -> Any:
        return DataLoader(self.batches, batch_size=None)

    def log(self, logs: dict[str, float], *arguments: Any) -> None:
        if "loss" in logs:
            watch, step = self.watch, self.state.global_step
            watch.loss = logs["loss"]
            if watch.measure_due and (measured := watch.measure(self.model)):
                logs = logs | {"held_out_loss": measured.loss, "legal": measured.legal}
            if watch.clock.progress(step) < 1:
                watch.show(step)  # the last time is after the last measurement
        super().log(logs, *arguments)


def has_bfloat16() -> bool:
    """Whether this device multiplies matrices faster in bfloat16 than in float32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def build_trainer(
    network: Any,
    batches: Batches,
    settings: Settings,
    watch: Watch,
    saving: Checkpoints,
    *,
    tensorboard: bool,
) -> Trainer:
    """A Trainer for a network that is on its device already.

    AdamW with decay on matrices only, gradients clipped to norm 1, bfloat16 where the
    device has it.
    """
    on_gpu = torch.cuda.is_available()
    arguments = TrainingArguments(
        output_dir=str(saving.folder.checkpoints),
        max_steps=watch.clock.steps or 10**9,
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
        # The batches themselves start where the checkpoint stopped.
        ignore_data_skip=True,
    )
    optimizer = _optimizer(network, settings.learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: rate(watch.clock.progress(step))
    )
    callbacks = [_Guide(watch, saving)]
    if tensorboard:
        callbacks.append(_tensorboard(saving.folder.path / "tensorboard"))
    trainer = _Trainer(
        batches,
        watch,
        model=network,
        args=arguments,
        callbacks=callbacks,
        optimizers=(optimizer, schedule),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _optimizer(network: Any, learning_rate: float) -> torch.optim.Optimizer:
    parameters = list(network.parameters())
    groups = [
        {"params": [part for part in parameters if part.dim() > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [part for part in parameters if part.dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=BETAS, fused=True)


def _tensorboard(folder: Path) -> Any:
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  an extra

    library: Any = integrations
    return library.TensorBoardCallback(SummaryWriter(str(folder)))
