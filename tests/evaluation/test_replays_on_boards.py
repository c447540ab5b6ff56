"""Games that are written down step by step, beside the rules as a book tells them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nerode.evaluation.evaluation import evaluate
from nerode.evaluation.replays_on_boards import GAMES_WRITTEN, LEAST_PROBABLE_MOVE
from nerode.evaluation.replays_on_boards import games as typed_games
from nerode.metrics.setting import Setting
from nerode.metrics.traversal import TRAVERSAL
from nerode.models.baselines.simple import NoisyOracle, Oracle, Uniform
from nerode.models.model import Model
from nerode.schema.decoding import encoded
from nerode.worlds.othello.othello import Othello
from tests.metrics import dumb
from tests.metrics.conftest import as_dicts, setting_of
from tests.report.from_json import check_record
from tests.worlds.othello_by_hand import Game

Told = dict[str, Any]
measure = as_dicts(TRAVERSAL)
SMALL = Othello(6)


def games(setting: Setting, model: Model) -> list[Told]:
    """Games as JSON has them."""
    return list(encoded(typed_games(setting, model)))


def position(game: Game) -> Told:
    letters = {"black": "b", "white": "w"}
    places = [(row, column) for row in range(game.size) for column in range(game.size)]
    discs = "".join(letters[game.discs[at]] if at in game.discs else "." for at in places)
    return {"discs": discs, "to_move": game.turn if game.moves() else None}


def check_game(model: Model, told: Told, prompt: int) -> None:
    """Every step and every board of a game, from the whole history and by hand."""
    game, history = Game.opening(SMALL.size), tuple(map(SMALL.index.__getitem__, told["sequence"]))
    for name in told["sequence"][:prompt]:
        game = game.after(name)
    boards = [position(game)]
    for count, step in enumerate(told["steps"]):
        mass = dumb.next_probabilities(model, history[: prompt + count])
        assert step["wanted"] == SMALL.alphabet[int(mass.argmax())]
        assert step["detour"] == (step["wanted"] != step["symbol"])
        assert step["symbol"] == told["sequence"][prompt + count]
        likely = {
            name: p
            for name, p in zip(SMALL.alphabet, mass, strict=True)
            if p >= LEAST_PROBABLE_MOVE
        }
        top = dict(step["top"])
        assert top.keys() == likely.keys() | {step["symbol"]}
        for name, p in likely.items():
            assert top[name] == round(float(p), 4)
        rest = [p for name, p in step["top"] if name in likely]
        assert rest == sorted(rest, reverse=True)
        assert step["legal"] == game.moves()
        if step["symbol"] in step["legal"]:
            game = game.after(step["symbol"])
            boards.append(position(game))
        else:
            assert (told["left"], told["arrived"]) == (count, False)
            assert count == len(told["steps"]) - 1
    assert told["boards"] == boards
    assert told["arrived"] == (boards[-1]["to_move"] is None)


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", [NoisyOracle(SMALL, 0.1, seed=2), Uniform(SMALL.alphabet)], ids=lambda m: str(m.name)
)
def test_every_game_is_what_the_rules_allow(model: Model) -> None:
    found = games(setting_of(SMALL, trials=8), model)
    assert [game["trial"] for game in found] == list(range(8))
    replaced = 0
    for game in found:
        for kind in ("plain", "detour"):
            check_game(model, game[kind], game["prompt"])
        marked = sum(step["detour"] for step in game["detour"]["steps"])
        assert not any(step["detour"] for step in game["plain"]["steps"])
        assert marked <= 1
        replaced += marked
    assert replaced > 4 or model.name == "uniform"


@pytest.mark.slow
def test_they_are_the_trips_of_the_traversal_metric() -> None:
    setting, model = setting_of(SMALL, trials=GAMES_WRITTEN + 5), NoisyOracle(SMALL, 0.1, seed=2)
    found = games(setting, model)
    assert len(found) == GAMES_WRITTEN
    for game, record in zip(found, measure(setting, model, range(GAMES_WRITTEN)), strict=True):
        told = " ".join(game["plain"]["sequence"]), game["plain"]["arrived"]
        assert (record["sequence"], record["valid"]) == told


def test_the_oracle_ends_every_game() -> None:
    for game in games(setting_of(Othello(4), trials=10), Oracle(Othello(4))):
        for kind in ("plain", "detour"):
            assert game[kind]["arrived"]
            assert game[kind]["boards"][-1]["to_move"] is None
            assert set(game[kind]["boards"][-1]["discs"]) & {"b", "w"}  # not the empty state


def test_only_boards_have_games(worlds: dict[str, Any]) -> None:
    for world in worlds.values():
        assert games(setting_of(world, trials=2), Oracle(world)) == []


@pytest.mark.parametrize("metrics", [["traversal"], ["next_symbol"]])
def test_an_evaluation_has_them_where_traversal_is_asked_for(metrics: list[str]) -> None:
    record = evaluate(SMALL, NoisyOracle(SMALL, 0.1), metrics, trials=3, baselines=()).record
    assert len(record.get("games", ())) == (3 if metrics == ["traversal"] else 0)
    assert record["drawing"]["kind"] == "board"
    assert len(record["drawing"]["squares"]) == 36
    assert record["drawing"]["squares"][:7] == ["a1", "b1", "c1", "d1", "e1", "f1", "a2"]
    assert "routes" not in record
    check_record(json.loads(json.dumps(record)), "here")
