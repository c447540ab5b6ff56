"""What the page shows of one record: plain values that the template lays out."""

from __future__ import annotations

from dataclasses import dataclass

from nerode.metrics.history_kinds import in_words
from nerode.report.board.probed import Probed, probed
from nerode.report.cells import MetricTable, metric_table
from nerode.report.chapters import Chapter, chapters
from nerode.report.chat.chat import Chat, chat_view, with_share_of_yes
from nerode.report.chat.verdict import verdict_of
from nerode.report.described import described
from nerode.report.figures.curves import FigureView, figures
from nerode.report.names import short, terms
from nerode.report.record.record import Record
from nerode.report.street_map.sketch import Plan
from nerode.report.table import strings_told


@dataclass(frozen=True)
class RunView:
    """One run's section of the page. `plan` is the number of its street plan, if it has one."""

    id: str
    title: str
    verdict: str
    table: MetricTable
    figures: tuple[FigureView, ...]
    chapters: tuple[Chapter, ...]
    probed: tuple[Probed, ...]
    chat: Chat | None
    plan: int | None
    conditions: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, str, int], ...]
    left_out: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    attribution: str


def run_view(
    name: str, title: str, record: Record, plan: Plan | None, plan_number: int | None
) -> RunView:
    """What the page shows of one record; `name` begins the ids of its elements."""
    told = with_share_of_yes(record)
    # A model may be called like a baseline: both have a column.
    calling = short(record["model"])
    column = record["model"] if calling in told["baselines"] else calling
    columns = {column: told["metrics"]} | told["baselines"]
    skipped = (record.get("skipped") or {}).items()
    return RunView(
        id=name,
        title=title,
        verdict=verdict_of(record),
        table=metric_table(columns, about=described(record)),
        figures=figures(name, record),
        chapters=chapters(name, record, plan),
        probed=probed(record),
        chat=chat_view(name, record),
        plan=plan_number,
        conditions=_conditions(record),
        skipped=tuple(
            (in_words(metric), *each) for metric, told in skipped for each in told.items()
        ),
        left_out=tuple((record.get("left_out") or {}).items()),
        notes=(*strings_told(record), *map(str, record.get("notes") or ())),
        attribution=str((record.get("drawing") or {}).get("attribution") or ""),
    )


def _conditions(record: Record) -> tuple[tuple[str, str], ...]:
    versions = ((name, str(value)) for name, value in (record.get("versions") or {}).items())
    return (("world", record["world"]), *terms(record), *_rules(record), *versions)


def _rules(record: Record) -> tuple[tuple[str, str], ...]:
    """Under which rules streets were invented, and what noise they are measured against."""
    rules = (record.get("reconstruction") or {}).get("parameters", {})
    named = ((name, key, unit) for key, (name, unit) in _RULES.items() if key in rules)
    return tuple((name, _value(rules[key]) + unit) for name, key, unit in named)


def _value(rule: object) -> str:
    """A rule's value; shares, which come as a list, in per cent."""
    if not isinstance(rule, list):
        return str(rule)
    shares = (f"{100 * each:.3g} %" if isinstance(each, int | float) else each for each in rule)
    return ", ".join(map(str, shares)) or "none"


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
