"""Those who answer without a provider."""

from __future__ import annotations

from collections import Counter
from math import sqrt
from typing import Any

import numpy as np
import pytest

from nerode.chat.plan import CHOICE, PLACE, Question
from nerode.chat.simulated import CHAT_BASELINES, always_no, always_yes, coin, flipping, solver
from nerode.errors import InvalidParameter
from nerode.worlds.seating import Seating
from tests.chat.narrations import plainly

CHOICES = [Question.of(f"q{n}", CHOICE, ("yes", "no")[n % 2]) for n in range(2_000)]
PLACES = [Question.of(f"p{n}", PLACE, str(1 + n % 5)) for n in range(2_000)]


def near(share: Any, expected: float) -> bool:
    return abs(float(share) - expected) < 4 * sqrt(max(expected * (1 - expected), 1e-9) / 2_000)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 1.0])
def test_a_share_of_the_answers_is_flipped(p: float) -> None:
    answer = flipping(p, 5)
    assert near(np.mean([answer(q) != q.truth for q in CHOICES]), p)
    assert near(np.mean([answer(q) != q.truth for q in PLACES]), p)
    assert {answer(q) for q in CHOICES} == {"yes", "no"}


def test_a_wrong_place_is_any_of_the_others() -> None:
    answer = flipping(1.0, 5)
    said = Counter((int(answer(q) or 0) - int(q.truth)) % 5 for q in PLACES)
    assert set(said) == {1, 2, 3, 4}
    assert all(near(count / 2_000, 1 / 4) for count in said.values())
    assert {answer(q) for q in PLACES} == set("12345")


def test_what_is_wrong_depends_on_question_and_seed_alone() -> None:
    first, again, other = (flipping(0.5, 5, seed) for seed in (1, 1, 2))
    assert [first(q) for q in CHOICES] == [again(q) for q in reversed(CHOICES)][::-1]
    assert near(np.mean([first(q) == other(q) for q in CHOICES]), 1 / 2)


def test_a_rare_flip_is_also_one_of_a_model_that_errs_more() -> None:
    rare, often = flipping(0.05, 5), flipping(0.2, 5)
    assert all(often(q) != q.truth for q in CHOICES if rare(q) != q.truth)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_probability_is_one(p: float) -> None:
    with pytest.raises(InvalidParameter, match="probability from 0 to 1"):
        flipping(p, 3)


def test_a_coin_knows_nothing() -> None:
    answer = coin(5, seed=3)
    assert near(np.mean([answer(q) == "yes" for q in CHOICES]), 1 / 2)
    assert near(np.mean([answer(q) == q.truth for q in CHOICES]), 1 / 2)
    said = Counter(answer(q) for q in PLACES)
    assert set(said) == set("12345")
    assert all(near(count / 2_000, 1 / 5) for count in said.values())
    assert [coin(5, 3)(q) for q in CHOICES] == [answer(q) for q in CHOICES]


def test_solver_always_yes_and_always_no() -> None:
    assert all(solver(q) == q.truth for q in (*CHOICES, *PLACES))
    assert {always_yes(q) for q in CHOICES} == {"yes"}
    assert {always_no(q) for q in CHOICES} == {"no"}
    assert {always_yes(q) for q in PLACES} == {always_no(q) for q in PLACES} == {"1"}


def test_baselines_by_name() -> None:
    assert list(CHAT_BASELINES) == ["solver", "always-yes", "always-no", "coin"]
    narration = plainly(Seating(3), places=5)
    made = {name: make(narration, 3) for name, make in CHAT_BASELINES.items()}
    assert made["solver"](CHOICES[0]) == "yes"
    assert made["always-yes"](CHOICES[1]) == "yes"
    assert made["always-no"](CHOICES[0]) == "no"
    assert [made["coin"](q) for q in PLACES] == [coin(5, 3)(q) for q in PLACES]
