"""Several runs on one page: what is said of them, their table, their figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nerode.report.cells import MetricTable, metric_table
from nerode.report.compare.compare import RunComparison, compare_records
from nerode.report.compare.differences import Answered
from nerode.report.compare.family import ScoreComparison
from nerode.report.descriptions import descriptions
from nerode.report.figures.curves import FigureView
from nerode.report.figures.disagreement import slips_of_runs
from nerode.report.figures.sources import sources
from nerode.report.kinds import alike_named
from nerode.report.names import headings
from nerode.report.rows import and_
from nerode.schema.record import Record


@dataclass(frozen=True)
class Comparison:
    """What the page shows above all runs.

    `family` counts the comparisons for which p-values are corrected, `unpaired` and `left_out` tell
    which metrics are not compared trial by trial, which scores not at all, and why; `pairs` whether
    any are, `uneven` whether some runs have more trials than others, `slips` how often each slips.
    """

    verdict: str
    table: MetricTable
    figures: tuple[FigureView, ...]
    family: int
    unpaired: tuple[str, ...]
    left_out: tuple[str, ...]
    pairs: bool
    uneven: bool
    slips: str


def comparison(records: Sequence[Record], answered: Sequence[Answered | None] = ()) -> Comparison:
    """Every run beside the first; `answered` are their trials, where they are there.

    The numbers are those of `nerode.compare`.
    """
    found = compare_records(records, answered)
    called = headings(records)
    metrics = (record.metrics for record in alike_named(records))
    columns = dict(zip(called, metrics, strict=True))
    comparisons = [
        {score.path: score for score in found.scores if score.run == run}
        for run in range(1, len(records))
    ]
    return Comparison(
        verdict=found.headline,
        table=metric_table(columns, comparisons, descriptions(*records)),
        figures=sources(records),
        family=found.family,
        unpaired=unpaired(found),
        left_out=left_out(found),
        pairs=any(score.difference and score.difference.n for score in found.scores),
        uneven=len({record.parameters.trials for record in records}) > 1,
        slips=slips_of_runs(called, records),
    )


def unpaired(comparison: RunComparison) -> tuple[str, ...]:
    """One line for each run and reason: which metrics are not compared trial by trial, and why."""
    return _listed(
        comparison,
        [(s, s.row.group, s.unpaired) for s in comparison.scores if s.unpaired is not None],
    )


def left_out(comparison: RunComparison) -> tuple[str, ...]:
    """One line for each run and reason: of which scores no claim is made, and why."""
    return _listed(
        comparison,
        [
            (s, f"{s.row.group} ({s.row.label})", s.left_out)
            for s in comparison.scores
            if s.left_out is not None
        ],
    )


def _listed(
    comparison: RunComparison, apart: Sequence[tuple[ScoreComparison, str, str | None]]
) -> tuple[str, ...]:
    """Names with one reason of one run in one line; the run is named where there are several."""
    lines: dict[tuple[int, str], dict[str, None]] = {}
    for score, name, why in apart:
        lines.setdefault((score.run, why or ""), {})[name] = None
    several = len(comparison.names) > 2  # noqa: PLR2004 - more than one pair
    return tuple(
        f"{f'{comparison.names[run]}: ' if several else ''}{and_(list(names))} ({why})"
        for (run, why), names in lines.items()
    )
