"""What the page is given of the games to watch, and what a record of games must be."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import FormatError
from nerode.evaluation.replays_on_boards import LEAST_PROBABLE_MOVE
from nerode.report.board.games import GAME_OUTCOMES
from tests.report import sample, sample_game, sample_player
from tests.report.from_json import check_record, game_views, render
from tests.report.record.test_record import JUNK
from tests.report.test_page import EVIL, Page
from tests.report.test_player import places, put, spoken


@pytest.mark.slow
def test_the_page_is_given_every_step_and_every_board() -> None:
    record = sample_game.record()
    (view,) = game_views([record], ["a model"])
    assert (view.world, view.runs, view.data["size"]) == (None, 1, 6)
    assert view.data["squares"] == record["drawing"]["squares"]
    (run,) = view.data["runs"]
    names = view.data["symbols"]
    for found, game in zip(run["trips"], record["games"], strict=True):
        assert found["trial"] == game["trial"]
        given = game["plain"]["sequence"][: game["prompt"]]
        assert [names[symbol] for symbol in found["prompt"]] == given
        for drive, kind in zip(found["drives"], ("plain", "detour"), strict=True):
            told = game[kind]
            assert (drive["arrived"], drive["left"]) == (told["arrived"], told["left"])
            assert drive["boards"] == [board["discs"] for board in told["boards"]]
            movers = {"black": "b", "white": "w", None: "."}
            assert list(drive["movers"]) == [movers[board["to_move"]] for board in told["boards"]]
            assert [spoken(view.data, step) for step in drive["steps"]] == told["steps"]


def test_games_are_grouped_by_what_became_of_them() -> None:
    record = sample_game.record()
    (view,) = game_views([record], ["a model"])
    groups = dict(view.data["runs"][0]["groups"])
    assert sorted(number for members in groups.values() for number in members) == list(range(12))
    turned, illegal, stops, ends = (groups.get(name, []) for name in GAME_OUTCOMES)
    for number, game in enumerate(record["games"]):
        plain, detour = game["plain"]["arrived"], game["detour"]["arrived"]
        assert (number in turned) == (plain and not detour)
        assert (number in ends) == (plain and detour)
        assert (number in illegal) == (game["plain"]["left"] is not None)
    assert turned
    assert illegal
    assert ends
    assert not stops


@pytest.mark.slow
def test_runs_of_one_board_share_a_player() -> None:
    small, large = sample_game.record(), sample_game.record(size=8)
    views = game_views([small, sample_player.record(), large, small], list("abcd"))
    assert [[run["title"] for run in view.data["runs"]] for view in views] == [["a", "d"], ["c"]]
    assert [view.world for view in views] == ["othello:size=6", "othello:size=8"]


@pytest.mark.slow
def test_the_players_of_several_boards_and_maps_stand_on_one_page() -> None:
    small, large = sample_game.record(), sample_game.record(size=8)
    page = Page(render([small, sample_player.record(), large]))
    assert [len(page.all("section", id=name)) for name in ("game-1", "game-2", "player-1")] == [
        1
    ] * 3
    assert "Watch it play: othello:size=8" in page.words
    assert "Watch it drive" in page.words


@pytest.mark.slow
def test_without_games_no_player() -> None:
    assert game_views([sample.record(), sample_player.record()], ["a", "b"]) == ()
    bare = sample_game.record() | {"games": []}
    assert game_views([bare], ["a model"]) == ()
    assert "Watch it play" not in Page(render([bare])).words


@pytest.mark.slow
def test_the_script_knows_from_which_probability_on_symbols_are_told() -> None:
    assert f"const SHOWN = {LEAST_PROBABLE_MOVE};" in render([sample_game.record()])


@pytest.mark.slow
def test_text_from_data_stays_text() -> None:
    record = sample_game.record(EVIL) | {"world": EVIL}
    record["games"] = json.loads(json.dumps(record["games"]).replace('"a1"', json.dumps(EVIL)))
    html = render([check_record(record, "here"), sample_game.record(size=8)])
    page = Page(html)
    assert len(page.scripts) == 3
    assert not page.all("img")
    assert f"Watch it play: {EVIL}" in page.text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ((), {}, "games: expected a list"),
        ((0,), [], r"games\.0: expected an object"),
        ((0, "trial"), None, r"games\.0\.trial: expected a whole number"),
        ((0, "prompt"), -1, r"games\.0\.prompt: expected a whole number"),
        ((0, "prompt"), 3, r"games\.0\.plain\.sequence: expected a list of"),
        ((0, "detour"), None, r"games\.0\.detour: expected an object"),
        ((0, "plain", "boards"), [], r"games\.0\.plain\.boards: expected a list of"),
        ((0, "plain", "boards", 0, "discs"), "", "each of 36 squares"),
        ((0, "plain", "boards", 0, "to_move"), "b", "expected black, white or null"),
        ((0, "plain", "steps", 0, "top", 0, 1), -1, "a number from 0 on"),
        ((0, "plain", "arrived"), "no", "expected true or false"),
    ],
)
def test_a_damaged_game(path: tuple[str | int, ...], value: object, told: str) -> None:
    record = sample_game.record()
    put(record, ("games", *path), value)
    with pytest.raises(FormatError, match=told):
        check_record(record, "run/evaluation.json")


def test_games_without_a_board_are_refused() -> None:
    record = sample_game.record() | {"drawing": None, "witnesses": {}}
    with pytest.raises(FormatError, match="each of 0 squares"):
        check_record(record, "run/evaluation.json")


@cache
def shortest() -> list[Any]:
    """The shortest game, alone."""
    games = sample_game.record()["games"]
    return sorted(games, key=lambda game: len(game["detour"]["steps"]))[:1]


PLACES = st.deferred(lambda: st.sampled_from(places(shortest())))


@pytest.mark.slow
@settings(max_examples=40)
@given(place=PLACES, junk=st.sampled_from(JUNK))
def test_games_with_one_junk_value_are_refused_or_played(
    place: tuple[str | int, ...], junk: object
) -> None:
    record = sample_game.record() | {"games": json.loads(json.dumps(shortest()))}
    put(record, ("games", *place), junk)
    try:
        checked = check_record(json.loads(json.dumps(record)), "evaluation.json")
    except FormatError as error:
        assert "games" in str(error)  # noqa: PT017 - refusing is one of two good ends
        return
    json.dumps([view.data for view in game_views([checked], ["a model"])], allow_nan=False)
