"""The page about a sweep: its tables, its escaping, and that it asks no network."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from nerode.report.page import write_report
from nerode.report.sweep.arms import read_sweep
from nerode.sweep.folder import SweepFolder
from tests.report.series.conftest import EVIL, measure
from tests.report.sweep.conftest import METRICS
from tests.report.test_page import Page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def html(swept: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a sweep in which two arms have series."""
    copied = shutil.copytree(swept, tmp_path_factory.mktemp("swept") / "sweep")
    folder = SweepFolder(copied)
    for cell in folder.cells()[:2]:
        measure(folder.training_of(cell) / "series", (0.4, 0.2, 0.05))
    out = folder.path.with_name("page.html")
    write_report([folder.path], out, sort="distinction.recall")
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_nothing_is_fetched_and_no_text_is_obeyed(html: str, page: Page) -> None:
    assert "<script>alert" not in html
    assert "onerror=alert" not in re.sub(r"&lt;.*?&gt;", "", html)
    assert not [tag for tag, attributes in page.elements if "src" in attributes]
    assert {a["href"] for tag, a in page.elements if tag == "a"} <= {
        f"#{a['id']}" for _, a in page.elements if "id" in a
    }
    assert EVIL.replace("{{ 7 * 7 }}", "{{ 7 * 7 }}") in page.text


def test_its_parts(page: Page) -> None:
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {"arms", "scores", "curves", "agreement", "cost", "glossary"} <= ids
    assert len(page.all("svg", role="img")) >= 2  # a picture for each arm with a series


def test_what_is_better_is_marked(page: Page) -> None:
    cells = [a for tag, a in page.elements if tag == "td" and "data-order" in a]
    assert cells
    marked = [a for a in cells if str(a.get("class", "")).endswith("better")]
    assert marked


def test_arms_stand_in_the_order_asked_for(page: Page) -> None:
    words = page.words
    table = words[words.index("Arms side by side 1 epoch each") :]
    assert table.index("better 3 models") < table.index("plain 3 models")


def test_a_sweep_without_series_has_no_curves(swept: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    write_report([swept], out)
    found = Page(out.read_text(encoding="utf-8"))
    ids = {attributes["id"] for _, attributes in found.elements if "id" in attributes}
    assert "curves" not in ids
    assert len(read_sweep(swept).main) >= len(METRICS)
