"""Which baselines stand beside a model where nobody names any."""

from __future__ import annotations

from typing import Any

import pytest

from nerode.evaluation.evaluation import evaluate
from nerode.models import open_model
from nerode.models.baselines.defaults import BASELINES, baselines_of
from nerode.models.model import Model
from nerode.worlds.registry import open_world
from nerode.worlds.world import World
from tests.sequences.test_corpus import Trained

MIDTOWN, CAYLEY = open_world("midtown"), open_world("cayley:n=3")


def trained(world: World[Any], policy: str, on: str | None = None) -> Model:
    told = {"world": on or world.name, "policy": policy, "sequences_seed": 1, "held_out": 0.1}
    return Trained(world, trained_on=told)


@pytest.mark.parametrize(
    ("model", "world", "new"),
    [
        (open_model("oracle", CAYLEY), CAYLEY, []),
        (trained(CAYLEY, "random"), CAYLEY, ["policy-oracle"]),
        (trained(CAYLEY, "shortest"), CAYLEY, []),  # no policy of which the next symbol is known
        (trained(CAYLEY, "random, 0.1 of it strange"), CAYLEY, []),
        (open_model("oracle", MIDTOWN), MIDTOWN, ["counter"]),
        (open_model("policy-oracle:shortest", MIDTOWN), MIDTOWN, ["counter"]),
        (trained(MIDTOWN, "shortest"), MIDTOWN, ["policy-oracle", "counter"]),
        (trained(MIDTOWN, "shortest", on="manhattan"), MIDTOWN, ["counter"]),
    ],
)
def test_new_ones_take_the_places_of_those_that_tell_least(
    model: Model, world: World[Any], new: list[str]
) -> None:
    found = baselines_of(world, model)
    assert len(found) == len(BASELINES)
    assert found[0] == "oracle"
    assert list(found[1 : 1 + len(new)]) == new
    assert ("uniform" in found, "untrained" in found) == (not new, len(new) < 2)
    assert "untrained" in baselines_of(world, model, hidden_states=True)


@pytest.mark.slow
def test_the_default_is_measured(town: World[Any]) -> None:
    model = trained(town, "random")
    found = evaluate(town, model, ["next_symbol"], trials=3)  # it goes by the name oracle
    assert list(found.record["baselines"]) == [
        "policy-oracle", "counter", "ngram:3", "noisy-oracle:0.01",
    ]  # fmt: skip
    assert found.record["left_out"] == {}
    assert found.estimate("next_symbol", "legal", model="policy-oracle").value == 1
