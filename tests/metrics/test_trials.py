"""What metrics write is what they expect to read, and nothing else passes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from msgspec import structs

from nerode.metrics.detours import DETOUR_KINDS, DETOUR_SHARES
from nerode.metrics.history_kinds import plain_name
from nerode.metrics.registry import METRICS
from nerode.models.baselines.simple import NoisyOracle
from nerode.schema.trial import PlainTrial as Record
from nerode.schema.trial import entries_of, is_skipped
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.histories import on_policy_histories
from nerode.worlds.world import World
from tests.metrics.conftest import ACCEPTANCE, damage_of, setting_of

THRESHOLDS = len(ACCEPTANCE.thresholds)
PAIR: Record = {"trial": 0, "histories": ["a", "b"]}
CONTRADICTION: Record = {
    "kind": "missed",
    "continuation": "E",
    "world": [True, False],
    "model": [1, 0.0],
}
NO_REFITS: Record = {"right": [[]], "bits": [[]]}
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
        "symbols": {kind: {share: [3, 0] for share in DETOUR_SHARES} for kind in DETOUR_KINDS},
    },
    "reconstruction": {"trial": 0, "sequence": "c0 c1 N end"},
    "probe": {"trial": 0, "positions": 2, "told": 8, "right": [8, 0], "majority": 3},
    "effective_rank": {"trial": 0, "hidden": [0.5, -1.25], "state": [3]},
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
    (
        "detours",
        "symbols",
        {kind: {share: [3, -1] for share in DETOUR_SHARES} for kind in DETOUR_KINDS},
    ),
    (
        "detours",
        "symbols",
        {kind: {share: [3] for share in DETOUR_SHARES} for kind in DETOUR_KINDS},
    ),
    ("reconstruction", "sequence", ["c0", "c1"]),
    ("probe", "right", [9, 0]),
    ("probe", "control", [True]),
    ("probe", "told", -1),
    ("probe", "boards", [BOARD | {"seen": ".x"}]),
    ("probe", "boards", [BOARD | {"layer": None}]),
    ("probe", "no_memory", {"right": [1, 2], "bits": [1.0, 2.0], "refits": NO_REFITS}),
    ("probe", "no_memory", {"right": [9], "bits": [1.0], "refits": NO_REFITS}),
    ("probe", "refits", {"right": [[1]], "bits": [[1.0]]}),
    ("probe", "refits", {"right": [[1], [2]], "bits": [[1.0], []]}),
    ("probe", "refits", {"right": [[1], [9]], "bits": [[1.0], [1.0]]}),
    ("probe", "bits", [1.0]),
    ("probe", "bits", [1.0, -1.0]),
    ("effective_rank", "hidden", []),
    ("effective_rank", "hidden", [0.5, None]),
    ("effective_rank", "state", [-1]),
]


def is_not_skipped(trial: Any) -> bool:
    return not is_skipped(trial)


@pytest.mark.slow
@pytest.mark.parametrize("on_policy", [True, False])
def test_what_is_measured_is_whole(town: World[Any], on_policy: bool) -> None:
    terms: dict[str, Any] = {"sequences": draw_sequences(town, "shortest", 8, 0)}
    if on_policy:
        terms["histories"] = on_policy_histories(town, draw_sequences(town, "shortest", 200, 0))
    setting = setting_of(town, **terms)
    model = NoisyOracle(town, 0.1, 3)
    for name, metric in METRICS.items():
        trials = list(metric.measure(setting, model, range(12)))
        assert [damage_of(metric, trial, THRESHOLDS) for trial in trials] == [None] * 12
        read = [metric.decode(json.dumps(entries_of(trial)).encode()) for trial in trials]
        assert read == trials, "nothing is lost on disk"
        # Only networks show hidden states (tests/metrics/probe/test_probe.py).
        assert any(map(is_not_skipped, trials)) is not metric.reads_hidden_states, name


@pytest.mark.parametrize("name", METRICS)
def test_every_field_is_missed(name: str) -> None:
    metric, good = METRICS[name], GOOD[plain_name(name)]
    assert damage_of(metric, good, THRESHOLDS) is None
    assert metric.trial is not None
    fields = structs.fields(metric.trial)
    required = [field.encode_name for field in fields if field.required]
    assert len(required) > 1
    for field in required:
        broken = {key: value for key, value in good.items() if key != field}
        found = damage_of(metric, broken, THRESHOLDS) or ""
        assert re.fullmatch(rf"{field}: expected .+, got nothing", found)


@pytest.mark.parametrize(("metric", "name", "value"), BAD)
def test_what_is_no_value_is_told(metric: str, name: str, value: Any) -> None:
    found = damage_of(METRICS[metric], GOOD[metric] | {name: value}, THRESHOLDS)
    assert found is not None
    assert re.fullmatch(r".*expected .+, got .+", found), "one line"
    assert found.startswith(name) or isinstance(value, float), "NaN is no JSON at all"


@pytest.mark.parametrize(
    ("metric", "name", "value", "told"),
    [
        ("next_symbol", "legal", 4, "legal: expected at most 3 (its positions), got 4"),
        ("next_symbol", "positions", -1, "positions: expected a whole number from 0 on, got -1"),
        ("traversal", "cost", None, "cost: expected a number where the trip is valid, got None"),
        ("compression", "agree", 3, "agree: expected a share or null for each threshold, got 3"),
        (
            "compression",
            "agree",
            [True],
            "agree: expected a share or null for each of 3 thresholds, got [True]",
        ),
        ("compression", "histories", ["a"], "histories: expected two histories, got ['a']"),
        ("distinction", "histories", ["a", 3], "histories.1: expected text, got 3"),
        (
            "distinction",
            "witnesses",
            [CONTRADICTION, CONTRADICTION | {"model": [0.5, None]}],
            "witnesses.1.model.1: expected a number, got None",
        ),
        ("detours", "random", {"0": True}, "random: expected an entry for 0.01, got {'0': True}"),
        ("probe", "right", [8, 9], "right.1: expected at most 8 (the features), got 9"),
        ("probe", "skipped", 3, "skipped: expected text, got 3"),
    ],
)
def test_damage_is_told_by_its_place(metric: str, name: str, value: Any, told: str) -> None:
    assert damage_of(METRICS[metric], GOOD[metric] | {name: value}, THRESHOLDS) == told


def test_contradictions_that_are_whole_pass() -> None:
    record = GOOD["distinction"] | {"witnesses": [CONTRADICTION]}
    assert damage_of(METRICS["distinction"], record, THRESHOLDS) is None


def test_shares_of_older_files_may_be_whole_numbers_or_yes_and_no() -> None:
    record = GOOD["compression"] | {"agree": [1, 0, True], "disagreement": [0, None, 0.5]}
    assert damage_of(METRICS["compression"], record, THRESHOLDS) is None
