from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import IllegalSymbol, InvalidParameter
from nerode.sequences.play import random_play
from nerode.worlds.boundaries import search_separation
from nerode.worlds.check.check import check_world
from nerode.worlds.othello.game import LATE, SIZES, OthelloBoard, square_name
from nerode.worlds.othello.othello import Othello
from nerode.worlds.world import HasGoal, HasSymmetries
from tests.worlds.othello_by_hand import Game

# Known to everyone who writes an Othello program; a pass counts as a move.
PERFT = (4, 12, 56, 244, 1396, 8200, 55092, 390216, 3005288)


def test_perft_is_the_published_one() -> None:
    world = Othello()
    assert tuple(world.perft(depth) for depth in range(1, 10)) == PERFT


def test_symbols_are_squares_without_the_middle() -> None:
    world = Othello()
    assert (world.name, len(world.alphabet), world.end) == ("othello:size=8", 60, None)
    assert world.alphabet[:3] == ("a1", "b1", "c1")
    assert world.alphabet[-1] == "h8"
    assert not {"d4", "e4", "d5", "e5"} & set(world.alphabet)
    assert [world.alphabet[symbol] for symbol in world.legal(world.start)] == [
        "d3",
        "c4",
        "f5",
        "e6",
    ]
    small = Othello(6)
    assert (small.name, len(small.alphabet)) == ("othello:size=6", 32)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.sampled_from([4, 6, 8]), st.randoms(use_true_random=False))
