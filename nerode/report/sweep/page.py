"""The page about a sweep: arms side by side, while training, where scores agree, maps, costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nerode.metrics.metric import AnyMetric
from nerode.report.frame import render_page
from nerode.report.glossary import glossary
from nerode.report.names import place, terms
from nerode.report.rows import Row, interval, number, perfect
from nerode.report.series.steps import is_judged
from nerode.report.street_map.city import CityView, city_views
from nerode.report.sweep.arms import ArmModels, ArmScore, SweepScores, TrainedModel, read_sweep
from nerode.report.sweep.curves import HEIGHT, WIDTH, score_curves, while_training
from nerode.report.sweep.figures import arms_figures
from nerode.report.sweep.ranking import Ranking, ranking
from nerode.report.sweep.table import (
    compared_count,
    counted,
    difference_text,
    grouped,
    most_seeds,
)
from nerode.report.sweep.verdict import sweep_verdict
from nerode.schema.drawing import MapDrawing


@dataclass(frozen=True)
class ArmCell:
    """One number of an arm as text; `order` is what a column is sorted by, empty without one."""

    value: str
    interval: str
    difference: str
    mark: str
    order: str


@dataclass(frozen=True)
class ArmRow:
    """One arm with its cells, in the order of the columns."""

    name: str
    models: str
    cells: tuple[ArmCell, ...]


@dataclass(frozen=True)
class ArmCost:
    """What the trainings of an arm came to, means over its seeds, as text."""

    name: str
    steps: str
    minutes: str
    loss: str
    held_out_loss: str
    settings: str


def sweep_page(
    folder: Path,
    *,
    against: str | None = None,
    sort: str | None = None,
    metrics: Sequence[AnyMetric] = (),
    progress: Callable[[int, int], object] | None = None,
) -> str:
    """The page about a sweep as HTML; parameters and errors as of `read_sweep`.

    `progress` is called once all is read.
    """
    sweep = read_sweep(folder, against=against, sort=sort, metrics=metrics)
    if progress is not None:
        progress(len(sweep.models), len(sweep.models))
    return render_sweep(sweep)


def render_sweep(sweep: SweepScores) -> str:
    """The page of this sweep as HTML."""
    ranked = ranking(sweep)
    figures = arms_figures(sweep)
    curves = score_curves(sweep)
    cities = _maps(sweep, ranked)
    records = [model.record for model in sweep.models]
    parts = {
        "title": _title(sweep),
        "verdict": sweep_verdict(sweep, ranked),
        "contents": _contents(curves, ranked, cities),
        "against": sweep.against,
        "columns": [f"{row.group}: {row.label}" for row in sweep.main],
        "rows": [_row(arm, sweep.main) for arm in sweep.arms],
        "baselines": _baselines(sweep),
        "perfect": perfect(sweep.main),
        "all_perfect": perfect(sweep.rows),
        "trials": sweep.terms.trials,
        "most_seeds": most_seeds(sweep),
        "while_training": while_training(sweep),
        "differences": compared_count(sweep),
        "missing": [str(cell) for cell in sweep.missing],
        "figures": figures,
        "curves": curves,
        "curve_size": (WIDTH, HEIGHT),
        "ranking": ranked,
        "ranked_rows": [] if ranked is None else [f"{r.group}: {r.label}" for r in ranked.rows],
        "cities": cities,
        "groups": grouped(sweep.rows),
        "all_rows": [_all(sweep, row) for row in sweep.rows],
        "arms": [arm.name for arm in sweep.arms],
        "costs": [_cost(arm) for arm in sweep.arms],
        "conditions": terms(records[0])[1:],
        "length": _length(sweep),
        "glossary": glossary(records),
        "data": {
            "figures": {view.id: view.figure for view in figures},
            "cities": {view.id: view.data for view in cities},
            "players": {},
        },
    }
    return render_page(
        "sweep.html.j2",
        parts,
        compiles=bool(cities),
        scripts=("sweep.js",),
        styles=("series.css", "sweep.css"),
    )


def _title(sweep: SweepScores) -> str:
    count = len(sweep.arms)
    arms, models = counted(count, "arm"), counted(len(sweep.models), "model")
    return f"{arms}, {models} on {place(sweep.terms.world)}"


def _length(sweep: SweepScores) -> str:
    told = sweep.terms
    if told.minutes is None:
        return f"{counted(told.epochs or 0, 'epoch')} each"
    clock = "processor time" if told.clock == "cpu" else "wall time"
    cores = "one thread" if told.threads == 1 else f"{told.threads} threads"
    return f"{counted(told.minutes, 'minute')} of {clock} each, with {cores}"


def _row(arm: ArmModels, rows: Sequence[Row]) -> ArmRow:
    count = len(arm.models)
    return ArmRow(
        arm.name,
        counted(count, "model"),
        tuple(_cell(arm.scores.get(row.path), row) for row in rows),
    )


def _cell(score: ArmScore | None, row: Row) -> ArmCell:
    if score is None:
        return ArmCell("", "", "", "", "")
    mean = score.mean
    order = "" if mean.value is None else f"{mean.value:.9f}"
    if order and is_judged(row) and row.score.best == 0:
        order = f"{-float(order):.9f}"
    bounds = interval(mean) if mean.low is not None else ""
    return ArmCell(number(mean.value), bounds, difference_text(score), score.mark, order)


def _baselines(sweep: SweepScores) -> list[ArmRow]:
    """Baselines as rows without differences."""
    found = []
    for name, metrics in sweep.baselines.items():
        cells = []
        for row in sweep.main:
            estimate = metrics[row.path[0]].find(row.path[1:]) if row.path[0] in metrics else None
            value = "" if estimate is None else number(estimate.value)
            bounds = "" if estimate is None or estimate.low is None else interval(estimate)
            cells.append(ArmCell(value, bounds, "", "", ""))
        found.append(ArmRow(name, "baseline", tuple(cells)))
    return found


def _all(sweep: SweepScores, row: Row) -> tuple[str, tuple[ArmCell, ...]]:
    return row.label, tuple(_cell(arm.scores.get(row.path), row) for arm in sweep.arms)


def _maps(sweep: SweepScores, ranked: Ranking | None) -> list[CityView]:
    """The maps of the best and the worst model that have one: by mean rank over all scores."""
    models = list(ranked.models) if ranked is not None else sweep.models
    drawn = [model for model in models if _has_map(model)]
    if not drawn:
        return []
    pair = [drawn[0], drawn[-1]] if len(drawn) > 1 else drawn
    titles = [str(model.cell) for model in pair]
    if ranked is not None and len(pair) > 1:
        titles = [f"best: {titles[0]}", f"worst: {titles[1]}"]
    views = city_views([model.record for model in pair], titles)
    return [replace(view, heading="The maps of the best and the worst") for view in views]


def _has_map(model: TrainedModel) -> bool:
    return isinstance(model.record.drawing, MapDrawing) and bool(model.record.reconstruction)


def _cost(arm: ArmModels) -> ArmCost:
    trainings = [model.training for model in arm.models if model.training is not None]

    def mean(name: str, form: str, scale: float = 1.0) -> str:
        values = [getattr(each, name) for each in trainings]
        numbers = [value for value in values if isinstance(value, int | float)]
        return format(float(np.mean(numbers)) * scale, form) if numbers else ""

    told = arm.arm
    mixed = f", {told.synthetic:g} of it random" if told.synthetic else ""
    heads = f", {told.heads} heads" if told.architecture in ("gpt2", "llama") else ""
    settings = (
        f"{told.objective}; {told.architecture}, {told.layers} layers of width {told.width}"
        f"{heads}; {told.count:,} sequences, {told.policy}{mixed}; batches of {told.batch_size}, "
        f"learning rate {told.learning_rate:g}"
    )
    return ArmCost(
        arm.name,
        mean("steps", ",.0f"),
        mean("seconds", ",.3g", 1 / 60),
        mean("loss", ".4f"),
        mean("held_out_loss", ".4f"),
        settings,
    )


def _contents(
    curves: Sequence[object], ranked: Ranking | None, cities: Sequence[CityView]
) -> list[tuple[str, str]]:
    """Where the parts of the page begin, and what they are called in its list of contents."""
    parts = [("arms", "Arms side by side"), ("scores", "Every score")]
    parts += [("curves", "While training")] if curves else []
    parts += [("agreement", "Do the scores agree?")] if ranked is not None else []
    parts += [(view.id, "The maps") for view in cities[:1]]
    return [*parts, ("cost", "What was trained"), ("glossary", "How to read this")]
