"""What the browser of the tests hears: otherwise silence would prove nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.report.browser import OpenPage, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow


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
def test_a_page_that_complains_or_asks_is_heard(
    browser: Browser, tmp_path: Path, html: str, heard: str
) -> None:
    with opened(browser, tmp_path / "page.html", html) as (page, messages):
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
