"""Othello as evaluations see it: the oracle is exact at every depth, and the depths are told."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from nerode.evaluation.evaluation import evaluate
from nerode.models.baselines.simple import Oracle
from nerode.worlds.othello.othello import Othello
from tests.report.from_json import print_table
from tests.test_known_answers import assert_perfect

PAIRS = ["compression", "distinction"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "trials"),
    [(4, 60), pytest.param(6, 150, marks=pytest.mark.slow)],
)
def test_the_oracle_is_perfect_at_every_depth(size: int, trials: int) -> None:
    world = Othello(size)
    found = evaluate(world, Oracle(world), PAIRS, trials=trials, samples=8, baselines=())
    for metric, name in [
        ("compression", "precision"),
        ("distinction", "precision"),
        ("distinction", "recall"),
    ]:
        assert found.estimate(metric, name).value == 1
        assert not found.record["skipped"][metric]
    assert found.estimate("compression", "disagreement").value == 0
    depths = size**2 - 4 - 3  # from three moves on, and the last move is still to come
    told = {"met": depths, "of": depths, "from": 3, "to": size**2 - 5}
    assert found.record["depths"] == {"compression": told}


@pytest.mark.slow
@pytest.mark.parametrize("size", [6, pytest.param(8, marks=pytest.mark.long)])
def test_the_oracle_is_perfect_by_every_metric(size: int) -> None:
    world = Othello(size)
    assert_perfect(evaluate(world, Oracle(world), trials=20, baselines=()))


def test_depths_that_were_not_met_are_told() -> None:
    world = Othello(4)
    record = evaluate(world, Oracle(world), ["compression"], trials=2, baselines=()).record
    assert record["depths"]["compression"]["met"] <= 2
    shown = io.StringIO()
    print_table(record, Console(file=shown, width=120))
    met = record["depths"]["compression"]["met"]
    told = f"Compression met histories of {met} of the 9 lengths that there are (3 to 11 symbols)."
    assert told in shown.getvalue()
