"""What the page shows of one record: plain values that the template lays out."""

from __future__ import annotations

from dataclasses import dataclass

from nerode.report.cells import MetricTable, metric_table
from nerode.report.chapters import Chapter, chapters
from nerode.report.curves import FigureView, figures
from nerode.report.maps import Plan
from nerode.report.names import short, terms
from nerode.report.probed import Probed, probed
from nerode.report.record import Record
from nerode.report.verdict import verdict


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
    plan: int | None
    conditions: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, str, int], ...]
    left_out: tuple[tuple[str, str], ...]
    attribution: str


def run_view(
    name: str, title: str, record: Record, plan: Plan | None, plan_number: int | None
) -> RunView:
    """What the page shows of one record; `name` begins the ids of its elements."""
    columns = {short(record["model"]): record["metrics"]} | record["baselines"]
    skipped = (record.get("skipped") or {}).items()
    return RunView(
        id=name,
        title=title,
        verdict=verdict(record),
        table=metric_table(columns),
        figures=figures(name, record),
        chapters=chapters(name, record, plan),
        probed=probed(record),
        plan=plan_number,
        conditions=_conditions(record),
        skipped=tuple((metric, *each) for metric, told in skipped for each in told.items()),
        left_out=tuple((record.get("left_out") or {}).items()),
        attribution=str((record.get("drawing") or {}).get("attribution") or ""),
    )


def _conditions(record: Record) -> tuple[tuple[str, str], ...]:
    versions = ((name, str(value)) for name, value in (record.get("versions") or {}).items())
    return (("world", record["world"]), *terms(record), *versions)
