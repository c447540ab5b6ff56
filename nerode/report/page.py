"""The report: one HTML page that holds all it needs and opens without a network.

Data and template are kept apart: `view.py` turns records into plain values, the files under
`template/` say how they look, and what scripts need stands in the page as JSON. Every text from
data is escaped by Jinja; a content security policy lets no other script run and nothing load.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from nerode.errors import InvalidParameter
from nerode.files import whole_file
from nerode.interrupted import state_what_remains
from nerode.metrics.metric import AnyMetric
from nerode.metrics.registry import GivenMetric, metrics_of
from nerode.report.board.games import game_views
from nerode.report.chat.chat import SizeTable, size_tables, world_of
from nerode.report.chat.verdict import sizes_verdict
from nerode.report.compare.comparison import Comparison, comparison
from nerode.report.compare.differences import Answered, read_answers
from nerode.report.frame import render_page
from nerode.report.glossary import glossary
from nerode.report.names import titles
from nerode.report.player import PlayerView, player_views
from nerode.report.record.record import read_record
from nerode.report.series.page import series_page
from nerode.report.street_map.city import CityView, city_views
from nerode.report.street_map.sketch import PlanView, maps_of
from nerode.report.sweep.arms import check_sweep
from nerode.report.sweep.page import sweep_page
from nerode.report.view import RunView, run_view
from nerode.schema.chat import ChatRecord
from nerode.schema.drawing import MapDrawing
from nerode.schema.record import Record
from nerode.series.folder import is_series


def write_report(
    run_folders: Sequence[Path],
    out: Path,
    progress: Callable[[int, int], object] | None = None,
    metrics: Sequence[GivenMetric] = (),
    *,
    against: str | None = None,
    sort: str | None = None,
) -> None:
    """Write the page of one run, or of several with a comparison on top, to `out`.

    Where any of the folders is a series, it is a page about series over the steps of training
    (nerode/report/series/page.py), with the runs beside them. A sweep has a page of its own
    (nerode/report/sweep/page.py): `against` is the arm that others are compared with, `sort` the
    score that arms are sorted by.

    Reads each folder's `evaluation.json` and, where runs or steps are compared, their trials, one
    at a time. Raises MissingFile where a folder has no evaluation, FormatError where a file is
    damaged or of another schema, InvalidParameter without runs, OSError when `out` cannot be
    written. The page is written whole or not at all; one that stood there before stays until then.
    `progress` is called with how many runs that are compared (or steps of series) the trials are
    read. `metrics` are metrics of your own whose trials are to be compared one by one
    (`nerode.compare` says more).
    """
    if not run_folders:
        message = "expected at least one run folder to report on, got none"
        raise InvalidParameter(message)
    named = metrics_of(metrics)
    out = Path(out)
    folders = [Path(folder) for folder in run_folders]
    swept = check_sweep(folders, against, sort)
    series = [folder for folder in folders if is_series(folder)]
    with state_what_remains(
        lambda: f"{out} {'stays as it was' if out.exists() else 'is not there'}"
    ):
        if swept is not None:
            page = sweep_page(swept, against=against, sort=sort, metrics=named, progress=progress)
        elif series:
            runs = [folder for folder in folders if folder not in series]
            page = series_page(series, runs, progress, named)
        else:
            page = _page_of_runs(folders, progress, named)
        out.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(out) as file:
            file.write(page)


def _page_of_runs(
    folders: Sequence[Path],
    progress: Callable[[int, int], object] | None,
    metrics: Sequence[AnyMetric],
) -> str:
    records = [read_record(folder) for folder in folders]
    answered = []
    for folder, record in zip(folders, records, strict=True) if len(records) > 1 else ():
        answered.append(read_answers(folder, record, metrics))
        if progress is not None:
            progress(len(answered), len(records))
    return render(records, answered)


def render(records: Sequence[Record], answered: Sequence[Answered | None] = ()) -> str:
    """The page of these records (see `read_record`) as HTML.

    `answered` are the trials of each, so that several are compared one by one.
    """
    parts = _parts(records, answered)
    return render_page("page.html.j2", parts, compiles=bool(parts["cities"]))


def _parts(records: Sequence[Record], answered: Sequence[Answered | None]) -> dict[str, object]:
    """What the template lays out, by the names that it has there."""
    names = titles(records)
    drawings = maps_of(records)
    plans = [PlanView.of(drawing) for drawing in drawings]
    runs = []
    for count, (title, record) in enumerate(zip(names, records, strict=True), start=1):
        drawing = record.drawing
        at = drawings.index(drawing) if isinstance(drawing, MapDrawing) else None
        plan = None if at is None else plans[at]
        runs.append(run_view(f"run-{count}", title, record, plan, at))
    sizes = size_tables(records)
    compared = comparison(records, answered) if len(runs) > 1 else None
    figures = [view for run in runs for view in run.figures]
    figures += compared.figures if compared else ()
    cities, players = city_views(records, names), player_views(records, names)
    games = game_views(records, names)
    return {
        "title": runs[0].title if len(runs) == 1 else _title(records, sizes),
        "runs": runs,
        "verdict": _verdict(records, runs, compared),
        "contents": _contents(runs, cities, players, games, sizes),
        "comparison": compared,
        "sizes": sizes,
        "plans": plans,
        "cities": cities,
        "players": players,
        "games": games,
        "glossary": glossary(records),
        "data": {
            "figures": {view.id: view.figure for view in figures},
            "cities": {view.id: view.data for view in cities},
            "players": {view.id: view.data for view in (*players, *games)},
        },
    }


def _of_chat_models(records: Sequence[Record]) -> bool:
    return all(isinstance(record, ChatRecord) for record in records)


def _title(records: Sequence[Record], sizes: Sequence[SizeTable]) -> str:
    """What several runs are called together; of chat models in one kind of world, that one."""
    kinds = {world_of(record)[0] for record in records}
    if len(sizes) == len(kinds) == 1 and _of_chat_models(records):
        models = len({record.model for record in records})
        columns = sizes[0].columns
        counted = "1 chat model" if models == 1 else f"{models} chat models"
        return f"{sizes[0].title.title()}: {counted}, {columns[0]} to {columns[-1]}"
    return f"{len(records)} runs compared"


def _contents(
    runs: Sequence[RunView],
    cities: Sequence[CityView],
    players: Sequence[PlayerView],
    games: Sequence[PlayerView],
    sizes: Sequence[SizeTable],
) -> list[tuple[str, str]]:
    """Where the parts of the page begin, and what they are called in its list of contents."""
    maps = [(view.id, "The map") for view in cities[:1]]
    maps += [(view.id, "Watch it drive") for view in players[:1]]
    maps += [(view.id, "Watch it play") for view in games[:1]]
    if len(runs) > 1:
        each = [(run.id, run.title) for run in runs]
        tables = [(table.id, "Models and sizes") for table in sizes[:1]]
        tables.append(("comparison", "Side by side"))
        return [*tables, *maps, *each, ("glossary", "How to read this")]
    (run,) = runs
    parts = [(f"{run.id}-metrics", "Results"), *maps]
    parts += [(chapter.id, "Contradictions") for chapter in run.chapters[:1]]
    parts += [(run.chat.id, "Contradictions")] if run.chat and run.chat.shown else []
    parts += [(f"{run.id}-curves", "Curves")] if run.figures else []
    conditions = (f"{run.id}-conditions", "How it was measured")
    return [*parts, conditions, ("glossary", "How to read this")]


def _verdict(
    records: Sequence[Record], runs: Sequence[RunView], compared: Comparison | None
) -> str:
    """What stands on top: of one run its own, of several how they differ."""
    if compared is None:
        return runs[0].verdict
    over_sizes = _of_chat_models(records) and sizes_verdict(records)
    return over_sizes or compared.verdict
