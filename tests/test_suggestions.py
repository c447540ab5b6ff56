"""An error about an unknown name suggests the nearest known one, where one is near."""

from __future__ import annotations

import pytest

from nerode.errors import UnknownName
from nerode.evaluation.evaluation import evaluate
from nerode.models.registry import open_model
from nerode.sequences.dataset import draw_sequences
from nerode.suggestions import did_you_mean
from nerode.worlds.registry import open_world

WORLD = open_world("cayley:n=3")


@pytest.mark.parametrize("name", ["", "xyz", "street"])
def test_what_is_like_nothing_suggests_nothing(name: str) -> None:
    assert did_you_mean(name, ["oracle", "uniform", "manhattan"]) == ""
    assert did_you_mean(name, []) == ""


def test_the_nearest_is_suggested() -> None:
    assert did_you_mean("midtwon", ["manhattan", "midtown"]) == " (did you mean midtown?)"


@pytest.mark.parametrize("world", ["midtwon", "caley:n=3", "seatings:seats=4"])
def test_worlds(world: str) -> None:
    near = {"m": "midtown", "c": "cayley", "s": "seating"}[world[0]]
    with pytest.raises(UnknownName, match=rf"got '{world}' \(did you mean {near}\?\)$"):
        open_world(world)
    with pytest.raises(UnknownName, match=r"got 'nowhere'$"):
        open_world("nowhere")


@pytest.mark.parametrize(
    ("model", "near"),
    [("oracl", "oracle"), ("n-gram:3", "ngram"), ("midtown-shortst", "midtown-shortest")],
)
def test_models(model: str, near: str) -> None:
    with pytest.raises(UnknownName, match=rf"got '{model}' \(did you mean {near}\?\)$"):
        open_model(model, WORLD)
    with pytest.raises(UnknownName, match=r"got '\./nowhere'$"):
        open_model("./nowhere", WORLD)


def test_metrics_and_what_else_is_chosen_by_name() -> None:
    with pytest.raises(UnknownName, match=r"got 'compresion' \(did you mean compression\?\)$"):
        evaluate(WORLD, "oracle", ["compresion"])
    with pytest.raises(UnknownName, match=r"got 'exakt' \(did you mean exact\?\)$"):
        evaluate(WORLD, "oracle", protocol="exakt")
    with pytest.raises(UnknownName, match=r"got 'on_policy' \(did you mean on-policy\?\)$"):
        evaluate(WORLD, "oracle", histories="on_policy")


def test_policies() -> None:
    with pytest.raises(UnknownName, match=r"got 'randm' \(did you mean random\?\)$"):
        draw_sequences(WORLD, "randm", 10, 0)
