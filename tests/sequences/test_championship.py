from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nerode.errors import InvalidParameter
from nerode.sequences.championship import write_championship
from nerode.sequences.dataset import draw_sequences, open_sequences
from nerode.worlds.cayley import Cayley
from nerode.worlds.othello.othello import Othello
from tests.worlds.othello.test_wthor import content, game

WORLD = Othello()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Forty random games as a tournament's file, and one that is broken."""
    folder = tmp_path / "wthor"
    folder.mkdir()
    games = []
    for drawn in draw_sequences(WORLD, "random", 40, 3):
        squares = [WORLD.squares[symbol] for symbol in drawn.tolist()]
        games.append(game(*(10 * (square // 8 + 1) + square % 8 + 1 for square in squares)))
    (folder / "WTH_2026.wtb").write_bytes(content(*games, game(11)))
    return folder


def games_of(folder: Path) -> set[tuple[int, ...]]:
    sequences = open_sequences(folder)
    return {
        tuple(each.tolist()) for split in ("train", "held_out") for each in sequences.read(split)
    }


def test_every_tournament_game_is_written(files: Path, tmp_path: Path) -> None:
    written = write_championship(WORLD, files, tmp_path / "out")
    assert games_of(tmp_path / "out") == {
        tuple(each.tolist()) for each in draw_sequences(WORLD, "random", 40, 3)
    }
    assert (written.manifest.policy, written.manifest.world) == ("championship", WORLD.name)
    assert written.remarks() == [
        "WTH_2026.wtb, game 41, move 1: expected a move that turns discs, got a1",
        "40 legal games in 1 files, 0 of them unfinished; 1 rejected",
    ]


IMAGES: tuple[Callable[[int, int], tuple[int, int]], ...] = (
    lambda row, column: (row, column),
    lambda row, column: (9 - row, 9 - column),
    lambda row, column: (column, row),
    lambda row, column: (9 - column, 9 - row),
)
"""Row and column from 1 of a square on the board as it is, turned by half, and mirrored twice."""


def images_of(symbols: tuple[int, ...]) -> set[tuple[str, ...]]:
    """A game in words of squares, as it stands and as the other three symmetries show it."""
    places = [divmod(WORLD.squares[symbol], 8) for symbol in symbols]
    names = "abcdefgh"
    return {
        tuple(
            f"{names[column - 1]}{row}"
            for row, column in (image(row + 1, column + 1) for row, column in places)
        )
        for image in IMAGES
    }


@pytest.mark.parametrize("synthetic", [0.0, 0.3])
def test_a_game_and_its_images_are_on_one_side(
    files: Path, tmp_path: Path, synthetic: float
) -> None:
    """Two collections have the same games, one with every board turned or mirrored."""
    for number, image in enumerate(IMAGES[1:]):
        games = []
        for drawn in draw_sequences(WORLD, "random", 40, 3):
            places = [divmod(WORLD.squares[symbol], 8) for symbol in drawn.tolist()]
            turned = [image(row + 1, column + 1) for row, column in places]
            games.append(game(*(10 * row + column for row, column in turned)))
        (files / f"WTH_{number}.wtb").write_bytes(content(*games))
    written = write_championship(WORLD, files, tmp_path / "out", synthetic=synthetic)
    assert written.manifest.split_rule == "symmetry class"
    opened = open_sequences(tmp_path / "out")
    train, held_out = (
        {min(images_of(tuple(each.tolist()))) for each in opened.read(side)}
        for side in ("train", "held_out")
    )
    assert len(train) + len(held_out) >= 40
    assert len(held_out) > 0
    assert not train & held_out


def test_random_games_are_mixed_in(files: Path, tmp_path: Path) -> None:
    written = write_championship(WORLD, files, tmp_path / "mixed", 80, 1, synthetic=0.75)
    assert written.manifest.train + written.manifest.held_out_count == 80
    assert written.manifest.policy == "championship, 0.75 of it random"
    played = games_of(files.parent / "mixed") & {
        tuple(each.tolist()) for each in draw_sequences(WORLD, "random", 40, 3)
    }
    assert len(played) == 20
    train = open_sequences(tmp_path / "mixed").read("train")
    among = [tuple(each.tolist()) in played for each in train]
    assert 0 < np.mean(among[: len(among) // 2]) < 0.5  # and not one after the other


def test_what_cannot_be_is_told(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "x"
    with pytest.raises(InvalidParameter, match="expected othello"):
        write_championship(Cayley(4), files, out)
    with pytest.raises(InvalidParameter, match="--wthor"):
        write_championship(WORLD, None, out)
    for count in (0, 41):
        with pytest.raises(InvalidParameter, match=f"1 to 40 tournament games in it, got {count}"):
            write_championship(WORLD, files, out, count)
    for share in (-0.1, 1.0):
        with pytest.raises(InvalidParameter, match="share of synthetic sequences"):
            write_championship(WORLD, files, out, synthetic=share)
    assert not out.exists()
