"""`nerode evaluate suite:NAME`: a model in each of several worlds, one table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.terminal import Nerode, runner

FAST = (
    *("--epsilon", 0.001, "--trials", 20, "--quiet", "--baselines", "none"),
    *("--metrics", "compression,distinction"),
)


@pytest.fixture
def nerode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    return runner(monkeypatch, capsys)


def test_an_oracle_is_perfect_in_every_world_that_tells_states_apart(nerode: Nerode) -> None:
    said = nerode("evaluate", "suite:formal", "oracle", "--json", *FAST)
    assert said.code == 0
    found = json.loads(said.out)
    assert len(found) == 26
    for world, record in found.items():
        metrics = record["metrics"]
        assert metrics["compression"]["precision"]["value"] == 1, world
        if world != "tomita:n=1":  # one state, but for the end
            assert metrics["distinction"]["recall"]["value"] == 1, world


@pytest.mark.slow
def test_models_are_found_by_what_they_were_trained_on(nerode: Nerode, tmp_path: Path) -> None:
    models, runs = tmp_path / "models", tmp_path / "runs"
    for n in (4, 6):
        data = tmp_path / f"tomita-{n}"
        words = ("--policy", "words", "--count", 200, "--out", data)
        assert nerode("sequences", f"tomita:n={n}", *words).code == 0
        sizes = ("--layers", 1, "--heads", 1, "--width", 8, "--epochs", 1, "--quiet")
        assert nerode("train", data, "--out", models / f"first-{n}", *sizes).code == 0
    said = nerode("evaluate", "suite:tomita", models, "--out", runs, *FAST)
    assert said.code == 0
    assert "tomita:n=4" in said.out
    assert "tomita:n=6" in said.out
    assert "tomita:n=5 is left out: no model in" in said.err
    assert sorted(path.name for path in runs.iterdir()) == ["tomita-n-4", "tomita-n-6"]
    again = nerode("evaluate", "suite:tomita", models, "--out", runs, *FAST)
    assert again.out == said.out
    other = nerode("evaluate", "suite:groups", models, *FAST)
    assert other.code == 2
    assert "first-4, first-6" in other.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("suite:tomata", "oracle"), "did you mean tomita"),
        (("suite:tomita", "orakel"), "orakel"),
        (("suite:tomita", "oracle", "--shard", "1/2", "--out", "x"), "--shard with one world"),
        (("suite:tomita", "oracle", "--sequences", "x"), "--sequences with one world"),
    ],
)
def test_what_cannot_be_is_one_line(nerode: Nerode, words: tuple[str, ...], said: str) -> None:
    found = nerode("evaluate", *words)
    assert found.code == 2
    assert said in found.err
    assert found.err.count("\n") == 1


def test_an_empty_folder_has_no_models(nerode: Nerode, tmp_path: Path) -> None:
    found = nerode("evaluate", "suite:tomita", tmp_path)
    assert (found.code, "no folder of a model" in found.err) == (2, True)


def test_suites_are_listed(nerode: Nerode) -> None:
    said = nerode("worlds", "--suite", "groups")
    assert said.code == 0
    assert "group:of=a4xz5" in said.out
    assert nerode("worlds", "--suite", "none").code == 2
