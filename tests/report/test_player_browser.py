"""The player in a real browser: it is built when it is near, plays, steps and tells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from tests.report import sample, sample_player
from tests.report.browser import OpenPage
from tests.report.from_json import render
from tests.report.test_page import EVIL

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.slow
STAGE = ".player-stage"


class Player:
    """The first player of a page, scrolled to."""

    def __init__(self, page: Page) -> None:
        page.locator("section.player").first.scroll_into_view_if_needed()
        page.wait_for_selector(f"{STAGE}[data-drive]")
        self.page = page
        self.stage = page.locator(STAGE).first

    def part(self, name: str) -> Locator:
        return self.stage.locator(f'[data-part="{name}"]')

    def press(self, act: str) -> None:
        self.stage.locator(f'[data-act="{act}"]').click()

    def told(self, name: str) -> str:
        return self.part(name).inner_text()

    def choose(self, drive: int) -> None:
        self.stage.locator("input[type=radio]").nth(drive).check()

    @property
    def step(self) -> int:
        return int(self.stage.locator("input[type=range]").input_value())

    def points(self, line: str) -> int:
        """How many places a line on the map passes."""
        return len((self.part(line).get_attribute("points") or "").split())

    def marks(self, kind: str) -> int:
        return self.part("marks").locator(f".{kind}").count()


@pytest.fixture
def player(open_page: OpenPage) -> Player:
    return Player(open_page(render([sample_player.record()])))


def test_it_opens_on_the_trip_that_fails_with_a_detour(player: Player) -> None:
    names = sample.drawing()["names"]
    assert player.told("outcome") == "With one detour: it leaves the map at step 3."
    assert player.step == 3
    place = names[80]  # N, then W instead of N
    assert player.told("told") == (
        f"Step 3 of 3, at {place}: SW with probability 0.61. "
        f"It leaves the map here: there is no street SW at {place}."
    )
    assert (player.marks("cross"), player.marks("detour"), player.marks("car")) == (1, 1, 1)
    chosen = player.part("trip").evaluate("each => each.selectedOptions[0].text")
    assert chosen == f"{names[sample_player.ORIGIN]} → {names[sample_player.GOAL]}"
    assert not player.part("run").is_visible()  # there is only one


def test_what_it_expects_is_told_by_more_than_colour(player: Player) -> None:
    rows = [text.split("\n") for text in player.part("bars").locator("li").all_inner_texts()]
    assert rows == [
        ["SW", "▸ its choice · ✗ no such street", "0.61"],
        ["N", "✓ legal", "0.30"],
        ["S", "✓ legal", "<0.01"],
    ]
    shares = player.part("bars").evaluate(
        "list => [...list.querySelectorAll('.bar')]"
        ".map(bar => bar.firstChild.clientWidth / bar.clientWidth)"
    )
    assert shares == pytest.approx([0.61, 0.3, 0], abs=0.01)
    player.press("back")
    rows = [text.split("\n") for text in player.part("bars").locator("li").all_inner_texts()]
    assert rows == [
        ["N", "its choice · ✓ legal", "0.88"],
        ["W", "▸ forced on it · ✓ legal", "0.11"],
    ]
    assert player.told("told").endswith(
        "it wanted N (0.88) and is made to go W (0.11), legal as well."
    )


def test_steps_forth_and_back(player: Player) -> None:
    driven = [player.points("driven")]
    for act in ("back", "back", "on", "first"):
        player.press(act)
        driven.append(player.points("driven"))
    assert driven == [3, 2, 1, 2, 1]
    assert player.step == 1
    assert player.stage.locator('[data-act="back"]').is_disabled()
    assert player.marks("move") == 1  # the way that it is about to go
    player.stage.locator("input[type=range]").fill("3")
    assert player.points("driven") == 3
    assert player.stage.locator('[data-act="on"]').is_disabled()


def test_play_drives_from_the_start_to_the_end_and_stops(player: Player) -> None:
    player.part("speed").select_option("fast")
    player.press("play")
    assert player.step < 3
    assert player.part("told").get_attribute("aria-live") == "off"
    assert player.stage.locator('[aria-label="Stop"]').count() == 1
    player.stage.locator('[aria-label="Play"]').wait_for()
    assert player.step == 3
    assert "It leaves the map here" in player.told("told")
    assert player.part("told").get_attribute("aria-live") == "polite"
    player.press("play")
    player.press("first")
    player.page.wait_for_timeout(600)  # enough for two steps, if a step did not stop it
    assert player.step == 1


def test_the_other_drive_takes_the_place_of_the_first(player: Player) -> None:
    before = player.part("driven").get_attribute("points")
    other = player.part("other").get_attribute("points")
    player.choose(0)
    assert player.told("outcome") == "As it likes: it arrives, in 5 steps."
    assert player.told("told").endswith("end with probability 0.70; legal. It has arrived.")
    assert player.part("driven").get_attribute("points") == other
    assert player.part("other").get_attribute("points") == before
    assert (player.marks("cross"), player.marks("detour")) == (0, 0)
    lines = player.part("driven"), player.part("other"), player.stage.locator(".swatch.other")
    read = "line => getComputedStyle(line).strokeDasharray"
    driven, other_drive, key = (line.evaluate(read) for line in lines)
    assert driven == "none" not in (other_drive, key)


def test_lines_beside_it_can_be_taken_away(player: Player) -> None:
    assert (player.points("shortest"), player.points("other")) == (5, 5)
    for name in ("shortest", "other"):
        player.stage.locator(f'input[value="{name}"]').uncheck()
        assert player.points(name) == 0


def test_every_kind_of_trip_is_told(player: Player) -> None:
    options = player.part("trip").locator("optgroup")
    groups = options.evaluate_all("all => all.map(each => each.label)")
    assert groups == [
        "Arrives, but not after one detour (1)",
        "Leaves the map or stops elsewhere (1)",
        "Never arrives (1)",
        "Arrives, also after one detour (1)",
    ]
    player.choose(0)
    ends = {}
    for trip in range(4):
        player.part("trip").select_option(str(trip))
        ends[trip] = player.told("outcome"), player.told("told").partition(": ")[2]
    assert ends[1] == (
        "As it likes: it stops elsewhere, at step 2.",
        "end with probability 0.50. It stops here, and this is not its destination.",
    )
    assert ends[2][0] == "As it likes: it has not arrived after 2 steps."
    assert ends[2][1].endswith("legal. Its time is up, and it has not arrived.")
    player.part("trip").select_option("0")
    player.choose(1)
    assert player.told("outcome") == "No turn could be replaced: it arrives, in 5 steps."
    player.part("trip").select_option("2")  # a drive without a step
    assert player.told("told") == "The model names nothing that could follow."
    player.press("play")
    assert player.stage.locator('[aria-label="Play"]').count() == 1


def test_the_keyboard_drives(player: Player) -> None:
    keys = player.page.keyboard
    player.part("speed").select_option("slow")
    player.stage.focus()
    steps = []
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "End"):
        keys.press(key)
        steps.append(player.step)
    assert steps == [1, 2, 3, 3, 2, 3]
    keys.press("Space")
    assert (player.step, player.stage.locator('[aria-label="Stop"]').count()) == (1, 1)
    keys.press("Space")
    assert player.stage.locator('[aria-label="Play"]').count() == 1
    player.stage.locator("input[type=range]").focus()
    keys.press("ArrowRight")
    assert player.step == 2  # the range moves by itself, and once
    player.part("trip").focus()
    keys.press("ArrowDown")
    assert player.part("trip").input_value() == "1"  # a list keeps its keys


def test_the_streets_lie_beneath_in_the_colour_of_streets(player: Player) -> None:
    told = """canvas => {
        const { data, width, height } = canvas.getContext("2d").getImageData(
            0, 0, canvas.width, canvas.height);
        const solid = [];
        for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] === 255) solid.push([...data.slice(i, i + 3)].join());
        const most = solid.sort().at(solid.length >> 1);
        return [most, solid.length / width / height];
    }"""
    canvas = player.stage.locator("canvas")
    color, share = canvas.evaluate(told)
    assert color == "198,204,210"  # --street
    assert 0.001 < share < 0.2
    player.page.emulate_media(color_scheme="dark")
    for _ in range(50):  # the page hears of it with one of its next frames
        if canvas.evaluate(told)[0] != color:
            break
        player.page.wait_for_timeout(50)
    assert canvas.evaluate(told)[0] == "67,76,85"
    first = canvas.evaluate("canvas => canvas.toDataURL()")
    player.press("back")
    assert canvas.evaluate("canvas => canvas.toDataURL()") == first
    player.stage.get_by_label("Zoom in").click()
    assert canvas.evaluate("canvas => canvas.toDataURL()") != first


def test_zoomed_in_the_map_follows(player: Player) -> None:
    player.press("first")

    def scale() -> float:
        """Pixels between the first two crossings of the shortest way."""
        ends = str(player.part("shortest").get_attribute("points")).split()[:2]
        return math.dist(*([float(x) for x in end.split(",")] for end in ends))

    whole = scale()
    for _ in range(3):
        player.stage.get_by_label("Zoom in").click()
    assert scale() == pytest.approx(whole * 1.6**3, rel=0.01)
    box = player.part("marks").locator("..").bounding_box()
    car = player.part("marks").locator(".car").bounding_box()
    assert box is not None
    assert car is not None
    assert car["y"] + car["height"] / 2 == pytest.approx(box["y"] + box["height"] / 2, abs=2)
    player.stage.get_by_label("Show the whole trip").click()
    assert scale() == whole


def test_runs_are_chosen(open_page: OpenPage) -> None:
    other = sample_player.record("midtown-random")
    other["routes"] = other["routes"][:1]
    player = Player(open_page(render([sample_player.record(), other])))
    player.part("run").select_option("midtown-random on midtown")
    assert player.told("outcome") == "As it likes: it arrives, in 5 steps."
    assert player.part("trip").locator("option").count() == 1


def test_it_waits_until_it_is_near(open_page: OpenPage) -> None:
    far = "header.page { padding-bottom: 6000px; }</style>"
    page = open_page(render([sample_player.record()]).replace("</style>", far, 1))
    page.wait_for_timeout(300)
    assert page.locator(f"{STAGE}[data-drive]").count() == 0
    assert Player(page).told("outcome")


@pytest.mark.long
@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (768, "dark"), (390, "light")])
def test_it_fits_and_can_be_touched(open_page: OpenPage, width: int, scheme: Any) -> None:
    player = Player(open_page(render([sample_player.record()]), width=width, scheme=scheme))
    overflow = "document.documentElement.scrollWidth - innerWidth"
    assert player.page.evaluate(overflow) <= 0
    sizes = player.stage.locator("button, select, label, input[type=range]").evaluate_all(
        "all => all.filter(each => each.offsetParent).map(each => each.offsetHeight)"
    )
    assert min(sizes) >= 40
    assert len(sizes) > 12
    read = "getComputedStyle(document.documentElement).getPropertyValue('--series-2')"
    line = player.page.evaluate(read)
    drawn = player.part("driven").evaluate("line => getComputedStyle(line).stroke")
    assert drawn == f"rgb({', '.join(str(int(line[at : at + 2], 16)) for at in (1, 3, 5))})"
    car = player.part("marks").locator(".car")
    assert car.evaluate("car => getComputedStyle(car).transitionDuration") == "0.18s"
    player.page.emulate_media(reduced_motion="reduce")
    assert car.evaluate("car => getComputedStyle(car).transitionDuration") == "0s"


def test_text_from_data_stays_text(open_page: OpenPage) -> None:
    record = sample_player.record(EVIL)
    record["drawing"]["names"] = [f"{EVIL}{n}" for n in range(len(record["drawing"]["names"]))]
    for route in record["routes"]:
        for kind in ("plain", "detour"):
            for at in (0, 1):
                node = (sample_player.ORIGIN, sample_player.GOAL)[at]
                route[kind]["sequence"][at] = record["drawing"]["names"][node]
    last = record["routes"][3]["detour"]["steps"][-1]
    last["symbol"] = last["wanted"] = last["top"][0][0] = EVIL
    player = Player(open_page(render([record])))
    for part in ("told", "heading", "bars"):
        assert EVIL in player.told(part)
    assert f"It leaves the map here: {EVIL} is no turn." in player.told("told")
    assert EVIL in player.part("trip").evaluate("each => each.selectedOptions[0].text")
    assert player.stage.locator("img, script").count() == 0
    assert "alert(1)" in player.part("told").inner_html()
