"""The whole page in a browser: at every width, by keyboard, with hostile text, compared runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.report import sample
from tests.report.browser import OpenPage
from tests.report.from_json import render
from tests.report.test_page import poisoned_record

pytestmark = pytest.mark.slow

OVERFLOW = "[document.documentElement.scrollWidth, window.innerWidth]"
HIDDEN = """[...document.querySelectorAll('main *')].filter((each) => {
  const box = each.getBoundingClientRect();
  return box.right > innerWidth + 1 && !each.closest('.scroll, svg, .plot');
}).map((each) => each.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def one() -> str:
    return render([sample.record()])


@pytest.fixture(scope="module")
def three() -> str:
    policy = sample.record() | {"histories": "on-policy"}
    long = sample.record("a-model-with-a-name-that-goes-on-and-on-for-longer-than-a-phone-is-wide")
    return render([sample.record(), policy, long])


@pytest.mark.long
@pytest.mark.parametrize("width", [1400, 768, 500, 390, 320])
@pytest.mark.parametrize("runs", ["one", "three"])
def test_nothing_is_wider_than_the_window(
    open_page: OpenPage, request: pytest.FixtureRequest, runs: str, width: int
) -> None:
    page = open_page(request.getfixturevalue(runs), width=width, height=900)
    whole, window = page.evaluate(OVERFLOW)
    assert whole <= window == width
    assert page.evaluate(HIDDEN) == []


@pytest.mark.parametrize("width", [768, 390])
def test_the_table_of_one_run_needs_no_pushing_sideways(
    open_page: OpenPage, one: str, width: int
) -> None:
    page = open_page(one, width=width, height=900)
    table = page.locator(".metrics").first
    assert table.evaluate("(t) => t.scrollWidth - t.closest('.scroll').clientWidth") <= 0
    assert table.get_by_role("rowheader").first.is_visible()
    assert table.get_by_role("cell", name="0.998").first.is_visible()


def test_the_keyboard_reaches_the_results_the_contents_and_the_numbers(
    open_page: OpenPage, one: str
) -> None:
    page = open_page(one, width=1400, height=900)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the results"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    # Afresh, without the fragment: the focus would begin behind what it names.
    address = page.url.partition("#")[0]
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector("html[data-drawn]")
    order = []
    for _ in range(8):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert order[1:6] == [
        "Results",
        "Contradictions",
        "Curves",
        "How it was measured",
        "How to read this",
    ]
    numbers = page.locator("figure summary").first
    assert not page.locator(".numbers").first.is_visible()
    numbers.focus()
    page.keyboard.press("Enter")
    assert page.locator(".numbers").first.is_visible()


@pytest.mark.long
def test_every_part_in_the_list_of_contents_is_there(open_page: OpenPage, three: str) -> None:
    page = open_page(three, width=1400, height=900)
    links = page.locator("nav a")
    assert links.count() == 5
    for at in range(links.count()):
        links.nth(at).click()
        target = page.locator(str(links.nth(at).get_attribute("href")))
        target.wait_for(state="visible")


def test_curves_and_the_figure_of_sources_are_drawn(open_page: OpenPage, three: str) -> None:
    page = open_page(three, width=1400, height=900)
    drawn = page.locator(".plot .main-svg")
    assert drawn.count() >= 3 * 3 + 1
    dots = page.locator("#histories-1 .points path")
    assert dots.count() == 2 * 4
    names = page.locator("#run-1-detours .annotation-text").all_text_contents()
    assert set(names) == {"randomdetours", "adversarialdetours", "oracle"}  # on two lines


def test_what_is_better_is_marked_by_a_word_a_colour_and_weight(open_page: OpenPage) -> None:
    other = sample.record("other")
    other["metrics"]["compression"]["precision"] = sample.share(0.9)
    page = open_page(render([sample.record(), other]), width=500, height=900)
    marked = page.locator(".gap.better")
    assert marked.count() == 1
    assert page.locator(".gap.worse").count() == 0
    assert "better +0.530" in " ".join(marked.inner_text().split())
    colour = "(text) => getComputedStyle(text).color"
    word, number = marked.locator(".mark"), marked.locator(".value")
    assert word.evaluate(colour) != number.evaluate(colour)
    weight = "(number) => Number(getComputedStyle(number).fontWeight)"
    plain = page.locator(".gap:not(.better) .value").first.evaluate(weight)
    assert marked.locator(".value").evaluate(weight) > plain


def test_no_text_from_data_runs(open_page: OpenPage) -> None:
    def heard(dialog: Any) -> None:
        pytest.fail(f"a dialog: {dialog.message}")

    page = open_page(render([poisoned_record(), poisoned_record()]), width=1400, height=900)
    page.on("dialog", heard)
    assert page.locator("script").count() == 3
    assert page.locator("img").count() == 0
    assert page.get_by_text("<script>alert(1)</script>").count() > 10
