"""Names that a reader meets: each stands for one thing, and none is a participle."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "nerode"
FILES = sorted(PACKAGE.rglob("*.py"))
PARTICIPLES = re.compile(r"(^|_)(told|retold|asked|heard|beside|gathered)(_|$)")
ON_DISK = frozenset({"asked"})
"""Names that stand in files of older runs."""


def public_names(tree: ast.Module) -> Iterator[str]:
    """Classes and constants of a module that begin with no underscore."""
    for node in tree.body:
        names: list[str] = []
        if isinstance(node, ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [each.id for each in node.targets if isinstance(each, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        yield from (name for name in names if not name.startswith("_"))


def definitions(tree: ast.Module) -> Iterator[str]:
    """Names of all functions, classes, parameters and fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


@pytest.mark.slow
def test_no_class_or_public_constant_is_defined_twice() -> None:
    places = defaultdict(list)
    for path in FILES:
        for name in set(public_names(ast.parse(path.read_text()))):
            places[name].append(str(path.relative_to(PACKAGE)))
    assert len(places) > 500
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(PACKAGE)) for p in FILES])
def test_no_definition_is_called_by_a_participle(path: Path) -> None:
    names = {path.stem, *definitions(ast.parse(path.read_text()))} - ON_DISK
    assert sorted(filter(PARTICIPLES.search, names)) == []


def test_no_module_has_the_name_of_what_its_package_exports() -> None:
    clashes = [
        f"{init.parent.relative_to(PACKAGE)}: {alias.name}"
        for init in PACKAGE.rglob("__init__.py")
        for node in ast.walk(ast.parse(init.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if (init.parent / f"{alias.asname or alias.name}.py").exists()
        or (init.parent / (alias.asname or alias.name)).is_dir()
    ]
    assert clashes == []
