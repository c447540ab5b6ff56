"""The contradictions that an evaluation shows are real, and shown in order."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nerode.evaluation.evaluation import evaluate
from nerode.models.baselines.simple import NoisyOracle, Uniform
from nerode.worlds.cayley import Cayley
from nerode.worlds.othello.othello import Othello
from nerode.worlds.world import World
from tests.evaluation.test_replays_on_boards import position
from tests.metrics import dumb
from tests.worlds.othello_by_hand import Game

EPSILON = 0.02


def record_of(world: World[Any], model: Any, **terms: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"samples": 4, "length": 10, "baselines": (), "epsilon": EPSILON}
    return evaluate(world, model, **(given | terms)).record


@pytest.fixture(scope="module")
def finished(
    town: World[Any], tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], Path]:
    """The record of a model that is wrong now and then, and its run folder."""
    folder = tmp_path_factory.mktemp("contradictions") / "run"
    metrics = ("compression", "distinction")
    return record_of(
        town, NoisyOracle(town, 0.1, seed=2), metrics=metrics, trials=60, out=folder
    ), folder


def contradictions(world: World[Any], model: Any, metric: str, **terms: Any) -> list[Any]:
    record = record_of(world, model, metrics=[metric], **({"trials": 40} | terms))
    found: list[Any] = record["witnesses"][metric]
    assert found
    return found


def least(model: Any, history: dumb.Symbols, text: dumb.Symbols) -> float:
    """The smallest probability on the way, each from reading the whole history again."""
    return min(
        float(dumb.next_probabilities(model, history + text[:at])[symbol])
        for at, symbol in enumerate(text)
    )


MODELS: dict[str, Callable[[World[Any]], Any]] = {
    "hash": lambda world: dumb.HashModel(world.alphabet, sharpness=0.5),
    "noisy": lambda world: NoisyOracle(world, 0.1, seed=2),
    "uniform": lambda world: Uniform(world.alphabet),
}


@pytest.mark.slow
@pytest.mark.parametrize("samples", [4, 0])
@pytest.mark.parametrize("kind", ["hash", "noisy"])
@pytest.mark.parametrize("name", ["town", "cayley"])
def test_contradictions_of_compression_are_real(
    name: str, kind: str, samples: int, town: World[Any]
) -> None:
    world: World[Any] = town if name == "town" else Cayley(4)
    model = MODELS[kind](world)
    for found in contradictions(world, model, "compression", samples=samples, depth=2):
        assert found["kind"] == "compression"
        first, second = (world.encode(found[side]) for side in ("history1", "history2"))
        assert first != second
        assert world.run(first) == world.run(second)
        text = world.encode(found["continuation"])
        legal = dumb.any_world_accepts(world, world.run(first), text)
        assert found["world"] == [legal, legal]
        smallest = [least(model, history, text) for history in (first, second)]
        assert found["model"] == pytest.approx(smallest, rel=1e-6)
        assert sorted(value > np.float32(EPSILON) for value in smallest) == [False, True]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hash", "noisy", "uniform"])
@pytest.mark.parametrize("name", ["town", "cayley"])
def test_contradictions_of_distinction_are_real(name: str, kind: str, town: World[Any]) -> None:
    world: World[Any] = town if name == "town" else Cayley(4)
    model = MODELS[kind](world)
    kinds = set()
    for found in contradictions(world, model, "distinction", depth=3):
        kinds.add(found["kind"])
        first, second = (world.encode(found[side]) for side in ("history1", "history2"))
        states = [world.run(history) for history in (first, second)]
        assert states[0] != states[1]
        text = world.encode(found["continuation"])
        legal = [dumb.any_world_accepts(world, state, text) for state in states]
        assert found["world"] == legal
        smallest = [least(model, history, text) for history in (first, second)]
        accepted = [value > np.float32(EPSILON) for value in smallest]
        if found["kind"] == "missed":
            if max(found["model"]) > EPSILON:
                assert found["model"] == pytest.approx(smallest, rel=1e-6)
            else:  # rejected after both for good, and not read on
                assert all(np.greater_equal(found["model"], np.multiply(smallest, 1 - 1e-6)))
            assert legal in ([True, False], [False, True])
            assert accepted != legal
        else:
            assert found["kind"] == "invented"
            assert found["model"] == pytest.approx(smallest, rel=1e-6)
            assert accepted in ([True, False], [False, True])
            assert legal != accepted
    assert kinds <= {"missed", "invented"}
    assert kinds == ({"missed"} if kind == "uniform" else kinds)


@pytest.mark.slow
def test_contradictions_come_shortest_first_and_not_too_many(
    finished: tuple[dict[str, Any], Path],
) -> None:
    record, folder = finished
    every: dict[str, list[int]] = {"compression": [], "distinction": []}
    for line in (folder / "trials.jsonl").read_text().splitlines():
        trial = json.loads(line)
        if trial["model"] == "noisy-oracle:0.1" and trial["metric"] in every:
            found = trial.get("witnesses", []) + ([trial["witness"]] if "witness" in trial else [])
            told = len(" ".join(trial.get("histories", [])).split())
            every[trial["metric"]] += [told + len(w["continuation"].split()) for w in found]
    for metric, sizes in every.items():
        shown = [
            len(" ".join(w[key] for key in ("history1", "history2", "continuation")).split())
            for w in record["witnesses"][metric]
        ]
        assert len(sizes) > 20
        assert shown == sorted(sizes)[:20]


@pytest.mark.slow
def test_contradictions_are_drawn_where_they_lie(
    finished: tuple[dict[str, Any], Path], town: World[Any]
) -> None:
    record = finished[0]
    drawing = record["drawing"]
    assert drawing["kind"] == "street-map"
    assert drawing["names"] == [f"c{number}" for number in range(23)]
    assert len(drawing["nodes"]) == 23
    streets = {(start, label): end for start, end, label in drawing["streets"]}
    for metric in ("compression", "distinction"):
        for found in record["witnesses"][metric]:
            for history, path in (("history1", "path1"), ("history2", "path2")):
                origin, _, *turns = found[history].split()
                expected = [int(origin.removeprefix("c"))]
                for turn in turns:
                    expected.append(streets[expected[-1], turn])
                assert found[path] == expected
            ends = {found["path1"][-1], found["path2"][-1]}
            assert found["path"][0] in ends
            turns = found["continuation"].split()
            for start, end, turn in zip(found["path"], found["path"][1:], turns, strict=False):
                assert streets[start, turn] == end
            stopped = len(found["path"]) - 1
            if True in found["world"]:
                assert stopped == len([turn for turn in turns if turn != "end"])
    assert town.name == record["world"]


@pytest.mark.slow
def test_a_world_without_a_map_has_no_drawing() -> None:
    record = record_of(Cayley(3), NoisyOracle(Cayley(3), 0.2), trials=10)
    assert record["drawing"] is None
    assert record["witnesses"]["compression"]
    assert all("path" not in found for found in record["witnesses"]["compression"])


@pytest.mark.slow
def test_contradictions_on_a_board_are_drawn_where_they_are_decided() -> None:
    world, model = Othello(6), NoisyOracle(Othello(6), 0.1, seed=3)
    record = record_of(world, model, metrics=["compression", "distinction"], trials=12)
    every = [found for each in record["witnesses"].values() for found in each]
    assert len(every) > 15
    aheads = set()
    for found in every:
        text = found["continuation"].split()
        games = []
        for history in (found["history1"], found["history2"]):
            game = Game.opening(6)
            for name in history.split():
                game = game.after(name)
            games.append(game)
        ahead = 0
        while ahead < len(text) - 1 and all(text[ahead] in game.moves() for game in games):
            games = [game.after(text[ahead]) for game in games]
            ahead += 1
        assert found["ahead"] == ahead
        aheads.add(ahead)
        for count, (game, board) in enumerate(zip(games, found["boards"], strict=True), start=1):
            played = [*found[f"history{count}"].split(), *text[:ahead]]
            assert {key: board[key] for key in ("discs", "to_move")} == position(game)
            assert (board["legal"], board["last"]) == (game.moves(), played[-1])
            mass = dumb.next_probabilities(model, world.encode(" ".join(played)))
            names = zip(world.alphabet, mass, strict=True)
            assert dict(board["expected"]) == {n: round(float(p), 4) for n, p in names if p}
            assert [p for _, p in board["expected"]] == sorted(
                (p for _, p in board["expected"]), reverse=True
            )
    assert {0, 1} <= aheads


def test_without_contradictions_nothing_is_read_for_boards() -> None:
    record = record_of(Othello(4), Uniform(Othello(4).alphabet), metrics=["compression"], trials=2)
    assert record["witnesses"] == {"compression": []}
