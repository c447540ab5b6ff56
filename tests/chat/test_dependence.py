"""Whether answers depend on the question: definition, simulation, and what the headline says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from nerode.chat.dependence import Dependence, dependence_of, yes_shares
from nerode.chat.plan import CHOICE, Question
from nerode.chat.simulated import Answerer, always_no, always_yes, coin, flipping, solver
from nerode.schema.chat import YesShares
from nerode.schema.decoding import decoded, encoded
from nerode.stats.estimate import estimate
from tests.chat.folders import told_plan

Bools = NDArray[np.bool_]
PER_HISTORY = 5
"""Questions about one history, whose answers count as dependent."""


def shares(truths: Bools, answers: Bools) -> YesShares:
    clusters = np.arange(truths.size) // PER_HISTORY
    among = (np.ones_like(truths), truths, ~truths)
    every, yes, no = (estimate(answers[of].astype(float), clusters=clusters[of]) for of in among)
    return YesShares(yes=every, yes_if_yes=yes, yes_if_no=no)


def simulated(
    questions: int, yes: float, answer: Callable[[Bools, np.random.Generator], Bools]
) -> Counter[Dependence]:
    """What 100 models come to, where a share of the right answers is yes."""
    found: Counter[Dependence] = Counter()
    for seed in range(100):
        rng = np.random.default_rng(seed)
        truths = rng.random(questions) < yes
        found[dependence_of(shares(truths, answer(truths, rng)))] += 1
    return found


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("yes", [0.02, 0.1, 0.5, 0.9, 0.98])
@pytest.mark.parametrize("questions", [20, 60, 400])
def test_a_model_that_knows_is_never_said_to_answer_without_regard_to_the_question(
    questions: int, yes: float, wrong: float
) -> None:
    found = simulated(questions, yes, lambda truths, rng: truths ^ (rng.random(questions) < wrong))
    assert found[Dependence.HARDLY] == 0
    if yes == 0.5:
        assert found[Dependence.SHOWN] == 100


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.02, 0.05, 1.0])
@pytest.mark.parametrize("yes", [0.1, 0.5, 0.9])
def test_one_that_nearly_always_says_the_same_is(yes: float, share: float) -> None:
    found = simulated(400, yes, lambda _, rng: rng.random(400) < share)
    assert found[Dependence.HARDLY] >= 90
    assert found[Dependence.SHOWN] <= 5


def test_few_answers_or_one_right_answer_leave_it_open() -> None:
    no = np.zeros(400, dtype=bool)
    assert dependence_of(shares(no, no)) is Dependence.UNCLEAR
    assert dependence_of(shares(~no, ~no)) is Dependence.UNCLEAR
    few = np.arange(10) % 2 == 0
    assert dependence_of(shares(few, np.zeros(10, dtype=bool))) is Dependence.UNCLEAR
    assert dependence_of(shares(no[:0], no[:0])) is Dependence.SHOWN


def test_answers_that_vary_or_are_all_wrong_do_depend() -> None:
    truths = np.arange(400) % 20 == 0
    assert dependence_of(shares(truths, ~truths)) is Dependence.SHOWN
    assert dependence_of(shares(truths, truths)) is Dependence.SHOWN
    random = np.random.default_rng(0).random(400) < 1 / 2
    assert dependence_of(shares(truths, random)) is Dependence.SHOWN


@pytest.mark.parametrize(
    ("trials", "answerer", "expected"),
    [
        (1, solver, Dependence.SHOWN),
        (1, always_no, Dependence.UNCLEAR),
        (2, always_yes, Dependence.UNCLEAR),
        (8, always_no, Dependence.HARDLY),
        (8, always_yes, Dependence.HARDLY),
        (8, solver, Dependence.SHOWN),
        (8, coin(3), Dependence.SHOWN),
        (8, flipping(0.3, 3), Dependence.SHOWN),
    ],
)
def test_in_trials_of_a_world(trials: int, answerer: Answerer, expected: Dependence) -> None:
    told = yes_shares(told_plan(trials=trials), {"model": answerer})["model"]
    assert dependence_of(told) is expected
    assert decoded(encoded(told), YesShares) == told


def test_questions_without_an_answer_are_skipped_and_repeated_ones_count_once() -> None:
    plan = told_plan(trials=40)
    choices = [question for question in plan.questions() if question.kind == CHOICE]
    lost = {question.key for question in choices[::7]}

    def some(question: Question) -> str | None:
        return None if question.key in lost else question.truth

    told = yes_shares(plan, {"some": some})["some"]
    assert told.yes.n + told.yes.skipped == len(choices)
    assert told.yes.skipped == len(lost)
    yes = sum(question.truth == "yes" for question in choices if question.key not in lost)
    assert told.yes.value == pytest.approx(yes / told.yes.n)
    assert (told.yes_if_yes.value, told.yes_if_no.value) == (1, 0)


def test_the_share_is_that_of_one_who_counts() -> None:
    told = shares(np.array([1, 1, 0, 0, 0]) == 1, np.array([1, 0, 1, 0, 0]) == 1)
    values = [share.value for share in (told.yes, told.yes_if_yes, told.yes_if_no)]
    assert values == pytest.approx([2 / 5, 1 / 2, 1 / 3])
