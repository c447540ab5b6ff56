"""A sweep as a table: on the terminal, and for papers and programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nerode.report.rows import Row, interval, number, perfect, signed, signed_interval
from nerode.report.series.export import (
    escape_latex,
    escape_markdown,
    latex_table,
    markdown_table,
    write_columns,
)
from nerode.report.sweep.arms import ArmModels, ArmScore, SweepScores
from nerode.report.sweep.ranking import ranking
from nerode.report.table import plain

MARKS = {"better": "+", "worse": "\N{MINUS SIGN}", "": ""}
"""What stands behind a number that differs from that of the arm compared with."""
SWEEP_COLUMNS = (
    "arm",
    "metric",
    "score",
    "value",
    "low",
    "high",
    "n",
    "skipped",
    "seeds",
    "against",
    "difference",
    "difference_low",
    "difference_high",
    "mark",
)
_LONGEST = 40
"""Letters of an arm's name on the terminal."""
_NARROW = 14
"""Columns of a score on the terminal: a long word of its name fits in."""


def print_sweep(sweep: SweepScores, console: Console, shown: Sequence[Row] | None = None) -> None:
    """Arms downwards and scores across; where there is no room, several tables of scores.

    The scores are those of `shown`, or the main ones.
    """
    console.print(Text(plain(title(sweep))))
    names = max(len(arm.name) for arm in sweep.arms)
    room = max(1, (console.width - min(names, _LONGEST) - 1) // (_NARROW + 1))
    main = sweep.main if shown is None else list(shown)
    for start in range(0, len(main), room):
        console.print()
        console.print(_table(sweep, main[start : start + room]))
    for line in notes(sweep):
        console.print(Text(plain(line), style="dim"))


def title(sweep: SweepScores) -> str:
    """What was trained, in a line."""
    terms = sweep.terms
    minutes = "" if terms.minutes is None else counted(terms.minutes, "minute")
    length = minutes or counted(terms.epochs or 0, "epoch")
    order = sweep.sorted_by
    by = "" if order is None else f" · the best in {order.group.lower()} ({order.label}) first"
    return (
        f"{sweep.folder.path.resolve().name} on {terms.world} · {counted(len(sweep.arms), 'arm')}, "
        f"{counted(len(sweep.models), 'model')}, {length} each · {terms.trials} trials{by}"
    )


def counted(number_: float, thing: str) -> str:
    """So many things: `1 arm`, `2 arms`."""
    return f"{number_:g} {thing}{'' if number_ == 1 else 's'}"


def _table(sweep: SweepScores, rows: Sequence[Row]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True, max_width=_LONGEST)
    for row in rows:
        table.add_column(
            Text(plain(f"{row.group} {row.label}")), justify="right", min_width=_NARROW
        )
    for arm in sweep.arms:
        cells = [_cell(arm.scores.get(row.path)) for row in rows]
        table.add_row(Text(plain(arm.name)), *(Text(plain(cell)) for cell in cells))
    return table


def _cell(score: ArmScore | None) -> str:
    if score is None:
        return ""
    return f"{number(score.mean.value)}{MARKS[score.mark] or ' '}"


def notes(sweep: SweepScores) -> list[str]:
    """What is to be known of the numbers."""
    said = [f"Means over {seeds(sweep)}. {legend(sweep)}"]
    if most_seeds(sweep) == 1:
        said[0] += " Of one seed: what other seeds would bring is not in the intervals."
    said.append(f"{perfect(sweep.main)}.")
    said.append("Intervals and differences are in the other formats (`--format csv`) and the page.")
    found = ranking(sweep)
    if found is not None:
        said.append(found.sentence)
    if sweep.missing:
        said.append(f"Not done: {'; '.join(map(str, sweep.missing))}.")
    return said


def legend(sweep: SweepScores) -> str:
    """What the marks mean, and how many differences chance would mark."""
    count = compared_count(sweep)
    if not count:
        return f"No arm is compared with {sweep.against} yet."
    return (
        f"+ and {MARKS['worse']}: better or worse than {sweep.against}, by the difference trial by "
        "trial, whose 95 % interval leaves out 0. Of differences that are none, one in twenty "
        f"would be marked by chance; the main scores have {count}."
    )


def seeds(sweep: SweepScores) -> str:
    """How many seeds the arms have, in words."""
    counts = {len(arm.models) for arm in sweep.arms}
    if len(counts) == 1:
        return counted(counts.pop(), "seed")
    return f"{min(counts)} to {max(counts)} seeds"


def most_seeds(sweep: SweepScores) -> int:
    """The number of seeds of the arm that has most of them."""
    return max(len(arm.models) for arm in sweep.arms)


def compared_count(sweep: SweepScores) -> int:
    """How many differences the main scores have, all arms together."""
    return sum(
        1
        for arm in sweep.arms
        for row in sweep.judged
        if row.path in arm.scores and arm.scores[row.path].difference is not None
    )


def markdown(sweep: SweepScores, rows: Sequence[Row]) -> str:
    """A table with arms downwards and scores across, in Markdown."""
    table = markdown_table(_wide(sweep, rows, escape_markdown))
    return f"{table}\n{escape_markdown(legend(sweep))}\n"


def latex(sweep: SweepScores, rows: Sequence[Row]) -> str:
    """The same in LaTeX, with the package booktabs."""
    return latex_table(_wide(sweep, rows, escape_latex), legend(sweep))


def _wide(sweep: SweepScores, rows: Sequence[Row], escape: Callable[[str], str]) -> list[list[str]]:
    head = ["arm", *(f"{row.group}: {row.label}" for row in rows)]
    body = [[arm.name, *(_full(arm.scores.get(row.path)) for row in rows)] for arm in sweep.arms]
    return [[escape(cell) for cell in cells] for cells in (head, *body)]


def _full(score: ArmScore | None) -> str:
    """A number with its interval, and its mark."""
    if score is None:
        return ""
    bounds = interval(score.mean) if score.mean.low is not None else ""
    text = number(score.mean.value) + (f" ({bounds})" if bounds else "")
    return f"{text} {MARKS[score.mark]}".rstrip()


def comma_separated(sweep: SweepScores, rows: Sequence[Row]) -> str:
    """One row an arm and score, empty where there is no number."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(SWEEP_COLUMNS)
    writer.writerows(_long(sweep, rows))
    return stream.getvalue()


def write_parquet(sweep: SweepScores, rows: Sequence[Row], file: Path) -> None:
    """The same rows as a file of Parquet, null where there is no number."""
    kinds: dict[str, type] = dict.fromkeys(SWEEP_COLUMNS, float)
    kinds |= dict.fromkeys(("arm", "metric", "score", "against", "mark"), str)
    kinds |= dict.fromkeys(("n", "skipped", "seeds"), int)
    cells = list(zip(*_long(sweep, rows), strict=True)) or [()] * len(SWEEP_COLUMNS)
    columns = dict(zip(SWEEP_COLUMNS, cells, strict=True))
    write_columns({name: (kinds[name], column) for name, column in columns.items()}, file)


def _long(sweep: SweepScores, rows: Sequence[Row]) -> list[list[object]]:
    """The cells of a row for each arm and score that it has."""
    return [
        _numbers(sweep, arm, row) for arm in sweep.arms for row in rows if row.path in arm.scores
    ]


def _numbers(sweep: SweepScores, arm: ArmModels, row: Row) -> list[object]:
    score = arm.scores[row.path]
    mean, found = score.mean, score.difference
    cells: list[object] = [arm.name, row.path[0], "/".join(row.path[1:])]
    cells += [mean.value, mean.low, mean.high, mean.n, mean.skipped, len(score.seeds)]
    if found is None:
        return [*cells, None, None, None, None, None]
    cells += [sweep.against, found.value, found.low, found.high, score.mark]
    return cells


SWEEP_TEXTS: Mapping[str, Callable[[SweepScores, Sequence[Row]], str]] = {
    "markdown": markdown,
    "latex": latex,
    "csv": comma_separated,
}
"""What writes each format that is text."""


def grouped(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Rows by their metric, in order."""
    return [(group, list(members)) for group, members in groupby(rows, key=lambda row: row.group)]


def difference_text(score: ArmScore) -> str:
    """The difference with its interval; nothing where there is none."""
    found = score.difference
    if found is None or found.value is None:
        return ""
    return f"{signed(found.value)} ({signed_interval(found)})"
