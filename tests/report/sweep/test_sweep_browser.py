"""The page about a sweep in a real browser: its width, and the table that is sorted by a click."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nerode.report.page import write_report
from nerode.sweep.folder import SweepFolder
from tests.report.browser import OpenPage
from tests.report.series.conftest import EVIL, measure
from tests.report.test_page_browser import HIDDEN, OVERFLOW


@pytest.mark.long
@pytest.mark.parametrize("width", [1400, 400])
def test_a_page_about_a_sweep(open_page: OpenPage, swept: Path, tmp_path: Path, width: int) -> None:
    folder = SweepFolder(shutil.copytree(swept, tmp_path / "sweep"))
    for cell in folder.cells()[:3]:
        measure(folder.training_of(cell) / "series", (0.4, 0.2, 0.05))
    write_report([folder.path], tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    page = open_page(html, width=width, height=900)  # it fails where the console says anything
    whole, window = page.evaluate(OVERFLOW)
    assert whole <= window == width
    assert page.evaluate(HIDDEN) == []
    assert page.locator("#scores .plot .main-svg").count() >= 4

    names = page.locator(".of-arms .sorted th")
    first = names.first.text_content()
    assert first is not None
    assert first.startswith("plain")
    if width > 640:  # on a phone the head of the table is out of sight
        recall = page.get_by_role("button", name="Distinction: recall")
        recall.click()
        order = [text.split("3 models")[0].strip() for text in names.all_text_contents()]
        assert order[0] == "better"
        assert order[-1] == EVIL
        assert page.locator("th[aria-sort=descending]").count() == 1
        recall.click()
        assert (names.first.text_content() or "").startswith("plain")
