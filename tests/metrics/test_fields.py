"""What metrics write is what they expect to read, and nothing else passes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nerode.metrics.detours import KINDS, SHARES
from nerode.metrics.fields import damage
from nerode.metrics.history_kinds import plain_name
from nerode.metrics.registry import METRICS
from nerode.metrics.setting import Record
from nerode.models.baselines.simple import NoisyOracle
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.histories import on_policy_histories
from nerode.worlds.world import World
from tests.metrics.conftest import ACCEPTANCE, setting_of

THRESHOLDS = len(ACCEPTANCE.thresholds)
PAIR: Record = {"trial": 0, "histories": ["a", "b"]}
CONTRADICTION: Record = {
    "kind": "missed",
    "continuation": "E",
    "world": [True, False],
    "model": [1, 0.0],
}
BOARD: Record = {"sequence": "d3", "position": 1, "layer": 0, "true": ".xo", "seen": "..."}
GOOD: dict[str, Record] = {
    "next_symbol": {"trial": 0, "legal": 2, "positions": 3},
    "traversal": {"trial": 0, "sequence": "", "valid": True, "cost": 3, "cheapest": 3},
    "compression": {**PAIR, "agree": [True] * THRESHOLDS, "disagreement": [0.5] * THRESHOLDS},
    "distinction": {**PAIR, "precision": [None] * THRESHOLDS, "recall": [1] * THRESHOLDS},
    "detours": {
        "trial": 0,
        "random": dict.fromkeys(("0", "0.01", "0.1", "0.5", "0.75"), True),
        "adversarial": dict.fromkeys(("0", "0.01", "0.1", "0.5", "0.75"), False),
        "symbols": {kind: {share: [3, 0] for share in SHARES} for kind in KINDS},
    },
    "reconstruction": {"trial": 0, "sequence": "c0 c1 N end"},
    "probe": {"trial": 0, "positions": 2, "told": 8, "right": [8, 0], "majority": 3},
}
BAD: list[tuple[str, str, Any]] = [
    ("next_symbol", "legal", 4),
    ("next_symbol", "legal", -1),
    ("next_symbol", "legal", True),
    ("next_symbol", "positions", 3.0),
    ("traversal", "valid", 1),
    ("traversal", "cost", None),
    ("traversal", "cost", float("nan")),
    ("traversal", "cheapest", "3"),
    ("compression", "agree", [True] * (THRESHOLDS + 1)),
    ("compression", "agree", True),
    ("compression", "disagreement", [1.5] * THRESHOLDS),
    ("compression", "histories", ["a"]),
    ("compression", "state", 3),
    ("compression", "witness", {"kind": "compression"}),
    ("distinction", "recall", ["x"] * THRESHOLDS),
    ("distinction", "histories", ["a", 3]),
    ("distinction", "strings", [3]),
    ("distinction", "end_recall", [2.0] * THRESHOLDS),
    ("distinction", "witnesses", [CONTRADICTION, 3]),
    ("distinction", "witnesses", [CONTRADICTION | {"world": [1, 0]}]),
    ("distinction", "witnesses", [CONTRADICTION | {"model": [0.5, None]}]),
    ("distinction", "witnesses", [CONTRADICTION | {"continuation": None}]),
    ("detours", "random", {"0": True}),
    ("detours", "adversarial", "none"),
    ("detours", "skipped", 3),
    ("detours", "symbols", {"random": {"0": [1, 2]}}),
    ("detours", "symbols", {kind: {share: [3, -1] for share in SHARES} for kind in KINDS}),
    ("detours", "symbols", {kind: {share: [3] for share in SHARES} for kind in KINDS}),
    ("reconstruction", "sequence", ["c0", "c1"]),
    ("probe", "right", [9, 0]),
    ("probe", "control", [True]),
    ("probe", "told", -1),
    ("probe", "boards", [BOARD | {"seen": ".x"}]),
    ("probe", "boards", [BOARD | {"layer": None}]),
]


@pytest.mark.parametrize("on_policy", [True, False])
def test_what_is_measured_is_whole(town: World[Any], on_policy: bool) -> None:
    terms: dict[str, Any] = {"sequences": draw_sequences(town, "shortest", 8, 0)}
    if on_policy:
        terms["histories"] = on_policy_histories(town, draw_sequences(town, "shortest", 200, 0))
    setting = setting_of(town, **terms)
    model = NoisyOracle(town, 0.1, 3)
    for name, metric in METRICS.items():
        records = [json.loads(json.dumps(r)) for r in metric.measure(setting, model, range(12))]
        assert [damage(metric.fields, record, THRESHOLDS) for record in records] == [None] * 12
        # Only networks show hidden states (tests/metrics/probe/test_probe.py).
        assert any("skipped" not in record for record in records) or name == "probe", name


@pytest.mark.parametrize("name", METRICS)
def test_every_field_is_missed(name: str) -> None:
    fields, metric = METRICS[name].fields, plain_name(name)
    assert damage(fields, GOOD[metric], THRESHOLDS) is None
    needed = [each for each, field in fields.items() if field.needed]
    assert needed
    for field in needed:
        broken = {key: value for key, value in GOOD[metric].items() if key != field}
        found = damage(fields, broken, THRESHOLDS)
        assert found is not None
        assert f"expected its {field}" in found or field == "positions"


@pytest.mark.parametrize(("metric", "name", "value"), BAD)
def test_what_is_no_value_is_told(metric: str, name: str, value: Any) -> None:
    found = damage(METRICS[metric].fields, GOOD[metric] | {name: value}, THRESHOLDS)
    assert found is not None
    assert f"got {value!r}"[:40] in found or name == "positions"
    assert "\n" not in found


def test_contradictions_that_are_whole_pass() -> None:
    record = GOOD["distinction"] | {"witnesses": [CONTRADICTION]}
    assert damage(METRICS["distinction"].fields, record, THRESHOLDS) is None
