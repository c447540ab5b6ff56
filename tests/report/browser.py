"""A page of ours in a real browser, and everything that it says or asks for while it is open."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:  # the browser is optional: tests that need it are skipped without
    from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request

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


class Pages:
    """Pages of one browser that tests open one after the other, blank in between.

    Most of what a report costs to open is to compile Plotly. The browser keeps compiled scripts by
    the address they came from, as long as their process lives: so a page stays in its process and
    reads every text from its one file. Nothing else is kept. Pages that are open at the same time
    are different ones.
    """

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self._count = 0
        self._blank: dict[bool, list[tuple[Page, Path]]] = {False: [], True: []}

    @contextmanager
    def opened(
        self,
        html: str,
        *,
        width: int = 1400,
        height: int = 900,
        scheme: Scheme = "light",
        touch: bool = False,
    ) -> Iterator[tuple[Page, list[str]]]:
        """`html` as a page that is read from a file, and what was heard from it so far.

        Heard are messages of the console, errors of scripts, and requests for all but the file.
        """
        page, file = self._page(touch=touch)
        file.write_text(html, encoding="utf-8")
        heard: list[str] = []

        def on_console(message: ConsoleMessage) -> None:
            heard.append(f"{message.type}: {message.text}")

        def on_error(error: Error) -> None:
            heard.append(f"error: {error}")

        def on_request(request: Request) -> None:
            _note(request.url, file, heard)

        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion="no-preference")
        page.on("console", on_console)
        page.on("pageerror", on_error)
        page.on("request", on_request)
        page.goto(file.as_uri())
        # A report draws after its first paint, and says when it has.
        if page.query_selector("#nerode-plotly") is not None:
            page.wait_for_selector("html[data-drawn]")
        yield page, heard
        page.remove_listener("console", on_console)
        page.remove_listener("pageerror", on_error)
        page.remove_listener("request", on_request)
        # The empty file and not about:blank, for which the browser takes another process.
        file.write_text("", encoding="utf-8")
        page.goto(file.as_uri())
        page.mouse.move(0, 0)
        self._blank[touch].append((page, file))

    def _page(self, *, touch: bool) -> tuple[Page, Path]:
        if self._blank[touch]:
            return self._blank[touch].pop()
        self._count += 1
        page = self._browser.new_context(has_touch=touch).new_page()
        return page, self._folder / f"page-{self._count}.html"


def _note(url: str, file: Path, heard: list[str]) -> None:
    # Plotly and the page itself may speak of data that they hold; nothing is asked for then.
    if url.partition("#")[0] != file.as_uri() and not url.startswith(("data:", "blob:")):
        heard.append(f"request: {url}")
