"""The page about series: scores over the steps of a training, where they saturate, what it cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from nerode.errors import InvalidParameter
from nerode.metrics.metric import AnyMetric
from nerode.report.compare.comparison import Comparison, comparison
from nerode.report.compare.differences import Answered, read_answers
from nerode.report.compare.settings import unlike
from nerode.report.descriptions import descriptions
from nerode.report.figures.curves import NumberTable
from nerode.report.frame import render_page
from nerode.report.glossary import glossary
from nerode.report.names import callings, place, titles
from nerode.report.record.record import read_record
from nerode.report.rows import Metrics, Row, rows_of_all
from nerode.report.series.cost import cost_of, steps_table
from nerode.report.series.curves import StepsFigure, score_figure, value_figures
from nerode.report.series.differences import (
    SeriesDifferences,
    series_differences,
)
from nerode.report.series.maps import StepsMap, steps_maps
from nerode.report.series.steps import (
    MOST_STEPS,
    SeriesSteps,
    main_rows,
    read_series,
    with_baselines,
)
from nerode.report.series.two_steps import DifferencesView, differences_views
from nerode.report.series.verdict import Saturation, caption, saturation, series_verdict
from nerode.report.street_map.sketch import PlanView, maps_of
from nerode.report.view import RunView, run_view
from nerode.schema.drawing import MapDrawing
from nerode.schema.record import Record
from nerode.stats.multiplicity import ALPHA


@dataclass(frozen=True)
class SaturationRow:
    """One score of all series: from which step on it no longer improves."""

    label: str
    cells: tuple[Saturation, ...]


@dataclass(frozen=True)
class StepsView:
    """The steps of one series: what each took, why some failed, and how many are not shown."""

    name: str
    table: NumberTable
    failed: tuple[tuple[int, str], ...]
    left_out: int


def series_page(
    folders: Sequence[Path],
    runs: Sequence[Path],
    progress: Callable[[int, int], object] | None = None,
    metrics: Sequence[AnyMetric] = (),
) -> str:
    """The page about these series as HTML, with single runs beside them.

    Parameters
    ----------
    folders
        Folders of series.
    runs
        Folders of single runs in the same world.
    progress
        Called with how many steps are read, of how many.
    metrics
        Metrics that are not built in, whose trials are to be compared one by one.

    Raises
    ------
    InvalidParameter
        Where they are not all in one world, or where no step of a series was measured.
    MissingFile, FormatError
        As `read_record` does.
    """
    series = read_series(folders, MOST_STEPS)
    records = [read_record(run) for run in runs]
    _check_world(series, records)
    every, done = sum(len(each.measured) for each in series), 0

    def count() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, every)

    found = [series_differences(each, metrics, count) for each in series]
    answered = [
        read_answers(run, record, metrics) for run, record in zip(runs, records, strict=True)
    ]
    return render_series(series, found, records, answered)


def _check_world(series: Sequence[SeriesSteps], records: Sequence[Record]) -> None:
    worlds = {each.terms.world for each in series} | {record.world for record in records}
    if len(worlds) > 1:
        listed = ", ".join(sorted(worlds))
        raise InvalidParameter(f"expected series and runs in one world, got {listed}")


def render_series(
    series: Sequence[SeriesSteps],
    found: Sequence[SeriesDifferences],
    records: Sequence[Record] = (),
    answered: Sequence[Answered | None] = (),
) -> str:
    """The page of these series as HTML.

    `found` are the differences of each series, `records` those of single runs, and `answered` the
    trials of each run.
    """
    about = descriptions(*(s.record for each in series for s in each.measured), *records)
    rows = rows_of_all(*(s.record.metrics for each in series for s in each.measured), about=about)
    main = main_rows(rows)
    figures = {row.path: view for row, view in _figures(series, records, found, rows)}
    told = {row.path for row in main}
    shown = [view for path, view in figures.items() if path in told]
    others = [view for path, view in figures.items() if path not in told]
    values = value_figures(series)
    differences = differences_views(series, found)
    maps = steps_maps(series)
    lasts = _lasts(series, records)
    views = _run_views(lasts)
    trials = [*(each.last for each in found), *answered]
    compared = comparison(lasts, trials) if len(lasts) > 1 else None
    of_steps = {view.id: view.figure for view in (*shown, *others, *values)}
    of_runs = [*(compared.figures if compared else ())]
    of_runs += [figure for view in views for figure in view.figures]
    parts = {
        "title": _title(series, records),
        "verdict": series_verdict(series, found),
        "contents": _contents(differences, maps, views, compared),
        "names": [each.name for each in series],
        "saturations": _saturations(series, main, found),
        "shown": shown,
        "others": others,
        "values": values,
        "has_log": max(s.step for each in series for s in each.measured) > 1,
        "has_zero": any(s.step == 0 for each in series for s in each.measured),
        "differences": differences,
        "costs": [cost_of(each) for each in series],
        "steps": [_steps(each) for each in series],
        "unlike": unlike(lasts),
        "comparison": compared,
        "maps": maps,
        "runs": views,
        "plans": [PlanView.of(drawing) for drawing in maps_of(lasts)],
        "glossary": glossary(lasts),
        "alpha": ALPHA,
        "data": {
            "figures": of_steps | {view.id: view.figure for view in of_runs},
            "cities": {view.city.id: view.city.data for view in maps},
            "players": {},
            "steps": {view.id: view.data for view in differences},
        },
    }
    return render_page(
        "series.html.j2",
        parts,
        compiles=bool(maps),
        scripts=("series.js",),
        styles=("series.css",),
    )


def _figures(
    series: Sequence[SeriesSteps],
    records: Sequence[Record],
    found: Sequence[SeriesDifferences],
    rows: Sequence[Row],
) -> list[tuple[Row, StepsFigure]]:
    """One figure a score, baselines and single runs as level lines in it."""
    levels: dict[str, Metrics] = {}
    for each in series:
        for name, metrics in each.baselines.items():
            levels.setdefault(name, metrics)
    for name, record in zip(titles(records), records, strict=True):
        levels[f"{name} (run)"] = record.metrics
    views = []
    for at, row in enumerate(rows):
        said = caption(series, row, found)
        view = score_figure(f"score-{at}", row, series, levels, found, said)
        if view is not None:
            views.append((row, view))
    return views


def _saturations(
    series: Sequence[SeriesSteps], main: Sequence[Row], found: Sequence[SeriesDifferences]
) -> list[SaturationRow]:
    return [
        SaturationRow(
            f"{row.group}: {row.label}",
            tuple(saturation(each, row, its) for each, its in zip(series, found, strict=True)),
        )
        for row in main
    ]


def _steps(series: SeriesSteps) -> StepsView:
    failed = tuple((line.step, line.failed or "") for line in series.failed)
    return StepsView(series.name, steps_table(series), failed, series.left_out)


def _lasts(series: Sequence[SeriesSteps], records: Sequence[Record]) -> list[Record]:
    """The last record of each series, called by it and with its baselines; then single runs."""
    lasts = [
        structs.replace(with_baselines(each), model=f"{each.name}, step {each.last.step}")
        for each in series
    ]
    return [*lasts, *records]


def _run_views(records: Sequence[Record]) -> list[RunView]:
    """The whole view of each record, as a page about runs has it."""
    drawings = maps_of(records)
    plans = [PlanView.of(drawing) for drawing in drawings]
    views = []
    for count, (title, record) in enumerate(zip(callings(records), records, strict=True), start=1):
        drawing = record.drawing
        at = drawings.index(drawing) if isinstance(drawing, MapDrawing) else None
        plan = None if at is None else plans[at]
        views.append(run_view(f"run-{count}", title, record, plan, at))
    return views


def _title(series: Sequence[SeriesSteps], records: Sequence[Record]) -> str:
    world = place(series[0].terms.world)
    if len(series) == 1 and not records:
        return f"{series[0].name} on {world}, over {len(series[0].measured)} steps"
    said = "1 series" if len(series) == 1 else f"{len(series)} series"
    runs = f" and {len(records)} run{'' if len(records) == 1 else 's'}" if records else ""
    return f"{said}{runs} on {world}"


def _contents(
    differences: Sequence[DifferencesView],
    maps: Sequence[StepsMap],
    runs: Sequence[RunView],
    compared: Comparison | None,
) -> list[tuple[str, str]]:
    """Where the parts of the page begin, and what they are called in its list of contents."""
    parts = [("saturation", "Where scores saturate"), ("curves", "Over the steps")]
    parts += [("differences", "Any two steps")] if differences else []
    parts += [(view.city.id, "The map") for view in maps[:1]]
    parts += [("cost", "What it cost")]
    parts += [("comparison", "Side by side")] if compared else []
    return [*parts, *((run.id, run.title) for run in runs), ("glossary", "How to read this")]
