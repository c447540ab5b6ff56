"""The record of a model that plays Othello, and is wrong now and then."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from nerode.evaluation.evaluation import evaluate
from nerode.models.baselines.simple import NoisyOracle
from nerode.worlds.othello.othello import Othello

METRICS = ("traversal", "compression", "distinction")


@cache
def _record(size: int) -> str:
    world = Othello(size)
    terms: dict[str, Any] = {"trials": 12, "samples": 6, "length": 12, "baselines": ()}
    found = evaluate(world, NoisyOracle(world, 0.05, seed=3), METRICS, **terms)
    return json.dumps(found.record)


def record(model: str | None = None, size: int = 6) -> dict[str, Any]:
    """A fresh copy, which a test may damage."""
    found: dict[str, Any] = json.loads(_record(size))
    return found | ({} if model is None else {"model": model})
