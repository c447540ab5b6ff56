"""The same trials at every step of a training: a series of records, paired over steps.

Every step is an ordinary run (`nerode report` and `nerode compare` read it); the series says which
steps there are. Trials are the same at every step: the histories, trips and continuations of trial
i follow from the seed and i alone. So two steps are compared trial by trial.
"""

from __future__ import annotations

import math
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from msgspec import UNSET

from nerode.engine.engine import Engine
from nerode.errors import (
    InvalidParameter,
    MissingExtra,
    MissingFile,
    NerodeError,
    RunMismatch,
    UnknownName,
)
from nerode.evaluation.evaluation import Evaluation, evaluate
from nerode.metrics.metric import AnyMetric
from nerode.metrics.registry import GivenMetric, metrics_of
from nerode.models.model import Model
from nerode.runs import RESULT, read_json
from nerode.schema.series import MeasuredStep
from nerode.series.config import SERIES_METRICS, SeriesConfig, SeriesFields
from nerode.series.folder import SeriesFolder
from nerode.series.paired import difference_of_steps
from nerode.series.scores import flat_scores, scores_table
from nerode.stats.estimate import Difference, Estimate
from nerode.worlds.registry import open_world
from nerode.worlds.world import AnyWorld, World

if TYPE_CHECKING:
    import pandas as pd
    from torch import nn

    from nerode.series.live import LiveNetwork


LOOKED_AT = (2, 10)
"""Trials of the measurements that show what one costs."""


