"""The page in a real browser without a network: scripts run, curves are drawn, nothing else."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.report import sample
from tests.report.browser import OpenPage, Scheme
from tests.report.from_json import render
from tests.report.test_page import poisoned_record

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium here to open the report in"),
]
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--enable-logging=stderr",
    "--v=0",
    "--virtual-time-budget=10000",
    "--dump-dom",
)


def browse(page: Path, home: Path, *flags: str) -> tuple[str, list[str]]:
    """What the browser prints, and what the page logged on its console."""
    done = subprocess.run(
        [str(BROWSER), *FLAGS, f"--user-data-dir={home}", *flags, page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


class Elements(HTMLParser):
    """How many elements of each kind a document has."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self.counts[tag] += 1


def written(folder: Path, html: str) -> Path:
    page = folder / "report.html"
    page.write_text(html, encoding="utf-8")
    return page


def test_the_console_is_heard(tmp_path: Path) -> None:
    page = written(tmp_path, "<script>throw new Error('seen')</script>")
    assert "seen" in "".join(browse(page, tmp_path / "home")[1])


def test_curves_are_drawn_and_nothing_complains(tmp_path: Path) -> None:
    page = written(tmp_path, render([sample.record(), sample.record("other")]))
    document, console = browse(page, tmp_path / "home")
    assert console == []
    drawn = Counter(part.split('"')[0] for part in document.split('class="')[1:])
    assert drawn["js-line"] >= 2 * (3 + 3)  # curves and the oracle's line, of two runs
    assert drawn["js-fill"] >= 2 * (2 + 3)
    assert drawn["main-svg"] >= 4
    assert document.count("this run: ε = 0.01") >= 2


def test_no_text_from_data_runs_or_links(tmp_path: Path) -> None:
    page = written(tmp_path, render([poisoned_record()]))
    document, console = browse(page, tmp_path / "home")
    assert console == []
    found = Elements(document).counts
    assert found["script"] == 3
    assert found["img"] == 0
    assert 'href="javascript' not in document
    assert document.count("p = 0.0003") == 1  # the last of the page is there


@pytest.mark.long
@pytest.mark.parametrize(
    ("scheme", "ink"), [("dark", "rgb(232, 234, 237)"), ("light", "rgb(23, 25, 28)")]
)
def test_curves_wear_the_colours_of_the_reader(
    open_page: OpenPage, scheme: Scheme, ink: str
) -> None:
    # Waits until curves are drawn: a page that is printed after some time may be too early.
    document = open_page(render([sample.record()]), scheme=scheme).content()
    assert f"fill: {ink}" in document
    assert "var(--" not in document[document.index("js-plotly-plot") :].split("<section")[0]
