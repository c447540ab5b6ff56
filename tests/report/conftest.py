"""A browser for the pages that the tests write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.report.browser import CHROMIUM, OpenPage, chromium, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


# Of the package and no wider: Playwright keeps an event loop running in this thread.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of the report."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here to open the report in")
    pytest.importorskip("playwright", reason="Playwright (the extra `dev`) is not installed")
    with chromium() as found:
        yield found


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[OpenPage]:
    """Opens pages; the test fails if any of them complains or asks for anything but itself."""
    pages: list[list[str]] = []
    with ExitStack() as stack:

        def open_one(html: str, **view: Any) -> Page:
            file = tmp_path / f"page-{len(pages)}.html"
            page, heard = stack.enter_context(opened(browser, file, html, **view))
            pages.append(heard)
            return page

        yield open_one
    assert [line for heard in pages for line in heard] == []
