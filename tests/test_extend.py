"""What docs/extend.md shows runs: the code as it stands, the commands with fewer trials.

The metric of that page has tests of its own (tests/metrics/test_own_metric.py).
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nerode import evaluate
from nerode.chat.narration.registry import open_narration
from nerode.models.registry import open_model
from nerode.sequences.dataset import draw_sequences, open_sequences, write_sequences
from nerode.sequences.histories import uniform_histories
from nerode.sequences.policies import policies_of
from nerode.user_code import load_module
from nerode.worlds import OnBoard, OwnHistories, OwnPolicies, check_world, open_world
from tests.terminal import runner

PAGE = (Path(__file__).parent.parent / "docs" / "extend.md").read_text(encoding="utf-8")
NAME = "kayles.py:Kayles?size=4"


def block(language: str, what: str = "world") -> str:
    """The first block of code in a language, in the section about a world (model, language)."""
    section = PAGE.partition(f"## A {what} of your own\n")[2].partition("\n## ")[0]
    parts = re.split(r"^```(\w*)$", section, flags=re.MULTILINE)
    # parts: text, "python", block, "", text, ...: every other fence opens one
    return next(parts[at + 1] for at in range(1, len(parts) - 1, 4) if parts[at] == language)


FILES = {"world": "kayles.py", "model": "bigram.py", "language": "german.py"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the files of the page."""
    for what, name in FILES.items():
        (tmp_path / name).write_text(block("python", what), encoding="utf-8")
        monkeypatch.delitem(sys.modules, f"nerode_user_{Path(name).stem}", raising=False)
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_game_keeps_the_promise_of_a_world(here: Path) -> None:
    world = open_world("kayles.py:Kayles")
    assert str(here) in sys.path
    assert world.name == "kayles:size=3"
    check_world(world)


def test_the_game_has_histories_policies_and_boards_of_its_own(here: Path) -> None:
    world: Any = open_world(NAME)
    assert here.is_dir()
    for protocol in (OwnHistories, OwnPolicies, OnBoard):
        assert isinstance(world, protocol)
    source = uniform_histories(world)
    rng = np.random.default_rng(0)
    for _ in range(50):
        pair = source.same_state(rng)
        assert pair.histories[0] != pair.histories[1]
        assert len({world.run(history) for history in pair.histories}) == 1
        other = source.different_states(rng)
        assert tuple(map(world.run, other.histories)) == other.states
        assert other.states[0] != other.states[1]
    assert policies_of(world) == ("crowded", "random")
    games = [tuple(game.tolist()) for game in draw_sequences(world, "crowded", 100, 0)]
    assert games == [tuple(game.tolist()) for game in draw_sequences(world, "crowded", 100, 0)]
    assert not any(world.run(game) for game in games)
    # It leaves more squares open than random play does, so that its games are longer.
    played = draw_sequences(world, "random", 100, 0).lengths
    assert np.mean([len(game) for game in games]) > played.mean() + 0.5
    for side in ("train", "held_out"):
        assert len(draw_sequences(world, "crowded", 20, 0, split=side, held_out=0.5)) == 20
    oracle = open_model("policy-oracle:random", world)
    assert oracle.read([()]).probabilities.sum() == pytest.approx(1)


