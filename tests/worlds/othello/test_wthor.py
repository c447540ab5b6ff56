from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nerode.errors import FormatError, InvalidParameter, MissingFile
from nerode.worlds.othello.othello import Othello
from nerode.worlds.othello.wthor import GAME, HEADER, read_wthor

WORLD = Othello()
# The shortest game, all white discs turned: as WTHOR writes it, row before column.
SHORTEST = (65, 46, 35, 66, 57, 64, 75, 56, 53)
PUBLISHED = Path(__file__).parents[3].parent / "shared" / "data" / "othello"


def game(*moves: int) -> bytes:
    return bytes(8) + bytes(moves) + bytes(60 - len(moves))


def content(*games: bytes, told: int | None = None, size: int = 8, kind: int = 0) -> bytes:
    count = len(games) if told is None else told
    header = bytes([20, 26, 1, 1]) + count.to_bytes(4, "little") + bytes(4)
    return header + bytes([size, kind, 24, 0]) + b"".join(games)


def reasons(folder: Path, whole: bytes, name: str = "WTH_2026.wtb") -> list[str]:
    (folder / name).write_bytes(content(game(*SHORTEST)))
    (folder / "bad.wtb").write_bytes(whole)
    found = read_wthor(folder, WORLD)
    assert found.games[-1 if name > "bad" else 0].tolist() == list(
        WORLD.encode("e6 f4 e3 f6 g5 d6 e7 f5 c5")
    )
    return [str(each) for each in found.rejected]


def test_a_game_is_read(tmp_path: Path) -> None:
    file = tmp_path / "WTH.WTB"
    file.write_bytes(content(game(*SHORTEST), game(*SHORTEST[:4])))
    for path in (file, tmp_path):
        found = read_wthor(path, WORLD)
        assert [WORLD.decode(each.tolist()) for each in found.games] == [
            "e6 f4 e3 f6 g5 d6 e7 f5 c5",
            "e6 f4 e3 f6",
        ]
        assert (found.unfinished, found.rejected, found.files) == (1, (), 1)


@pytest.mark.parametrize(
    ("moves", "told"),
    [
        ((), "game 2: expected at least one move, got none"),
        ((65, 46, 65), "game 2, move 3: expected an empty square, got e6 again"),
        ((44,), "game 2, move 1: expected an empty square, got d4 again"),
        ((65, 11), "game 2, move 2: expected a move that turns discs, got a1"),
        ((65, 9), "game 2, move 2: expected 10 * row + column of a square, got 9"),
        ((65, 90), "game 2, move 2: expected 10 * row + column of a square, got 90"),
        ((65, 255), "game 2, move 2: expected 10 * row + column of a square, got 255"),
        ((65, 0, 46), "game 2, move 3: expected nothing after the game's end (0), got f4"),
        ((0, 0, 46), "game 2, move 3: expected nothing after the game's end (0), got f4"),
        ((*SHORTEST, 11), "game 2, move 10: expected a move that turns discs, got a1"),
    ],
)
def test_a_bad_game_is_told_and_left_out(tmp_path: Path, moves: tuple[int, ...], told: str) -> None:
    whole = content(game(*SHORTEST), game(*moves), game(*SHORTEST))
    assert reasons(tmp_path, whole) == [f"bad.wtb, {told}"]
    assert len(read_wthor(tmp_path, WORLD).games) == 3


@pytest.mark.parametrize(
    ("whole", "told"),
    [
        (b"", "expected a header of 16 bytes, got 0 bytes in all"),
        (content()[:15], "expected a header of 16 bytes, got 15 bytes in all"),
        (content(game(*SHORTEST), size=10), "got size 10 and kind 0"),
        (content(game(*SHORTEST), kind=1), "got size 8 and kind 1"),
        (content(game(*SHORTEST), told=2), "expected 2 games of 68 bytes .* got 1 and 0 bytes"),
        (content(game(*SHORTEST))[:-1], "expected 1 games of 68 bytes .* got 0 and 67 bytes"),
        (content(game(*SHORTEST), told=0), "expected 0 games of 68 bytes .* got 1 and 0 bytes"),
    ],
)
def test_a_damaged_file_is_told(tmp_path: Path, whole: bytes, told: str) -> None:
    (found,) = reasons(tmp_path, whole)
    assert found.startswith("bad.wtb: expected")
    assert re.search(told, found)


def test_a_header_that_was_never_filled_in_hides_no_games(tmp_path: Path) -> None:
    (tmp_path / "a.wtb").write_bytes(content(game(*SHORTEST), game(11), game(*SHORTEST), told=0))
    found = read_wthor(tmp_path, WORLD)
    assert len(found.games) == 2
    assert [str(each) for each in found.rejected] == [
        "a.wtb: expected 0 games of 68 bytes as the header tells, got 3 and 0 bytes more",
        "a.wtb, game 2, move 1: expected a move that turns discs, got a1",
    ]


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    cut=st.integers(0, HEADER + 2 * GAME),
    changes=st.lists(st.tuples(st.integers(0, HEADER + 2 * GAME - 1), st.integers(0, 255))),
)
def test_nothing_that_a_file_holds_breaks_the_reader(
    tmp_path: Path, cut: int, changes: list[tuple[int, int]]
) -> None:
    whole = bytearray(content(game(*SHORTEST), game(*SHORTEST[:5])))
    for place, byte in changes:
        whole[place] = byte
    (tmp_path / "WTH.wtb").write_bytes(content(game(*SHORTEST)))
    (tmp_path / "a.wtb").write_bytes(whole[:cut])
    found = read_wthor(tmp_path, WORLD)
    for each in found.games:
        WORLD.run(each.tolist())  # legal throughout
    told = [each for each in found.rejected if each.game is not None]
    whole_file = not any(each.game is None for each in found.rejected)
    read = len(found.games) - 1 + len(told)
    assert read == int.from_bytes(whole[4:8], "little") if whole_file else read <= 2


def test_errors_are_clear(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"expected a folder with \.wtb files"):
        read_wthor(tmp_path, WORLD)
    with pytest.raises(MissingFile):
        read_wthor(tmp_path / "nowhere", WORLD)
    with pytest.raises(InvalidParameter, match="8 by 8"):
        read_wthor(tmp_path, Othello(6))
    (tmp_path / "x.wtb").write_bytes(b"no games here")
    with pytest.raises(FormatError, match=r"expected legal games .* first of 1 reasons: x\.wtb"):
        read_wthor(tmp_path, WORLD)


@pytest.mark.slow
@pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"no tournament games in {PUBLISHED}")
def test_every_tournament_game_is_legal() -> None:
    found = read_wthor(PUBLISHED, WORLD)
    assert (len(found.games), found.files, found.rejected) == (121_897, 41, ())
    assert found.unfinished == 413
