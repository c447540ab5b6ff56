"""Boards and the game player in a real browser: it steps, marks what is not legal, and tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.report import sample_game
from tests.report.browser import OpenPage
from tests.report.from_json import render
from tests.report.test_page import EVIL
from tests.report.test_player_browser import Player

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.slow
DRIVES = ("plain", "detour")


class Board:
    """What is drawn on the player's board."""

    def __init__(self, player: Player) -> None:
        self.svg: Locator = player.stage.locator(".player-map > svg")

    def count(self, kind: str) -> int:
        return self.svg.locator(f".{kind}").count()

    def discs(self) -> str:
        """A letter for each square, from where the discs are drawn."""
        read = """all => all.map(disc => [
            disc.classList.contains("black") ? "b" : "w",
            (disc.getAttribute("cx") - 20) / 40 + 6 * (disc.getAttribute("cy") - 20) / 40])"""
        found = {int(at): disc for disc, at in self.svg.locator(".disc").evaluate_all(read)}
        return "".join(found.get(at, ".") for at in range(36))


def game_that(record: dict[str, Any], *, plain: bool, detour: bool) -> tuple[int, dict[str, Any]]:
    """The first game that ends legally or not, as asked, and its number."""
    return next(
        (number, game)
        for number, game in enumerate(record["games"])
        if (game["plain"]["arrived"], game["detour"]["arrived"]) == (plain, detour)
    )


@pytest.fixture
def player(open_page: OpenPage) -> Player:
    return Player(open_page(render([sample_game.record()])))


def test_it_opens_where_the_game_breaks_off(player: Player) -> None:
    _, game = game_that(sample_game.record(), plain=True, detour=False)
    told, board = game["detour"], Board(player)
    count, last = len(told["steps"]), told["steps"][-1]
    assert player.step == count
    assert player.told("outcome") == (
        f"With one detour: it plays {count - 1} moves; the next is not legal."
    )
    assert f"Move {game['prompt'] + count}, " in player.told("told")
    assert f"{last['symbol']} with probability" in player.told("told")
    assert "That is not legal" in player.told("told")
    assert (board.count("cross"), board.count("decided"), board.count("last")) == (1, 1, 1)
    assert board.discs() == told["boards"][-1]["discs"]
    assert board.count("legal") == len(last["legal"])
    rows = player.part("bars").locator("li").all_inner_texts()
    assert rows[0].split("\n")[0] == last["top"][0][0]
    assert any("✗ t" in row for row in rows)  # taken, or turns no disc


@pytest.mark.long
def test_every_step_shows_its_board(player: Player) -> None:
    _, game = game_that(sample_game.record(), plain=True, detour=False)
    told, board = game["detour"], Board(player)
    player.press("first")
    forced = 0
    for count, step in enumerate(told["steps"]):
        assert board.discs() == told["boards"][count]["discs"]
        assert board.count("legal") == len(step["legal"])
        seen = [name for name, p in step["top"] if p >= 0.005]
        assert board.count("heat") == board.count("share") == len(seen)
        assert board.count("wanted") == step["detour"]
        forced += "is made to play" in player.told("told")
        assert f"{told['boards'][count]['to_move']} to move" in str(
            board.svg.get_attribute("aria-label")
        )
        before = told["boards"][max(count - 1, 0)]["discs"]
        pairs = zip(before, told["boards"][count]["discs"], strict=True)
        assert board.count("turned") == sum({one, other} == {"b", "w"} for one, other in pairs)
        if count + 1 < len(told["steps"]):
            player.press("on")
    assert forced == 1
    assert player.stage.locator('[data-act="on"]').is_disabled()


def test_a_game_that_ends_shows_the_last_position(player: Player) -> None:
    number, game = game_that(sample_game.record(), plain=True, detour=True)
    player.part("trip").select_option(str(number))
    player.choose(0)
    player.stage.focus()
    player.page.keyboard.press("End")
    told, board = game["plain"], Board(player)
    assert player.step == len(told["steps"]) + 1
    discs = told["boards"][-1]["discs"]
    assert board.discs() == discs
    assert player.told("told") == (
        f"The game is over: black has {discs.count('b')} discs, white {discs.count('w')}."
    )
    assert player.told("outcome").startswith("As it likes: it plays to the end, ")
    assert player.part("bars").locator("li").count() == 0
    player.page.keyboard.press("ArrowLeft")
    assert player.step == len(told["steps"])
    assert board.count("decided") == 1


@pytest.mark.long
def test_it_plays_by_itself_and_stops(player: Player) -> None:
    player.part("speed").select_option("fast")
    last = player.step
    player.press("play")
    assert player.step < last
    player.stage.locator('[aria-label="Play"]').wait_for(timeout=60_000)
    assert player.step == last


def test_layers_can_be_taken_away(player: Player) -> None:
    board = Board(player)
    player.press("first")
    for name, kinds in (("heat", ("heat", "share")), ("legal", ("legal",))):
        assert all(board.count(kind) for kind in kinds)
        player.stage.locator(f'input[value="{name}"]').uncheck()
        assert not any(board.count(kind) for kind in kinds)


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "scheme"), [(1400, "light"), (768, "dark"), (390, "light"), (390, "dark")]
)
def test_it_fits_and_can_be_touched(open_page: OpenPage, width: int, scheme: Any) -> None:
    page = open_page(render([sample_game.record(size=8)]), width=width, height=844, scheme=scheme)
    player = Player(page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    box = player.stage.locator(".player-map > svg").bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(box["height"], rel=0.02)
    assert box["width"] > min(width * 0.8, 500)
    cards = page.locator(".card.on-board").first
    cards.scroll_into_view_if_needed()
    sides = [each.bounding_box() for each in cards.locator("svg.board").all()]
    assert len(sides) == 2
    first, second = sides
    assert first is not None
    assert second is not None
    assert (first["y"] == second["y"]) == (width > 576)  # side by side where there is room
    assert min(first["width"], second["width"]) > 290
    shade = page.locator(".card.on-board .heat").first
    assert 0 < float(shade.evaluate("each => getComputedStyle(each).fillOpacity")) <= 0.6


def test_text_from_data_stays_text(open_page: OpenPage) -> None:
    record = sample_game.record(EVIL)
    _, game = game_that(record, plain=True, detour=False)
    last = game["detour"]["steps"][-1]
    last["symbol"] = last["wanted"] = last["top"][0][0] = EVIL
    game["detour"]["sequence"][-1] = EVIL
    player = Player(open_page(render([record])))
    for part in ("told", "bars"):
        assert EVIL in player.told(part)
    assert player.stage.locator("img, script").count() == 0
    assert Board(player).count("decided") == 0  # it is on no square
