"""Runs on disk that tests make, stop and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nerode.evaluation.evaluation import Evaluation, evaluate
from nerode.models.registry import open_model
from nerode.runs import RESULT, TRIALS
from nerode.worlds.world import World

MODEL, BASELINES = "noisy-oracle:0.1", ("ngram:2",)


def measured(world: World[Any], out: Path, trials: int = 40, **terms: Any) -> Evaluation:
    given: dict[str, Any] = {"samples": 3, "length": 8, "baselines": BASELINES}
    model = open_model(terms.pop("model", MODEL), world)
    return evaluate(world, model, trials=trials, out=out, **(given | terms))


def result(folder: Path) -> bytes:
    return (folder / RESULT).read_bytes()


def lines(folder: Path) -> list[bytes]:
    return (folder / TRIALS).read_bytes().splitlines(keepends=True)
