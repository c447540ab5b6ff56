"""`inspect eval nerode/...`: Inspect finds the tasks, and shows the estimates of nerode."""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from nerode.chat.run import ChatConfig
from nerode.chat.scoring import measure, summarise
from nerode.chat.simulated import flipping
from tests.chat.loopback import keyless, plan_of, replying, serving
from tests.chat.server import MODEL, ChatServer, Reply

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("swept"),
    pytest.mark.filterwarnings("ignore"),  # Inspect has warnings of its own
]


def evaluated(
    task: str, folder: Path, server: ChatServer, epochs: int = 1, **parameters: Any
) -> Any:
    return import_module("inspect_ai").eval(
        f"nerode/{task}",
        model=MODEL,
        model_base_url=server.url,  # Inspect keeps models by what it is told of them
        task_args=parameters,
        log_dir=str(folder),
        display="none",
        log_realtime=False,
        ctl_server=False,
        fail_on_error=False,
        max_retries=0,
        epochs=epochs,
    )[0]


@pytest.mark.parametrize(
    ("world", "size", "metric"),
    [("seating:seats=3", {"seats": 3}, "compression"), ("cups:n=3", {"n": 3}, "distinction")],
)
def test_metrics_of_a_task_are_the_estimates(
    tmp_path: Path, world: str, size: dict[str, int], metric: str
) -> None:
    telling = ChatConfig("ru", trials=2, metrics=[metric], seed=5)
    plan = plan_of(telling, world)
    flips = flipping(0.3, plan.narration.places)
    parameters: dict[str, Any] = {**size, "language": "ru", "trials": 2, "seed": 5}
    with serving(replying(plan, flips)) as server:
        log = evaluated(f"{world.partition(':')[0]}_{metric}", tmp_path, server, **parameters)
    assert log.status == "success"
    prompts = [question.prompt for question in plan.questions()]
    assert sorted(server.answered()) == sorted(prompts)
    assert server.received[0].body["temperature"] == 0
    shown = {name: each.value for name, each in log.results.scores[0].metrics.items()}
    alone = summarise(plan, metric, measure(plan, metric, flips))
    for name, estimate in alone.estimates.items():
        if estimate.value is not None:
            assert shown[name] == pytest.approx(estimate.value, abs=1e-12)
            assert shown[f"{name}_low"] == pytest.approx(estimate.low, abs=1e-12)
    assert shown["unparsed"] == 0
    right = sum(flips(question) == question.truth for question in plan.questions())
    assert shown["accuracy"] == pytest.approx(right / len(prompts))
    keyless(tmp_path)


def test_unparsed_answers_and_failed_questions_are_told_apart(tmp_path: Path) -> None:
    plan = plan_of(ChatConfig(trials=8, metrics=["capability"]))
    right = replying(plan, lambda question: question.truth)
    failing, vague = [question.prompt for question in plan.questions()][:2]
    replies = {failing: Reply("no", status=400), vague: Reply("Somewhere.")}
    with serving(lambda prompt, times: replies.get(prompt) or right(prompt, times)) as server:
        log = evaluated("seating_capability", tmp_path, server, seats=3, trials=8)
    shown = {name: each.value for name, each in log.results.scores[0].metrics.items()}
    assert shown["unparsed"] == 1
    scores = {sample.input: sample.scores for sample in log.samples}
    assert scores[vague]["nerode_right"].answer is None
    assert not scores[failing] or math.isnan(scores[failing]["nerode_right"].as_float())
    assert 0 < shown["accuracy"] < 1


def test_blocked_questions_are_not_scored_and_what_was_cut_off_is_no_answer(tmp_path: Path) -> None:
    plan = plan_of(ChatConfig(trials=8, metrics=["capability"]))
    right = replying(plan, lambda question: question.truth)
    questions = list(plan.questions())
    blocked, refused, cut = (question.prompt for question in questions[:3])
    answer = f"ANSWER: {questions[2].truth}"
    replies = {
        blocked: Reply("ANSWER: 1", finish="content_filter"),
        refused: Reply("blocked", status=400, code="content_filter"),
        cut: Reply(answer, finish="length"),
    }
    with serving(lambda prompt, times: replies.get(prompt) or right(prompt, times)) as server:
        log = evaluated("seating_capability", tmp_path, server, seats=3, trials=8)
    scores = {sample.input: sample.scores["nerode_right"] for sample in log.samples}
    for prompt in (blocked, refused):
        assert math.isnan(scores[prompt].as_float())
        assert "content filter" in scores[prompt].explanation
    assert (scores[cut].value, scores[cut].answer) == ("I", None)
    assert "cut off" in scores[cut].explanation
    shown = {name: each.value for name, each in log.results.scores[0].metrics.items()}
    assert shown["unparsed"] == 1


def test_epochs_that_differ_are_no_answer_and_are_counted(tmp_path: Path) -> None:
    plan = plan_of(ChatConfig(trials=4, metrics=["capability"]))
    right = replying(plan, lambda question: question.truth)
    fickle = next(plan.questions())
    other = {"1": "2", "2": "3", "3": "1"}[fickle.truth]

    def reply(prompt: str, times: int) -> Reply:
        changed = prompt == fickle.prompt and times
        return Reply(f"ANSWER: {other}") if changed else right(prompt, times)

    with serving(reply) as server:
        log = evaluated("seating_capability", tmp_path, server, epochs=2, seats=3, trials=4)
    shown = {name: each.value for name, each in log.results.scores[0].metrics.items()}
    assert (shown["unparsed"], shown["differing"]) == (0, 1)
    assert shown["accuracy"] == 0.875
