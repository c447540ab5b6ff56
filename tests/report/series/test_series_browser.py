"""The page about series in a real browser: its width, the axis of steps, two steps compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nerode.models.baselines.simple import NoisyOracle
from nerode.report.page import write_report
from nerode.series.series import Series
from nerode.worlds.world import World
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


@pytest.mark.long
def test_the_map_follows_the_steps_of_training(
    open_page: OpenPage, town: World[Any], tmp_path: Path
) -> None:
    out = tmp_path / "series"
    series = Series(town, ["reconstruction"], out=out, trials=20, length=10, baselines=[])
    for step, noise in enumerate((0.5, 0.3, 0.0)):
        series(NoisyOracle(town, noise), step)
    write_report([out], tmp_path / "page.html")
    page = open_page((tmp_path / "page.html").read_text(encoding="utf-8"), width=1400)
    city = page.locator("#city-1")
    city.scroll_into_view_if_needed()
    page.wait_for_function("[...document.querySelectorAll('.city-plot')].every((p) => p.data)")
    choice, counts = city.locator("select").last, city.locator(".city-counts").last
    assert choice.input_value() == "3"
    assert "0 invented" in counts.inner_text()
    slider = city.locator(".steps-slider")
    slider.focus()
    page.keyboard.press("Home")
    assert choice.input_value() == "1"
    assert city.locator(".steps-at").inner_text() == "step 0"
    assert "0 invented" not in counts.inner_text()
    choice.select_option(label="step 1")
    assert slider.input_value() == "2"
    assert city.locator(".steps-at").inner_text() == "step 1"
