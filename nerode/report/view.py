"""What the page shows of one record: plain values that the template lays out."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET, structs

from nerode.metrics.history_kinds import in_words
from nerode.report.board.probe import ProbeView, probe_views
from nerode.report.cells import MetricTable, metric_table
from nerode.report.chapters import Chapter, chapters
from nerode.report.chat.chat import Chat, chat_view, with_share_of_yes
from nerode.report.chat.verdict import verdict_of
from nerode.report.descriptions import descriptions
from nerode.report.figures.curves import FigureView, figures
from nerode.report.names import short, terms
from nerode.report.street_map.sketch import PlanView
from nerode.report.table import boundary_strings
from nerode.schema.drawing import MapDrawing
from nerode.schema.reconstruction import ReconstructionParameters
from nerode.schema.record import Record


@dataclass(frozen=True)
class RunView:
    """One run's section of the page. `plan` is the number of its street plan, if it has one."""

    id: str
    title: str
    verdict: str
    table: MetricTable
    figures: tuple[FigureView, ...]
    chapters: tuple[Chapter, ...]
    probes: tuple[ProbeView, ...]
    chat: Chat | None
    plan: int | None
    conditions: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, str, int], ...]
    left_out: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    attribution: str


def run_view(
    name: str, title: str, record: Record, plan: PlanView | None, plan_number: int | None
) -> RunView:
    """What the page shows of one record; `name` begins the ids of its elements."""
    shown = with_share_of_yes(record)
    # A model may be called like a baseline: both have a column.
    own = short(record.model)
    column = record.model if own in shown.baselines else own
    columns = {column: shown.metrics} | shown.baselines
    drawing = record.drawing
    return RunView(
        id=name,
        title=title,
        verdict=verdict_of(record),
        table=metric_table(columns, about=descriptions(record)),
        figures=figures(name, record),
        chapters=chapters(name, record, plan),
        probes=probe_views(record),
        chat=chat_view(name, record),
        plan=plan_number,
        conditions=_conditions(record),
        skipped=tuple(
            (in_words(metric), reason, count)
            for metric, reasons in (record.skipped or {}).items()
            for reason, count in reasons.items()
        ),
        left_out=tuple((record.left_out or {}).items()),
        notes=(*boundary_strings(record), *(record.notes or ())),
        attribution=drawing.attribution or "" if isinstance(drawing, MapDrawing) else "",
    )


def _conditions(record: Record) -> tuple[tuple[str, str], ...]:
    versions = (record.versions or {}).items()
    rules = _rules(record.reconstruction.parameters) if record.reconstruction else ()
    return (("world", record.world), *terms(record), *rules, *versions)


def _rules(parameters: ReconstructionParameters) -> tuple[tuple[str, str], ...]:
    """Under which rules streets were invented, and what noise they are measured against."""
    values: dict[str, object] = structs.asdict(parameters)
    if parameters.noise is not UNSET:
        values["noise"] = ", ".join(f"{100 * each:.3g} %" for each in parameters.noise) or "none"
    named = ((name, values[key], unit) for key, (name, unit) in _RULES.items())
    return tuple((name, f"{value}{unit}") for name, value, unit in named if value is not UNSET)


_RULES = {
    "degree": ("degree", " streets from a crossing at most"),
    "miles": ("length of a new street", " miles at most"),
    "crossings": ("impossible across", " true streets or more"),
    "noise": ("noise", ""),
    "draws": ("draws of the noise", ""),
    "seed": ("seed of the noise", ""),
    "order": ("order of the sequences", ""),
    "orders": ("random orders", ""),
}
"""Rules of a reconstruction by their name in the record: what they are called, and a unit."""
