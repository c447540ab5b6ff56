from __future__ import annotations

import json
from pathlib import Path

import pytest

from nerode.chat.offline import open_simulated
from nerode.chat.plan import CHOICE, Question
from nerode.chat.run import ChatConfig, chat
from nerode.chat.scoring import measure, summarise
from nerode.chat.simulated import coin, flipping
from nerode.errors import InvalidParameter, RunMismatch
from nerode.schema.decoding import encoded
from nerode.worlds.registry import open_world

SMALL = ChatConfig(trials=4, seed=2)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("spec", ["seating", "cups:n=3"])
def test_a_run_has_the_scores_of_the_model_itself(spec: str, language: str, tmp_path: Path) -> None:
    world = open_world(spec)
    config = ChatConfig(language, trials=4, seed=2)
    record = chat(world, "simulated/flipping:0.3", config, out=tmp_path).record
    plan = config.plan(world)
    answerer = flipping(0.3, plan.narration.places, 2)
    for metric, scores in record["metrics"].items():
        expected = summarise(plan, metric, measure(plan, metric, answerer)).estimates
        assert scores == encoded(expected)
    assert set(record["unparsed"].values()) == {0}
    assert record["model"] == "simulated/flipping:0.3"
    reply = json.loads((tmp_path / "answers.jsonl").read_text().splitlines()[0])
    assert reply["text"].startswith(plan.narration.marker)


@pytest.mark.slow
def test_a_run_goes_on_and_nothing_is_answered_twice(tmp_path: Path) -> None:
    world = open_world("seating")
    done: list[tuple[int, int]] = []
    first = chat(world, "simulated/solver", ChatConfig(trials=2), out=tmp_path)
    more = ChatConfig(trials=3)
    second = chat(
        world, "simulated/solver", more, out=tmp_path, progress=lambda n, of: done.append((n, of))
    )
    total = len(list(more.plan(world).questions()))
    assert 0 < first.answered < total == first.answered + second.answered
    assert done == [(count, total) for count in range(first.answered, total + 1)]
    with pytest.raises(RunMismatch):
        chat(world, "simulated/coin", more, out=tmp_path)


def test_names_stand_for_the_baselines() -> None:
    narration = SMALL.plan(open_world("seating")).narration
    questions = [Question.of(f"q{n}", CHOICE, ("yes", "no")[n % 2]) for n in range(40)]
    for name, expected in (("coin", coin(3, 5)), ("flipping:0.5", flipping(0.5, 3, 5))):
        answerer = open_simulated(f"simulated/{name}", narration, 5)
        assert [answerer(q) for q in questions] == [expected(q) for q in questions]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("oracle", r"simulated/solver, .*simulated/flipping:P, got 'simulated/oracle'"),
        ("solver:1", "simulated model out of"),
        ("flipping", "a probability in simulated/flipping:P"),
        ("flipping:much", "a probability in simulated/flipping:P"),
        ("flipping:1.5", "a probability from 0 to 1, got 1.5"),
    ],
)
def test_other_names_are_refused_before_a_folder_is_made(
    name: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidParameter, match=words):
        chat(open_world("seating"), f"simulated/{name}", SMALL, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
