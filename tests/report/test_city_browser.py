"""The maps in a real browser: they are drawn, moved, filled and asked what lies where."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.report import sample_city
from tests.report.browser import OpenPage, Scheme
from tests.report.from_json import check_record, render
from tests.report.sample import Json

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow
PIXEL = 1e-4  # degrees: a bit more than one of the whole map
LAYERS = ("unused", "used", "new", "impossible")
HOSTILE = "<script>alert(1)</script><b>x</b><img src=x onerror=alert(2)>"
NO_WEBGL = "<script>HTMLCanvasElement.prototype.getContext = () => null</script>"


def html(*records: Json) -> str:
    """The page of these records, without what else they tell."""
    bare: Json = {"metrics": {}, "baselines": {}, "curves": {}, "witnesses": {}, "skipped": {}}
    return render([check_record(record | bare, "here") for record in records])


ONE = ("checkpoints/midtown-shortest",)
TWO = ("a/first", "b/second")


@cache
def html_of(models: tuple[str, ...]) -> str:
    """The page of one record of each of these models."""
    return html(*map(sample_city.record, models))


def city(open_page: OpenPage, shown: str | tuple[str, ...], **view: Any) -> Page:
    """The page, or that of these models, once both maps are drawn, scrolled to them."""
    page = open_page(shown if isinstance(shown, str) else html_of(shown), **view)
    page.locator(".city").evaluate("section => section.scrollIntoView({ behavior: 'instant' })")
    page.wait_for_function(
        "[...document.querySelectorAll('.city-plot')].every(plot => plot.data?.length === 4)"
    )
    page.locator(".city-figure").scroll_into_view_if_needed()
    return page


def drawn(page: Page, panel: str) -> dict[str, int | None]:
    """How many streets each layer of a panel has; None: it is switched off."""
    found = page.evaluate(
        "id => document.querySelector(`#${id} .city-plot`).data"
        ".map(({name, x, visible}) => [name, visible ? x.length / 3 : null])",
        panel,
    )
    return dict(found)


def reaches(page: Page, panel: str, wanted: dict[str, int | None]) -> None:
    """Waits until the layers have these streets."""
    page.wait_for_function(
        "([id, wanted]) => document.querySelector(`#${id} .city-plot`).data.every("
        "({name, x, visible}) => (visible ? x.length / 3 : null) === wanted[name])",
        arg=[panel, wanted],
    )
    assert drawn(page, panel) == wanted


def ranges(page: Page, panel: str) -> list[float]:
    """West, east, south and north of what a panel draws."""
    found = page.evaluate(
        "id => { const { xaxis, yaxis } = document.querySelector(`#${id} .city-plot`).layout;"
        "return [...xaxis.range, ...yaxis.range]; }",
        panel,
    )
    return [float(value) for value in found]


def moves(page: Page, before: list[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Waits until the maps are drawn elsewhere and at rest; how far their bounds moved.

    Both panels must end on the same bounds, to a pixel.
    """
    page.wait_for_function(
        "before => {"
        "const now = [...document.querySelectorAll('.city-plot')].map(plot => plot.style.transform"
        " + [...plot.layout.xaxis.range, ...plot.layout.yaxis.range]).join(';');"
        "const rests = now === window.last && !now.includes('scale') && !now.includes(before);"
        "window.last = now; return rests; }",
        arg=",".join(map(repr, before)),
        polling=300,
    )
    left, right = ranges(page, "city-1-a"), ranges(page, "city-1-b")
    assert left == pytest.approx(right, abs=0.003 * (right[3] - right[2]))
    return np.subtract(right, before)


def expected(after: int) -> dict[str, int | None]:
    """The layers after so many sequences, straight from the record."""
    streets = sample_city.streets()
    rows = list(zip(streets["kind"], streets["first"], streets["why"], strict=True))
    needed = [(kind, why) for kind, first, why in rows if 0 <= first < after]
    used = sum(kind == "true" for kind, _ in needed)
    return {
        "unused": sum(kind != "new" for kind, *_ in rows) - used,
        "used": used,
        "new": sum(kind == "new" and not why for kind, why in needed),
        "impossible": sum(kind == "new" and bool(why) for kind, why in needed),
    }


