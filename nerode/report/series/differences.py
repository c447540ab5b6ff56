"""Any two steps of a series, compared trial by trial; and from which step on a score is saturated.

Every pair of steps belongs to one family for each score, and p-values are corrected for its size
(Holm): of so many pairs some differ by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from nerode.metrics.metric import AnyMetric
from nerode.metrics.outcomes import Outcomes
from nerode.report.compare.differences import Answered, read_answers
from nerode.report.rows import Row
from nerode.report.series.steps import SeriesSteps, main_rows
from nerode.stats.estimate import Difference
from nerode.stats.multiplicity import ALPHA, holm

StepPair = tuple[int, int]
"""Two steps, the earlier one first."""


@dataclass(frozen=True)
class ScoreDifferences:
    """One score at a later step less that at an earlier one, for all pairs of steps.

    Attributes
    ----------
    row
        The score.
    steps
        Steps that were compared, in order.
    differences
        By pair; undefined where the score is, at either step.
    p_adjusted
        Holm's p-values over all pairs that are defined.
    """

    row: Row
    steps: tuple[int, ...]
    differences: Mapping[StepPair, Difference]
    p_adjusted: Mapping[StepPair, float]

    def better(self, first: int, second: int) -> bool:
        """Whether the later step is certainly better than the earlier one."""
        return self._gain(first, second) > 0

    def worse(self, first: int, second: int) -> bool:
        """Whether the later step is certainly worse than the earlier one."""
        return self._gain(first, second) < 0

    def _gain(self, first: int, second: int) -> float:
        """The difference, positive where it is for the better; 0 where it is not certain."""
        if self.p_adjusted.get((first, second), 1.0) >= ALPHA:
            return 0.0
        value = self.differences[first, second].value or 0.0
        return value if self.row.score.best else -value

    @property
    def saturated(self) -> int | None:
        """The first step after which no later one is certainly better than it.

        The last step where every other one has a later one that is certainly better. None where
        fewer than two steps have a value.
        """
        there = [n for n in self.steps if any(n in pair for pair in self.p_adjusted)]
        for at, step in enumerate(there):
            if not any(self.better(step, later) for later in there[at + 1 :]):
                return step
        return None

    @property
    def last(self) -> int | None:
        """The last step at which the score has a value."""
        return max((second for _, second in self.p_adjusted), default=None)


@dataclass(frozen=True)
class SeriesDifferences:
    """The differences of one series by score, and why others are not compared.

    `left_out` has reasons by the name of a score; `last` are the trials of the last step.
    """

    scores: tuple[ScoreDifferences, ...]
    left_out: Mapping[str, str]
    last: Answered | None = None

    def of(self, row: Row) -> ScoreDifferences | None:
        """Those of a score; None where it is not compared."""
        return next((each for each in self.scores if each.row.path == row.path), None)


def series_differences(
    series: SeriesSteps,
    metrics: Sequence[AnyMetric] = (),
    progress: Callable[[], object] | None = None,
) -> SeriesDifferences:
    """All pairs of steps in the main scores of a series.

    `metrics` are those that are not built in. `progress` is called once a step. Raises FormatError
    where the trials of a step are damaged.
    """
    answered: dict[int, Answered | None] = {}
    for each in series.measured:
        folder = series.folder.run_of(each.step)
        answered[each.step] = read_answers(folder, each.record, metrics)
        if progress is not None:
            progress()
    scores, left_out = [], {}
    for row in main_rows(series.rows()):
        outcomes = _outcomes(answered, row)
        if isinstance(outcomes, str):
            left_out[f"{row.group} ({row.label})"] = outcomes
        else:
            scores.append(differences_of(row, outcomes))
    return SeriesDifferences(tuple(scores), left_out, answered[series.last.step])


def _outcomes(answered: Mapping[int, Answered | None], row: Row) -> dict[int, Outcomes] | str:
    """The trials of a score's metric by step, or why they are not compared."""
    metric, *_ = row.path
    found: dict[int, Outcomes] = {}
    for step, each in answered.items():
        if each is None:
            return f"the trials of step {step} are not in its folder"
        if metric in each.lost:
            return f"the trials of step {step} do not give the scores of its record"
        if metric in each.outcomes:
            found[step] = each.outcomes[metric]
    if not any(row.path[1:] in outcomes.names for outcomes in found.values()):
        return "its trials are not compared one by one"
    first, *others = found.values()
    if not all(first.same_questions(other) for other in others):
        return "trials of one number ask different things at different steps"
    return found


def differences_of(row: Row, outcomes: Mapping[int, Outcomes]) -> ScoreDifferences:
    """All pairs of these steps in one score."""
    steps = tuple(sorted(outcomes))
    found = {
        (first, second): outcomes[first].difference(outcomes[second], row.path[1:])
        for first, second in combinations(steps, 2)
    }
    tested = {pair: each.p for pair, each in found.items() if each.p is not None}
    adjusted = dict(zip(tested, holm(list(tested.values())), strict=True)) if tested else {}
    return ScoreDifferences(row, steps, found, adjusted)
