"""A browser for the pages that the tests write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.report.browser import CHROMIUM, OpenPage, Pages, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Page


# Of the package and no wider: Playwright keeps an event loop running in this thread.
@pytest.fixture(scope="package")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Pages of one Chromium for all tests of the report."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here to open the report in")
    pytest.importorskip("playwright", reason="Playwright (the extra `dev`) is not installed")
    with chromium() as found:
        yield Pages(found, tmp_path_factory.mktemp("pages"))


@pytest.fixture
def open_page(pages: Pages) -> Iterator[OpenPage]:
    """Opens pages; the test fails if any of them complains or asks for anything but itself."""
    heard_of_all: list[list[str]] = []
    with ExitStack() as stack:

        def open_one(html: str, **view: Any) -> Page:
            page, heard = stack.enter_context(pages.opened(html, **view))
            heard_of_all.append(heard)
            return page

        yield open_one
    assert [line for heard in heard_of_all for line in heard] == []
