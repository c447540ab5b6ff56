"""docs/worlds.md: its code runs, its numbers are those of today, and worlds can what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nerode.chat.narration.registry import open_narration
from nerode.errors import NerodeError
from nerode.sequences.policies import policies_of
from nerode.worlds.registry import open_world, worlds
from nerode.worlds.streets.counting import counted_share
from nerode.worlds.suites import SUITES, suite
from nerode.worlds.world import AnyWorld, HasGoal, LiesOnMap, OnBoard

PAGE = (Path(__file__).parents[2] / "docs" / "worlds.md").read_text(encoding="utf-8")


def rows_of(first: str) -> list[list[str]]:
    """The cells of the table whose first line begins so."""
    table = PAGE[PAGE.index(first) :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def opened_in(cell: str) -> list[str]:
    """The names of worlds in a cell, those that need nothing more."""
    names = re.findall(r"`([^`]+)`", cell)
    return [name for name in names if not re.search(r"[A-Z]{3}", name)]


def can_be_told(world: AnyWorld) -> bool:
    try:
        open_narration(world, "en")
    except NerodeError:
        return False
    return True


def test_the_code_runs() -> None:
    pytest.importorskip("aalpy")
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    said: list[str] = []
    exec(compile(block, "docs/worlds.md", "exec"), {"print": said.append})  # noqa: S102 - ours
    assert said[0].startswith("digraph {")


@pytest.mark.slow
def test_worlds_can_what_the_page_says() -> None:
    for names, goal, on_map, board, told, policies in rows_of("| | a goal"):
        for name in opened_in(names):
            world = open_world(name)
            assert isinstance(world, HasGoal) == (goal == "yes"), name
            assert isinstance(world, LiesOnMap) == (on_map == "yes"), name
            assert isinstance(world, OnBoard) == (board == "yes"), name
            assert can_be_told(world) == (told == "yes"), name
            assert set(re.findall(r"`([^`]+)`", policies)) == set(policies_of(world)) - {"random"}


def test_every_world_is_on_the_page() -> None:
    names = set(re.findall(r"`([a-z-]+)[^`]*`", PAGE))
    assert {entry.name for entry in worlds()} - names == set()


def test_formal_worlds_have_the_symbols_of_the_table() -> None:
    for cell, *_ in rows_of("| world | symbols"):
        (name,) = opened_in(cell)
        assert open_world(name).name == name
    assert re.findall(r"nerode worlds --suite (\w+)", PAGE) == ["formal"]
    assert set(suite("formal")) > set(SUITES["tomita"])
    group = open_world("group:of=s3")
    assert group.accepts(group.encode("213 132 = 231 end"))


@pytest.mark.slow
def test_counting_comes_as_far_as_the_page_says() -> None:
    for cell, *shares in rows_of("| turns | 5"):
        (name,) = opened_in(cell)
        world = open_world(name)
        found = [f"{counted_share(world, turns):.2f}" for turns in (5, 10, 20, 40)]
        assert found == shares, name
