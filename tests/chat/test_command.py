"""`nerode chat` as far as it goes without a provider."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nerode.chat.run import ChatConfig, cost
from nerode.worlds.registry import open_world
from tests.terminal import Nerode, runner


@pytest.fixture
def nerode(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Nerode:
    monkeypatch.chdir(tmp_path)
    return runner(monkeypatch, capsys)


FEW = ("--trials", 2, "--metrics", "compression", "--dry-run")


def test_the_cost_of_several_sizes_is_one_json_object(nerode: Nerode, tmp_path: Path) -> None:
    said = nerode("chat", "seating", "--seats", "3,4", *FEW, "--reply-tokens", 10, "--json")
    assert said.code == 0
    assert said.err == ""
    found = json.loads(said.out)
    telling = ChatConfig(trials=2, metrics=["compression"])
    parts = [cost(open_world(f"seating:seats={n}"), telling, 10) for n in (3, 4)]
    assert found == {
        "questions": parts[0].questions + parts[1].questions,
        "input_tokens": parts[0].input_tokens + parts[1].input_tokens,
        "output_tokens": 10 * found["questions"],
    }
    assert not list(tmp_path.iterdir())


def test_replies_of_any_length_cost_what_is_assumed(nerode: Nerode) -> None:
    tokens = {}
    for most in ("none", "20", "5"):
        words = (*FEW, "--max-tokens", most, "--reply-tokens", 10, "--json")
        found = json.loads(nerode("chat", "seating", *words).out)
        tokens[most] = found["output_tokens"] / found["questions"]
    assert tokens == {"none": 10, "20": 10, "5": 5}


@pytest.mark.slow
def test_the_published_protocol_asks_less(nerode: Nerode) -> None:
    words = ("chat", "seating", "--trials", 20, "--dry-run", "--json", "--protocol")
    exact, paper = (
        json.loads(nerode(*words, name).out)["questions"] for name in ("exact", "paper")
    )
    assert 2 * paper < exact
    telling = ChatConfig(trials=20, protocol="paper")
    assert paper == cost(open_world("seating:seats=3"), telling).questions


def test_the_cost_is_told_in_words(nerode: Nerode) -> None:
    said = nerode("chat", "cups:n=3", *FEW, "--language", "ru", "--obfuscate")
    assert said.code == 0
    assert "nobody was asked" in said.out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["seating"], "expected --model"),
        (["midtown", "--dry-run", "--trials", "1"], "seating, cups"),
        (["seating:seats=3", "--seats", "3"], "--seats with seating or cups alone"),
        (["seating", "--seats", "3,3"], "different sizes"),
        (["seating", "--seats", "three"], "different sizes"),
        (["seating", "--seats", "9", "--dry-run"], "9"),
        (["seating", "--language", "fr", "--dry-run"], "languages"),
        (["seating", "--metrics", "probe", "--dry-run"], "probe"),
        (["seating", "--metrics", "none", "--dry-run"], "got none"),
        (["seating", "--protocol", "nonsense", "--dry-run"], "exact, paper, got 'nonsense'"),
        (["cups:n=3", "--protocol", "paper", "--dry-run"], "seating puzzles alone"),
        (["cups:n=3", "--protocol", "paper", "--model", "a/b"], "seating puzzles alone"),
        (["seating", "--protocol", "paper", "--list-up-to", "15", "--dry-run"], "no list"),
        (["seating", "--trials", "0", "--dry-run"], "trials of at least 1"),
        (["seating", "--seed", "-1", "--dry-run"], "seed of at least 0"),
        (["seating", "--reply-tokens", "0", "--trials", "1", "--dry-run"], "at least 1 token"),
        (["seating", "--model", "a/b", "--temperature", "hot"], "temperature"),
        (["seating", "--model", "a/b", "--max-tokens", "few"], "number of tokens or `none`"),
        (["seating", "--model", "a/b", "--max-tokens", "0"], "max_tokens of at least 1"),
        (["seating", "--model", "a/b", "--retries", "-1"], "retries"),
        (["seating", "--model", "a/b", "--model-base-url", "http://u:hunter2@h"], "without a user"),
    ],
)
def test_mistakes_are_one_line(nerode: Nerode, words: list[str], told: str, tmp_path: Path) -> None:
    said = nerode("chat", *words)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert told in said.err
    assert "hunter2" not in said.err
    assert not list(tmp_path.iterdir())


def test_help_names_the_options(nerode: Nerode) -> None:
    said = nerode("chat", "--help")
    assert said.code == 0
    words = ("--model", "--seats", "--language", "--trials", "--protocol", "--dry-run", "--retries")
    for option in words:
        assert option in said.out


@pytest.mark.slow
def test_without_the_extra_the_line_that_installs_it_is_told(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['inspect_ai'] = None; sys.argv = ['nerode', 'chat', 'cups:n=3', "
        "'--model', 'a/b', '--trials', '1', '--metrics', 'capability', '--out', 'run']; "
        "from nerode.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "pip install 'nerode[chat]'" in done.stderr
    assert not list(tmp_path.iterdir())
