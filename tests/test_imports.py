"""Imports point backwards only, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from nerode.worlds.automata.table import Table
from nerode.worlds.registry import open_world, worlds

PACKAGE = Path(__file__).parent.parent / "nerode"
ORDER = [
    "errors",
    "suggestions",
    "interrupted",
    "text_files",
    "files",
    "cache",
    "user_code",
    "arrays",
    "rng",
    "progress_views",
    "progress",
    "stats",
    "schema",
    "engine",
    "worlds",
    "maps",
    "sequences",
    "models",
    "metrics",
    "runs",
    "evaluation",
    "series",
    "training",
    "sweep",
    "chat",
    "published",
    "report",
    "demo",
    "cli",
]
FILES = sorted(PACKAGE.rglob("*.py"))


def layer_of(module: str) -> int:
    name = module.split(".")[1]
    return ORDER.index(name)


def imported(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("nerode."):
            found.append(node.module)
        elif isinstance(node, ast.ImportFrom) and node.module == "nerode":
            found += [f"nerode.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.startswith("nerode.")]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(PACKAGE)) for p in FILES])
def test_imports_point_backwards(path: Path) -> None:
    relative = path.relative_to(PACKAGE.parent).with_suffix("")
    if relative.parts[1:] == ("__init__",):
        return  # the table of contents of the whole package
    here = layer_of(".".join(relative.parts))
    for module in imported(path):
        if module == "nerode.__version__":
            continue
        assert layer_of(module) <= here, f"{relative} imports {module}"
        inside = layer_of(module) == here and path.name != "__init__.py"
        assert not (inside and len(module.split(".")) == 2 and (PACKAGE / ORDER[here]).is_dir()), (
            f"{relative} imports the contents page of its own layer"
        )


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_at_run_time(node: ast.AST) -> Iterator[ast.ImportFrom | ast.Import]:
    """All imports, those within functions too, but not what only a type checker reads."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        for statement in node.orelse:
            yield from imports_at_run_time(statement)
        return
    if isinstance(node, ast.ImportFrom | ast.Import):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from imports_at_run_time(child)


def modules_imported(text: str, known: Iterable[str]) -> set[str]:
    """Modules that a file imports: the file itself where `from FOLDER import FILE` names one."""
    found: set[str] = set()
    for node in imports_at_run_time(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif node.module:
            files = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= files & set(known) or {node.module}
    return found & set(known)


def circles(graph: dict[str, set[str]]) -> set[frozenset[str]]:
    """Groups of modules each of which imports each other one, by whatever way."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        stack = [start]
        while stack:
            for module in graph[stack.pop()] - seen:
                seen.add(module)
                stack.append(module)
        return seen

    reach = {module: reached(module) for module in graph}
    return {
        frozenset(other for other in reach[module] if module in reach[other])
        for module in graph
        if module in reach[module]
    }


@pytest.mark.slow
def test_no_imports_go_in_a_circle_not_even_within_functions() -> None:
    known = {module_of(path): path for path in FILES}
    graph = {name: modules_imported(path.read_text(), known) for name, path in known.items()}
    assert len(graph) > 300
    assert circles(graph) == set()


def test_a_circle_within_functions_is_seen() -> None:
    texts = {
        "a": "import b",
        "b": "def f():\n    from c import x\nfrom d import y",
        "c": "if TYPE_CHECKING:\n    import d\nelse:\n    import a",
        "d": "if TYPE_CHECKING:\n    import a",
    }
    graph = {name: modules_imported(text, texts) for name, text in texts.items()}
    assert circles(graph) == {frozenset("abc")}


@pytest.mark.long
@pytest.mark.parametrize(
    "statement",
    [
        "import nerode",
        "import nerode.cli",
        "from nerode.worlds import open_world",
        "from nerode.maps import import_place",
        "from nerode.models import open_model",
        "from nerode import evaluate",
        "from nerode.series.folder import is_series",
        "from nerode.chat.run import chat, cost",
    ],
)
def test_light_imports_load_neither_torch_nor_plotly(statement: str) -> None:
    heavy = (
        "{'torch', 'transformers', 'plotly', 'osmnx', 'networkx', 'pandas', 'inspect_ai', 'ray'}"
    )
    code = f"{statement}\nimport sys\nprint(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_line_loads_no_numerics_for_its_help() -> None:
    heavy = "{'numpy', 'numba', 'scipy', 'pyarrow'}"
    code = f"import nerode.cli, sys\nprint(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


CONCRETE = {type(open_world(e.name)) for e in worlds() if e.default or not e.parameters}
CONCRETE -= {Table}
"""The classes of all worlds that have a name. (Those of `street-map:` are Manhattan's. A `Table`
is any finite automaton, and rich's tables have the same name.)"""
NAMED = {
    "worlds/registry.py": "opens worlds by name",
}
"""Who may name a world's class outside its own folder, and why."""


def home_of(world: type) -> Path:
    """The folder of a world, or its file where it has no folder."""
    path = PACKAGE.parent / Path(*world.__module__.split(".")).with_suffix(".py")
    return path if path.parent.name == "worlds" else path.parent


def classes_named(path: Path) -> set[str]:
    """Every name that a file imports or uses."""
    tree = list(ast.walk(ast.parse(path.read_text())))
    used = {node.id for node in tree if isinstance(node, ast.Name)}
    used |= {node.attr for node in tree if isinstance(node, ast.Attribute)}
    imports = [node for node in tree if isinstance(node, ast.ImportFrom)]
    return used | {alias.name for node in imports for alias in node.names}


@pytest.mark.long
def test_worlds_are_asked_and_not_recognised() -> None:
    assert len(CONCRETE) == 6
    found = []
    for world in CONCRETE:
        for path in FILES:
            relative = str(path.relative_to(PACKAGE))
            own = path.is_relative_to(home_of(world))
            if own or any(relative.startswith(each) for each in NAMED):
                continue
            if world.__name__ in classes_named(path):
                found.append(f"{relative} names {world.__name__}")
    assert found == []


def test_whoever_may_name_a_world_does() -> None:
    names = {world.__name__ for world in CONCRETE}
    for where in NAMED:
        paths = [path for path in FILES if str(path.relative_to(PACKAGE)).startswith(where)]
        assert any(names & classes_named(path) for path in paths), where
