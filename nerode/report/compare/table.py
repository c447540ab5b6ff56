"""A comparison on the terminal: a table for each run but the first, and how to read it."""

from __future__ import annotations

from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nerode.report.compare.compare import RunComparison
from nerode.report.compare.comparison import left_out, unpaired
from nerode.report.compare.family import ScoreComparison
from nerode.report.descriptions import descriptions
from nerode.report.figures.disagreement import slips_of_runs
from nerode.report.rows import number, perfect, rows_of_all, signed, signed_interval
from nerode.report.table import heading, plain
from nerode.stats.estimate import Estimate

_ROOMY = 100
"""Columns from which on the trials have a column of their own."""

_STYLES = {"better": "green", "worse": "red", "none": ""}


def print_comparison(comparison: RunComparison, console: Console) -> None:
    """Every score of the first run beside another, their difference, and whether it is better.

    Fits 80 columns; from 100 on it shows how many trials were compared, too.
    """
    roomy = console.width >= _ROOMY
    for run, members in groupby(comparison.scores, key=lambda score: score.run):
        first, second = (plain(comparison.names[at]) for at in (0, run))
        console.print(
            Text(f"{second} \N{MINUS SIGN} {first}, on {plain(comparison.records[0].world)}")
        )
        console.print()
        table = _columns(first, second, roomy=roomy)
        for title, scores in groupby(members, key=lambda score: score.row.group):
            table.add_row(Text(heading(title), style="bold"))
            for score in scores:
                table.add_row(*_cells(score, roomy=roomy))
        console.print(table)
    for line in _notes(comparison):
        console.print(Text(plain(line), style="dim"))


def _columns(first: str, second: str, *, roomy: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, int(roomy), 0, 0))
    table.add_column("", no_wrap=True)
    for name in (first, second):
        lines = name.replace(":", "\n").replace("-", "-\n")
        table.add_column(
            Text(lines, justify="right", overflow="fold"), justify="right", min_width=6
        )
    table.add_column(Text("differ-\nence", justify="right"), justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    table.add_column("p", justify="right", no_wrap=True)
    if roomy:
        table.add_column("n", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    return table


def _cells(score: ScoreComparison, *, roomy: bool) -> list[Text]:
    difference = score.difference
    cells = [f"  {score.row.label}", *(_value(each) for each in score.estimates)]
    cells += (
        ["", ""] if difference is None else [signed(difference.value), signed_interval(difference)]
    )
    cells.append("" if score.p_adjusted is None else number(score.p_adjusted))
    if roomy:
        cells.append(_trials(score))
    verdict = "" if score.verdict == "none" else score.verdict
    return [Text(plain(cell)) for cell in cells] + [Text(verdict, style=_STYLES[score.verdict])]


def _value(estimate: Estimate | None) -> str:
    return "" if estimate is None else number(estimate.value)


def _trials(score: ScoreComparison) -> str:
    """Pairs of trials; of scores that are not paired, the trials of each."""
    if score.difference is None or score.difference.value is None:
        return ""
    if score.unpaired is None:
        return f"{score.difference.n}"
    return ", ".join(f"{each.n}" for each in score.estimates if each)


def _notes(comparison: RunComparison) -> list[str]:
    about = descriptions(*comparison.records)
    shown = rows_of_all(*(record.metrics for record in comparison.records), about=about)
    lines = [f"{perfect(shown)}. A dash: undefined. Each interval is for its score alone."]
    if comparison.family:
        lines.append(
            f"p is corrected (Holm) for all {comparison.family} comparisons made here. better, "
            "worse: p below 0.05. Without either, two runs may differ by as much as the interval "
            "leaves open."
        )
    apart, out = unpaired(comparison), left_out(comparison)
    lines += [f"Not paired trial by trial, from the two scores alone: {'; '.join(apart)}."] * bool(
        apart
    )
    lines += [f"Not tested: {'; '.join(out)}."] * bool(out)
    slips = slips_of_runs(comparison.names, comparison.records)
    lines += [slips] * bool(slips)
    return lines
