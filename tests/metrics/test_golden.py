"""A faster engine measures the same: every trial of deterministic models, before and after."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.metrics.golden import CASES, FILE, METRICS, name_of, outcomes

GOLDEN = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.long
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    "case",
    [
        # What is wrong shows in the smallest world as a rule.
        pytest.param(
            case,
            id=" ".join(map(str, case)),
            marks=[] if case[0] == "cayley" else [pytest.mark.slow],
        )
        for case in CASES
    ],
)
def test_every_outcome_is_what_it_was(case: tuple[Any, ...], metric: str) -> None:
    came = outcomes(case, metric)
    expected = GOLDEN[name_of(case, metric)].split()
    differ = [trial for trial, (a, b) in enumerate(zip(came, expected, strict=True)) if a != b]
    assert not differ
