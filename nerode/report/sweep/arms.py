"""The arms of a sweep with their scores: means over seeds, and differences from one arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nerode.errors import InvalidParameter, UnknownName
from nerode.metrics.metric import AnyMetric, ScorePath
from nerode.models.hf.record import read_record as read_model_record
from nerode.report.compare.differences import Answered, compared, read_answers
from nerode.report.descriptions import descriptions
from nerode.report.record.record import read_record
from nerode.report.rows import Metrics, Row, estimate_at, rows_of_all
from nerode.report.series.steps import is_judged, main_rows
from nerode.schema.decoding import decoded
from nerode.schema.model import ModelRecord, Training
from nerode.schema.record import Record
from nerode.schema.sweep import SweepArm, SweepTerms
from nerode.stats.estimate import Difference, Estimate
from nerode.stats.seeds import difference_over_seeds, mean_over_seeds
from nerode.suggestions import did_you_mean
from nerode.sweep.folder import SweepCell, SweepFolder, is_sweep

Mark = Literal["better", "worse", ""]


@dataclass(frozen=True)
class TrainedModel:
    """One model of a sweep that is done.

    `training` is what its record says of the training; None where that was removed.
    """

    cell: SweepCell
    record: Record
    training: Training | None


@dataclass(frozen=True)
class ArmScore:
    """One score of an arm.

    Attributes
    ----------
    seeds
        The score of each model, by seed.
    mean
        The mean over seeds.
    difference
        From the arm that others are compared with, over the seeds that both have; None of that arm
        itself, and where runs are not compared in the score.
    mark
        `better` or `worse` where the interval of the difference leaves 0 out.
    """

    seeds: Mapping[int, Estimate]
    mean: Estimate
    difference: Difference | None = None
    mark: Mark = ""


@dataclass(frozen=True)
class ArmModels:
    """An arm with its models that are done, and its scores by path."""

    arm: SweepArm
    models: tuple[TrainedModel, ...]
    scores: Mapping[ScorePath, ArmScore]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.arm.name


@dataclass(frozen=True)
class SweepScores:
    """A sweep that was read from its folder.

    Attributes
    ----------
    folder
        Where it lies.
    terms
        What was trained and asked.
    arms
        Arms of which any model is done, in the order of tables.
    against
        Name of the arm that the others are compared with.
    rows
        Every score that any model has.
    baselines
        Scores of baselines, by name.
    missing
        Trainings that are not done.
    sorted_by
        The score that arms are sorted by, the best first; None where they stand as they were named.
    """

    folder: SweepFolder
    terms: SweepTerms
    arms: tuple[ArmModels, ...]
    against: str
    rows: tuple[Row, ...]
    baselines: Mapping[str, Metrics]
    missing: tuple[SweepCell, ...]
    sorted_by: Row | None = None

    @property
    def models(self) -> list[TrainedModel]:
        """All models that are done, arm by arm."""
        return [model for arm in self.arms for model in arm.models]

    @property
    def main(self) -> list[Row]:
        """The scores that are told first: what arms are sorted by, `judged`, and a few others.

        Of a metric of which no value is the best, the first score that is one of the model.
        """
        main = list(self.judged)
        if self.sorted_by is not None and self.sorted_by not in main:
            main.insert(0, self.sorted_by)
        named = {row.path[0] for row in self.judged}
        for row in self.rows:
            if row.path[0] not in named and not row.score.reference:
                main.append(row)
                named.add(row.path[0])
        return main

    @property
    def judged(self) -> list[Row]:
        """The main scores of which one value is better than another, however arms are sorted."""
        return [row for row in main_rows(self.rows) if is_judged(row)]

    @property
    def reference(self) -> ArmModels:
        """The arm that the others are compared with."""
        return next(arm for arm in self.arms if arm.name == self.against)


def check_sweep(
    folders: Sequence[Path], against: str | None = None, sort: str | None = None
) -> Path | None:
    """The sweep that these folders are; None where none of them is one.

    Raises InvalidParameter for a sweep beside others, and for `against` or `sort` without one.
    """
    sweeps = [folder for folder in folders if is_sweep(folder)]
    if not sweeps:
        given = {"--against": against, "--sort": sort}
        for option, value in given.items():
            if value is not None:
                raise InvalidParameter(f"expected a sweep with {option}, got {folders[0]}")
        return None
    if len(folders) > 1:
        other = next((folder for folder in folders if folder != sweeps[0]), sweeps[0])
        raise InvalidParameter(f"expected a sweep alone, got {sweeps[0]} beside {other}")
    return sweeps[0]


def read_sweep(
    folder: Path,
    *,
    against: str | None = None,
    sort: str | None = None,
    metrics: Sequence[AnyMetric] = (),
) -> SweepScores:
    """A sweep with its scores.

    Parameters
    ----------
    folder
        Its folder (`nerode sweep --out`).
    against
        The arm that others are compared with; None for the first that has a model.
    sort
        A score (`distinction.recall`) that arms are sorted by, the best first; None leaves them in
        their order.
    metrics
        Metrics that are not built in, whose trials are to be compared one by one.

    Raises
    ------
    MissingFile, FormatError
        Where a file is absent or damaged.
    InvalidParameter
        Where no training is done.
    UnknownName
        For an arm or a score that there is not.
    """
    found = SweepFolder(folder)
    terms, cells = found.terms, found.cells()
    done = found.done()
    if not done:
        raise InvalidParameter(f"{folder}: expected a sweep with a training that is done, got none")
    models = [_model(found, cell) for cell in done]
    answered = {
        model.cell: read_answers(found.run_of(model.cell), model.record, metrics)
        for model in models
    }
    about = descriptions(*(model.record for model in models))
    rows = rows_of_all(*(model.record.metrics for model in models), about=about)
    named = [arm for arm in terms.arms if any(cell.arm == arm.name for cell in done)]
    names = [arm.name for arm in named]
    first = _known_arm(against, names)
    references = [model for model in models if model.cell.arm == first]
    arms = [
        _arm(arm, [m for m in models if m.cell.arm == arm.name], references, answered, rows)
        for arm in named
    ]
    sorted_by = None if sort is None else _known_score(sort, rows)
    if sorted_by is not None:
        row = sorted_by
        arms.sort(key=lambda arm: _place(arm, row))
    return SweepScores(
        folder=found,
        terms=terms,
        arms=tuple(arms),
        against=first,
        rows=tuple(rows),
        baselines=next((m.record.baselines for m in models if m.record.baselines), {}),
        missing=tuple(cell for cell in cells if cell not in done),
        sorted_by=sorted_by,
    )


def _model(folder: SweepFolder, cell: SweepCell) -> TrainedModel:
    record = read_model_record(folder.training_of(cell))
    training = None if record is None else decoded(record, ModelRecord).training
    return TrainedModel(cell, read_record(folder.run_of(cell)), training)


def _arm(
    arm: SweepArm,
    models: Sequence[TrainedModel],
    references: Sequence[TrainedModel],
    answered: Mapping[SweepCell, Answered | None],
    rows: Sequence[Row],
) -> ArmModels:
    """The arm with its scores, and with its differences from the models of another one."""
    differences: dict[ScorePath, list[Difference]] = {}
    reference = {model.cell.seed: model for model in references}
    for model in models:
        other = reference.get(model.cell.seed)
        if other is None or other.cell == model.cell:
            continue
        pair = [other, model]
        (found,) = compared([m.record for m in pair], [answered[m.cell] for m in pair])
        for path, each in found.differences.items():
            differences.setdefault(path, []).append(each)
    scores = {}
    for row in rows:
        seeds = {
            model.cell.seed: estimate
            for model in models
            if (estimate := estimate_at(model.record.metrics, row.path)) is not None
        }
        if seeds:
            mean = mean_over_seeds(list(seeds.values()), share=row.score.is_share)
            several = differences.get(row.path, [])
            difference = (
                difference_over_seeds(several, share=row.score.is_share) if several else None
            )
            scores[row.path] = ArmScore(seeds, mean, difference, _mark(row, difference))
    return ArmModels(arm, tuple(models), scores)


def _mark(row: Row, difference: Difference | None) -> Mark:
    if difference is None or difference.low is None or difference.high is None:
        return ""
    if not is_judged(row) or difference.low <= 0 <= difference.high:
        return ""
    return "better" if (difference.low > 0) == (row.score.best == 1) else "worse"


def _known_arm(name: str | None, arms: Sequence[str]) -> str:
    if name is None:
        return arms[0]
    if name not in arms:
        raise UnknownName(
            f"expected an arm of which a training is done ({'; '.join(arms)}), got {name!r}"
            f"{did_you_mean(name, arms)}"
        )
    return name


def _known_score(text: str, rows: Sequence[Row]) -> Row:
    """The row of a score in `METRIC.SCORE`, names within it joined by a slash."""
    metric, _, names = text.partition(".")
    path = (metric, *names.split("/"))
    for row in rows:
        if row.path == path:
            if row.score.best is None:
                raise InvalidParameter(f"expected a score with a best value to sort by, got {text}")
            return row
    known = [f"{row.path[0]}.{'/'.join(row.path[1:])}" for row in rows if is_judged(row)]
    raise UnknownName(
        f"expected a score of which one value is the best ({', '.join(known)}), got {text!r}"
        f"{did_you_mean(text, known)}"
    )


def _place(arm: ArmModels, row: Row) -> float:
    """Where an arm stands by a score: smaller for better ones, last without a value."""
    score = arm.scores.get(row.path)
    value = None if score is None else score.mean.value
    if value is None:
        return float("inf")
    return -value if row.score.best else value
