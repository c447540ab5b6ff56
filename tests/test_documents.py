"""Documents say what is there: what they cite exists, links lead somewhere, fields are named."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")])
FOLDERS = ("nerode", "tests", "benchmarks", "examples")
CODE = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
CITING = [path for path in [*PAGES, *CODE] if path != Path(__file__)]
HISTORY = {ROOT / "docs" / "log.md", ROOT / "CHANGELOG.md"}
"""Tell what was; they may name documents that are gone."""

ACROSS = re.MULTILINE | re.DOTALL
DOCUMENT = re.compile(r"(?<![\w/.-])(?:docs/)?[A-Za-z_]+\.md\b")
SECTIONS = re.compile(
    r"docs/paper\.md,\s+sections?\s+(\d+)(?:\s+and\s+(\d+))?(?:,\s+defect\s+(\d+))?"
)
HEADING = re.compile(r'(docs/\w+\.md),\s+"([^"]+)"')
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def prose_of(path: Path) -> str:
    """A page without its blocks of code, in which nothing is a heading or a link."""
    return re.sub(r"^```.*?^```$", "", text_of(path), flags=re.DOTALL | re.MULTILINE)


def headings(path: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", prose_of(path), flags=re.MULTILINE)


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading, which occurs once."""
    shown = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", shown.lower()).strip().replace(" ", "-")


def wrong_citations(path: Path) -> list[str]:
    """What a file cites that is not there."""
    text, wrong = text_of(path), list[str]()
    for cited in DOCUMENT.findall(text):
        places = (path.parent, ROOT, ROOT / "docs")
        if not any((place / cited).is_file() for place in places):
            wrong.append(cited)
    paper = prose_of(ROOT / "docs" / "paper.md")
    for first, second, defect in SECTIONS.findall(text):
        for section in filter(None, (first, second)):
            if not re.search(rf"^## {section}\. ", paper, flags=re.MULTILINE):
                wrong.append(f"section {section}")
        if defect:
            listed = paper.partition("## 4. ")[2]
            if first != "4" or not re.search(rf"^{defect}\. ", listed, flags=re.MULTILINE):
                wrong.append(f"section {first}, defect {defect}")
    for page, heading in HEADING.findall(text):
        if (ROOT / page).is_file() and heading not in headings(ROOT / page):
            wrong.append(f"{page}, {heading}")
    return wrong


@pytest.mark.slow
def test_cited_documents_and_sections_exist() -> None:
    found = {name_of(path): wrong_citations(path) for path in CITING if path not in HISTORY}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_the_code_cites_the_paper_by_section() -> None:
    """Else the test above would look at nothing: a citation written otherwise is not found."""
    cited = [path for path in CODE if path != Path(__file__) and "docs/paper.md" in text_of(path)]
    assert len(cited) > 10
    for path in cited:
        text = text_of(path)
        assert len(SECTIONS.findall(text)) == text.count("docs/paper.md"), name_of(path)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for link in LINK.findall(prose_of(path)):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, part = link.partition("#")
        target = (path.parent / place).resolve() if place else path
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if part:
            anchors = [anchor(heading) for heading in headings(target)]
            assert anchors.count(part) == 1, link


def test_pages_name_no_place_on_a_machine() -> None:
    for path in PAGES:
        found = re.findall(r"(?:\.\./)+shared\b|/(?:work|home|root)/\S*", text_of(path))
        assert not found, (name_of(path), found)


def test_the_tree_of_the_architecture_is_that_of_the_package() -> None:
    (tree,) = re.findall(r"^nerode/$(.*?)^tests/", text_of(ROOT / "docs/architecture.md"), ACROSS)
    named = re.findall(r"^  (\S+)", tree, flags=re.MULTILINE)
    there = [
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / "nerode").iterdir()
        if path.name != "__init__.py" and (path.suffix == ".py" or path.is_dir())
    ]
    assert sorted(named) == sorted(name for name in there if name != "__pycache__/")
    # And in the order in which they may import each other.
    order = ast.parse(text_of(ROOT / "tests" / "test_imports.py"))
    (layers,) = [
        ast.literal_eval(node.value)
        for node in order.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ORDER"
    ]
    listed = [name.removesuffix("/").removesuffix(".py") for name in named]
    rank = [layers.index(name) for name in listed if name in layers]
    assert len(rank) == len(layers)
    assert rank == sorted(rank)


# --- the source distribution


def distributed() -> list[str]:
    settings = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    include = settings["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    return [name.removeprefix("/") for name in include]


def needed(path: Path) -> Iterator[str]:
    """Names at the top of the repository, or of libraries, that a test imports or reads there."""
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.BinOp) and ast.unparse(node.left) == "ROOT":
            yield ast.unparse(node.right).strip("'").partition("/")[0]  # ROOT / "README.md"


@pytest.mark.slow
def test_the_source_distribution_holds_what_its_tests_import_and_read() -> None:
    held = {*distributed(), "pyproject.toml"}  # hatchling always adds the latter
    assert [name for name in held if not (ROOT / name).exists()] == []
    there = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    tests = sorted((ROOT / "tests").rglob("*.py"))
    wanted = {(name_of(path), name) for path in tests for name in needed(path) if name in there}
    assert {"benchmarks", "docs", "README.md"} < {name for _, name in wanted}
    assert {(path, name) for path, name in wanted if name not in held} == set()
    assert {page.name for page in PAGES if page.parent == ROOT} <= held
