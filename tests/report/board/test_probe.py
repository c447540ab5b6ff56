"""The board as a probe sees it: wrong squares are marked, counted and told."""

from __future__ import annotations

from typing import Any

import pytest

from nerode.errors import FormatError
from tests.report import sample_game
from tests.report.from_json import check_record, probe_views, render
from tests.report.test_page import EVIL, Page
from tests.report.test_player import put


def record() -> dict[str, Any]:
    """Four positions of a game; of the third the probe takes one disc for the other's."""
    found = sample_game.record()
    game = found["games"][0]["plain"]
    moves = game["sequence"][: found["games"][0]["prompt"]]
    board = game["boards"][0]
    mine = {"black": "bw", "white": "wb"}[board["to_move"]]
    true = board["discs"].translate(str.maketrans(mine, "xo"))
    one = {"sequence": " ".join(moves), "position": len(moves), "layer": 2}
    seen = true.replace("x", "o", 1)
    seen = seen.replace(".", "x", 1)
    each = [{**one, "true": true, "seen": told} for told in (true, true, seen, true)]
    return found | {"probe_boards": each}


def test_wrong_squares_are_marked_and_told() -> None:
    told = record()
    views = probe_views(told)
    assert [view.right for view in views] == [36, 36, 34, 36]
    names = told["drawing"]["squares"]
    for view, each in zip(views, told["probe_boards"], strict=True):
        assert " ".join(view.moves) == each["sequence"]
        for board, letters in ((view.true, each["true"]), (view.seen, each["seen"])):
            marked = {square.name: square for square in board.squares}
            for name, letter, real in zip(names, letters, each["true"], strict=True):
                if name not in marked:
                    assert letter == real == "."
                    continue
                square = marked[name]
                assert square.disc == {"x": "black", "o": "white", ".": ""}[letter]
                assert square.wrong == (letter != real)
                assert square.last == (name == view.moves[-1] and letter != ".")
    wrong = [square.title for square in views[2].seen.squares if square.wrong]
    assert sorted(title.partition(": ")[2] for title in wrong) == [
        "of the other, but is of who is to move",
        "of who is to move, but is empty",
    ]
    assert all(title in views[2].seen.words for title in wrong)
    assert "Wrong" not in views[2].true.words


@pytest.mark.slow
def test_the_page_shows_them_side_by_side() -> None:
    page = Page(render([check_record(record(), "here")]))
    assert "The board in its hidden states" in page.words
    assert "The probe of layer 2 is right about 34 of 36 squares." in page.words
    labels = [str(each.get("aria-label")) for each in page.all("svg", role="img")]
    assert sum(label.startswith("The true board.") for label in labels) == 4
    assert sum(label.startswith("The board as the probe sees it.") for label in labels) == 4
    assert len(page.all("path", **{"class": "cross"})) == 2 + 2  # and in both keys
    assert "hidden states" not in Page(render([sample_game.record()])).words


@pytest.mark.slow
def test_text_from_data_stays_text() -> None:
    found = record()
    found["probe_boards"][0]["sequence"] = EVIL
    page = Page(render([check_record(found, "here")]))
    assert len(page.scripts) == 3
    assert not page.all("img")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ((), None, "probe_boards: expected a list"),
        ((1,), [], r"probe_boards\.1: expected an object"),
        ((1, "sequence"), ["a1"], r"probe_boards\.1\.sequence: expected text"),
        ((1, "layer"), "last", r"probe_boards\.1\.layer: expected a whole number"),
        ((1, "true"), "x" * 37, r"true: expected x, o or a dot for each of 36 squares"),
        ((1, "seen"), "b" * 36, r"seen: expected x, o or a dot for each of 36 squares"),
    ],
)
def test_damaged_boards(path: tuple[str | int, ...], value: object, told: str) -> None:
    found = record()
    put(found, ("probe_boards", *path), value)
    with pytest.raises(FormatError, match=told):
        check_record(found, "run/evaluation.json")
