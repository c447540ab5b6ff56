"""Many trials run in the memory of a few: what is kept of each is some numbers."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nerode.evaluation.evaluation import evaluate
from nerode.metrics.detours import DETOUR_KINDS, DETOUR_SHARES
from nerode.metrics.history_kinds import plain_name
from nerode.metrics.registry import METRICS
from nerode.metrics.setting import Setting
from nerode.models.baselines.simple import Oracle
from nerode.models.model import Model
from nerode.schema.trial import AnyTrial
from nerode.schema.trial import PlainTrial as Record
from nerode.sequences.dataset import write_sequences
from nerode.worlds.cayley import Cayley

FEW, MANY = 100, 2000
MOST_BYTES = 260
"""A trial may take so many at the peak: thirty values of eight bytes (five scores of distinction at
six thresholds), twelve bytes for the place of its line, eight for its cluster."""


def trials_of(name: str, setting: Setting, trials: Iterable[int]) -> Iterator[AnyTrial]:
    """Trials as long as real ones are, without a model that makes them."""
    thresholds = len(setting.acceptance.thresholds)
    values = [0.25] * thresholds
    history = " ".join(["a", "b"] * 30)
    contradiction = {"kind": "missed", "world": [True, False], "model": [0.5, 0.0]}
    for trial in trials:
        told: dict[str, Record] = {
            "next_symbol": {"legal": 99, "positions": 100},
            "traversal": {"valid": False, "cost": None, "cheapest": 3, "sequence": history},
            "compression": {"agree": [False] * thresholds, "disagreement": values},
            "distinction": {"precision": values, "recall": [None] * thresholds},
            "detours": {
                "symbols": {
                    kind: {share: [9, 3] for share in DETOUR_SHARES} for kind in DETOUR_KINDS
                },
                **{kind: dict.fromkeys(DETOUR_SHARES, True) for kind in DETOUR_KINDS},
            },
            "probe": {
                "positions": 60,
                "told": 60,
                "right": [30] * 3,
                "control": [20] * 3,
                "majority": 9,
            },
            "effective_rank": {"hidden": [0.125] * 64, "state": [trial % 6]},
        }
        record: Record = {"trial": trial, **told[plain_name(name)]}
        if plain_name(name) in ("compression", "distinction"):
            record["state"] = f"({history}, {trial})"
            record["histories"] = [f"{history} {trial}", history]
            witness = contradiction | {"continuation": history}
            record |= {"witness": witness, "witnesses": [witness] * 2}
        yield METRICS[name].decode(json.dumps(record).encode())


def peak(folder: Path, sequences: Path, metric: str, trials: int) -> int:
    """Most bytes that an evaluation held at once."""
    tracemalloc.start()
    try:
        world = Cayley(3)
        terms: dict[str, Any] = {"sequences": sequences, "baselines": (), "metrics": [metric]}
        record = evaluate(world, Oracle(world), trials=trials, out=folder, **terms).record
        assert record["parameters"]["trials"] == trials
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.long
@pytest.mark.parametrize(
    ("metric", "again"),
    [
        *((m, False) for m in METRICS if m != "reconstruction"),
        pytest.param("distinction", True, marks=pytest.mark.slow),
    ],
)
def test_memory_hardly_grows_with_the_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, metric: str, again: bool
) -> None:
    def measure(setting: Setting, _: Model, trials: Iterable[int]) -> Iterator[AnyTrial]:
        return trials_of(metric, setting, trials)

    stub = replace(METRICS[metric], measure=measure)
    monkeypatch.setattr("nerode.metrics.registry.METRICS", {metric: stub})
    write_sequences(Cayley(3), "random", 40, 0, tmp_path / "sequences")
    found = []
    for trials in (FEW, FEW, MANY):  # the first is for what is loaded only once
        folder = tmp_path / f"{trials}"
        if again and trials == MANY:
            peak(folder, tmp_path / "sequences", metric, trials)
        found.append(peak(folder, tmp_path / "sequences", metric, trials))
    assert found[2] - found[1] < MOST_BYTES * (MANY - FEW)
