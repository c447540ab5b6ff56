"""Whether a model's yes-or-no answers depend on the question at all.

A model that says no to everything gives the same answers whatever the prompt says: its compression
is perfect, and it knows nothing. Consistency is worth something only where answers differ with the
question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from nerode.chat.plan import NO, YES, CapabilityCase, Question, Skipped, TrialPlan
from nerode.chat.simulated import Answerer
from nerode.errors import NoTrial
from nerode.schema.chat import YesShares
from nerode.stats.estimate import Difference, Estimate, estimate, unpaired_difference
from nerode.worlds.boundaries import String

NEARLY_ALWAYS = 0.9
"""Share of the more frequent answer from which answers are nearly always the same."""
LITTLE = 0.25
"""By how much the share of yes differs with the right answer, at most, where it hardly does."""


class Dependence(Enum):
    """What the answers show: see `dependence_of`."""

    SHOWN = "shown"
    UNCLEAR = "unclear"
    HARDLY = "hardly"


def frequent_answer(shares: YesShares) -> str:
    """The more frequent answer, yes or no."""
    return YES if (shares.yes.value or 0.0) > 1 / 2 else NO


def gap(shares: YesShares) -> Difference:
    """The share of yes where yes is right less that where no is: 1 if always right."""
    return unpaired_difference(shares.yes_if_no, shares.yes_if_yes)


def dependence_of(shares: YesShares) -> Dependence:
    """Whether the answers depend on the question, as far as they show it.

    HARDLY: of the answers that were given a share of NEARLY_ALWAYS (9 in 10) or more are the same,
    and it makes little difference which one is right: the 95 % interval of `gap` lies between
    -LITTLE and LITTLE (a quarter). A model that knows the world has a gap near 1, whatever most of
    the right answers are, so it is never called that where they are mostly yes, or no; one whose
    true gap is beyond a quarter is with a probability of 2.5 % at most.

    UNCLEAR: as many are the same, and nothing shows that they depend on the question: the interval
    of `gap` is wider and holds 0, or there is none, since one answer is always right. So few do not
    tell a model that knows from one that always says the same.

    SHOWN: all else, also where there were no questions. Answers that vary without regard to what is
    true (a coin's) are SHOWN: the scores say that they are wrong.
    """
    if shares.yes.value is None or max(shares.yes.value, 1 - shares.yes.value) < NEARLY_ALWAYS:
        return Dependence.SHOWN
    low, high = gap(shares).low, gap(shares).high
    if low is None or high is None:
        return Dependence.UNCLEAR
    if low > -LITTLE and high < LITTLE:
        return Dependence.HARDLY
    return Dependence.UNCLEAR if low <= 0 <= high else Dependence.SHOWN


def yes_shares(plan: TrialPlan, answerers: Mapping[str, Answerer]) -> dict[str, YesShares]:
    """The shares of yes of everybody who answers the questions of a plan, by name.

    Of all different questions; `skipped` counts those without an answer that could be parsed.
    Intervals know that questions about one history are not independent.
    """
    histories: list[int] = []
    right: list[bool] = []
    answers: dict[str, list[float]] = {name: [] for name in answerers}
    for history, question in _choices(plan):
        histories.append(history)
        right.append(question.truth == YES)
        for name, answerer in answerers.items():
            answers[name].append(_answer(question, answerer))
    truths = np.array(right, dtype=bool)
    clusters = np.array(histories, dtype=np.int64)
    everywhere = np.ones_like(truths)
    return {
        name: YesShares(
            yes=_share(given, clusters, everywhere),
            yes_if_yes=_share(given, clusters, truths),
            yes_if_no=_share(given, clusters, ~truths),
        )
        for name, given in answers.items()
    }


def _share(
    answers: Sequence[float], clusters: NDArray[np.int64], of: NDArray[np.bool_]
) -> Estimate:
    """The share of yes among the answers to the questions `of`; shape (questions,) each."""
    return estimate(np.array(answers)[of], clusters=clusters[of])


def _answer(question: Question, answerer: Answerer) -> float:
    """1 for yes, 0 for no, NaN where there is no answer, or none that could be parsed."""
    try:
        said = answerer(question)
    except NoTrial:
        return np.nan
    return np.nan if said is None else float(said == YES)


def _choices(plan: TrialPlan) -> Iterator[tuple[int, Question]]:
    """Every different yes-or-no question of a plan, with a number of its history."""
    numbers: dict[String, int] = {}
    met: set[bytes] = set()
    for trials in plan.trials.values():
        for trial in trials:
            if isinstance(trial, Skipped | CapabilityCase):
                continue
            for (side, _), question in plan.questions_of(trial).items():
                mark = bytes.fromhex(question.key)
                if mark not in met:
                    met.add(mark)
                    yield numbers.setdefault(trial.histories[side], len(numbers)), question
