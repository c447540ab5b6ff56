"""Imports point backwards only, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "nerode"
ORDER = [
    "errors",
    "interrupted",
    "text_files",
    "files",
    "arrays",
    "rng",
    "progress_views",
    "progress",
    "stats",
    "worlds",
    "maps",
    "sequences",
    "models",
    "metrics",
    "runs",
    "evaluation",
    "training",
    "chat",
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


@pytest.mark.parametrize(
    "statement",
    [
        "import nerode",
        "import nerode.cli",
        "from nerode.worlds import open_world",
        "from nerode.maps import import_place",
        "from nerode.models import open_model",
        "from nerode import evaluate",
        "from nerode.chat.run import chat, cost",
    ],
)
def test_light_imports_load_neither_torch_nor_plotly(statement: str) -> None:
    heavy = "{'torch', 'transformers', 'plotly', 'osmnx', 'networkx', 'pandas', 'inspect_ai'}"
    code = f"{statement}\nimport sys\nprint(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_line_loads_no_numerics_for_its_help() -> None:
    heavy = "{'numpy', 'numba', 'scipy', 'pyarrow'}"
    code = f"import nerode.cli, sys\nprint(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
