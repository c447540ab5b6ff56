"""Games of Othello are read however they are written down."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import FormatError
from nerode.sequences.play import random_play
from nerode.sequences.scoring import SequenceScore, score
from nerode.worlds.othello.othello import Othello

WORLD = Othello()
SHORTEST = "e6 f4 e3 f6 g5 d6 e7 f5 c5"


def with_passes(symbols: tuple[int, ...], word: str) -> list[str]:
    """A game with every pass written that the rules force, those at the end apart."""
    moves: list[str] = []
    for position, symbol in zip(list(WORLD.positions(symbols))[1:], symbols, strict=True):
        moves += [WORLD.alphabet[symbol], *[word] * (position.passed and not position.over)]
    return moves


@pytest.mark.parametrize(
    "text",
    [
        "F5D6C3",
        "f5d6c3",
        "F5 D6 C3",
        "f5 d6\tc3",
        "F5d6 C3",
        "f5D6c3",
    ],
)
def test_white_space_and_capitals_do_not_matter(text: str) -> None:
    assert WORLD.encode(text) == WORLD.encode("f5 d6 c3")


@settings(max_examples=40)
@given(
    st.integers(0, 10_000),
    st.sampled_from(["pa", "PA", "pass", "Pass", "PASS", "ps", "--"]),
    st.sampled_from(["", " "]),
    st.booleans(),
)
def test_passes_that_the_rules_force_may_be_written(
    seed: int, word: str, between: str, capitals: bool
) -> None:
    symbols = random_play(WORLD, np.random.default_rng(seed))
    moves = with_passes(symbols, word)
    text = between.join(move.upper() if capitals and move != word else move for move in moves)
    assert WORLD.encode(text) == symbols
    assert WORLD.encode(f"{text} {word} {word}") == symbols, "both pass at the end"


def test_games_with_passes_are_drawn_above() -> None:
    games = [random_play(WORLD, np.random.default_rng(seed)) for seed in range(40)]
    assert sum("pa" in with_passes(game, "pa") for game in games) > 10


@pytest.mark.parametrize("text", ["pass f5", "f5 pass d6", "F5PAD6", "f5 -- d6", "f5 d6 PASS"])
def test_a_pass_where_none_is_forced_is_no_move(text: str) -> None:
    with pytest.raises(FormatError, match=r"(?i)unknown symbol '(pa|pass|--)'"):
        WORLD.encode(text)


@pytest.mark.parametrize(
    "word", ["f9", "i5", "d4", "F5D", "f5d6c", "f5x6", "1.f5", "f5,d6", "", "<pad>", "F5D6<pad>"]
)
def test_what_is_no_move_stays_as_it_is(word: str) -> None:
    assert WORLD.words(f"f5 {word}") == ["f5", *[word] * bool(word)]


def test_transcripts_are_scored(tmp_path: Path) -> None:
    lines = [
        SHORTEST.replace(" ", "").upper(),
        f"{SHORTEST} pass pass",
        "F5D6A1",  # turns nothing
        "F5 PA D6",  # white can move
        "f5d4",  # the middle is taken
    ]
    (tmp_path / "a.txt").write_text("\n".join(lines))
    found = score(WORLD, tmp_path / "a.txt")
    assert found.as_dict() == {
        "sequences": 5, "valid": 2, "illegal_step": 1, "wrong_destination": 0, "malformed": 2,
        "unreadable": 2, "first_unreadable": {"line": 4, "word": "PA"},
    }  # fmt: skip
    assert isinstance(found, SequenceScore)


def test_squares_outside_a_small_board_are_no_moves() -> None:
    with pytest.raises(FormatError, match="unknown symbol 'h8'"):
        Othello(6).encode("E5H8")
