"""A callback of the Hugging Face Trainer: a world model's scores among its metrics.

The Trainer asks its callbacks in a fixed order, and too late for most of what one wants of a score.
`evaluate` puts its metrics together, logs them (`on_log`, reporters first), and calls `on_evaluate`
only then; the best model is chosen from the metrics after that. So scores are measured in `on_log`,
in front of all reporters where the callback is attached, and written into the very metrics that the
Trainer goes on with. There `metric_for_best_model`, `EarlyStoppingCallback` and every `report_to`
read them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Unpack

from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from nerode.errors import InvalidParameter
from nerode.metrics.registry import GivenMetric
from nerode.series.budget import Budget
from nerode.series.config import SERIES_METRICS, SeriesFields
from nerode.series.ranks import Ranks
from nerode.series.scores import flat_scores
from nerode.series.series import Series
from nerode.worlds.world import AnyWorld

_LOG = logging.getLogger(__name__)


METRIC_PREFIX = "eval_"
"""What the Trainer puts in front of the metrics of its evaluations."""
STEPS_BETWEEN = 10
"""Under several ranks, the first one says every so many steps whether a measurement is due."""


class WorldModelCallback(TrainerCallback):
    """Measure a network's world model while the Trainer trains it.

    Scores are called `eval_METRIC_SCORE`, such as `eval_compression_precision`, so that
    `TrainingArguments(metric_for_best_model="compression_precision")` chooses by one of them.

    They are measured at every evaluation of the Trainer, and where `every` or `share` say so: then
    an evaluation is asked for if the Trainer has an `eval_dataset`, else scores are logged alone.
    Without `every` and `share`, `share` is 0.05.

    Parameters
    ----------
    world
        The world that the network is to know.
    metrics
        As `Series` takes them.
    every
        Measure every so many steps.
    share
        Measure as often as this share of the time that the training takes by itself allows.
    out
        Folder of the series; a training that is resumed goes on with it.
    config
        The fields of `SeriesConfig`.

    Raises
    ------
    InvalidParameter
        For numbers that make no sense, and as `Series` does.

    Examples
    --------
    ::

        callback = WorldModelCallback(world, every=500, out="runs/series")
        trainer = Trainer(..., callbacks=[callback], processing_class=tokenizer)
        callback.attach(trainer)  # so that TensorBoard, W&B and others get the scores too
        trainer.train()

    Notes
    -----
    Under several ranks the first one measures, the others wait for its scores. Networks whose
    weights are split over ranks (FSDP, DeepSpeed ZeRO-3) are not measured in a training: `nerode
    watch` measures their checkpoints.
    """

    def __init__(
        self,
        world: AnyWorld,
        metrics: Sequence[GivenMetric] = SERIES_METRICS,
        *,
        every: int | None = None,
        share: float | None = None,
        out: Path | str | None = None,
        **config: Unpack[SeriesFields],
    ) -> None:
        if every is not None and share is not None:
            raise InvalidParameter(f"expected every or share, got {every} and {share}")
        if every is not None and every < 1:
            raise InvalidParameter(f"expected every as 1 or more steps, got {every}")
        if share is not None and not 0 < share < 1:
            raise InvalidParameter(f"expected a share between 0 and 1, got {share}")
        self.every = every
        self.share = 0.05 if every is None and share is None else share
        self._given = (world, metrics, out, config)
        self._series: Series | None = None
        self._budget = Budget(self.share or 0.5)
        self._trainer: Trainer | None = None
        self._found_ranks: Ranks | None = None
        self._scores: dict[int, dict[str, float]] = {}

    @property
    def series(self) -> Series:
        """The series that is measured; of the first rank alone."""
        if self._series is None:
            world, metrics, out, config = self._given
            # Baselines are no part of a training: `nerode watch --once` or `Series` adds them.
            self._series = Series(world, metrics, out=out, baselines=[], **config)
        return self._series

    def attach(self, trainer: Trainer) -> WorldModelCallback:
        """Stand in front of a trainer's other callbacks, so that its reporters get the scores."""
        callbacks: list[TrainerCallback] = trainer.callback_handler.callbacks
        if self in callbacks:
            callbacks.remove(self)
        callbacks.insert(0, self)
        self._trainer = trainer
        return self

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: Any,
    ) -> None:
        """Begin to count time; check what can be checked before the first step."""
        if self._ranks.is_first:
            _ = self.series
        if self._trainer is None and args.report_to and state.is_world_process_zero:
            _LOG.warning(
                "WorldModelCallback: the scores do not reach %s, which is asked first; "
                "`callback.attach(trainer)` puts it in front",
                ", ".join(args.report_to),
            )
        self._budget = Budget(self.share or 0.5)

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: Any,
    ) -> None:
        """Ask for an evaluation where a measurement is due, or measure where there is none."""
        if not self._is_due(state, others):
            return
        if args.eval_strategy != "no" or self._has_eval_data():
            control.should_evaluate = True
            return
        scores = self._measured(state, others)
        if self._trainer is not None and scores:
            self._trainer.log(dict(scores))

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **others: Any,
    ) -> None:
        """Put the scores into the metrics of an evaluation before anybody reads them."""
        if logs is None or not any(name.startswith(METRIC_PREFIX) for name in logs):
            return
        if any(name in logs for name in self._scores.get(state.global_step, {})):
            return  # what was logged are these scores
        scores = self._measured(state, others, logs)
        logs.update(scores)
        if state.log_history and state.log_history[-1].get("step") == state.global_step:
            state.log_history[-1].update(scores)

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float] | None = None,
        **others: Any,
    ) -> None:
        """See to it that the scores are in the metrics from which the best model is chosen."""
        if metrics is not None:
            metrics.update(self._scores.get(state.global_step, {}))

    @property
    def _ranks(self) -> Ranks:
        """All processes of the training; every one comes by here at the same time."""
        if self._found_ranks is None:
            self._found_ranks = Ranks.connected()
        return self._found_ranks

    def _has_eval_data(self) -> bool:
        return self._trainer is not None and self._trainer.eval_dataset is not None

    def _is_due(self, state: TrainerState, others: dict[str, Any]) -> bool:
        step = state.global_step
        if self.every is not None:
            return step % self.every == 0
        if self._ranks.of > 1 and step % STEPS_BETWEEN:
            return False
        return self._ranks.first(lambda: self._within_share(step, others))

    def _within_share(self, step: int, others: dict[str, Any]) -> bool:
        """Whether a measurement keeps within its share of the time; on the first rank."""
        if self._budget.look_is_due:
            began = time.monotonic()
            estimate = self.series.look(
                others["model"], step, tokenizer=others.get("processing_class")
            )
            self._budget.add_look(time.monotonic() - began, estimate)
        return self._budget.is_due

    def _measured(
        self, state: TrainerState, others: dict[str, Any], logs: dict[str, float] | None = None
    ) -> dict[str, float]:
        """The scores of this step, on all ranks; none where it could not be measured."""
        step = state.global_step
        if step not in self._scores:
            found = self._ranks.first(lambda: self._measure(state, others, logs))
            self._scores = {step: found}  # of the steps before, the series has them
        return self._scores[step]

    def _measure(
        self, state: TrainerState, others: dict[str, Any], logs: dict[str, float] | None
    ) -> dict[str, float]:
        began = time.monotonic()
        losses = (each["loss"] for each in reversed(state.log_history) if "loss" in each)
        values = dict(logs or {})
        if (loss := next(losses, None)) is not None:
            values["loss"] = loss
        result = self.series.attempt(
            others["model"],
            state.global_step,
            tokenizer=others.get("processing_class"),
            values=values or None,
            at=self._budget.training,
        )
        self._budget.add(time.monotonic() - began)
        if isinstance(result, str):
            _LOG.warning(
                "WorldModelCallback: step %d was not measured: %s", state.global_step, result
            )
            return {}
        flat = flat_scores(result.typed)
        return {METRIC_PREFIX + name.replace("/", "_"): value for name, value in flat.items()}