@pytest.mark.slow
def test_the_commands_run_one_after_the_other(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nerode = runner(monkeypatch, capsys)
    ran = []
    for line in block("").strip().splitlines():
        words = shlex.split(line.replace("--trials 20", "--trials 6"))[1:]
        words += ["--baselines", "none"] if words[0] == "evaluate" else []
        words += ["--epochs", "1", "--layers", "1", "--width", "16"] if words[0] == "train" else []
        said = nerode(*words, "--quiet")
        assert said.code == 0, said.err
        ran.append(words[0])
    assert ran == ["evaluate", "report", "sequences", "evaluate", "train"]
    perfect = json.loads((here / "run" / "evaluation.json").read_text())
    assert perfect["world"] == "kayles:size=4"
    assert perfect["metrics"]["compression"]["precision"]["value"] == 1
    assert perfect["drawing"]["squares"][:5] == ["a1", "b1", "c1", "d1", "a2"]
    fitted = json.loads((here / "fitted" / "evaluation.json").read_text())
    (first, *_) = fitted["witnesses"]["compression"]
    for at, board in enumerate(first["boards"], start=1):
        pieces = len(first[f"history{at}"].split()) + first["ahead"]
        assert sum(mark in "bw" for mark in board["discs"]) == pieces
    assert nerode("report", "fitted", "--out", "fitted.html", "--quiet").code == 0
    assert 'class="board' in (here / "fitted.html").read_text()
    manifest = json.loads((here / "games" / "manifest.json").read_text())
    assert (manifest["world"], manifest["policy"]) == ("kayles:size=4", "crowded")
    told = nerode("sequences", NAME, "--policy", "shortest", "--count", 5, "--out", "more")
    assert (told.code, told.out) == (2, "")
    assert "expected a policy of kayles:size=4 (crowded, random), got 'shortest'" in told.err
    told = nerode("train", "games", "--out", "again", "--quiet")
    assert told.code == 2
    assert "--world FILE.py:CLASS" in told.err


def record_of(folder: Path) -> Any:
    return json.loads((folder / "evaluation.json").read_text())


def test_the_model_gives_what_the_bigram_of_the_library_gives(here: Path) -> None:
    world = open_world("cayley:n=4")
    write_sequences(world, "shortest", 300, 0, here / "trips")
    model = open_model("bigram.py:Bigram?folder=trips&smoothing=1e-9", world)
    assert model.name == "bigram:smoothing=1e-09"
    expected = open_model("ngram:2", world, sequences=open_sequences("trips", world).read("train"))
    histories = [(), (1,), (1, 2), (2, 1, 3)]  # nothing ever follows 0, the end
    contexts, others = model.read(histories), expected.read(histories)
    for rows, symbols in (([0, 1, 2, 3], None), ([3, 3, 0], [1, 2, 2]), ([2, 0, 1], [1, 4, 3])):
        if symbols is not None:
            contexts = contexts.extend(np.array(rows), np.array(symbols))
            others = others.extend(np.array(rows), np.array(symbols))
        assert contexts.probabilities.dtype == np.float32
        np.testing.assert_allclose(contexts.probabilities, others.probabilities, atol=1e-6)


@pytest.mark.slow
def test_the_commands_about_the_model_run_one_after_the_other(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nerode = runner(monkeypatch, capsys)
    ran = []
    for line in block("", "model").strip().splitlines():
        words = shlex.split(line.replace("--trials 20", "--trials 6"))[1:]
        said = nerode(*words, "--quiet")
        assert said.code == 0, said.err
        ran.append(words[0])
    assert ran == ["sequences", "evaluate", "evaluate", "report"]
    own, other = record_of(here / "bigram"), record_of(here / "trigram")
    assert (own["model"], list(own["baselines"])) == ("bigram:smoothing=0.01", ["ngram:3"])
    assert list(other["baselines"]) == ["bigram:smoothing=1"]
    assert own["metrics"] == evaluated(here)
    assert "bigram:smoothing=0.01" in (here / "report.html").read_text()
    (here / "bigram.py").unlink()  # a report needs no code
    assert nerode("report", "bigram", "--out", "later.html", "--quiet").code == 0
    told = nerode("evaluate", "cayley:n=4", "bigram.py:Bigram?folder=trips", "--quiet")
    assert (told.code, told.out) == (2, "")
    assert "expected a file of Python, got 'bigram.py', which is not there" in told.err


def evaluated(here: Path) -> Any:
    """The same in Python, as the page has it."""
    world = open_world("cayley:n=4")
    module = load_module("bigram.py", "bigram.py:Bigram")
    model = module.Bigram(world, "trips")
    result = evaluate(
        world, model, sequences=here / "trips", trials=6, baselines=[], out=here / "again"
    )
    return result.record["metrics"]


@pytest.mark.parametrize("language", ["german.py:German", "german:German"])
def test_the_language_is_spoken_in_whole_prompts(here: Path, language: str) -> None:
    world = open_world("seating:seats=4")
    assert here.is_dir()
    narration = open_narration(world, language, seed=3)
    assert narration.language == "de"
    english = open_narration(world, "en", seed=3)
    history, string = world.encode("A-D=3 C@2"), world.encode("B@2")
    ours, theirs = (each.ask_continuation(history, string) for each in (narration, english))
    for name in ("Anna", "Boris", "Clara", "Anton", "Emma", "Felix", "Maria", "Martin", "Nina"):
        assert ours.count(name) == theirs.count(name)  # the same people are drawn
    assert ours.count("3 Plätze von ") == 1
    assert ours.endswith("ANTWORT: nein.")
    riddle = narration.riddle(np.random.default_rng(0))
    assert narration.ask_riddle(riddle).endswith("ANTWORT: <Nummer des Platzes>.")


@pytest.mark.slow
def test_the_commands_about_the_language_run_one_after_the_other(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nerode = runner(monkeypatch, capsys)
    for line in block("", "language").strip().splitlines():
        words = shlex.split(line.replace("--trials 20", "--trials 6"))[1:]
        said = nerode(*words, "--quiet")
        assert said.code == 0, said.err
        if "--dry-run" in words:
            assert "nobody was asked" in said.out
    solved, erring = record_of(here / "solved"), record_of(here / "erring")
    for record in (solved, erring):
        assert record["parameters"]["language"] == "de"
        assert set(record["unparsed"].values()) == {0}
    scores = {"accuracy": 1, "precision": 1, "recall": 1, "disagreement": 0}
    for metric in solved["metrics"].values():
        assert all(each["value"] == scores[name] for name, each in metric.items())
    assert erring["metrics"]["compression"]["disagreement"]["value"] > 0
    assert 'lang="de"' in (here / "report.html").read_text()
