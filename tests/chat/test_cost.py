from __future__ import annotations

import json
from pathlib import Path

import pytest

from nerode.chat.cost import SPREAD, Cost, estimate, tokens
from nerode.chat.plan import Question
from nerode.chat.run import ChatConfig, cost
from nerode.errors import InvalidParameter
from nerode.worlds.registry import open_world

HERE = Path(__file__).parent
COUNTED = json.loads((HERE / "token_counts.json").read_text("utf-8"))["counts"]


def prompts_of(name: str) -> list[str]:
    text = (HERE / "prompts" / name).read_text("utf-8").rstrip()
    return text.split("\n\n----\n\n")[:-1]


def test_russian_takes_more_tokens_than_english() -> None:
    assert tokens("") == 8
    assert tokens("a" * 390) == 108
    assert tokens("я" * 240) == 108
    assert tokens("a" * 39 + "я" * 24) == 8 + 20


def test_a_made_up_word_takes_more_tokens_than_another() -> None:
    plain, made_up = "Anna sits on seat 2, by the seats.", "Plim sits on vunt 2, by the vunts."
    assert tokens(made_up) == tokens(plain) + 6
    assert tokens("implim") == tokens("sixsix")


@pytest.mark.parametrize("name", COUNTED)
def test_tokenizers_of_five_families_are_within_the_spread(name: str) -> None:
    ours = [tokens(prompt) for prompt in prompts_of(name)]
    low, high = SPREAD["ru" if "-ru" in name else "en"]
    for tokenizer, theirs in COUNTED[name].items():
        for own, count in zip(ours, theirs, strict=True):
            assert low <= (count + 8) / own <= high, tokenizer


def test_the_spread_is_no_wider_than_needed() -> None:
    for language, (low, high) in SPREAD.items():
        shares = [
            (sum(theirs) + 8 * len(theirs)) / sum(map(tokens, prompts_of(name)))
            for name, counted in COUNTED.items()
            if f"-{language}" in name
            for theirs in counted.values()
        ]
        assert min(shares) < low + 0.1
        assert max(shares) > high - 0.1


def test_costs_add_up() -> None:
    questions = [Question.of("a" * 39, "choice", "yes"), Question.of("b" * 78, "place", "2")]
    assert estimate(questions, 50) == Cost(2, 18 + 28, 100)
    assert estimate([]) == Cost()
    assert Cost(1, 2, 3) + Cost(10, 20, 30) == Cost(11, 22, 33)
    with pytest.raises(InvalidParameter, match="at least 1 token"):
        estimate(questions, 0)


def test_a_run_costs_each_different_question_once() -> None:
    world = open_world("cups:n=3")
    telling = ChatConfig(trials=3, metrics=["compression"])
    prompts = {question.prompt for question in telling.plan(world).questions()}
    found = cost(world, telling, 100)
    assert found.questions == len(prompts)
    assert found.output_tokens == 100 * len(prompts)
    assert found.input_tokens == sum(map(tokens, prompts))
