"""What is kept of passing records is what one would make of all of them at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerode.metrics.acceptance import Acceptance
from nerode.metrics.setting import Record
from nerode.metrics.summary.clusters import Clusters, Shared, gathered
from nerode.metrics.summary.shortest import MOST_WITNESSES, Shortest
from nerode.stats.dyadic import estimate_of_pairs
from nerode.stats.estimate import estimate
from nerode.worlds.cayley import Cayley
from tests.metrics.conftest import setting_of

WORDS = st.lists(st.sampled_from("ab"), min_size=1, max_size=4).map(" ".join)
VALUES = st.lists(st.none() | st.floats(0, 1), min_size=2, max_size=2)


@st.composite
def one_record(draw: st.DrawFn) -> Record:
    record: Record = {"histories": [draw(WORDS), draw(WORDS)], "share": draw(VALUES)}
    state = draw(st.none() | st.sampled_from("pqr"))
    if state is not None:
        record["state"] = state
    found = [{"continuation": draw(WORDS), "nth": draw(st.integers())} for _ in range(2)]
    return record | draw(st.sampled_from([{}, {"witness": found[0]}, {"witnesses": found}]))


RECORDS = st.lists(one_record() | st.just({"skipped": "why"}), max_size=60)


def dumb_labels(records: list[Record]) -> list[int]:
    names: dict[str, int] = {}
    return [
        names.setdefault(record["state"], len(names)) if "state" in record else -1 - number
        for number, record in enumerate(records)
    ]


def dumb_witnesses(records: list[Record]) -> list[Record]:
    found = [
        {**witness, "history1": record["histories"][0], "history2": record["histories"][1]}
        for record in records
        for witness in ([record["witness"]] if "witness" in record else record.get("witnesses", []))
    ]

    def size(witness: Record) -> tuple[int, int]:
        told = len(witness["history1"].split()) + len(witness["history2"].split())
        return told + len(witness["continuation"].split()), told

    return sorted(found, key=size)[:MOST_WITNESSES]


@pytest.mark.slow
@given(RECORDS)
def test_one_pass_gives_what_all_records_at_once_give(records: list[Record]) -> None:
    setting = setting_of(Cayley(3), acceptance=Acceptance(0.1, (0.2,)))
    curve, witnesses = gathered(setting, iter(records), {"name": "share"})
    kept = [record for record in records if "skipped" not in record]
    labels, skipped = dumb_labels(kept), len(records) - len(kept)
    assert curve == {
        "name": tuple(
            estimate([record["share"][at] for record in kept], clusters=labels, skipped=skipped)
            for at in (0, 1)
        )
    }
    assert list(witnesses) == dumb_witnesses(kept)


@given(st.lists(st.none() | st.sampled_from("pqrst"), max_size=30))
def test_clusters_are_numbered_as_they_come(states: list[Any]) -> None:
    records = [{} if state is None else {"state": state} for state in states]
    clusters = Clusters()
    for record in records:
        clusters.see(record)
    ranks = [
        np.unique(labels, return_inverse=True)[1].tolist()
        for labels in (clusters.labels(), np.array(dumb_labels(records), dtype=np.int64))
    ]
    assert ranks[0] == ranks[1]


def test_of_many_contradictions_the_shortest_stay() -> None:
    lengths = np.random.default_rng(0).integers(1, 9, 500).tolist()
    shortest = Shortest()
    for number, length in enumerate(lengths):
        text = " ".join("a" * length)
        shortest.see({"histories": ["a", "a b"], "witness": {"continuation": text, "nth": number}})
    expected = sorted(range(500), key=lambda number: lengths[number])[:20]
    assert [witness["nth"] for witness in shortest.kept] == expected


def test_a_history_counts_before_a_continuation_of_the_same_length() -> None:
    shortest = Shortest()
    for first, text in (("a b", "a"), ("a", "a b")):
        shortest.see({"histories": [first, "a"], "witness": {"continuation": text}})
    assert [witness["history1"] for witness in shortest.kept] == ["a", "a b"]


def test_nothing_gathered_is_undefined() -> None:
    setting = setting_of(Cayley(3))
    curve, witnesses = gathered(setting, iter([{"skipped": "why"}]), {"name": "share"})
    assert [(over.value, over.n, over.skipped) for over in curve["name"]] == [(None, 0, 1)] * 3
    assert witnesses == ()


def test_a_value_too_many_is_no_silent_shift() -> None:
    records = [{"histories": ["a", "b"], "share": [0.5] * 4}]
    with pytest.raises(ValueError, match="reshape"):
        gathered(setting_of(Cayley(3)), records, {"name": "share"})


def test_trials_that_share_a_source_have_wider_intervals_than_trials_that_do_not() -> None:
    rng = np.random.default_rng(0)
    wrong = rng.random(30) < 0.3  # of 30 sources, whatever the trial
    ends = np.array([rng.choice(30, 2, replace=False) for _ in range(200)])
    values = (wrong[ends[:, 0]] != wrong[ends[:, 1]]).astype(float)
    records: list[Record] = [{"state": str(i), "sources": e.tolist()} for i, e in enumerate(ends)]
    shared, apart = Shared(), Shared()
    for record in records:
        shared.see(record)
        apart.see({"state": record["state"]})
    wide, narrow = shared.estimate(values), apart.estimate(values)
    assert (wide.value, wide.n) == (narrow.value, narrow.n)
    assert wide == estimate_of_pairs(values, ends)
    assert narrow == estimate(values)
    assert wide.high is not None and wide.low is not None  # noqa: PT018
    assert narrow.high is not None and narrow.low is not None  # noqa: PT018
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)
    some = np.arange(200) < 50
    assert shared.estimate(values[some], some) == estimate_of_pairs(values[:50], ends[:50])


def test_two_histories_of_one_source_are_a_trial_like_any_other() -> None:
    shared = Shared()
    for sources in ([3, 3], [3, 4], [5, 5], None):
        shared.see({"state": "q"} | ({} if sources is None else {"sources": sources}))
    assert shared.estimate(np.array([0.0, 1.0, 1.0, np.nan])).n == 3


def test_a_ratio_knows_what_trials_share() -> None:
    """Trials that tell the same twice say as much as half of them."""
    rng = np.random.default_rng(2)
    parts = rng.random(60) ** 8
    sizes = 1 + 4 * rng.random(60)
    twice = np.repeat(parts, 2), np.repeat(sizes, 2)
    alone, by_state, by_source, at_random = (Shared() for _ in range(4))
    for number in range(60):
        alone.see({})
        for _ in range(2):
            by_state.see({"state": str(number)})
            by_source.see({"state": str(number), "sources": [2 * number, 2 * number + 1]})
            at_random.see({})
    once = alone.rate(parts, sizes)
    assert once.value == pytest.approx(parts.sum() / sizes.sum())
    assert once.low is not None
    assert once.high is not None
    for shared in (by_state, by_source):
        found = shared.rate(*twice)
        assert found.value == pytest.approx(once.value)
        assert found.n == 120
        assert found.low == pytest.approx(once.low, rel=0.1)
        assert found.high == pytest.approx(once.high, rel=0.1)
    narrow = at_random.rate(*twice)
    assert narrow.low is not None
    assert narrow.high is not None
    assert narrow.high - narrow.low < 0.85 * (once.high - once.low)
