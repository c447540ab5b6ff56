"""Links and the Tab key in a real browser, on a page whose maps and players are not built yet."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.report import sample_city, sample_game, sample_player
from tests.report.browser import OpenPage
from tests.report.from_json import check_record, render

pytestmark = pytest.mark.slow
SIZES = [(1400, 900), (390, 844)]
NEAR = 40  # pixels
FAR = "header.page { padding-bottom: 6000px; }</style>"
HEIGHTS = """() => Object.fromEntries([...document.querySelectorAll(
  'section.city, section.player, section.run, section.run > section')]
  .map((section, at) => [section.id || at, Math.round(section.getBoundingClientRect().height)]))"""
BUILT = """() => [...document.querySelectorAll('.city-plot')].every((plot) => plot.data)
  && [...document.querySelectorAll('.player-stage')].every((stage) => stage.dataset.drive)"""
RESTS = """() => new Promise((resolve) => {
  let [last, still] = [-1, 0];
  const look = () => {
    still = scrollY === last ? still + 1 : 0;
    last = scrollY;
    still > 30 ? resolve() : requestAnimationFrame(look);
  };
  look();
})"""
CONTROLS = {
    "a layer": ".city-layers input",
    "a map": ".city-map",
    "the slider": ".city-time input",
    "play": '.player [data-act="play"]',
}


@pytest.fixture(scope="module")
def driven() -> str:
    records = [
        check_record(sample_city.record(name) | {"routes": sample_player.routes()}, "here")
        for name in ("a/first", "b/second")
    ]
    return render(records)


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "height", "some"), [(*SIZES[0], range(1, 6)), (*SIZES[1], (3, 5))]
)
def test_links_land_where_they_point(
    open_page: OpenPage, driven: str, width: int, height: int, some: Sequence[int]
) -> None:
    for at in some:
        page = open_page(driven, width=width, height=height)  # anew: nothing is built
        links = page.locator("nav a")
        assert links.count() == 6
        link = links.nth(at)
        target = page.locator(str(link.get_attribute("href")))
        link.click()
        page.evaluate(RESTS)
        # The last part may be too short to come to the top: then the page stands at its end.
        left = page.evaluate("document.documentElement.scrollHeight - innerHeight - scrollY")
        top = target.evaluate("section => section.getBoundingClientRect().top")
        assert 0 <= top <= NEAR or (left < 1 and 0 <= top < height), link.inner_text()


@pytest.mark.long
@pytest.mark.parametrize(("width", "height"), [*SIZES, (768, 900)])
@pytest.mark.parametrize("kind", ["drive", "game"])
def test_what_is_built_is_as_high_as_what_stood_there(
    open_page: OpenPage, driven: str, kind: str, width: int, height: int
) -> None:
    html = driven if kind == "drive" else render([sample_game.record()])
    page = open_page(html.replace("</style>", FAR, 1), width=width, height=height)
    assert not page.evaluate(BUILT)
    before = page.evaluate(HEIGHTS)
    for section in page.locator("section.city, section.player").all():
        section.evaluate("section => section.scrollIntoView({ behavior: 'instant' })")
        page.wait_for_timeout(50)
    page.wait_for_function(BUILT)
    after = page.evaluate(HEIGHTS)
    assert {name: after[name] - high for name, high in before.items() if after[name] != high} == {}


@pytest.mark.long
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_tab_key_reaches_the_controls_from_the_top(
    open_page: OpenPage, driven: str, width: int, height: int
) -> None:
    page = open_page(driven, width=width, height=height)
    assert not page.evaluate(BUILT)
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        for name, selector in CONTROLS.items():
            if page.evaluate("which => document.activeElement.matches(which)", selector):
                reached.append(name)
    assert list(dict.fromkeys(reached)) == list(CONTROLS)


def test_what_is_focused_is_built_at_once(open_page: OpenPage, driven: str) -> None:
    page = open_page(driven, width=1400, height=900)
    play = page.locator(CONTROLS["play"])
    drive = play.evaluate(
        "button => { button.focus({ preventScroll: true });"
        " return button.closest('.player-stage').dataset.drive; }"
    )
    assert drive in ("0", "1")
    page.keyboard.press("Enter")
    page.wait_for_selector(".player-stage.playing")
