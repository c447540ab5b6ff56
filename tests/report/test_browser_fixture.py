"""What the browser of the tests hears: otherwise silence would prove nothing."""

from __future__ import annotations

import pytest

from tests.report.browser import OpenPage, Pages

pytestmark = pytest.mark.slow


@pytest.mark.long
@pytest.mark.parametrize(
    ("html", "heard"),
    [
        ("<p>quiet</p>", ""),
        ("<script>console.log('said')</script>", "log: said"),
        ("<script>throw new Error('thrown')</script>", "error: thrown"),
        ("<img src='http://127.0.0.1:9/asked.png'>", "request: http://127.0.0.1:9/asked.png"),
        ("<img src='other.png'>", "other.png"),
    ],
)
def test_a_page_that_complains_or_asks_is_heard(pages: Pages, html: str, heard: str) -> None:
    with pages.opened(html) as (page, messages):
        page.wait_for_load_state("networkidle")
        assert heard in "\n".join(messages)
        assert bool(messages) == bool(heard)


def test_a_page_has_the_size_and_the_colours_that_are_asked_for(open_page: OpenPage) -> None:
    page = open_page("<p>quiet</p>", width=390, height=844, scheme="dark")
    assert page.evaluate("[innerWidth, innerHeight]") == [390, 844]
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")


def test_the_browser_draws_with_webgl(open_page: OpenPage) -> None:
    page = open_page("<canvas></canvas>")
    assert page.evaluate("document.querySelector('canvas').getContext('webgl') !== null")


def test_a_page_that_is_opened_again_remembers_nothing(pages: Pages) -> None:
    first = "<script>window.kept = 1; console.log('first')</script>"
    with pages.opened(first) as (page, messages):
        assert messages == ["log: first"]
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    with pages.opened("<p>second</p>", width=500) as (again, heard):
        assert again is page
        assert heard == []
        assert again.evaluate("window.kept ?? null") is None
        assert again.evaluate("[innerWidth, history.scrollRestoration]") == [500, "auto"]
        assert again.evaluate("matchMedia('(prefers-color-scheme: light)').matches")
        assert again.evaluate("matchMedia('(prefers-reduced-motion: no-preference)').matches")


def test_pages_that_are_open_together_are_different(open_page: OpenPage) -> None:
    first, second = open_page("<p>one</p>"), open_page("<p>two</p>")
    assert [page.inner_text("p") for page in (first, second)] == ["one", "two"]
