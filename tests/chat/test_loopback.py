"""Whole runs against a server on the loopback: what is asked, what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nerode.chat.record import run_terms
from nerode.chat.run import ChatConfig
from nerode.chat.scoring import measure, summarise
from nerode.chat.simulated import flipping
from nerode.chat.store import AnswerStore
from nerode.runs import read_json
from nerode.stats.estimate import Estimate
from tests.chat.loopback import ask_all, keyless, plan_of, replying, serving
from tests.chat.server import KEY, Reply

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("swept"),
    pytest.mark.filterwarnings("ignore"),  # Inspect has warnings of its own
]

SMALL = ChatConfig(trials=2)


def estimates(record: dict[str, Any]) -> dict[tuple[str, str], Estimate]:
    return {
        (metric, name): Estimate.of(each)
        for metric, scores in record["metrics"].items()
        for name, each in scores.items()
    }


def test_who_answers_from_the_world_scores_exactly_one(tmp_path: Path) -> None:
    plan = plan_of(SMALL)
    with serving(replying(plan, lambda question: question.truth)) as server:
        found = ask_all(SMALL, tmp_path / "run")
    prompts = [question.prompt for question in plan.questions()]
    assert sorted(server.answered()) == sorted(prompts)
    assert found.answered == len(prompts)
    assert not found.failed
    for (_, name), estimate in estimates(found.record).items():
        assert estimate.value == (0 if name == "disagreement" else 1)
        assert estimate.n == 2
    assert found.record == read_json(tmp_path / "run" / "evaluation.json")
    assert found.record["cost"] == {
        "questions": len(prompts),
        "input_tokens": 50 * len(prompts),
        "output_tokens": 7 * len(prompts),
    }
    body = server.received[0].body
    assert body["temperature"] == 0
    assert body["max_tokens"] == 2048
    assert {each.key for each in server.received} == {KEY}
    keyless(tmp_path / "run")


def test_a_finished_run_asks_nothing_again_and_may_ask_more(tmp_path: Path) -> None:
    few = ChatConfig(trials=2, metrics=["capability"])
    more = replace(few, trials=4)
    with serving(replying(plan_of(more), lambda question: question.truth)) as server:
        first = ask_all(few, tmp_path)
        again = ask_all(few, tmp_path)
        assert again.record == first.record
        assert again.answered == 0
        ask_all(more, tmp_path)
    assert len(server.received) == len(set(server.answered()))


def test_other_metrics_stand_beside_those_of_before(tmp_path: Path) -> None:
    telling = ChatConfig(trials=3, metrics=["compression"])
    both = replace(telling, metrics=["capability", "compression"])
    with serving(replying(plan_of(both), flipping(0.3, 3))) as server:
        first = ask_all(telling, tmp_path).record
        second = ask_all(ChatConfig(trials=2, metrics=["capability"]), tmp_path).record
        fewer = ask_all(ChatConfig(trials=1, metrics=["compression"]), tmp_path)
    assert list(second["metrics"]) == ["capability", "compression"]
    assert second["metrics"]["compression"] == first["metrics"]["compression"]
    assert second["metrics"]["capability"]["accuracy"]["n"] == 2
    assert second["dialogues"] == first["dialogues"]
    assert (fewer.answered, fewer.record) == (0, second)
    assert len(server.received) == len(set(server.answered()))


def test_who_flips_scores_what_the_closed_form_says(tmp_path: Path) -> None:
    wrong = 0.2
    telling = ChatConfig(trials=10, metrics=["capability", "compression"], seed=3)
    plan = plan_of(telling)
    flips = flipping(wrong, plan.narration.places)
    with serving(replying(plan, flips)):
        found = estimates(ask_all(telling, tmp_path).record)
    for metric in telling.metrics or ():
        alone = summarise(plan, metric, measure(plan, metric, flips)).estimates
        assert {name: found[metric, name] for name in alone} == alone
    expected = {
        ("capability", "accuracy"): 1 - wrong,
        ("compression", "disagreement"): 2 * wrong * (1 - wrong),
        ("compression", "precision"): (1 - 2 * wrong * (1 - wrong)) ** 5,
    }
    for key, value in expected.items():
        low, high = found[key].low, found[key].high
        assert low is not None
        assert high is not None
        assert low <= value <= high


@pytest.mark.parametrize("language", ["en", "ru"])
def test_replies_in_all_forms(tmp_path: Path, language: str) -> None:
    telling = ChatConfig(language=language, trials=3, metrics=["compression"])
    plan = plan_of(telling)
    truths = {question.prompt: question.truth for question in plan.questions()}
    russian = {"yes": "да", "no": "нет"}
    forms: list[Callable[[str], str]] = [
        lambda word: f"So:\n\n**ANSWER:** {word.title()}.",
        lambda word: f"Ответ: {russian[word]}",
        lambda word: rf"Thus $\boxed{{\text{{{word}}}}}$",
        lambda word: f"Both hold, and {word} it is, I think.",
        lambda _: "",
        lambda word: f"Let me see: if it were {word}, then",
    ]
    prompts = list(truths)

    def reply(prompt: str, _times: int) -> Reply:
        at = prompts.index(prompt) % len(forms)
        return Reply(forms[at](truths[prompt]), finish="length" if at == 5 else "stop")

    with serving(reply):
        found = ask_all(telling, tmp_path)
    begun = run_terms(
        plan, found.record["model"], obfuscate=False, temperature=0.0, max_tokens=2048
    )
    with AnswerStore(tmp_path, begun) as answers:
        for at, question in enumerate(plan.questions()):
            understood = question.truth if at % len(forms) < 3 else None
            assert answers.parsed[question.key] == understood
        lost = sum(answer is None for answer in answers.parsed.values())
    assert found.record["unparsed"]["compression"] == lost > 0
    assert found.record["cut_off"] == len(range(5, len(prompts), len(forms))) > 0
    low, high = found.record["bounds"]["compression"]["precision"]
    assert low == found.record["metrics"]["compression"]["precision"]["value"] < high == 1
