"""Sequences of a world of one's own are trained on, and measured on, with that world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nerode.errors import IllegalSymbol, ModelMismatch, UnknownName
from nerode.evaluation.evaluation import evaluate
from nerode.report.page import write_report
from nerode.sequences.dataset import write_sequences
from nerode.training import train
from nerode.worlds.connect_four import ConnectFour
from nerode.worlds.world import World
from tests.sequences.maps import grid

SMALL: Any = {"layers": 1, "width": 16, "heads": 2, "epochs": 1, "quiet": True}


class Lift(World[int]):
    """A lift between some floors."""

    name = "lift"
    alphabet: tuple[str, ...] = ("up", "down")
    start = 0

    def __init__(self, floors: int = 3) -> None:
        self.floors = floors

    def legal(self, state: int) -> tuple[int, ...]:
        ends = ((0, self.floors - 1), (1, 0))
        return tuple(symbol for symbol, end in ends if state != end)

    def step(self, state: int, symbol: int) -> int:
        if symbol not in self.legal(state):
            raise self.illegal(state, symbol)
        return state + 1 if symbol == 0 else state - 1


class Cabin(Lift):
    name = "cabin"


class Goods(Lift):
    alphabet = ("up", "down", "load")


class Prompted(Lift):
    prompt_length = 1


@pytest.fixture(scope="module")
def rides(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rides") / "rides"
    write_sequences(Lift(), "random", 200, 0, folder)
    return folder


@pytest.mark.long
def test_a_world_of_ones_own_goes_all_the_way(rides: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    record = train(rides, out, world=Lift(), **SMALL)
    assert record["world"] == "lift"
    assert 0 < record["training"]["legal"] <= 1
    terms: dict[str, Any] = {"trials": 10, "baselines": ("oracle", "ngram:2")}
    found = evaluate(Lift(), str(out), sequences=rides, out=tmp_path / "run", **terms)
    assert found.record["model"] == str(out)
    assert found.estimate("compression", "precision").n == 10
    ngram = evaluate(Lift(), "ngram:3", ["next_symbol"], sequences=rides, trials=10, baselines=())
    assert ngram.estimate("next_symbol", "legal").value == 1
    # Without sequences they are drawn as the model was trained.
    fresh = evaluate(Lift(), str(out), ["next_symbol"], trials=10, baselines=())
    assert fresh.record["parameters"]["sequences"].startswith("random, drawn (split seed 0")
    write_report([tmp_path / "run"], tmp_path / "report.html")
    assert "lift" in (tmp_path / "report.html").read_text()
    again = train(rides, out, world=Lift(), resume=True, **SMALL)
    assert again == record


def test_a_world_that_no_name_opens_is_asked_for(rides: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"those of 'lift'; .*world=world\)") as caught:
        train(rides, tmp_path / "model", **SMALL)
    assert str(rides) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("world", "told"),
    [
        (Cabin(), "expected sequences of cabin, got those of lift, another world"),
        (Goods(), "whose symbols differ"),
        (Prompted(), "whose prompts have 0 symbols, not 1"),
        (grid(3, 3), "whose symbols differ"),
    ],
)
def test_another_world_is_refused(
    rides: Path, tmp_path: Path, world: World[Any], told: str
) -> None:
    with pytest.raises(ModelMismatch, match=told):
        train(rides, tmp_path / "model", world=world, **SMALL)
    assert not (tmp_path / "model").exists()
    with pytest.raises(ModelMismatch, match=told):
        evaluate(world, "uniform", sequences=rides, trials=5, baselines=())


def test_worlds_with_one_alphabet_are_told_apart_by_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "games"
    write_sequences(ConnectFour(2), "random", 50, 0, folder)
    with pytest.raises(ModelMismatch, match="rows=6, got those of connect-four:rows=2"):
        evaluate(ConnectFour(6), "uniform", sequences=folder, trials=5, baselines=())


@pytest.mark.slow
def test_a_name_that_opens_another_world_does_not_stand_for_ones_own(tmp_path: Path) -> None:
    class Cups(Lift):
        name = "cups:n=3"

    folder = tmp_path / "rides"
    write_sequences(Cups(), "random", 50, 0, folder)
    with pytest.raises(ModelMismatch, match="whose symbols differ"):
        train(folder, tmp_path / "model", **SMALL)
    assert train(folder, tmp_path / "model", world=Cups(), **SMALL)["training"]["finished"]


@pytest.mark.slow
def test_a_street_map_may_have_moved(tmp_path: Path) -> None:
    town = grid(3, 3)
    town.name = "street-map:there"
    write_sequences(town, "random", 60, 0, tmp_path / "walks")
    town.name = "street-map:/somewhere/else"
    evaluate(town, "uniform", sequences=tmp_path / "walks", trials=5, samples=2, baselines=())


def test_sequences_that_are_none_of_the_world_are_found_in_training(
    rides: Path, tmp_path: Path
) -> None:
    """The name and the symbols fit, the rules do not."""
    with pytest.raises(IllegalSymbol, match="in state 1 of lift"):
        train(rides, tmp_path / "model", world=Lift(2), **SMALL)
