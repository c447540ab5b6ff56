"""In which settings runs differ, and which of these change what is measured."""

from __future__ import annotations

from typing import Any

import pytest

from tests.report import sample
from tests.report.from_json import settings, unlike


def changed(**parameters: Any) -> dict[str, Any]:
    record = sample.record("b")
    return record | {"parameters": record["parameters"] | parameters}


def test_settings_that_differ_have_the_value_of_each_run() -> None:
    first = sample.record("a")
    found = settings([first, changed(epsilon=0.1, trials=20), first | {"seed": 7}])
    assert found == {"seed": (0, 0, 7), "epsilon": (0.01, 0.1, 0.01), "trials": (500, 20, 500)}
    assert settings([first, sample.record("b")]) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"epsilon": 0.1}, ["epsilon 0.01 and 0.1"]),
        ({"most_listed": 40}, []),  # only one has it
        ({"trials": 9}, []),
        ({"depth": 3, "samples": 1}, ["samples 30 and 1", "depth 5 and 3"]),
    ],
)
def test_what_changes_a_score_is_said(change: dict[str, Any], said: list[str]) -> None:
    assert unlike([sample.record("a"), changed(**change)]) == said


def test_other_histories_another_protocol_and_other_sequences_are_said() -> None:
    first = changed(sequences="shortest, drawn (split seed 0, held out 0.1)")
    second = changed(sequences="random, drawn (split seed 0, held out 0.1)")
    second |= {"histories": "on-policy", "protocol": "paper", "seed": 3}
    assert unlike([first, second]) == [
        "protocol exact and paper",
        "histories uniform and on-policy",
        "sequences",
    ]


def test_the_sequences_of_a_reconstruction_are_its_model() -> None:
    runs = [
        sample.record(name) | {"parameters": {"sequences": name}} for name in ("a.txt", "b.txt")
    ]
    assert settings(runs) == {}
