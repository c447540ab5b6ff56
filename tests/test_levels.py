"""Levels of tests: which marks there are, and that each folder has tests in `make test-quick`."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROOT = TESTS.parent
LEVELS = {"slow", "long"}
FOLDERS = sorted(
    folder.name
    for folder in (ROOT / "nerode").iterdir()
    if folder.is_dir() and next(folder.glob("*.py"), None)
)


def levels_named(node: ast.AST) -> set[str]:
    """The levels that a piece of code names."""
    return {
        each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute) and each.attr in LEVELS
    }


def quick_tests(path: Path) -> list[str]:
    """The functions of a file that `make test-quick` runs, at least with some parameters."""
    parts = ast.parse(path.read_text(encoding="utf-8")).body
    marked = [part.value for part in parts if isinstance(part, ast.Assign) and _is_mark(part)]
    if any(levels_named(value) for value in marked):
        return []
    return [
        part.name
        for part in parts
        if isinstance(part, ast.FunctionDef)
        and part.name.startswith("test_")
        and not any(ast.unparse(mark).rpartition(".")[2] in LEVELS for mark in part.decorator_list)
    ]


def _is_mark(part: ast.Assign) -> bool:
    return ast.unparse(part.targets[0]) == "pytestmark"


def test_only_these_marks_are_allowed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pytest_settings = settings["tool"]["pytest"]["ini_options"]
    assert "--strict-markers" in pytest_settings["addopts"].split()
    assert {mark.partition(":")[0] for mark in pytest_settings["markers"]} == LEVELS


def test_levels_are_seen() -> None:
    assert quick_tests(TESTS / "goldens" / "test_goldens.py") == []
    assert "test_levels_are_seen" in quick_tests(Path(__file__))


@pytest.mark.slow
@pytest.mark.parametrize("name", FOLDERS)
def test_each_folder_has_quick_tests(name: str) -> None:
    found = [test for path in (TESTS / name).rglob("test_*.py") for test in quick_tests(path)]
    assert found, f"no test of nerode/{name} is in `make test-quick`"


def test_every_level_has_a_command() -> None:
    commands = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "-m 'not slow and not long'" in commands
    assert "-m 'not long'" in commands
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("make test-all")
