"""Nobody has to read a list of more than eight parameters, but for a few public functions."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.test_imports import FILES, PACKAGE

ALLOWED = {"evaluation/evaluation.py: evaluate"}
"""Public functions of Python whose parameters are keywords with defaults."""
SETTINGS = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
MOST = SETTINGS["pylint"]["max-args"]


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    given = function.args
    return len(given.posonlyargs) + len(given.args) + len(given.kwonlyargs)


@pytest.mark.slow
def test_only_these_take_more() -> None:
    assert MOST == 8
    found = {
        f"{path.relative_to(PACKAGE)}: {function.name}": function
        for path in FILES
        for function in functions(path)
        if parameters(function) - (function.args.args[:1] != [] and _is_method(function)) > MOST
    }
    assert set(found) == ALLOWED
    for function in found.values():
        assert len(function.args.kw_defaults) > MOST
        assert None not in function.args.kw_defaults


def _is_method(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return function.args.args[0].arg in ("self", "cls")


def test_the_linter_looks_at_all_others() -> None:
    rules = {"PLR0913", "PLR0917"}
    assert not rules & set(SETTINGS["ignore"])
    silenced = [
        str(path.relative_to(PACKAGE))
        for path in FILES
        for line in path.read_text().splitlines()
        if re.search(r"noqa:.*PLR091[37]", line)
    ]
    assert silenced == [name.partition(":")[0] for name in ALLOWED]
