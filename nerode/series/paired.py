"""Two steps of one series, compared trial by trial."""

from __future__ import annotations

from pathlib import Path

from nerode.errors import InvalidParameter, UnknownName
from nerode.metrics.metric import AnyMetric
from nerode.metrics.outcomes import Outcomes
from nerode.runs import TERMS, Key, read_json, read_trials
from nerode.schema.trial import AnyTrial
from nerode.stats.estimate import Difference


def difference_of_steps(
    first: Path, second: Path, metric: AnyMetric, names: tuple[str, ...], trials: int
) -> Difference:
    """A score in one run folder less that in another, over the trials that both answered.

    Parameters
    ----------
    first, second
        Run folders of two steps.
    metric
        The metric of the score.
    names
        The score's name, and those below it.
    trials
        Trials of each step.

    Raises
    ------
    InvalidParameter
        Where trials have no parts in the metric's scores.
    UnknownName
        Where they have none in this one.
    """
    before, after = (_outcomes(folder, metric, trials) for folder in (first, second))
    known = before.names | after.names
    if names not in known:
        listed = ", ".join(sorted("/".join(each) for each in known)) or "nothing"
        message = f"expected a score of {metric.name} ({listed}), got {'/'.join(names)}"
        raise UnknownName(message)
    if not before.same_questions(after):
        message = f"expected trials that asked the same, got others of {metric.name} in {second}"
        raise InvalidParameter(message)
    return before.difference(after, names)


def _outcomes(folder: Path, metric: AnyMetric, trials: int) -> Outcomes:
    model = read_json(folder / TERMS)["model"]
    outcomes = Outcomes(metric, trials, main=0)

    def read(key: Key, line: bytes) -> AnyTrial | None:
        return metric.decode(line) if key == (model, metric.name) else None

    for _, trial in read_trials(folder, read):
        if trial is not None:
            outcomes.see(trial)
    return outcomes
