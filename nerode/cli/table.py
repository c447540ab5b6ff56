"""The command that shows series and runs as tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerode.cli.command import command
from nerode.cli.options import Against, SortedBy, names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from nerode.report.rows import Row
    from nerode.report.series.steps import SeriesSteps
    from nerode.schema.record import Record

_WIDTH = 120
"""Columns of a table for a terminal that is written to a file."""


@dataclass(frozen=True)
class TableOptions:
    """Options of `nerode table`."""

    folders: Annotated[
        list[Path],
        typer.Argument(
            help="Series, and folders of single runs; or one sweep.", show_default=False
        ),
    ]
    format: Annotated[
        str | None,
        typer.Option(
            metavar="terminal|markdown|latex|csv|parquet",
            help="markdown, latex: one row a step, one column a score, as a paper needs it (LaTeX "
            "needs the package booktabs). csv, parquet: one row a step and score with value, low, "
            "high, n and skipped. By default what --out ends in, else terminal.",
            show_default=False,
        ),
    ] = None
    out: Annotated[Path | None, typer.Option(help="The file to write.")] = None
    metrics: Annotated[
        str | None, typer.Option(help="These metrics only, with commas between.")
    ] = None
    against: Against = None
    sort: SortedBy = None


@command(TableOptions)
def table(options: TableOptions) -> None:
    """Show how scores change over the steps of a training, or over the arms of a sweep.

    On a terminal: of each score the first, last and best value, and its curve over the steps. Of a
    sweep: arms downwards, their main scores across.
    """
    from nerode.report.record.record import read_record
    from nerode.report.series import export
    from nerode.report.series.steps import read_series
    from nerode.report.sweep.arms import check_sweep
    from nerode.series.folder import is_series

    out, metrics = options.out, names_of(options.metrics)
    chosen = export.format_of(options.format, out)
    swept = check_sweep(options.folders, options.against, options.sort)
    if swept is not None:
        _table_of_sweep(swept, options, chosen)
        return
    series = read_series([folder for folder in options.folders if is_series(folder)])
    records = [read_record(folder) for folder in options.folders if not is_series(folder)]
    measured = export.measured_of(series, records)
    rows = export.rows_to_show(measured, export.about_of(series, records), metrics)
    if out is not None and chosen == "parquet":
        out.parent.mkdir(parents=True, exist_ok=True)
        export.write_parquet(measured, rows, out)
        typer.echo(f"{out}: {chosen}")
        return

    def show(console: Console) -> None:
        _print(console, series, records, rows)

    _write(out, chosen, show, lambda: export.TEXTS[chosen](measured, rows))


def _write(
    out: Path | None, chosen: str, show: Callable[[Console], None], text: Callable[[], str]
) -> None:
    """Write a table to a file, or where nobody names one, to the terminal."""
    from rich.console import Console

    from nerode.files import whole_file

    if out is None:
        if chosen == "terminal":
            show(Console())
        else:
            typer.echo(text(), nl=False)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(out) as file:
        if chosen == "terminal":
            show(Console(file=file, width=_WIDTH))
        else:
            file.write(text())
    typer.echo(f"{out}: {chosen}")


def _table_of_sweep(folder: Path, options: TableOptions, chosen: str) -> None:
    """The arms of a sweep in the format that was chosen."""
    from nerode.report.series.steps import of_metrics
    from nerode.report.sweep.arms import read_sweep
    from nerode.report.sweep.table import SWEEP_TEXTS, print_sweep, write_parquet

    sweep = read_sweep(folder, against=options.against, sort=options.sort)
    named = names_of(options.metrics)
    rows = sweep.main if named is None else of_metrics(sweep.rows, named)
    if chosen in ("csv", "parquet") and named is None:
        rows = list(sweep.rows)
    if options.out is not None and chosen == "parquet":
        options.out.parent.mkdir(parents=True, exist_ok=True)
        write_parquet(sweep, rows, options.out)
        typer.echo(f"{options.out}: {chosen}")
        return

    def show(console: Console) -> None:
        print_sweep(sweep, console, rows)

    _write(options.out, chosen, show, lambda: SWEEP_TEXTS[chosen](sweep, rows))


def _print(
    console: Console,
    series: Sequence[SeriesSteps],
    records: Sequence[Record],
    rows: Sequence[Row],
) -> None:
    """A table for each series and each run, with the metrics of these rows."""
    from nerode.report.record.record import of_metrics
    from nerode.report.series.table import print_series
    from nerode.report.table import print_table

    metrics = list(dict.fromkeys(row.path[0] for row in rows))
    for number, each in enumerate(series):
        if number:
            console.print()
        print_series(each, console, metrics)
    for number, record in enumerate(records, start=len(series)):
        if number:
            console.print()
        print_table(of_metrics(record, metrics), console)
