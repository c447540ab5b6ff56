r"""Series and runs as tables for papers and for programs.

Markdown and LaTeX are for papers: one row a step, one column a score, intervals behind the values.
CSV and Parquet are for programs: one row a step and score, with all that is known of it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from nerode.errors import InvalidParameter
from nerode.report.descriptions import Descriptions, descriptions
from nerode.report.names import titles
from nerode.report.rows import DASH, Metrics, Row, estimate_at, interval, number, rows_of_all
from nerode.report.series.steps import SeriesSteps, of_metrics
from nerode.schema.record import Record

Format = Literal["terminal", "markdown", "latex", "csv", "parquet"]
FORMATS: tuple[str, ...] = get_args(Format)
ENDINGS = {
    ".txt": "terminal",
    ".md": "markdown",
    ".tex": "latex",
    ".csv": "csv",
    ".parquet": "parquet",
}
EXPORT_COLUMNS = (
    *("name", "step", "baseline", "metric", "score", "value"),
    *("low", "high", "n", "skipped"),
)


@dataclass(frozen=True)
class Measured:
    """The scores of one model: of a series at a step, of a run, or of a baseline of either.

    `step` is None for what has none; `baseline` is empty for the model itself.
    """

    name: str
    step: int | None
    baseline: str
    metrics: Metrics


def measured_of(series: Sequence[SeriesSteps], records: Sequence[Record]) -> list[Measured]:
    """Every step of every series with its baselines behind it, then the runs with theirs."""
    found: list[Measured] = []
    for each in series:
        found += [Measured(each.name, s.step, "", s.record.metrics) for s in each.measured]
        found += [Measured(each.name, None, *baseline) for baseline in each.baselines.items()]
    for name, record in zip(titles(records), records, strict=True):
        found.append(Measured(name, None, "", record.metrics))
        found += [Measured(name, None, *baseline) for baseline in record.baselines.items()]
    return found


def about_of(series: Sequence[SeriesSteps], records: Sequence[Record]) -> Descriptions:
    """What is known of the metrics of all these records."""
    return descriptions(*(s.record for each in series for s in each.measured), *records)


def rows_to_show(
    measured: Sequence[Measured], about: Descriptions, metrics: Sequence[str] | None
) -> list[Row]:
    """The scores of these models. Raises UnknownName for a metric that none of them has."""
    return of_metrics(rows_of_all(*(each.metrics for each in measured), about=about), metrics)


def markdown(measured: Sequence[Measured], rows: Sequence[Row]) -> str:
    """A table in the form of GitHub: one row a step, one column a score."""
    return markdown_table(_wide(measured, rows, escape_markdown))


def markdown_table(table: Sequence[Sequence[str]]) -> str:
    """Cells that are escaped as a table in the form of GitHub: the head, then every other row."""
    head, *body = table
    widths = ["---", *["---:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, widths, *body))


def latex(measured: Sequence[Measured], rows: Sequence[Row]) -> str:
    """A `tabular` with the lines of the package booktabs: one row a step, one column a score."""
    return latex_table(_wide(measured, rows, escape_latex))


def latex_table(table: Sequence[Sequence[str]], *remarks: str) -> str:
    """Cells that are escaped as a `tabular`, with remarks in comments above it."""
    head, *body = table
    lines = [
        r"% needs \usepackage{booktabs}",
        *(f"% {remark}" for remark in remarks),
        rf"\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}",
        r"\toprule",
        f"{' & '.join(head)} \\\\",
        r"\midrule",
        *(f"{' & '.join(cells)} \\\\" for cells in body),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def comma_separated(measured: Sequence[Measured], rows: Sequence[Row]) -> str:
    """One row a step and score, empty where there is no number."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(EXPORT_COLUMNS)
    columns = _long(measured, rows)
    writer.writerows(zip(*columns.values(), strict=True))
    return stream.getvalue()


def write_parquet(measured: Sequence[Measured], rows: Sequence[Row], file: Path) -> None:
    """The same rows as of CSV, as a file of Parquet."""
    kinds: dict[str, type] = dict.fromkeys(("name", "baseline", "metric", "score"), str)
    kinds |= dict.fromkeys(("step", "n", "skipped"), int)
    kinds |= dict.fromkeys(("value", "low", "high"), float)
    columns = _long(measured, rows)
    write_columns({name: (kinds[name], columns[name]) for name in EXPORT_COLUMNS}, file)


