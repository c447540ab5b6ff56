"""A series on the terminal: a row a score, with its curve as a row of bars."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nerode.report.names import terms
from nerode.report.rows import Row, estimate_at, interval, number
from nerode.report.series.sparkline import sparkline
from nerode.report.series.steps import SeriesSteps, thinned
from nerode.report.table import heading, plain
from nerode.stats.estimate import Estimate

_NARROW, _WIDE = 16, 40
"""Most bars of a curve, on a terminal of 80 columns and on one of 120 or more."""
_ROOMY = 120
_LEAST_RANGE = 0.1
"""What the bars of a share span at least: below that, curves are mostly noise."""
_NOTE = (
    "Best: the value nearest to that of a perfect model, and its step (the first of equals); of so "
    "many steps one stands out by chance. Bars: from the lowest value of a row to its highest, at "
    "least 0.1 apart; a gap is a step that was not measured or has no value. A dash: undefined."
)


def print_series(
    series: SeriesSteps, console: Console, metrics: Sequence[str] | None = None
) -> None:
    """One row a score: its first, last and best value, and its curve over the steps.

    Of the metrics of these names, or of all.
    """
    shown = [row for row in series.rows() if metrics is None or row.path[0] in metrics]
    roomy = console.width >= _ROOMY
    console.print(Text(plain(_title(series))))
    console.print()
    console.print(_table(series, shown, roomy=roomy))
    for line in (_NOTE, *_failures(series)):
        console.print(Text(plain(line), style="dim"))


def _title(series: SeriesSteps) -> str:
    first, last = series.measured[0].step, series.last.step
    conditions = dict(terms(series.last.record))
    count = len(series.measured)
    return (
        f"{series.name} on {series.terms.world} · {count} step{'' if count == 1 else 's'}, "
        f"{first:,} to {last:,} · {conditions.get('trials', '?')} trials · "
        f"{sum(line.seconds for line in series.lines):.1f} s"
    )


def _table(series: SeriesSteps, shown: Sequence[Row], *, roomy: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column(f"step {series.measured[0].step}", justify="right", no_wrap=True)
    table.add_column(f"step {series.last.step}", justify="right", no_wrap=True)
    if roomy:
        table.add_column("95 % interval", justify="right", no_wrap=True)
    table.add_column("best", justify="right", no_wrap=True)
    table.add_column("at step", justify="right", no_wrap=True)
    table.add_column("over the steps", no_wrap=True)
    for group, members in groupby(shown, key=lambda row: row.group):
        table.add_row(Text(heading(group), style="bold"))
        for row in members:
            table.add_row(*(Text(plain(cell)) for cell in _cells(series, row, roomy=roomy)))
    return table


def _cells(series: SeriesSteps, row: Row, *, roomy: bool) -> list[str]:
    found = {each.step: estimate_at(each.record.metrics, row.path) for each in series.measured}
    first, last = (found[each.step] for each in (series.measured[0], series.last))
    best = _best(row, found)
    cells = [f"  {row.label}", _value(first), _value(last)]
    if roomy:
        cells.append("" if last is None else interval(last))
    cells += ["", ""] if best is None else [_value(found[best]), f"{best}"]
    # Steps that could not be measured are gaps.
    steps = thinned([line.step for line in series.lines], _WIDE if roomy else _NARROW)
    estimates = (found.get(step) for step in steps)
    values = [None if each is None else each.value for each in estimates]
    return [*cells, sparkline(values, _LEAST_RANGE if row.score.is_share else 0.0)]


def _best(row: Row, found: dict[int, Estimate | None]) -> int | None:
    """The first step with the value that is nearest to the best one; None where none is best."""
    best = row.score.best
    values = {s: each.value for s, each in found.items() if each and each.value is not None}
    if best is None or not values:
        return None
    return min(values, key=lambda step: (-values[step] if best else values[step], step))


def _value(estimate: Estimate | None) -> str:
    return "" if estimate is None else number(estimate.value)


def _failures(series: SeriesSteps) -> list[str]:
    return [f"Step {line.step} was not measured: {line.failed}" for line in series.failed]
