"""An evaluation as other machines get it: names and settings, from which they open the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec import structs

from nerode.engine.engine import Recipe, check_same
from nerode.errors import WorkerUnfit
from nerode.evaluation.command import options_of
from nerode.evaluation.plan import (
    EvaluationPlan,
    Measurement,
    choose_metrics,
    plan_of_evaluation,
)
from nerode.evaluation.subject import open_baselines
from nerode.metrics.parallel import packed
from nerode.schema.shard import EvaluateCommand
from nerode.user_code import whole_name
from nerode.worlds.elsewhere import WorldByName
from nerode.worlds.registry import whole_world_name

TrialsItem = tuple[str | None, str, tuple[int, ...]]
"""The name that a baseline is opened by (None: the evaluated model), a metric, trials."""


class EvaluationRecipe(Recipe, frozen=True, kw_only=True):
    """Measures trials of an evaluation. Items are `TrialsItem`s, results are packed trials.

    World and model are checked to be those of the machine that asks: files of the same name may
    differ.
    """

    command: EvaluateCommand
    world: WorldByName
    weights: str | None
    """Fingerprint of the model."""

    @classmethod
    def of(cls, command: EvaluateCommand, plan: EvaluationPlan) -> EvaluationRecipe:
        """The recipe of an evaluation that is open here."""
        return cls(
            command=with_whole_paths(command),
            world=WorldByName.of(command.world, plan.setting.world),
            weights=getattr(plan.model, "fingerprint", None),
        )

    def open(self) -> Callable[[Any], bytes]:
        """Open world, sequences and model; baselines when the first trial of theirs is asked for.

        Raises WorkerUnfit where world or model is another one here, and what opening them raises.
        """
        world = self.world.open()
        options = options_of(structs.replace(self.command, baselines=[]))
        metrics = choose_metrics(world, options)
        plan = plan_of_evaluation(world, self.command.model, options, metrics, cached=False)
        check_same("weights", getattr(plan.model, "fingerprint", None), self.weights)
        return _Trials(plan).of


@dataclass
class _Trials:
    """An evaluation that is open, and its baselines as they are needed."""

    plan: EvaluationPlan
    _measurements: dict[str | None, dict[str, Measurement]] = field(default_factory=dict)

    def of(self, item: Any) -> bytes:
        """The packed trials of an item."""
        baseline, metric, trials = item
        if baseline not in self._measurements:
            of_model = {each.metric.name: each for each in self._opened(baseline)}
            self._measurements[baseline] = of_model
        return packed(self._measurements[baseline][metric].trials(trials))

    def _opened(self, baseline: str | None) -> Iterator[Measurement]:
        plan = self.plan
        if baseline is None:
            yield from plan.of_model()
            return
        found, left_out = open_baselines(
            [baseline],
            plan.setting.world,
            plan.model,
            plan.corpus,
            plan.setting.seed,
            metrics=plan.metrics,
            cache=None,
        )
        if baseline in left_out:
            raise WorkerUnfit(f"expected the baseline {baseline}, got: {left_out[baseline]}")
        yield from plan.of_baseline(found[0])


def with_whole_paths(command: EvaluateCommand) -> EvaluateCommand:
    """The same with paths that do not depend on the working directory."""
    baselines, sequences = command.baselines, command.sequences
    return structs.replace(
        command,
        world=whole_world_name(command.world),
        model=_whole_model(command.model),
        metrics=None if command.metrics is None else list(map(whole_name, command.metrics)),
        baselines=None if baselines is None else list(map(_whole_model, baselines)),
        sequences=None if sequences is None else str(Path(sequences).absolute()),
    )


def _whole_model(name: str) -> str:
    """The same of a model, whose name may be that of a folder."""
    return str(Path(name).absolute()) if Path(name).is_dir() else whole_name(name)
