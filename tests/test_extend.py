"""What docs/extend.md shows runs: the game as it stands, the commands with fewer trials."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nerode.models.registry import open_model
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.histories import uniform_histories
from nerode.sequences.policies import policies_of
from nerode.worlds import OnBoard, OwnHistories, OwnPolicies, check_world, open_world
from tests.terminal import runner

PAGE = (Path(__file__).parent.parent / "docs" / "extend.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## A world of your own\n")[2].partition("\n## ")[0]
NAME = "kayles.py:Kayles?size=4"


def block(language: str) -> str:
    """The first block of code in a language."""
    parts = re.split(r"^```(\w*)$", SECTION, flags=re.MULTILINE)
    # parts: text, "python", block, "", text, ...: every other fence opens one
    return next(parts[at + 1] for at in range(1, len(parts) - 1, 4) if parts[at] == language)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "kayles.py").write_text(block("python"))
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.delitem(sys.modules, "nerode_world_kayles", raising=False)
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
