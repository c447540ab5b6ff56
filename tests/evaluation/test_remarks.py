"""What an evaluation says beside its numbers."""

from __future__ import annotations

import pytest

from nerode.evaluation.evaluation import evaluate
from nerode.evaluation.remarks import too_many_legal
from nerode.models.registry import open_model
from nerode.worlds.registry import open_world


def test_an_epsilon_that_a_perfect_model_cannot_exceed_is_told() -> None:
    world = open_world("group:of=s5")
    result = evaluate(world, open_model("oracle", world), ["distinction"], trials=20, baselines=[])
    (remark,) = result.remarks
    assert "have 121 legal symbols" in remark
    assert "0.001 would accept it" in remark
    recall = result.typed.metrics["distinction"].find(["recall"])
    assert recall is not None
    assert recall.value != 1
    again = evaluate(
        world, open_model("oracle", world), ["distinction"], trials=20, epsilon=0.001, baselines=[]
    )
    assert again.remarks == ()


@pytest.mark.parametrize("name", ["midtown", "othello:size=4", "cayley:n=3", "cups"])
def test_worlds_of_few_symbols_are_silent(name: str) -> None:
    assert list(too_many_legal(open_world(name), 0.01, 0)) == []
