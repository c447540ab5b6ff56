"""The best value of every score: what the oracle has, and nothing is left without one unsaid."""

from __future__ import annotations

from typing import Any

import pytest

from nerode.chat.scoring import SCORE_KEYS
from nerode.evaluation.evaluation import evaluate
from nerode.metrics.probe.probe import PROBE
from nerode.metrics.registry import METRICS
from nerode.report.descriptions import score_at
from nerode.worlds.world import World
from tests.report.from_json import estimate_at, rows


@pytest.mark.slow
def test_the_oracle_has_the_best_value_of_every_score(town: World[Any]) -> None:
    names = [name for name in METRICS if name != PROBE.name]
    record = evaluate(town, "oracle", names, trials=12, samples=3, length=8, baselines=()).record
    there = rows(record["metrics"])
    assert {row.path[0] for row in there} == set(names)
    for row in there:
        found = estimate_at(record["metrics"], row.path)
        assert found is not None
        if row.label == "unexpected":
            assert score_at(row.path).best is None, "a matter of habits"
            continue
        assert found.value == score_at(row.path).best, row.path


def test_every_score_of_chat_models_has_one() -> None:
    for metric, scores in SCORE_KEYS.items():
        for name in scores:
            assert score_at((metric, name)).best == (0.0 if name == "disagreement" else 1.0)


def test_what_a_probe_is_held_against_has_none() -> None:
    assert score_at(("probe", "accuracy", "3")).best == 1
    assert score_at(("probe", "bits", "3")).best == 0
    assert score_at(("probe", "selectivity", "3")).best is None, "it says yes or no alone"
    assert score_at(("probe", "control", "3")).best is None
    assert score_at(("probe", "majority", "3")).best is None
    assert {name.split("/")[0] for name in PROBE.scores} == {
        "accuracy",
        "bits",
        "control",
        "selectivity",
        "majority",
        "frequencies",
        "no_memory",
        "true_state",
    }


def test_what_is_not_known_has_none() -> None:
    assert score_at(("odd", "score")).best is None
