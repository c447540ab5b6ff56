from __future__ import annotations

import pytest

from nerode.chat.cost import Cost, estimate, tokens
from nerode.chat.plan import Question
from nerode.chat.run import Telling, cost
from nerode.errors import InvalidParameter
from nerode.worlds.registry import open_world


def test_russian_takes_more_tokens_than_english() -> None:
    assert tokens("") == 8
    assert tokens("a" * 400) == 108
    assert tokens("я" * 400) == 168
    assert tokens("ab" + "я" * 5) == 8 + 3


def test_costs_add_up() -> None:
    questions = [Question.of("a" * 40, "choice", "yes"), Question.of("b" * 80, "place", "2")]
    assert estimate(questions, 50) == Cost(2, 18 + 28, 100)
    assert estimate([]) == Cost()
    assert Cost(1, 2, 3) + Cost(10, 20, 30) == Cost(11, 22, 33)
    with pytest.raises(InvalidParameter, match="at least 1 token"):
        estimate(questions, 0)


def test_a_run_costs_each_different_question_once() -> None:
    world = open_world("cups:n=3")
    telling = Telling(trials=3, metrics=["compression"])
    prompts = {question.prompt for question in telling.plan(world).questions()}
    found = cost(world, telling, 100)
    assert found.questions == len(prompts)
    assert found.output_tokens == 100 * len(prompts)
    assert found.input_tokens == sum(map(tokens, prompts))