def write_columns(columns: Mapping[str, tuple[type, Sequence[object]]], file: Path) -> None:
    """Columns by name, each with the type of its values (or None), as a file of Parquet."""
    import pyarrow as pa  # noqa: PLC0415 - takes long to load
    import pyarrow.parquet as pq  # noqa: PLC0415

    types = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    schema = pa.schema([(name, types[kind]) for name, (kind, _) in columns.items()])
    values = {name: list(column) for name, (_, column) in columns.items()}
    part = file.with_name(f"{file.name}.part")
    try:
        pq.write_table(pa.table(values, schema=schema), part)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


TEXTS: Mapping[str, Callable[[Sequence[Measured], Sequence[Row]], str]] = {
    "markdown": markdown,
    "latex": latex,
    "csv": comma_separated,
}
"""What writes each format that is text."""


def format_of(given: str | None, out: Path | None) -> str:
    """The format that was asked for, or the one that a file's name ends in; else the terminal's.

    Raises InvalidParameter for another format or ending, and for Parquet without a file.
    """
    if given is None and out is not None and out.suffix not in ENDINGS:
        raise InvalidParameter(
            f"expected a file that ends in {', '.join(ENDINGS)}, or --format, got {out}"
        )
    chosen = given or ("terminal" if out is None else ENDINGS[out.suffix])
    if chosen not in FORMATS:
        raise InvalidParameter(f"expected a format out of {', '.join(FORMATS)}, got {chosen!r}")
    if chosen == "parquet" and out is None:
        raise InvalidParameter("expected a file for Parquet (--out FILE), got none")
    return chosen


def _wide(
    measured: Sequence[Measured], rows: Sequence[Row], escape: Callable[[str], str]
) -> list[list[str]]:
    """The head, then a row for each that was measured; rows without a score are left out."""
    several = len({each.name for each in measured}) > 1
    table = [["model", "step", *(f"{row.group}: {row.label}" for row in rows)]]
    for each in measured:
        name = each.name
        if each.baseline:
            name = f"{name}: {each.baseline}" if several else each.baseline
        cells = [_cell(each.metrics, row) for row in rows]
        if any(cells):
            table.append([name, _step(each.step), *cells])
    return [[escape(cell) for cell in cells] for cells in table]


def _step(step: int | None) -> str:
    return "" if step is None else str(step)


def _cell(metrics: Metrics, row: Row) -> str:
    estimate = estimate_at(metrics, row.path)
    if estimate is None:
        return ""
    bounds = interval(estimate)
    value = number(estimate.value)
    return value if estimate.value is None or not bounds else f"{value} ({bounds})"


def _long(measured: Sequence[Measured], rows: Sequence[Row]) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {name: [] for name in EXPORT_COLUMNS}
    for each in measured:
        for row in rows:
            found = estimate_at(each.metrics, row.path)
            if found is None:
                continue
            values = (each.name, each.step, each.baseline, row.path[0], "/".join(row.path[1:]))
            numbers = (found.value, found.low, found.high, found.n, found.skipped)
            for name, value in zip(EXPORT_COLUMNS, (*values, *numbers), strict=True):
                columns[name].append(value)
    return columns


_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "ε": r"$\epsilon$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{MINUS SIGN}": "$-$",
    DASH: "--",
}


def escape_latex(text: str) -> str:
    r"""Text that LaTeX prints letter by letter, on one line.

    >>> escape_latex("50 %_a & $b")
    '50 \\%\\_a \\& \\$b'
    """
    return "".join(_LATEX.get(letter, letter) for letter in _on_one_line(text))


def escape_markdown(text: str) -> str:
    """Text of a cell: nothing in it ends the cell or becomes a tag."""
    shown = _on_one_line(text)
    for letter in "\\|`*_[]<>#":
        shown = shown.replace(letter, f"\\{letter}")
    return shown


def _on_one_line(text: str) -> str:
    """Text without line ends and without what could steer a program that shows it."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
