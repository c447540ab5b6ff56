"""The report's functions for records as JSON has them: tests build, change and damage those.

Each record is read as if it came from a file, so that the report gets what it gets in earnest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from nerode.report import contradictions as of_contradictions
from nerode.report import glossary as of_glossary
from nerode.report import kinds as of_kinds
from nerode.report import names as of_names
from nerode.report import page, player, view
from nerode.report import rows as of_rows
from nerode.report import table as of_table
from nerode.report import verdict as of_verdict
from nerode.report.board import boards as of_boards
from nerode.report.board import games, probe
from nerode.report.chat import chat as of_chat
from nerode.report.chat import verdict as of_chat_verdict
from nerode.report.compare import compare as of_compare
from nerode.report.compare import comparison as of_comparison
from nerode.report.compare import differences, family
from nerode.report.compare import settings as of_settings
from nerode.report.figures import curves, disagreement
from nerode.report.figures import sources as of_sources
from nerode.report.record import record as of_record
from nerode.report.street_map import city, score, terminal
from nerode.report.street_map import panes as of_panes
from nerode.report.street_map import sketch as of_sketch
from nerode.schema.chat import ChatRecord
from nerode.schema.decoding import decoded, encoded
from nerode.schema.drawing import BoardDrawing, Contradiction, MapDrawing
from nerode.schema.reconstruction import Reconstruction
from nerode.schema.record import Record
from nerode.schema.scores import Scores

Json = dict[str, Any]
_T = TypeVar("_T")
_P = ParamSpec("_P")


def typed(record: Mapping[str, Any]) -> Record:
    """A record as the report has it."""
    return of_record.check_record(dict(record), "a test")


def as_json(record: Record) -> Json:
    """A record as a file has it."""
    return dict(encoded(record))


def read_record(folder: Path) -> Json:
    return as_json(of_record.read_record(folder))


def check_record(record: object, where: str) -> Json:
    return as_json(of_record.check_record(record, where))


def _of_record(
    function: Callable[Concatenate[Record, _P], _T],
) -> Callable[Concatenate[Mapping[str, Any], _P], _T]:
    """The function of a record for one as JSON has it."""

    def for_json(record: Mapping[str, Any], /, *more: _P.args, **named: _P.kwargs) -> _T:
        return function(typed(record), *more, **named)

    return for_json


def _of_records(
    function: Callable[Concatenate[Sequence[Record], _P], _T],
) -> Callable[Concatenate[Sequence[Mapping[str, Any]], _P], _T]:
    """The function of several records for those as JSON has them."""

    def for_json(records: Sequence[Mapping[str, Any]], /, *more: _P.args, **named: _P.kwargs) -> _T:
        return function([typed(record) for record in records], *more, **named)

    return for_json


def _of_metrics(
    function: Callable[Concatenate[Mapping[str, Scores], _P], _T],
) -> Callable[Concatenate[Mapping[str, Any], _P], _T]:
    """The function of a model's metrics for those as JSON has them."""

    def for_json(metrics: Mapping[str, Any], /, *more: _P.args, **named: _P.kwargs) -> _T:
        return function(decoded(encoded(dict(metrics)), dict[str, Scores]), *more, **named)

    return for_json


def _of_reconstruction(
    function: Callable[Concatenate[Reconstruction, _P], _T],
) -> Callable[Concatenate[Json, _P], _T]:
    """The function of a reconstruction for one as JSON has it."""

    def for_json(node: Json, /, *more: _P.args, **named: _P.kwargs) -> _T:
        return function(decoded(encoded(node), Reconstruction), *more, **named)

    return for_json


render = _of_records(page.render)
glossary = _of_records(of_glossary.glossary)
callings = _of_records(of_names.callings)
headings = _of_records(of_names.headings)
titles = _of_records(of_names.titles)
compare_records = _of_records(of_compare.compare_records)
comparison = _of_records(of_comparison.comparison)
compared = _of_records(differences.compared)
compare_scores = _of_records(family.compare_scores)
settings = _of_records(of_settings.settings)
unlike = _of_records(of_settings.unlike)
sources = _of_records(of_sources.sources)
game_views = _of_records(games.game_views)
player_views = _of_records(player.player_views)
city_views = _of_records(city.city_views)

print_table = _of_record(of_table.print_table)
print_reconstruction = _of_record(terminal.print_reconstruction)
verdict = _of_record(of_verdict.verdict)
kinds = _of_record(of_kinds.kinds)
contradictions = _of_record(of_contradictions.contradictions)
probe_views = _of_record(probe.probe_views)
detours = _of_record(curves.detours)
survival = _of_record(curves.survival)
thresholds = _of_record(curves.thresholds)
lengths = _of_record(curves.lengths)
layers = _of_record(curves.layers)
within = _of_record(curves.within)

size_tables = _of_records(of_chat.size_tables)
sizes_verdict = _of_records(of_chat_verdict.sizes_verdict)

rows = _of_metrics(of_rows.rows)
estimate_at = _of_metrics(of_rows.estimate_at)
slips_sentence = _of_metrics(disagreement.slips_sentence)
within_sentence = _of_metrics(disagreement.within_sentence)

score_table = _of_reconstruction(score.score_table)
sentence = _of_reconstruction(score.sentence)
strangest = _of_reconstruction(score.strangest)


def alone(record: Json, kind: str) -> Json:
    return as_json(of_kinds.alone(typed(record), kind))


def chat_view(name: str, record: Json) -> of_chat.Chat | None:
    return of_chat.chat_view(name, typed(record))


def chat_verdict(record: Json) -> str:
    chat = typed(record)
    assert isinstance(chat, ChatRecord)
    return of_chat_verdict.chat_verdict(chat)


def read_answers(folder: Path, record: Json, *more: Any) -> differences.Answered | None:
    return differences.read_answers(folder, typed(record), *more)


def run_view(
    name: str, title: str, record: Json, plan: of_sketch.PlanView | None, number: int | None
) -> view.RunView:
    return view.run_view(name, title, typed(record), plan, number)


def figures(name: str, record: Json) -> tuple[curves.FigureView, ...]:
    return curves.figures(name, typed(record))


def _contradiction(node: Json) -> Contradiction:
    return decoded(encoded(node), Contradiction)


def boards(drawing: Json, node: Json) -> tuple[of_boards.BoardView, ...]:
    return of_boards.boards(decoded(encoded(drawing), BoardDrawing), _contradiction(node))


def meeting(node: Json) -> str:
    return of_boards.meeting(_contradiction(node))


def plan_of(drawing: Json) -> of_sketch.PlanView:
    return of_sketch.PlanView.of(decoded(encoded(drawing), MapDrawing))


def sketch(plan: of_sketch.PlanView, node: Json) -> of_sketch.Sketch | None:
    return of_sketch.sketch(plan, _contradiction(node))


def panes(plan: of_sketch.PlanView, node: Json) -> tuple[of_sketch.Sketch, ...]:
    return of_panes.panes(plan, _contradiction(node))