def test_it_plays_as_the_slow_version_does(size: int, random: Any) -> None:
    world, game = Othello(size), Game.opening(size)
    state, played = world.start, []
    while game.moves():
        assert [world.alphabet[symbol] for symbol in world.legal(state)] == game.moves()
        played.append(random.choice(world.legal(state)))
        before, state = game.turn, world.step(state, played[-1])
        game = game.after(world.alphabet[played[-1]])
        black, white, black_to_move, passes = world.discs(played)
        for name, bits in (("black", black), ("white", white)):
            there = {(i // 8, i % 8) for i in range(64) if bits >> i & 1}
            assert there == {place for place, disc in game.discs.items() if disc == name}
        if game.moves():
            assert black_to_move == (game.turn == "black")
            assert passes[-1] == (game.turn == before)
    assert world.legal(state) == ()


def test_a_shut_out_player_passes() -> None:
    world = Othello()
    # The shortest game there is: white loses every disc with black's fifth.
    state = world.run(world.encode("e6 f4 e3 f6 g5 d6 e7 f5 c5"))
    assert world.legal(state) == ()
    rng = np.random.default_rng(0)
    passes = [world.discs(random_play(world, rng))[3] for _ in range(50)]
    assert any(any(game[:-1]) for game in passes)


def test_illegal_moves_are_named() -> None:
    world = Othello()
    with pytest.raises(
        IllegalSymbol,
        match=r"one of \(d3 c4 f5 e6\) in state Board\(x e4 d5 o d4 e5\) .* got a1",
    ):
        world.step(world.start, 0)
    with pytest.raises(IllegalSymbol):
        world.discs([0])
    for size in (0, 2, 5, 7, 10):
        with pytest.raises(InvalidParameter, match=f"expected a size of 4, 6, 8 .* got {size}"):
            Othello(size)


def test_colours_do_not_matter_to_what_may_follow() -> None:
    world = Othello()
    own, other = world.opening
    assert OthelloBoard(own, other, (own, other), world.start.legal) == world.start


def late_boards(world: Othello, empty: int, games: int) -> list[OthelloBoard]:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(games):
        game = random_play(world, rng)
        board = world.run(game[: len(world.squares) - empty])
        if board.legal and world.size**2 - (board.own | board.other).bit_count() == empty:
            found.append(board)
    return found


@pytest.mark.slow
def test_late_boards_are_equal_when_they_allow_the_same_for_ever() -> None:
    world = Othello(6)
    boards = [board for empty in (2, 3, 4) for board in late_boards(world, empty, 80)]
    equal = 0
    for first, second in combinations(boards, 2):
        # Only the rules are asked, not what makes boards equal.
        same = strings(world, first) == strings(world, second)
        assert (first == second) == same
        equal += same
    assert equal >= 3


def strings(world: Othello, board: OthelloBoard) -> frozenset[tuple[int, ...]]:
    return frozenset(
        {()}
        | {
            (symbol, *rest)
            for symbol in board.legal
            for rest in strings(world, world.step(board, symbol))
        }
    )


def test_boards_with_more_empty_squares_part_as_well() -> None:
    world = Othello(6)
    boards = late_boards(world, LATE + 1, 40)
    for first, second in combinations(boards, 2):
        if first != second:
            assert search_separation(world, first, second, cap=100_000) is not None


@pytest.mark.slow
@pytest.mark.parametrize("size", [4, 6, 8])
def test_it_keeps_the_promises_of_a_world(size: int) -> None:
    report = check_world(Othello(size), states=120)
    assert report.undecided == 0


def test_trips_end_with_the_game() -> None:
    world = Othello(6)
    assert isinstance(world, HasGoal)
    rng = np.random.default_rng(0)
    lengths = set()
    for _ in range(100):
        trip = world.sample_trip(rng)
        lengths.add(len(trip))
        state = world.run(trip)
        steps = world.steps_to_goal(state)
        assert 0 < steps <= world.steps_allowed(trip)
        for _ in range(steps):
            symbol = world.toward_goal(state)
            assert symbol is not None
            assert world.cost(state, symbol) == 0
            state = world.step(state, symbol)
        assert world.toward_goal(state) is None
        assert world.cost_to_goal(state) == 0
    assert {1, 2, 25, 30} <= lengths


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_labels_are_the_discs_as_the_player_to_move_sees_them(size: int) -> None:
    world = Othello(size)
    squares = [square_name(8 * row + column) for row in range(size) for column in range(size)]
    assert world.features == tuple(squares)
    rng = np.random.default_rng(4)
    for symbols in (random_play(world, rng) for _ in range(10)):
        labels = world.labels(symbols)
        assert labels.shape == (len(symbols) - 1, size**2)
        for moves, seen in enumerate(labels.tolist(), start=1):
            black, white, black_moves, _ = world.discs(symbols[:moves])
            mine, theirs = (black, white) if black_moves else (white, black)
            for square, found in zip(range(64), _spread(seen, size), strict=True):
                expected = 1 if mine >> square & 1 else 2 if theirs >> square & 1 else 0
                assert found == expected
    assert world.classes == ("empty", "mine", "theirs")


def _spread(seen: list[int], size: int) -> list[int]:
    """Classes of the squares of a board of eight by eight; nothing lies outside this one."""
    inside = iter(seen)
    return [next(inside) if i % 8 < size and i < 8 * size else 0 for i in range(64)]


def test_labels_of_an_illegal_game_are_refused() -> None:
    world = Othello(6)
    with pytest.raises(IllegalSymbol):
        world.labels([*world.start.legal[:1], *world.start.legal[:1], 0])
    assert world.labels([]).shape == (0, 36)


@pytest.mark.parametrize("size", SIZES)
def test_symmetries_are_those_of_the_start_position(size: int) -> None:
    world = Othello(size)
    assert isinstance(world, HasSymmetries)
    group = world.symmetries
    every = tuple(range(len(world.alphabet)))
    assert len(set(group)) == 4
    assert group[0] == every
    for one in group:
        assert sorted(one) == list(every)
        assert tuple(one[symbol] for symbol in one) == every, "each undoes itself"
        for other in group:
            assert tuple(other[symbol] for symbol in one) in group
    first = world.legal(world.start)
    assert {image[first[0]] for image in group} == set(first), "any first move is any other"
    rng = np.random.default_rng(size)
    for _ in range(20):
        game = random_play(world, rng)
        for image in group:
            state = world.start
            for symbol in game:
                state = world.step(state, image[symbol])
            assert state.legal == ()


def test_other_turns_of_the_board_are_no_symmetries() -> None:
    """A quarter turn exchanges the colours before the first move."""
    world = Othello()
    quarter = [
        world.index[square_name(8 * column + 7 - row)]
        for row, column in (divmod(square, 8) for square in world.squares)
    ]
    assert not world.accepts([quarter[symbol] for symbol in world.encode("f5 d6")])
    assert tuple(quarter) not in world.symmetries
