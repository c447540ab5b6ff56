"""The part of a record that holds boards, checked before it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nerode.report.record.checks import DamageError, count_at, list_at, object_at, text
from nerode.report.record.trips import check_expected, check_steps

_MOST = 26
"""Columns, which have letters for names."""


def check_board(node: object) -> int:
    """Checks the board that a world is drawn on; how many squares it has, 0 where there is none."""
    if not isinstance(node, dict) or node.get("kind") != "board":
        return 0
    size = count_at(node.get("size"), "drawing.size", least=1)
    if size > _MOST:
        raise DamageError("drawing.size", f"at most {_MOST}", size)
    squares = list_at(node.get("squares"), "drawing.squares", length=size**2)
    for square in squares:
        text(square, "drawing.squares")
    if len(set(squares)) < len(squares):
        raise DamageError("drawing.squares", "names that differ", squares)
    return len(squares)


def check_boards(witness: Mapping[str, Any], at: str, squares: int) -> None:
    """Checks the boards of a contradiction, where it has any."""
    if "boards" not in witness:
        return
    count_at(witness.get("ahead"), f"{at}.ahead")
    for count, node in enumerate(list_at(witness["boards"], f"{at}.boards", length=2)):
        place = f"{at}.boards.{count}"
        board = object_at(node, place)
        _position(board, place, squares)
        if board.get("last") is not None:
            text(board["last"], f"{place}.last")
        for symbol in list_at(board.get("legal"), f"{place}.legal"):
            text(symbol, f"{place}.legal")
        check_expected(board.get("expected"), f"{place}.expected")


def check_game(game: Mapping[str, Any], at: str, squares: int) -> None:
    """Checks one game, played plainly and with a detour."""
    count_at(game.get("trial"), f"{at}.trial")
    prompt = count_at(game.get("prompt"), f"{at}.prompt")
    for key in ("plain", "detour"):
        place = f"{at}.{key}"
        played = object_at(game.get(key), place)
        steps = check_steps(played, place)
        list_at(played["sequence"], f"{place}.sequence", length=prompt + len(steps))
        legal = len(steps) - (played.get("left") is not None)
        boards = list_at(played.get("boards"), f"{place}.boards", length=legal + 1)
        for count, board in enumerate(boards):
            at_board = f"{place}.boards.{count}"
            _position(object_at(board, at_board), at_board, squares)


def check_probed(node: object, at: str, squares: int) -> None:
    """Checks one board as a probe sees it."""
    probed = object_at(node, at)
    text(probed.get("sequence"), f"{at}.sequence")
    count_at(probed.get("layer"), f"{at}.layer")
    for key in ("true", "seen"):
        _letters(probed.get(key), f"{at}.{key}", squares, "xo.")


def _position(board: Mapping[str, Any], at: str, squares: int) -> None:
    _letters(board.get("discs"), f"{at}.discs", squares, "bw.")
    if board.get("to_move") not in ("black", "white", None):
        raise DamageError(f"{at}.to_move", "black, white or null", board.get("to_move"))


def _letters(node: object, at: str, squares: int, letters: str) -> None:
    text(node, at)
    if len(str(node)) != squares or not squares or set(str(node)) - set(letters):
        expected = f"{letters[0]}, {letters[1]} or a dot for each of {squares} squares"
        raise DamageError(at, expected, node)
