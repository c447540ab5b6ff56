"""All scores that are compared at once: which run is better in which, corrected for how many.

Whoever looks over a whole table picks what stands out, wherever it stands. So every score of every
run less the first one's belongs to one family, and p-values are corrected for its size (Holm). With
models that do not differ, at most one table in twenty then shows any difference. Scores that say
much the same twice (trips within 1 % and within 5 %) make the correction stricter than it need be,
never too lenient.

Not in the family, since no claim is made of them: scores of which no value is the best, or which
only one run has, or which are undefined; and the points of curves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from nerode.metrics.metric import ScorePath
from nerode.report.compare.differences import Answered, Compared, compared
from nerode.report.descriptions import descriptions
from nerode.report.rows import Row, estimate_at, rows_of_all
from nerode.schema.record import Record
from nerode.stats.estimate import Difference, Estimate
from nerode.stats.multiplicity import ALPHA, holm

BetterOrWorse = Literal["better", "worse", "none"]

ONE_RUN = "measured in one run only"
UNDEFINED = "undefined in one run or both"
NO_BEST = "no value of it is better than another"


@dataclass(frozen=True)
class ScoreComparison:
    """One score of one run, less that of the first run.

    Attributes
    ----------
    run
        Number of the run among those compared; the first is 0.
    row
        The score: where it stands in a record, and how people call it.
    estimates
        The score of the first run and of this one; None where one did not measure it.
    difference
        This run's score less the first one's; None where the two are not compared.
    p_adjusted
        Holm's p-value over the family; None where the score is not in it.
    unpaired
        Why the difference is not taken trial by trial; None where it is.
    left_out
        Why the score is not in the family; None where it is.
    """

    run: int
    row: Row
    estimates: tuple[Estimate | None, Estimate | None]
    difference: Difference | None = None
    p_adjusted: float | None = None
    unpaired: str | None = None
    left_out: str | None = None

    @property
    def path(self) -> ScorePath:
        """Where the score stands in a record's metrics."""
        return self.row.path

    @property
    def verdict(self) -> BetterOrWorse:
        """Whether this run is better or worse than the first one, by the corrected p.

        "none" where it may be neither; that is no proof that the two are equal.
        """
        value = self.difference.value if self.difference else None
        if self.p_adjusted is None or self.p_adjusted >= ALPHA or not value:
            return "none"
        return "better" if (value > 0) == (self.row.score.best == 1) else "worse"


def compare_scores(
    records: Sequence[Record], answered: Sequence[Answered | None] = ()
) -> tuple[ScoreComparison, ...]:
    """Every score of every run beside the first one's, run by run, in the order of tables.

    `answered` are the trials of each run, where they are there: then differences are taken trial
    by trial. Runs of another world than the first one's are passed over.
    """
    scores = [
        score
        for at, found in enumerate(compared(records, answered), start=1)
        if records[at].world == records[0].world
        for score in _of_run(at, records[0], records[at], found)
    ]
    family = [at for at, score in enumerate(scores) if score.left_out is None]
    p_values = [_p(scores[at]) for at in family]
    for at, p_adjusted in zip(family, holm(p_values), strict=True):
        scores[at] = replace(scores[at], p_adjusted=p_adjusted)
    return tuple(scores)


def _p(score: ScoreComparison) -> float:
    p = None if score.difference is None else score.difference.p
    return 1.0 if p is None else p


def _of_run(at: int, first: Record, second: Record, comparison: Compared) -> list[ScoreComparison]:
    """What is known of each score before the correction."""
    scores = []
    about = descriptions(first, second)
    for row in rows_of_all(first.metrics, second.metrics, about=about):
        path = row.path
        estimates = (estimate_at(first.metrics, path), estimate_at(second.metrics, path))
        difference = comparison.differences.get(path)
        scores.append(
            ScoreComparison(
                at,
                row,
                estimates,
                difference,
                unpaired=comparison.unpaired.get(path[0]) if difference is not None else None,
                left_out=_left_out(row, estimates, difference, comparison),
            )
        )
    return scores


def _left_out(
    row: Row,
    estimates: tuple[Estimate | None, Estimate | None],
    difference: Difference | None,
    comparison: Compared,
) -> str | None:
    """Why nothing is said of a score; None where it is in the family."""
    if row.path in comparison.withheld:
        return comparison.withheld[row.path]
    if None in estimates:
        return ONE_RUN
    if row.score.best is None:
        return NO_BEST
    if difference is None or difference.value is None:
        return UNDEFINED
    return None