def middle(page: Page, panel: str, street: tuple[int, int]) -> tuple[float, float]:
    """Where the middle of a street lies on the screen."""
    nodes = np.array(sample_city.record()["drawing"]["nodes"])
    lat, lon = nodes[list(street)].mean(axis=0)
    west, east, south, north = ranges(page, panel)
    box = page.locator(f"#{panel}").bounding_box()
    assert box is not None
    x = box["x"] + box["width"] * (lon - west) / (east - west)
    return x, box["y"] + box["height"] * (north - lat) / (north - south)


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_true_map_stands_beside_the_models(open_page: OpenPage, scheme: Scheme) -> None:
    page = city(open_page, ONE, scheme=scheme)
    true = sum(kind != "new" for kind in sample_city.streets()["kind"])
    assert drawn(page, "city-1-a") == {"unused": 0, "used": true, "new": 0, "impossible": 0}
    assert drawn(page, "city-1-b") == expected(sample_city.SEQUENCES)
    colours = page.evaluate(
        "[...document.querySelectorAll('.city-plot')]"
        ".flatMap(plot => plot.data.map(layer => layer.line.color))"
    )
    assert len(set(colours)) == 4
    assert all(colour.startswith("#") for colour in colours)
    assert page.locator(".city-plot canvas").count() >= 2


def test_north_is_up_and_distances_are_the_same_in_all_directions(open_page: OpenPage) -> None:
    page = city(open_page, ONE)
    west, east, south, north = ranges(page, "city-1-b")
    box = page.locator("#city-1-b").bounding_box()
    assert box is not None
    across = (east - west) * np.cos(np.deg2rad((south + north) / 2)) / box["width"]
    assert across == pytest.approx((north - south) / box["height"], rel=0.002)
    nodes = np.array(sample_city.record()["drawing"]["nodes"])
    assert south < nodes[:, 0].min() < nodes[:, 0].max() < north
    assert west < nodes[:, 1].min() < nodes[:, 1].max() < east


def test_layers_are_switched_on_both_maps(open_page: OpenPage) -> None:
    page = city(open_page, TWO)
    layers = expected(sample_city.SEQUENCES)
    for name in LAYERS:
        page.locator(f".city-layers input[value={name}]").uncheck()
        layers[name] = None
        reaches(page, "city-1-a", layers)
        reaches(page, "city-1-b", layers)
    page.locator(".city-layers input[value=new]").check()
    reaches(page, "city-1-b", layers | {"new": 2 + 1})


def test_the_slider_fills_the_maps_and_the_counts_go_along(open_page: OpenPage) -> None:
    page = city(open_page, ONE)
    slider = page.locator(".city-time input")
    for after in (0, 1, 10, 31, sample_city.SEQUENCES):
        slider.fill(str(after))
        layers = expected(after)
        reaches(page, "city-1-b", layers)
        new, bad = layers["new"], layers["impossible"]
        lost = sum(number < after for number in sample_city.GAVE_UP)
        # The noise is that of all sequences.
        noise = " (noise 20, 18\N{EN DASH}22)" if after == sample_city.SEQUENCES else ""
        assert page.locator(".city-panel").nth(1).locator(
            ".city-counts span"
        ).all_inner_texts() == [
            f"{layers['used']} true streets needed",
            f"{(new or 0) + (bad or 0)} invented{noise}",
            f"{bad} impossible",
            f"{lost} given up",
        ]
    assert page.locator(".city-time output").inner_text() == "all 40"
    page.wait_for_function(
        "document.querySelector('.city [role=status]').textContent.includes('8 invented')"
    )


def test_the_slider_obeys_the_keyboard(open_page: OpenPage) -> None:
    page = city(open_page, ONE)
    page.locator(".city-time input").focus()
    page.keyboard.press("Home")
    reaches(page, "city-1-b", expected(0))
    page.keyboard.press("ArrowRight")
    reaches(page, "city-1-b", expected(1))
    assert page.locator(".city-time output").inner_text() == "1"


@pytest.mark.long
def test_playing_fills_the_map_and_can_be_halted(open_page: OpenPage) -> None:
    page = city(open_page, ONE)
    play = page.locator(".city-play")
    play.click()
    assert play.get_attribute("aria-pressed") == "true"
    page.wait_for_function(
        "(v => v > 2 && v < 40)(Number(document.querySelector('.city-time input').value))"
    )
    play.click()
    assert play.get_attribute("aria-pressed") == "false"
    after = int(page.locator(".city-time input").input_value())
    reaches(page, "city-1-b", expected(after))
    play.click()
    page.wait_for_function("document.querySelector('.city-time input').value === '40'")
    page.wait_for_function(
        "document.querySelector('.city-play').getAttribute('aria-pressed') === 'false'"
    )
    reaches(page, "city-1-b", expected(40))


def test_both_maps_are_dragged_together(open_page: OpenPage) -> None:
    page = city(open_page, ONE)
    before = ranges(page, "city-1-b")
    page.locator("#city-1-a").hover()
    page.mouse.down()
    page.mouse.move(*_by(page, "#city-1-a", 80, 0), steps=5)
    page.mouse.up()
    west, east, south, north = moves(page, before)
    assert west < 0
    assert west == pytest.approx(east)
    assert [south, north] == pytest.approx([0, 0], abs=PIXEL)
    box = page.locator("#city-1-a").bounding_box()
    assert box is not None
    assert west == pytest.approx(-80 * (before[1] - before[0]) / box["width"], rel=0.01)


