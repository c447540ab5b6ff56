"""A suite in one table: a line for each world, the main scores across."""

from __future__ import annotations

from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nerode.report.rows import estimate_at, perfect, rows_of_all, with_interval
from nerode.report.series.steps import main_rows
from nerode.report.table import plain
from nerode.schema.record import Record

_COLUMN = 22
"""Letters of a number with its interval, and the space behind it."""


def print_suite(records: Mapping[str, Record], console: Console) -> None:
    """Print the scores of all records, each under its name; several tables where room is short."""
    rows = main_rows(rows_of_all(*(record.metrics for record in records.values())))
    names = max(map(len, records))
    room = max(1, (console.width - names - 1) // _COLUMN)
    for start in range(0, len(rows), room):
        shown = rows[start : start + room]
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
        table.add_column("", no_wrap=True)
        for row in shown:
            table.add_column(Text(plain(f"{row.group} {row.label}")), justify="right")
        for name, record in records.items():
            cells = (estimate_at(record.metrics, row.path) for row in shown)
            table.add_row(Text(plain(name)), *(Text(plain(with_interval(e))) for e in cells))
        console.print(table)
        console.print()
    console.print(Text(plain(f"With 95 % intervals. {perfect(rows)}."), style="dim"))
