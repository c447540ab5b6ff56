"""The record of a chat run, and the folder that it stands in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nerode.chat.plan import CHAT_METRIC_NAMES, CHOICE
from nerode.chat.record import run_terms, trials_of, write_result
from nerode.chat.scoring import SCORE_KEYS, UNANSWERED
from nerode.chat.simulated import always_no, flipping, solver
from nerode.chat.store import AnswerStore, Reply
from nerode.errors import FormatError, RunMismatch
from nerode.runs import read_plain, read_trials
from nerode.stats.estimate import Estimate
from tests.chat.folders import answered, told_plan
from tests.report.from_json import check_record, read_record


def test_a_record_tells_all_that_was_measured(tmp_path: Path) -> None:
    plan = told_plan()
    record = answered(tmp_path, plan, flipping(0.2, 3))
    assert record == json.loads((tmp_path / "evaluation.json").read_text()) == read_record(tmp_path)
    assert (record["kind"], record["world"]) == ("chat", "seating:seats=3")
    assert record["model"] == "test/flipping"
    assert list(record["metrics"]) == list(CHAT_METRIC_NAMES)
    for metric, scores in SCORE_KEYS.items():
        assert list(record["metrics"][metric]) == list(scores)
        for name, found in record["metrics"][metric].items():
            low, high = record["bounds"][metric][name]
            assert low == high == Estimate.of(found).value
    assert record["unparsed"] == dict.fromkeys(CHAT_METRIC_NAMES, 0)
    questions = {metric: sum(1 for _ in plan.questions([metric])) for metric in CHAT_METRIC_NAMES}
    assert record["questions"] == questions
    total = sum(1 for _ in plan.questions())
    assert record["cost"] == {
        "questions": total,
        "input_tokens": 100 * total,
        "output_tokens": 20 * total,
    }
    parameters = record["parameters"]
    assert {parameters[name] for name in ("language", "trials", "continuations")} == {"en", 6, 5}
    assert parameters["obfuscate"] is False
    assert parameters["temperature"] == 0


def test_the_share_of_yes_is_told(tmp_path: Path) -> None:
    plan = told_plan()
    silent = [question.key for question in plan.questions(["distinction"])][:9]
    record = answered(tmp_path, plan, lambda q: None if q.key in silent else always_no(q))
    told = record["answers"]
    questions = [question for question in plan.questions() if question.kind == CHOICE]
    truths = [question.truth == "yes" for question in questions if question.key not in silent]
    assert told["yes"]["value"] == 0
    assert (told["yes"]["n"], told["yes"]["skipped"]) == (len(questions) - 9, 9)
    assert told["yes_if_yes"]["n"] == sum(truths)
    assert told["yes_if_no"]["n"] == len(truths) - sum(truths)
    shares = {name: each["yes"]["value"] for name, each in told["baselines"].items()}
    assert (shares["always-yes"], shares["always-no"]) == (1, 0)
    right = [question.truth == "yes" for question in questions]
    assert shares["solver"] == pytest.approx(sum(right) / len(right))
    assert told["baselines"]["solver"]["yes_if_yes"]["value"] == 1
    assert told["baselines"]["solver"]["yes_if_no"]["value"] == 0
    assert "answers" not in record["metrics"]  # no score, of which more or less is better


def test_baselines_score_as_they_must(tmp_path: Path) -> None:
    found = answered(tmp_path, told_plan(), solver, "test/solver")["baselines"]
    assert list(found) == ["solver", "always-yes", "always-no", "coin"]
    for name, expected in {"solver": (1, 1), "always-yes": (1, 0), "always-no": (1, 0)}.items():
        assert found[name]["compression"]["precision"]["value"] == expected[0]
        assert found[name]["distinction"]["recall"]["value"] == expected[1]
    for name in ("always-yes", "always-no"):
        assert found[name]["distinction"]["precision"]["n"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ru"])
def test_contradictions_are_told_in_the_words_of_the_run(tmp_path: Path, language: str) -> None:
    plan = told_plan(language=language, trials=30, metrics=["compression"])
    told = answered(tmp_path, plan, flipping(0.2, 3))["dialogues"]
    assert len(told) == len({frozenset(each["symbols"]["histories"]) for each in told}) > 5
    sizes = []
    for each in told:
        histories = [plan.world.encode(text) for text in each["symbols"]["histories"]]
        string = plan.world.encode(each["symbols"]["continuation"])
        first, second = (plan.world.run(history) for history in histories)
        assert first == second
        assert histories[0] != histories[1]
        assert each["tellings"] == [plan.narration.situation(history) for history in histories]
        assert each["continuation"] == plan.narration.sentence(string[0])
        assert sorted(each["answers"]) == ["no", "yes"]
        assert each["truth"] == ("yes" if plan.world.accepts(string, first) else "no")
        for answer, text in zip(each["answers"], each["replies"], strict=True):
            assert text.endswith(f"ANSWER: {answer}")
        sizes.append((sum(map(len, histories)), sum(map(len, each["tellings"]))))
    assert sizes == sorted(sizes)


@pytest.mark.slow
def test_the_shortest_contradictions_are_kept(tmp_path: Path) -> None:
    """Of 100 trials with many contradictions the same ones stay as if all were sorted."""
    plan = told_plan(trials=100, metrics=["compression"])
    told = answered(tmp_path, plan, flipping(0.3, 3))["dialogues"]
    every = {}
    for (model, _), record in read_trials(tmp_path, read_plain):
        if model == "test/flipping" and "witness" in record:
            histories = [plan.world.encode(text) for text in record["histories"]]
            characters = sum(len(plan.narration.situation(history)) for history in histories)
            every[frozenset(record["histories"])] = (sum(map(len, histories)), characters)
    assert len(every) > 40
    kept = [every[frozenset(each["symbols"]["histories"])] for each in told]
    assert kept == sorted(every.values())[:20]


def test_long_replies_keep_begin_and_end(tmp_path: Path) -> None:
    plan = told_plan(metrics=["compression"])
    begun = run_terms(plan, "test/long", obfuscate=False)
    flip = flipping(0.3, 3)
    with AnswerStore(tmp_path, begun) as answers:
        for question in plan.questions():
            text = f"Begin. {'so ' * 5_000}ANSWER: {flip(question)}"
            answers.append(question.key, Reply(text, flip(question)))

        record = write_result(plan, answers, begun)
    for each in record["dialogues"]:
        for answer, text in zip(each["answers"], each["replies"], strict=True):
            assert text.startswith("Begin. so so")
            assert text.endswith(f"so ANSWER: {answer}")
            assert len(text) < 2_100
    assert record["cost"]["input_tokens"] == 0


@pytest.mark.slow
def test_a_run_that_is_given_more_trials_is_that_of_a_longer_one(tmp_path: Path) -> None:
    short, long = told_plan(trials=2), told_plan(trials=5)
    first = answered(tmp_path / "grown", short, flipping(0.2, 3))
    grown = answered(tmp_path / "grown", long, flipping(0.2, 3))
    at_once = answered(tmp_path / "whole", long, flipping(0.2, 3))
    assert first["metrics"] != grown["metrics"]
    assert grown == at_once
    trials = [list(read_trials(tmp_path / name, read_plain)) for name in ("grown", "whole")]
    assert trials[0] == trials[1]
    assert len(trials[0]) == 5 * 3 * 5  # of the model and four baselines


def test_another_language_is_another_run(tmp_path: Path) -> None:
    answered(tmp_path, told_plan(trials=1), solver)
    with pytest.raises(RunMismatch, match="language"):
        answered(tmp_path, told_plan(trials=1, language="ru"), solver)
    with pytest.raises(RunMismatch, match="continuations"):
        answered(tmp_path, told_plan(trials=1, continuations=4), solver)


def test_what_could_not_be_parsed_is_told(tmp_path: Path) -> None:
    plan = told_plan()
    silent = {question.key for question in list(plan.questions(["compression"]))[:7]}
    record = answered(tmp_path, plan, lambda q: None if q.key in silent else q.truth)
    assert record["unparsed"]["compression"] == 7
    low, high = record["bounds"]["compression"]["precision"]
    assert low == record["metrics"]["compression"]["precision"]["value"] < high == 1


def test_questions_that_failed_cost_their_trials(tmp_path: Path) -> None:
    plan = told_plan()
    begun = run_terms(plan, "test/solver", obfuscate=False)

    with AnswerStore(tmp_path, begun) as answers:
        for question in list(plan.questions())[1:]:
            answers.append(question.key, Reply("", question.truth))
        record = write_result(plan, answers, begun)
    assert list(record["skipped"]["capability"]) == [UNANSWERED]
    lost = record["skipped"]["capability"][UNANSWERED]
    assert record["metrics"]["capability"]["accuracy"]["n"] == 6 - lost < 6
    check_record(record, "here")


@pytest.mark.parametrize(
    "record", [{}, {"metrics": []}, {"metrics": {"capability": {}}}, {"metrics": {"x": {"y": 1}}}]
)
def test_what_is_no_result_is_refused_in_one_line(record: dict[str, Any]) -> None:
    with pytest.raises(FormatError, match=r"^a/b: expected the result of a chat run"):
        trials_of(record, "a/b")
