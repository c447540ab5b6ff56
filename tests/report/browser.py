"""A page of ours in a real browser, and everything that it says or asks for while it is open."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:  # the browser is optional: tests that need it are skipped without
    from playwright.sync_api import Browser, Page

Scheme = Literal["light", "dark"]

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--no-first-run",
    "--use-angle=swiftshader",  # WebGL without a graphics card
    "--enable-unsafe-swiftshader",
)


class OpenPage(Protocol):
    """Opens a text as a page: the fixture `open_page`."""

    def __call__(
        self,
        html: str,
        *,
        width: int = ...,
        height: int = ...,
        scheme: Scheme = ...,
        touch: bool = ...,
    ) -> Page:
        """The page once it is loaded."""


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - optional

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser,
    file: Path,
    html: str,
    *,
    width: int = 1400,
    height: int = 900,
    scheme: Scheme = "light",
    touch: bool = False,
) -> Iterator[tuple[Page, list[str]]]:
    """`html` as a page that is read from `file`, and what was heard from it so far.

    Heard are messages on the console, errors of scripts, and requests for anything but the file.
    """
    file.write_text(html, encoding="utf-8")
    heard: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=touch
    )
    page = context.new_page()
    page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.on("request", lambda request: _note(request.url, file, heard))
    page.goto(file.as_uri())
    # A report draws after its first paint, and says when it has.
    if page.query_selector("#nerode-plotly") is not None:
        page.wait_for_selector("html[data-drawn]")
    yield page, heard
    context.close()


def _note(url: str, file: Path, heard: list[str]) -> None:
    # Plotly and the page itself may speak of data that they hold; nothing is asked for then.
    if url.partition("#")[0] != file.as_uri() and not url.startswith(("data:", "blob:")):
        heard.append(f"request: {url}")
