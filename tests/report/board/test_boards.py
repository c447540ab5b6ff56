"""Boards of contradictions: every mark stands where the record says, and words say the same."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import FormatError
from nerode.report.board.boards import SIDE, finer, percent
from tests.report import sample_game
from tests.report.from_json import boards, check_record, contradictions, meeting, render
from tests.report.record.test_record import JUNK
from tests.report.test_page import EVIL, Page
from tests.report.test_player import places, put

KINDS = ("compression", "distinction")


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return sample_game.record()


@pytest.mark.slow
def test_every_square_is_marked_as_the_record_tells_it(record: dict[str, Any]) -> None:
    drawing, decided = record["drawing"], 0
    for witness in (each for kind in KINDS for each in record["witnesses"][kind]):
        for at, board in enumerate(boards(drawing, witness)):
            told = witness["boards"][at]
            expected = dict(told["expected"])
            marked = {square.name: square for square in board.squares}
            for place, name in enumerate(drawing["squares"]):
                square, disc = marked.get(name), told["discs"][place]
                if square is None:
                    assert (disc, expected.get(name, 0) >= 0.005) == (".", False)
                    assert name not in told["legal"]
                    continue
                assert (square.x, square.y) == (
                    SIDE * (place % 6) + SIDE // 2,
                    SIDE * (place // 6) + SIDE // 2,
                )
                assert square.disc == {"b": "black", "w": "white", ".": ""}[disc]
                assert square.legal == (name in told["legal"])
                assert square.last == (name == told["last"])
                shade = expected.get(name, 0) ** 0.5 if expected.get(name, 0) >= 0.005 else 0
                assert square.heat == pytest.approx(shade, abs=0.0051)
                assert square.decided == (name == witness["continuation"].split()[-1])
                decided += square.decided
    assert decided == 2 * sum(len(record["witnesses"][kind]) for kind in KINDS)


@pytest.mark.slow
def test_moves_are_numbered_and_those_made_at_another_time_are_marked(
    record: dict[str, Any],
) -> None:
    differ = 0
    for witness in record["witnesses"]["compression"]:
        ahead = witness["continuation"].split()[: witness["ahead"]]
        moves = [[*witness[name].split(), *ahead] for name in ("history1", "history2")]
        for at, board in enumerate(boards(record["drawing"], witness)):
            for square in board.squares:
                found = moves[at].index(square.name) + 1 if square.name in moves[at] else None
                assert square.number == found
                other = moves[1 - at].index(square.name) + 1 if found else None
                assert square.differs == (found != other)
                differ += square.differs
    assert differ > 10
    for witness in record["witnesses"]["distinction"]:
        pair = boards(record["drawing"], witness)
        assert not any(square.differs for board in pair for square in board.squares)


@pytest.mark.slow
def test_moves_in_words_differ_where_the_orders_do(record: dict[str, Any]) -> None:
    for witness, told in zip(
        record["witnesses"]["compression"], contradictions(record, "compression", None), strict=True
    ):
        assert told.title == "One position, two answers"
        first, second = (side.moves for side in told.sides)
        own = [[move.name for move in side] for side in (first, second)]
        assert " ".join(own[0]).startswith(witness["history1"])
        for one, other in zip(first, second, strict=True):
            assert one.differs == other.differs == (one.name != other.name)
        assert sum(move.further for move in first) == witness["ahead"]


@pytest.mark.slow
def test_in_which_sense_two_boards_are_one() -> None:
    contradiction = sample_game.record()["witnesses"]["compression"][0]

    def told(discs: str, to_move: str) -> dict[str, Any]:
        return {"discs": discs, "to_move": to_move, "legal": [], "expected": []}

    def said(*each: tuple[str, str]) -> str:
        return meeting(contradiction | {"boards": [told(*one) for one in each]})

    assert said(("b.w.", "black"), ("b.w.", "black")).endswith("to the same position.")
    assert "colours exchanged" in said(("b.w.", "black"), ("w.b.", "white"))
    assert said(("b.w.", "black"), ("bbw.", "black")).startswith("The discs differ")
    assert said(("b.w.", "black"), ("w.b.", "black")).startswith("The discs differ")


@pytest.mark.parametrize(
    ("p", "told"),
    [(0, "0"), (1e-9, "<1"), (0.0049, "<1"), (0.006, "1"), (0.5, "50"), (0.996, ">99"), (1, "100")],
)
def test_per_cent(p: float, told: str) -> None:
    assert percent(p) == told


def test_per_cent_of_the_move_that_is_judged() -> None:
    told = [finer(p) for p in (0, 1e-6, 0.0034, 0.01004, 0.0994, 0.1, 0.5, 1)]
    assert told == ["0", "<0.1", "0.3", "1.0", "9.9", "10", "50", "100"]


@pytest.mark.slow
def test_moves_that_cannot_be_played_are_numbered(record: dict[str, Any]) -> None:
    witness = record["witnesses"]["distinction"][0] | {"continuation": "a1 b1 c1", "ahead": 0}
    for board in boards(record["drawing"], witness):
        steps = {square.name: square.step for square in board.squares if square.step}
        assert steps == {"a1": 1, "b1": 2, "c1": 3}
        assert [square.name for square in board.squares if square.decided] == ["c1"]
    (side, _) = boards(record["drawing"], witness | {"continuation": "c1"})
    assert not any(square.step for square in side.squares)


@pytest.mark.slow
def test_the_page_draws_both_boards_and_says_what_is_on_them(record: dict[str, Any]) -> None:
    page = Page(render([record | {"games": []}]))
    count = sum(len(record["witnesses"][kind]) for kind in KINDS)
    drawn = [each for each in page.all("svg", role="img") if each.get("class") == "board"]
    assert len(drawn) == 2 * count
    for each in drawn:
        told = str(each["aria-label"])
        assert told.startswith("game ")
        assert ("to move" in told) != ("the game is over" in told)
        for said in ("black: ", "white: ", "may be played: ", "expected: "):
            assert said in told
    assert "Two games, one position" in page.words
    assert "Two games, different positions" in page.words


@pytest.mark.slow
def test_contradictions_without_boards_are_told_in_words(record: dict[str, Any]) -> None:
    old = copy.deepcopy(record) | {"games": []}
    for kind in KINDS:
        for witness in old["witnesses"][kind]:
            del witness["boards"], witness["ahead"]
    page = Page(render([check_record(old, "here")]))
    assert not [each for each in page.all("svg") if each.get("class") == "board"]
    assert "game 1" in page.words


@pytest.mark.slow
def test_text_from_data_stays_text() -> None:
    record = sample_game.record(EVIL)
    told = json.dumps(record["witnesses"]).replace('"a1"', json.dumps(EVIL))
    record["witnesses"] = json.loads(told)
    record["drawing"]["squares"][0] = EVIL
    page = Page(render([check_record(record, "here")]))
    assert len(page.scripts) == 3
    assert not page.all("img")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("drawing", "size"), 0, "drawing.size: expected a whole number from 1 on"),
        (("drawing", "size"), 7, "drawing.squares: expected a list of 49"),
        (("drawing", "size"), 27, "drawing.size: expected at most 26"),
        (("drawing", "squares", 1), "a1", "drawing.squares: expected names that differ"),
        (("drawing", "squares", 1), 5, "squares.1: expected text"),
        (("drawing",), None, "discs: expected b, w or a dot for each of 0 squares"),
        (("reconstruction",), {}, "reconstruction.parameters: expected an object"),
        (("witnesses", "compression", 0, "ahead"), -1, "ahead: expected a whole number"),
        (("witnesses", "compression", 0, "boards"), [{}], "boards: expected a list of 2"),
        (("witnesses", "compression", 0, "boards", 1, "discs"), "b" * 35, "each of 36 squares"),
        (("witnesses", "compression", 0, "boards", 1, "discs"), "x" * 36, "each of 36 squares"),
        (("witnesses", "compression", 0, "boards", 1, "to_move"), "red", "black, white or null"),
        (("witnesses", "compression", 0, "boards", 1, "legal"), "a1", "expected a list"),
        (("witnesses", "compression", 0, "boards", 1, "last"), 1, "last: expected text"),
        (("witnesses", "compression", 0, "boards", 1, "expected", 0, 1), "x", "expected a number"),
    ],
)
def test_a_damaged_board(path: tuple[str | int, ...], value: object, told: str) -> None:
    record = sample_game.record()
    put(record, path, value)
    with pytest.raises(FormatError, match=told) as caught:
        check_record(record, "run/evaluation.json")
    assert "run/evaluation.json" in str(caught.value)


@pytest.mark.slow
@settings(max_examples=40)
@given(data=st.data(), junk=st.sampled_from(JUNK))
def test_boards_with_one_junk_value_are_refused_or_drawn(data: st.DataObject, junk: object) -> None:
    record = sample_game.record()
    record["witnesses"] = {kind: record["witnesses"][kind][:1] for kind in KINDS}
    part = data.draw(st.sampled_from(["witnesses", "drawing"]))
    place = data.draw(st.sampled_from(places(record[part])))
    put(record, (part, *place), junk)
    try:
        checked = check_record(json.loads(json.dumps(record)), "evaluation.json")
    except FormatError as error:
        assert "evaluation.json" in str(error)  # noqa: PT017 - refusing is one of two good ends
        return
    for kind in KINDS:
        contradictions(checked, kind, None)