def _by(page: Page, selector: str, right: float, down: float) -> tuple[float, float]:
    """A place so many pixels from the middle of an element."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2 + right, box["y"] + box["height"] / 2 + down


def test_the_wheel_zooms_about_the_pointer(open_page: OpenPage) -> None:
    page = city(open_page, ONE)
    page.wait_for_timeout(400)  # a wheel that has just moved the page goes on moving it
    before = ranges(page, "city-1-b")
    page.mouse.move(*_by(page, "#city-1-b", 100, 0))
    page.mouse.wheel(0, -200)
    west, east, south, north = moves(page, before)
    assert west > -east > 0
    assert south == pytest.approx(-north, abs=PIXEL)
    assert south > 0


@pytest.mark.long
def test_a_wheel_that_moves_the_page_is_not_stopped_by_a_map(open_page: OpenPage) -> None:
    page = city(open_page, ONE)
    page.wait_for_timeout(400)
    stopped = page.evaluate(
        "() => { const turn = () => !document.getElementById('city-1-b').dispatchEvent("
        "new WheelEvent('wheel', {deltaY: 60, bubbles: true, cancelable: true}));"
        "const before = turn(); window.dispatchEvent(new Event('scroll'));"
        "return [before, turn()]; }"
    )
    assert stopped == [True, False]


@pytest.mark.long
def test_the_keyboard_moves_zooms_and_shows_all(open_page: OpenPage) -> None:
    page = city(open_page, ONE)
    whole = ranges(page, "city-1-b")
    page.locator("#city-1-b").focus()
    for key, signs in {
        "ArrowLeft": (-1, -1, 0, 0),
        "ArrowRight": (1, 1, 0, 0),
        "ArrowUp": (0, 0, 1, 1),
        "ArrowDown": (0, 0, -1, -1),
        "+": (1, -1, 1, -1),
        "-": (-1, 1, -1, 1),
    }.items():
        before = ranges(page, "city-1-b")
        page.keyboard.press(key)
        moved = moves(page, before)
        assert np.sign(np.round(moved, 9)).tolist() == list(signs), key
    before = ranges(page, "city-1-b")
    page.keyboard.press("+")
    moves(page, before)
    before = ranges(page, "city-1-b")
    page.keyboard.press("0")
    moves(page, before)
    assert ranges(page, "city-1-a") == pytest.approx(whole)


def test_the_buttons_zoom_too(open_page: OpenPage) -> None:
    page = city(open_page, ONE)
    whole = ranges(page, "city-1-b")
    page.locator("#city-1-b").get_by_label("Zoom in").click()
    west, east, *_ = moves(page, whole)
    assert west > 0 > east
    before = ranges(page, "city-1-b")
    page.locator("#city-1-a").get_by_label("Show all").click()
    moves(page, before)
    assert ranges(page, "city-1-b") == pytest.approx(whole)


def test_a_street_tells_about_itself(open_page: OpenPage) -> None:
    page = city(open_page, ONE)
    tip = page.locator("#city-1-b .city-tip")
    assert tip.is_hidden()
    page.mouse.move(*middle(page, "city-1-b", (212, 290)))
    tip.wait_for(state="visible")
    assert tip.inner_text().splitlines() == [
        "E · 240 m · impossible",
        "20St&13Av → 24St&11Av",
        "9 sequences need it, number 3 first",
        "label 63° off the bearing; crosses 4 true streets",
    ]
    for panel in ("city-1-a", "city-1-b"):  # what is not there is marked on the true map too
        mark = page.locator(f"#{panel} .city-mark")
        assert mark.evaluate("svg => getComputedStyle(svg).visibility") == "visible"
        box = mark.locator("line").bounding_box()
        assert box is not None
        found = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert found == pytest.approx(middle(page, panel, (212, 290)), abs=1)
    page.mouse.move(*_by(page, ".city-layers", 0, 0))
    tip.wait_for(state="hidden")
    assert mark.evaluate("svg => getComputedStyle(svg).visibility") == "hidden"


def test_escape_ends_the_telling(open_page: OpenPage) -> None:
    page = city(open_page, ONE)
    page.locator("#city-1-b").focus()
    page.mouse.move(*middle(page, "city-1-b", (212, 290)))
    page.locator("#city-1-b .city-tip").wait_for(state="visible")
    page.keyboard.press("Escape")
    page.locator("#city-1-b .city-tip").wait_for(state="hidden")


def test_what_is_switched_off_tells_nothing(open_page: OpenPage) -> None:
    page = city(open_page, ONE)
    page.locator(".city-layers input[value=impossible]").uncheck()
    reaches(page, "city-1-b", expected(sample_city.SEQUENCES) | {"impossible": None})
    page.mouse.move(*middle(page, "city-1-b", (212, 290)))
    page.wait_for_timeout(100)
    assert "impossible" not in page.locator("#city-1-b .city-tip").inner_text()


@pytest.mark.long
def test_names_stay_text_wherever_they_are_shown(open_page: OpenPage) -> None:
    page = city(open_page, html(sample_city.hostile(HOSTILE)))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.mouse.move(*middle(page, "city-1-b", (212, 290)))
    tip = page.locator("#city-1-b .city-tip")
    tip.wait_for(state="visible")
    assert tip.inner_text().count(HOSTILE) == 4
    assert tip.locator("script, b, img").count() == 0
    page.locator(".city-strangest summary").click()
    assert page.locator(".city-strangest").locator("script, b, img").count() == 0


def test_a_panel_shows_what_is_chosen(open_page: OpenPage) -> None:
    page = city(open_page, TWO)
    selects = page.locator(".city-head select")
    assert [select.input_value() for select in selects.all()] == ["1", "2"]
    selects.nth(0).select_option("0")
    true = sum(kind != "new" for kind in sample_city.streets()["kind"])
    reaches(page, "city-1-a", {"unused": 0, "used": true, "new": 0, "impossible": 0})
    assert page.locator(".city-counts").nth(0).inner_text() == "955 streets between 500 crossings"


@pytest.mark.long
def test_a_street_of_the_list_is_found_on_the_map(open_page: OpenPage) -> None:
    page = city(open_page, TWO)
    page.locator(".city-strangest").nth(1).locator("summary").click()
    before = ranges(page, "city-1-b")
    page.locator(".city-strangest").nth(1).locator(".city-show").nth(1).click()
    moves(page, before)
    west, east, south, north = ranges(page, "city-1-b")
    street = np.array(sample_city.record()["drawing"]["nodes"])[[212, 290]].mean(axis=0)
    assert [(south + north) / 2, (west + east) / 2] == pytest.approx(street.tolist(), abs=2e-6)
    assert north - south < 0.25 * (before[3] - before[2])
    assert "9 sequences need it" in page.locator("#city-1-b .city-tip").inner_text()


@pytest.mark.long
def test_a_phone_has_one_map_above_the_other_and_a_tap_tells(open_page: OpenPage) -> None:
    page = city(open_page, ONE, width=390, height=844, touch=True)
    first, second = (page.locator(f"#city-1-{name}").bounding_box() for name in "ab")
    assert first is not None
    assert second is not None
    assert second["y"] > first["y"] + first["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#city-1-b").scroll_into_view_if_needed()
    page.touchscreen.tap(*middle(page, "city-1-b", (64, 127)))
    page.wait_for_function(
        "document.querySelector('#city-1-b .city-tip').textContent.includes('label 130°')"
    )


@pytest.mark.long
@pytest.mark.parametrize("width", [320, 390, 600, 768])
def test_runs_with_long_names_stay_within_the_page(open_page: OpenPage, width: int) -> None:
    long = sample_city.record("a-model-that-has-been-trained-for-very-long-on-many-shortest-ways")
    page = city(open_page, html(long, sample_city.record("b")), width=width, height=844)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for panel in ("#city-1-a", "#city-1-b"):
        box = page.locator(panel).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_two_fingers_zoom(open_page: OpenPage) -> None:
    page = city(open_page, ONE, width=390, height=844, touch=True)
    page.locator("#city-1-b").scroll_into_view_if_needed()
    before = ranges(page, "city-1-b")
    x, y = _by(page, "#city-1-b", 0, 0)
    fingers = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 20), ("touchMove", 30), ("touchMove", 40), ("touchEnd", 0)):
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        told = {"type": kind, "touchPoints": points if apart else []}
        fingers.send("Input.dispatchTouchEvent", told)
    west, east, south, north = moves(page, before)
    half = (before[1] - before[0]) / 4  # what was 40 apart is 80 apart
    assert [west, -east] == pytest.approx([half, half], abs=5 * PIXEL)
    assert south == pytest.approx(-north, abs=PIXEL)


def test_maps_are_drawn_without_webgl_too(open_page: OpenPage) -> None:
    page = city(open_page, html_of(ONE).replace("<head>", f"<head>{NO_WEBGL}"))
    reaches(page, "city-1-b", expected(sample_city.SEQUENCES))
    page.wait_for_function("document.querySelectorAll('#city-1-b .js-line').length >= 955")
    assert page.locator(".city-plot canvas").count() == 0
