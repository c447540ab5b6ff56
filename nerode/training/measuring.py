"""Measurements of the world model while `nerode train` trains: when they are made, what follows."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from nerode.errors import NerodeError
from nerode.series.best import BestStep, Patience
from nerode.series.budget import Budget
from nerode.series.series import Series
from nerode.training.checkpoints import Checkpoints
from nerode.training.measure_config import MeasureConfig
from nerode.training.trainer import TrainingProgress

BEST = "best"
"""Folder of the network that is kept as the best."""


@dataclass
class Measuring(TrainerCallback):
    """Trainer callback: measures within its share of the time, ends a training, keeps the best.

    Attributes
    ----------
    config
        How often, and what follows.
    series
        Where measurements go.
    progress
        The training's clock, and its latest losses.
    saving
        Writes the network that is kept.
    budget
        Time that went into measurements.
    stopped
        Whether the rule of `config` has ended the training.
    """

    config: MeasureConfig
    series: Series
    progress: TrainingProgress
    saving: Checkpoints
    stopped: bool = False
    budget: Budget = field(init=False)
    _patience: Patience | None = field(init=False, default=None)
    _best: BestStep | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        before = self.progress.clock.before
        spent = self.series.seconds if before else 0.0
        self.budget = Budget(self.config.share, before, spent, reserved=1)  # `finish`
        if self.config.stop is not None:
            self._patience = Patience(self.config.stop, self.series)
        if self.config.keep_best is not None:
            self._best = BestStep(self.config.keep_best, self.series)

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002 - of every callback
        state: TrainerState,
        control: TrainerControl,
        **_: object,
    ) -> None:
        """Measure where one is due, and end the training where the rule says so."""
        if self.budget.look_is_due:
            self._look(state.global_step)
        if not self.budget.is_due:
            return
        self.measure(state.global_step)
        if self._patience is not None and self._patience.is_over:
            self.stopped = True
            control.should_training_stop = True

    def measure(self, step: int) -> None:
        """Measure the network as it is; a step that cannot be measured is reported and left out."""
        began = time.monotonic()
        result = self.series.attempt(
            self.saving.network,
            step,
            tokenizer=self.saving.tokenizer,
            values=self._values(),
            at=self.budget.training,
        )
        if isinstance(result, str):
            self.progress.reporter.note(f"step {step:,} was not measured: {result}")
        elif self._best is not None and self._best.step == step:
            self._keep(step)
        self.budget.add(time.monotonic() - began)

    def _look(self, step: int) -> None:
        """See what a measurement would cost."""
        began = time.monotonic()
        estimate = self.series.look(self.saving.network, step, tokenizer=self.saving.tokenizer)
        self.budget.add_look(time.monotonic() - began, estimate)

    def finish(self, step: int) -> None:
        """Measure the last step, and the baselines once; the training is saved whatever comes."""
        self.measure(step)
        if not self.config.baselines or not self.series.folder.is_measured(step):
            return
        network, tokenizer = self.saving.network, self.saving.tokenizer
        try:
            self.series.measure_baselines(network, step, tokenizer=tokenizer)
        except (NerodeError, OSError) as error:
            self.progress.reporter.note(f"baselines were not measured: {error}")

    @property
    def results(self) -> dict[str, object]:
        """What the record of the training says of the measurements."""
        stop = {"stopped_on": str(self.config.stop)} if self.stopped else {}
        return {
            "measured": len(self.series.steps),
            "measuring": round(self.budget.spent, 1),
            **stop,
        }

    def _values(self) -> dict[str, float]:
        held_out = self.progress.measured
        found = {
            "loss": self.progress.loss,
            "held_out_loss": None if held_out is None else held_out.loss,
            "legal": None if held_out is None else held_out.legal,
        }
        return {name: value for name, value in found.items() if value is not None}

    def _keep(self, step: int) -> None:
        """Write the network as the best one, whole or not at all."""
        best = self.saving.folder.path / BEST
        part = best.with_name(f"{BEST}.part")
        shutil.rmtree(part, ignore_errors=True)
        self.saving.write(part, step, self.progress.clock.elapsed)
        shutil.rmtree(best, ignore_errors=True)
        part.rename(best)