class Series:
    """The same trials at every checkpoint of a training.

    Call it with a network and the step that it is at, in any training loop; a step that was
    measured is not measured again.

    Parameters
    ----------
    world
        The world that the model is to know, or its name.
    metrics
        Names of metrics, or metrics of your own, as `evaluate` takes them.
    out
        Folder of the series; one that was stopped goes on. None: a temporary folder that is removed
        with the series.
    baselines
        Models to measure once, with the first step, as `evaluate` takes them: None for its own
        choice, an empty list for none.
    name
        How a network is called that has no name of its own.
    trained_on
        What the network is trained on, as `nerode.json` says it, where that is known.
    engine
        Who measures (nerode/engine); then world, metrics and models are given by their names. None
        for the processors of this machine.
    config
        The fields of `SeriesConfig`: `trials`, `samples`, `epsilon`, `length`, ...

    Raises
    ------
    UnknownName, InvalidParameter
        As `evaluate` does.
    RunMismatch
        Where `out` holds a series of other terms.

    Examples
    --------
    ::

        series = Series(world, ["compression", "distinction"], trials=200, out="runs/series")
        for step, batch in enumerate(batches):
            ...
            if step % 500 == 0:
                series(network, step, tokenizer=tokenizer, values={"loss": float(loss)})
    """

    def __init__(
        self,
        world: AnyWorld | str,
        metrics: Sequence[GivenMetric] = SERIES_METRICS,
        *,
        out: Path | str | None = None,
        baselines: Sequence[str] | None = None,
        name: str = "network",
        trained_on: Mapping[str, Any] | None = None,
        engine: Engine | None = None,
        **config: Unpack[SeriesFields],
    ) -> None:
        opened = open_world(world) if isinstance(world, str) else world
        if not isinstance(opened, World):
            message = f"expected a world (`open_world` opens one by name), got {world!r}"
            raise InvalidParameter(message)
        self.world = opened
        self.engine = engine
        # What other machines can open: names.
        self._sent = (world, metrics)
        self.config = SeriesConfig(**config)
        self.baselines = baselines
        self.name = name
        self.trained_on = trained_on
        self._metrics = metrics_of(metrics)
        if out is None:
            out = tempfile.mkdtemp(prefix="nerode-series-")
            weakref.finalize(self, shutil.rmtree, out, ignore_errors=True)
        self.folder = SeriesFolder(Path(out))
        self.folder.begin(self.config.terms(self.world, self._metrics))
        self._live: LiveNetwork | None = None

    def __repr__(self) -> str:
        metrics = ", ".join(metric.name for metric in self._metrics)
        return f"Series({self.world.name}: {metrics} at {len(self.steps)} steps)"

    @property
    def metrics(self) -> Sequence[AnyMetric]:
        """What is measured."""
        return tuple(self._metrics)

    @property
    def steps(self) -> list[int]:
        """The steps that were measured, in order."""
        return [n for n, step in self.folder.steps().items() if step.failed is UNSET]

    @property
    def seconds(self) -> float:
        """What all measurements took."""
        return sum(step.seconds for step in self.folder.steps().values())

    def __call__(
        self,
        model: Model | Path | str | nn.Module,
        step: int,
        *,
        tokenizer: Any = None,
        tokens: Mapping[str, int] | Sequence[int] | None = None,
        first: int | None = None,
        values: Mapping[str, float] | None = None,
        at: float | None = None,
    ) -> Evaluation:
        """Measure a model at a step, unless that step was measured.

        Parameters
        ----------
        model
            A network that is being trained (of the transformers library, or any torch module that
            gives logits for token numbers): it is read where it lies, in eval mode, and left as
            it was. Or any `Model`, or the folder of a checkpoint.
        step
            Steps of training so far.
        tokenizer
            Of a network of the transformers library: which token is which symbol.
        tokens, first
            The same for any other module: token of each symbol (None: token i is symbol i), and
            the token in front of every sequence.
        values
            What the training says of itself, such as its loss; kept with the step.
        at
            Seconds of training so far.

        Raises
        ------
        NerodeError
            Where it cannot be measured. The steps before it stay.
        """
        if not isinstance(step, Integral) or isinstance(step, bool) or step < 0:
            raise InvalidParameter(f"expected a step from 0 on, got {step!r}")
        step = int(step)
        if self.folder.is_measured(step):
            return self.evaluation(step)
        began = time.monotonic()
        with self._opened(model, step, tokenizer, tokens, first) as opened:
            evaluation = self._evaluated(opened, step)
        self._append(step, model, time.monotonic() - began, values, at)
        return evaluation

    def attempt(
        self,
        model: Model | Path | str | nn.Module,
        step: int,
        *,
        tokenizer: Any = None,
        tokens: Mapping[str, int] | Sequence[int] | None = None,
        first: int | None = None,
        values: Mapping[str, float] | None = None,
        at: float | None = None,
    ) -> Evaluation | str:
        """The same, for trainings that must go on: gives why a step could not be measured.

        The series keeps that reason, and a later call tries the step again.
        """
        began = time.monotonic()
        try:
            return self(
                model, step, tokenizer=tokenizer, tokens=tokens, first=first, values=values, at=at
            )
        except (NerodeError, OSError) as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - hours of training must not end for a measurement
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        self.folder.forget(step)
        self._append(step, model, time.monotonic() - began, None, at, failed=reason)
        return reason

    def look(
        self, model: Model | Path | str | nn.Module, step: int, *, tokenizer: Any = None
    ) -> float:
        """Seconds that a measurement is likely to cost.

        Two small ones, which are not kept, tell what every measurement costs from what every trial
        does; together they take a small part of the time of one. It is 0 where it cannot be
        measured: the measurement itself says why.
        """
        try:
            return self._look(model, step, tokenizer)
        except Exception:  # noqa: BLE001 - as in `attempt`
            return 0.0

    def _look(self, model: Model | Path | str | nn.Module, step: int, tokenizer: Any) -> float:
        few, more = (min(count, self.config.trials) for count in LOOKED_AT)
        took: list[float] = []
        with self._opened(model, step, tokenizer, None, None) as opened:
            for count in (few, few, more):  # the first one loads what is compiled
                began = time.monotonic()
                self._evaluate(opened, step, [], count)
                took.append(time.monotonic() - began)
        _, least, longer = took
        each = max(0.0, longer - least) / max(1, more - few)
        return longer + each * (self.config.trials - more)

    def measure_baselines(
        self, model: Model | Path | str | nn.Module, step: int, *, tokenizer: Any = None
    ) -> Evaluation:
        """Measure baselines beside a step that was measured, with the model that it was.

        For trainings, which do not wait for baselines at their first step.
        """
        self.folder.check_step(step)
        with self._opened(model, step, tokenizer, None, None) as opened:
            return self._evaluate(opened, step, None)

    def evaluation(self, step: int) -> Evaluation:
        """The evaluation of a step that was measured. Raises UnknownName for any other."""
        self.folder.check_step(step)
        return Evaluation(read_json(self.folder.run_of(step) / RESULT))

    def scores(self, step: int) -> dict[str, float]:
        """The scores of a step by `metric/score`; those that are undefined are left out."""
        return flat_scores(self.evaluation(step).typed)

    def estimate(self, step: int, metric: str, *names: str) -> Estimate:
        """One score of a step with its interval: `estimate(500, "compression", "precision")`."""
        return self.evaluation(step).estimate(metric, *names)

    def difference(self, first: int, second: int, metric: str, *names: str) -> Difference:
        """A score of the second step less that of the first, paired trial by trial."""
        for step in (first, second):
            self.folder.check_step(step)
        runs = (self.folder.run_of(first), self.folder.run_of(second))
        known = {each.name: each for each in self._metrics}
        if metric not in known:
            raise UnknownName(f"expected a metric of the series ({', '.join(known)}), got {metric}")
        return difference_of_steps(*runs, known[metric], names, self.config.trials)

    def to_pandas(self) -> pd.DataFrame:
        """All scores of all steps, one a row. Raises MissingExtra where pandas is not installed."""
        try:
            import pandas as pd  # noqa: PLC0415  only here
        except ImportError as error:
            raise MissingExtra(f"tables need `pip install pandas` ({error})") from None
        return pd.DataFrame(scores_table(self.folder))

    @contextmanager
    def _opened(
        self,
        model: Model | Path | str | nn.Module,
        step: int,
        tokenizer: Any,
        tokens: Mapping[str, int] | Sequence[int] | None,
        first: int | None,
    ) -> Iterator[Model | str]:
        """The model as `evaluate` takes it, for as long as it is measured."""
        if isinstance(model, Path) and not model.is_dir():
            raise MissingFile(f"expected the checkpoint {model}, got no folder; it has gone")
        if isinstance(model, str | Path):
            yield str(model)
        elif isinstance(model, Model):
            yield model
        else:
            from nerode.series.live import LiveNetwork, unwrapped  # noqa: PLC0415  loads torch

            network = unwrapped(model)
            if self._live is None or self._live.network is not network:
                self._live = LiveNetwork.open(
                    network,
                    self.world,
                    tokenizer=tokenizer,
                    tokens=tokens,
                    first=first,
                    trained_on=self.trained_on,
                )
            with self._live.at_rest(f"{self.name} after {step} steps") as opened:
                yield opened

    def _evaluated(self, model: Model | str, step: int) -> Evaluation:
        """Measure a step; what is left of one that was stopped and had other weights is dropped."""
        baselines = [] if self.folder.has_measured() else self.baselines
        try:
            return self._evaluate(model, step, baselines)
        except RunMismatch:
            self.folder.forget(step)
            return self._evaluate(model, step, baselines)

    def _evaluate(
        self,
        model: Model | str,
        step: int,
        baselines: Sequence[str] | None,
        few: int | None = None,
    ) -> Evaluation:
        """Measure into the run folder of the step; into none where it is of a `few` trials."""
        config = self.config
        world, metrics = (self.world, self._metrics) if self.engine is None else self._sent
        return evaluate(
            world,
            model,
            metrics,
            trials=few or config.trials,
            samples=config.samples,
            epsilon=config.epsilon,
            curve=False,
            protocol=config.protocol,
            histories=config.histories,
            sequences=config.sequences,
            baselines=baselines,
            depth=config.depth,
            length=config.length,
            seed=config.seed,
            out=None if few else self.folder.run_of(step),
            progress=_silent,
            engine=self.engine,
        )

    def _append(
        self,
        step: int,
        model: object,
        seconds: float,
        values: Mapping[str, float] | None,
        at: float | None,
        failed: str | None = None,
    ) -> None:
        # JSON has no NaN: a loss that is none is left out, and the step keeps its scores.
        finite = {k: float(v) for k, v in (values or {}).items() if math.isfinite(float(v))}
        named = str(model) if isinstance(model, str | Path) else getattr(model, "name", self.name)
        self.folder.append(
            MeasuredStep(
                step=step,
                model=named if isinstance(named, str) else self.name,
                seconds=round(seconds, 3),
                at=UNSET if at is None else round(at, 3),
                values=finite or UNSET,
                failed=UNSET if failed is None else failed,
            )
        )


def _silent(_model: str, _metric: str, _done: int, _all: int) -> None:
    """No progress is shown."""
