"""What the metrics must say of the worlds that are told in words, which have no goal."""

from __future__ import annotations

import pytest

from nerode.evaluation.evaluation import evaluate
from nerode.models.baselines.simple import Oracle, Uniform
from nerode.worlds.registry import open_world

WORLDS = [
    "seating:seats=3",
    "cups:n=4",
    pytest.param("seating:seats=4", marks=pytest.mark.slow),
    pytest.param("cups:n=3", marks=pytest.mark.slow),
]


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["exact", pytest.param("paper", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", WORLDS)
def test_the_oracle_is_perfect(name: str, protocol: str) -> None:
    world = open_world(name)
    done = evaluate(world, Oracle(world), trials=4, baselines=(), protocol=protocol)
    # Without a goal there are no trips to ask for.
    assert set(done.record["metrics"]) == {"next_symbol", "compression", "distinction"}
    for metric, what in [
        ("next_symbol", "legal"),
        ("compression", "precision"),
        ("distinction", "recall"),
        ("distinction", "precision"),
    ]:
        assert done.estimate(metric, what).value == 1
    assert done.estimate("compression", "disagreement").value == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_uniform_tells_nothing_apart(name: str) -> None:
    world = open_world(name)
    chosen = ("compression", "distinction")
    done = evaluate(world, Uniform(world.alphabet), trials=4, baselines=(), metrics=chosen)
    assert done.estimate("compression", "precision").value == 1
    assert done.estimate("distinction", "recall").value == 0
    assert done.estimate("distinction", "precision").n == 0
