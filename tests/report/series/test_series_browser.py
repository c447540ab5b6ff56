"""The page about series in a real browser: its width, the axis of steps, two steps compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from nerode.report.page import write_report
from tests.report.browser import OpenPage
from tests.report.test_page_browser import HIDDEN, OVERFLOW


@pytest.mark.long
@pytest.mark.parametrize("width", [1400, 400])
def test_a_page_about_series(
    open_page: OpenPage, worse: Path, better: Path, tmp_path: Path, width: int
) -> None:
    write_report([worse, better], tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    page = open_page(html, width=width, height=900)  # it fails where the console says anything
    whole, window = page.evaluate(OVERFLOW)
    assert whole <= window == width
    assert page.evaluate(HIDDEN) == []

    # Every curve is drawn, on an axis that can be turned.
    kind = "document.getElementById('score-0').layout.xaxis.type"
    assert page.evaluate(kind) in ("linear", "-", None)
    page.get_by_label("logarithmic").check()
    assert page.evaluate(kind) == "log"
    page.get_by_label("linear").check()
    assert page.evaluate(kind) == "linear"

    # Two steps, and the same two the other way round.
    section = page.locator("#steps-1")
    row = section.locator("tbody tr").first
    words = row.locator("td").all_text_contents()
    assert words[3].strip() == "worse"
    assert words[0].strip().startswith("\N{MINUS SIGN}0.")
    section.locator("select").first.select_option(label="300")
    section.locator("select").last.select_option(label="0")
    turned = row.locator("td").all_text_contents()
    assert turned[3].strip() == "better"
    assert turned[0] == "+" + words[0].strip()[1:]
    section.locator("select").last.select_option(label="300")
    assert row.locator("td").first.text_content() == "\N{EN DASH}"

    # What is folded away is as wide as the page once it is opened.
    folded = page.locator("details.more").first
    folded.locator("summary").first.click()
    plot = folded.locator(".plot .main-svg").first
    plot.wait_for(state="visible")
    box = plot.bounding_box()
    assert box is not None
    assert 250 < box["width"] <= width
