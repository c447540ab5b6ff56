from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nerode.sequences.batch import SequenceBatch
from nerode.sequences.histories import uniform_histories
from nerode.sequences.policies import Draw, stream
from nerode.sequences.split import Split
from nerode.worlds.othello.othello import Othello
from nerode.worlds.othello.rules import moves, turned
from nerode.worlds.othello.strong import DEPTH, best_moves
from nerode.worlds.othello.transpositions import FEWEST_MOVES, Transpositions

SPLIT = Split(0, 0.1)


def drawn(
    world: Othello,
    count: int,
    block: int = 4096,
    side: str | None = None,
    policy: str = "random",
) -> SequenceBatch:
    draw = Draw(policy, count, 5, SPLIT, side)
    return SequenceBatch.concat(list(stream(world, draw, block)))


@pytest.mark.slow
@pytest.mark.parametrize("size", [4, 6, 8])
def test_games_are_legal_and_played_to_the_end(size: int) -> None:
    world = Othello(size)
    for game in drawn(world, 300):
        assert world.run(game.tolist()).legal == ()


def test_the_same_games_however_they_are_cut() -> None:
    world = Othello(6)
    assert drawn(world, 500, 500) == drawn(world, 500, 64)
    assert drawn(world, 200) == drawn(world, 500).take(np.arange(200))


@pytest.mark.slow
@pytest.mark.parametrize("side", ["train", "held_out"])
def test_games_lie_on_the_side_that_was_asked_for(side: str) -> None:
    world = Othello(6)
    games = drawn(world, 300, 64, side)
    assert games == drawn(world, 300, 300, side)
    assert (SPLIT.held_out(games, 0) == (side == "held_out")).all()
    # Games that lay there from the first are those drawn without a side.
    free = drawn(world, 300)
    there = SPLIT.held_out(free, 0) == (side == "held_out")
    assert there.any()
    assert games.take(there) == free.take(there)


@pytest.mark.slow
def test_every_legal_square_has_the_same_chance() -> None:
    world = Othello(6)
    games = drawn(world, 40_000)
    seen: dict[tuple[int, ...], Counter[int]] = {}
    for game in games:
        moves = tuple(game[:3].tolist())
        for place in range(3):
            seen.setdefault(moves[:place], Counter())[moves[place]] += 1
    for history, counts in seen.items():
        legal = world.legal(world.run(history))
        assert set(counts) == set(legal)
        expected = counts.total() / len(legal)
        chi_square = sum((counts[symbol] - expected) ** 2 / expected for symbol in legal)
        assert chi_square < 40  # of at most 7 degrees of freedom: one in a hundred thousand


def test_transpositions_come_to_one_board_by_another_order() -> None:
    world = Othello()
    source = Transpositions(world)
    lengths = []
    for seed in range(60):
        pair = source.same_state(np.random.default_rng(seed))
        first, second = pair.histories
        assert first != second
        assert sorted(first) == sorted(second)
        assert world.run(first) == world.run(second) == pair.states[0] == pair.states[1]
        assert world.discs(first)[:3] == world.discs(second)[:3]
        lengths.append(len(first))
    assert min(lengths) < 15  # openings ...
    assert max(lengths) > 50  # ... and the end of the game


@pytest.mark.parametrize("length", [FEWEST_MOVES, 4, 6, 12, 30, 59])
def test_there_are_transpositions_at_every_depth(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Transpositions(Othello())
    monkeypatch.setattr(source, "_length", lambda _: length)
    pair = source.same_state(np.random.default_rng(1))
    assert [len(history) for history in pair.histories] == [length, length]


def test_different_boards_have_games_of_one_length() -> None:
    world = Othello(6)
    source = Transpositions(world)
    for seed in range(30):
        pair = source.different_states(np.random.default_rng(seed))
        assert len(pair.histories[0]) == len(pair.histories[1])
        assert pair.states[0] != pair.states[1]


@pytest.mark.slow
def test_published_histories_meet_by_chance() -> None:
    source = uniform_histories(Othello(), same_length=True)
    rng = np.random.default_rng(0)
    lengths = [len(source.same_state(rng).histories[0]) for _ in range(40)]
    assert np.median(lengths) < 12  # openings: the published test sees nothing else


@pytest.mark.slow
def test_strong_games_are_legal_and_the_same_however_they_are_cut() -> None:
    world = Othello(6)
    games = drawn(world, 60, policy="strong")
    assert games == drawn(world, 60, 7, policy="strong")
    for game in games:
        assert world.run(game.tolist()).legal == ()
    # A strong player repeats itself where a random one does not.
    random = drawn(world, 60)
    assert len({tuple(game[:8].tolist()) for game in games}) < 50
    assert len({tuple(game[:8].tolist()) for game in random}) == 60


def worth(world: Othello, own: int, other: int, depth: int) -> int:
    """What a position is worth to the player to move, by looking at everything."""
    legal = squares_of(moves(np.uint64(own), np.uint64(other), world.playable))
    if not legal:
        if not moves(np.uint64(other), np.uint64(own), world.playable):
            return 1_000 * (own.bit_count() - other.bit_count())
        return -worth(world, other, own, depth)
    if depth == 0:
        theirs = squares_of(moves(np.uint64(other), np.uint64(own), world.playable))
        corners = sum(1 << square for square in (0, 3, 24, 27))
        gained = (own & corners).bit_count() - (other & corners).bit_count()
        return len(legal) - len(theirs) + 8 * gained
    return max(-worth(world, *after(own, other, square), depth - 1) for square in legal)


def after(own: int, other: int, square: int) -> tuple[int, int]:
    flips = int(turned(np.uint64(own), np.uint64(other), square))
    return other & ~flips, own | flips | 1 << square


def squares_of(bits: int) -> list[int]:
    return [square for square in range(64) if int(bits) >> square & 1]


def test_a_strong_move_is_the_best_of_all_that_can_happen() -> None:
    world = Othello(4)
    corners = np.uint64(sum(1 << square for square in (0, 3, 24, 27)))
    rng = np.random.default_rng(0)
    told_apart = 0
    for _ in range(40):
        board = world.run(world.sample_trip(rng)[:6])
        own, other = board.own, board.other
        values = {
            square: -worth(world, *after(own, other, square), DEPTH - 1)
            for square in (world.squares[symbol] for symbol in board.legal)
        }
        best = {square for square, value in values.items() if value == max(values.values())}
        legal = moves(np.uint64(own), np.uint64(other), world.playable)
        found = best_moves(np.uint64(own), np.uint64(other), legal, world.playable, corners)
        assert set(squares_of(found)) == best
        told_apart += len(best) < len(values)
    assert told_apart > 15
