"""Games of OpenSpiel: the counts of chess, positions that are states, and what is refused."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest

from nerode.errors import InvalidParameter, UnknownName
from nerode.evaluation.evaluation import evaluate
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.automata.finite import write_out
from nerode.worlds.check.check import check_world
from nerode.worlds.openspiel.game import GamePosition, OpenSpielGame
from nerode.worlds.registry import open_listed, open_world
from nerode.worlds.world import OwnHistories

pytest.importorskip("pyspiel", reason="OpenSpiel is not installed")


def opened(game: str) -> OpenSpielGame:
    world = open_world(f"openspiel:{game}")
    assert isinstance(world, OpenSpielGame)
    return world


@pytest.fixture(scope="module")
def chess() -> OpenSpielGame:
    return opened("chess")


def perft(world: OpenSpielGame, state: GamePosition, depth: int) -> int:
    """Ways to play so many moves."""
    legal = world.legal(state)
    if depth == 1:
        return len(legal)
    return sum(perft(world, world.step(state, move), depth - 1) for move in legal)


@pytest.mark.slow
def test_chess_has_as_many_games_as_everybody_counts(chess: OpenSpielGame) -> None:
    # https://www.chessprogramming.org/Perft_Results, initial position
    assert [perft(chess, chess.start, depth) for depth in (1, 2, 3, 4)] == [20, 400, 8902, 197281]


def test_moves_of_chess_are_uci(chess: OpenSpielGame) -> None:
    assert len(set(chess.alphabet)) == len(chess.alphabet) == 1968
    state = chess.run(chess.encode("e2e4 e7e5 g1f3 b8c6 f1c4 f8c5"))
    assert "e1g1" in chess.decode(chess.legal(state)).split(), "castles"
    state = chess.run(chess.encode("a2a4 b7b5 a4b5 a7a6 b5a6 c8b7 a6b7 h7h6"))
    assert {"b7a8q", "b7a8n"} <= set(chess.decode(chess.legal(state)).split())


def test_two_ways_to_a_position_of_chess_are_one_state(chess: OpenSpielGame) -> None:
    first, second = (chess.run(chess.encode(text)) for text in ("g1f3 g8f6 b1c3", "b1c3 g8f6 g1f3"))
    assert first == second
    back = chess.run(chess.encode("g1f3 g8f6 f3g1 f6g8"))
    assert back == chess.start, "clocks and repetitions do not count"
    mate = chess.run(chess.encode("f2f3 e7e5 g2g4 d8h4"))
    assert chess.legal(mate) == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    "game",
    ["tic_tac_toe", "breakthrough?rows=6,columns=4", "clobber", "nim", "dots_and_boxes", "chess"],
)
def test_promises_are_kept(game: str) -> None:
    world = opened(game)
    assert world.name == f"openspiel:{game}"
    assert open_listed(world.name).alphabet == world.alphabet
    check_world(world, states=150)


@pytest.mark.slow
def test_states_of_tic_tac_toe_are_futures() -> None:
    world = opened("tic_tac_toe")
    assert world.alphabet[:2] == ("(0,0)", "(0,1)")
    automaton = write_out(world)
    assert len(automaton.states) == len(set(automaton.classes.tolist()))
    wins = world.encode("(0,0) (1,0) (0,1) (1,1) (0,2)")
    assert world.legal(world.run(wins)) == (), "three in a row end a game"


@pytest.mark.slow
def test_games_of_tic_tac_toe_are_as_many_as_there_are() -> None:
    world = opened("tic_tac_toe")
    automaton = write_out(world)
    ways = {world.start: 1}
    ended = 0
    for _ in range(9):
        following: dict[GamePosition, int] = {}
        for state, count in ways.items():
            for move in world.legal(state):
                to = world.step(state, move)
                following[to] = following.get(to, 0) + count
        ended += sum(count for state, count in following.items() if not world.legal(state))
        ways = {state: count for state, count in following.items() if world.legal(state)}
    assert ended == 255_168  # all games, as is well known
    assert len(automaton.states) < 5_478, "the positions of the game"


@pytest.mark.parametrize("game", ["tic_tac_toe", "chess", "clobber"])
def test_random_games_are_random_play(game: str) -> None:
    world = opened(game)
    policy = world.policies["random"]
    assert callable(policy)
    rng = np.random.default_rng(0)
    for _ in range(20):
        played = tuple(policy(rng))
        over = not world.legal(world.run(played))
        assert over or len(played) == 100
    numbers = [list(row) for row in draw_sequences(world, "random", 5, 3)]
    assert all(world.accepts(row) for row in numbers)


def test_a_repetition_is_no_end_of_a_game(chess: OpenSpielGame) -> None:
    """The library ends a game of which a position comes thrice; the world goes on."""
    state: Any = chess.start.state.clone()
    for move in ["Nf3", "Nf6", "Ng1", "Ng8"] * 2:
        state.apply_action(state.string_to_action(move))
    assert state.is_terminal()
    assert chess.run(chess.encode("g1f3 g8f6 f3g1 f6g8") * 5) == chess.start
    assert not chess._position(state).state.is_terminal()


@pytest.mark.parametrize("game", ["tic_tac_toe", "chess", "breakthrough?rows=6,columns=4"])
def test_histories_meet_or_do_not(game: str) -> None:
    world = opened(game)
    assert isinstance(world, OwnHistories)
    source = world.own_histories(same_length=True)
    assert source is not None
    rng = np.random.default_rng(0)
    for _ in range(5):
        pair = source.same_state(rng)
        first, second = map(world.run, pair.histories)
        assert first == second == pair.states[0] == pair.states[1]
        assert pair.histories[0] != pair.histories[1]
        assert world.legal(first)
        pair = source.different_states(rng)
        first, second = map(world.run, pair.histories)
        assert (first, second) == pair.states
        assert first != second


@pytest.mark.slow
def test_an_oracle_of_chess_is_perfect(chess: OpenSpielGame) -> None:
    terms: dict[str, Any] = {"trials": 10, "samples": 3, "length": 6, "depth": 1, "baselines": []}
    record = evaluate(chess, "oracle", ["next_symbol", "compression", "distinction"], **terms)
    metrics = record.typed.metrics
    for metric, score in (("compression", "precision"), ("distinction", "recall")):
        found = metrics[metric].find([score])
        assert found is not None
        assert found.value == 1


@pytest.mark.parametrize(
    ("game", "message"),
    [
        ("", "expected openspiel:GAME"),
        ("kuhn_poker", "expected a game with no chance and nothing hidden, got kuhn_poker"),
        ("goofspiel", "moves one after the other"),
        ("breakthrough?rows=x", "expected parameters that breakthrough takes, got: Wrong type"),
        ("breakthrough?lines=4", r"expected parameters of breakthrough \(columns, rows\)"),
    ],
)
def test_other_games_are_refused(game: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        open_world(f"openspiel:{game}")


def test_a_game_that_there_is_not() -> None:
    with pytest.raises(UnknownName, match=r"got 'ches' \(did you mean chess\?\)"):
        open_world("openspiel:ches")


def test_names_are_numbers_where_the_library_has_none() -> None:
    assert list(islice(opened("clobber").alphabet, 2)) == ["m0", "m1"]
