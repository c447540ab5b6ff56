"""What is kept of passing trials is what one would make of all of them at once."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType, structs

from nerode.metrics.walk.clusters import Clusters, Shared
from nerode.metrics.walk.summary import MOST_WITNESSES, PairSummary, Shortest
from nerode.metrics.walk.trials import PairTrial, Witness
from nerode.schema.drawing import Contradiction
from nerode.schema.trial import SkippedTrial, ThresholdShares
from nerode.stats.dyadic import estimate_of_pairs
from nerode.stats.estimate import estimate

WORDS = st.lists(st.sampled_from("ab"), min_size=1, max_size=4).map(" ".join)
VALUES = st.lists(st.none() | st.floats(0, 1), min_size=2, max_size=2)


class PairOf(PairTrial, frozen=True, kw_only=True):
    """A trial about two histories that has one score and whatever contradictions are given."""

    share: ThresholdShares = msgspec.field(default_factory=list)
    found: list[Witness] = msgspec.field(default_factory=list)

    @property
    def contradictions(self) -> list[Witness]:
        """Those that are given."""
        return self.found


def pair_of(
    histories: tuple[str, str] = ("a", "b"),
    state: str | UnsetType = UNSET,
    sources: tuple[int, int] | UnsetType = UNSET,
    **more: Any,
) -> PairOf:
    return PairOf(trial=0, histories=histories, state=state, sources=sources, **more)


def witness_of(continuation: str, kind: str = "missed") -> Witness:
    return Witness(kind=kind, continuation=continuation, world=(True, False), model=(0.5, 0.0))


WITNESSES = st.builds(witness_of, WORDS, st.integers().map(str))
PAIRS = st.builds(
    pair_of,
    st.tuples(WORDS, WORDS),
    st.just(UNSET) | st.sampled_from("pqr"),
    share=VALUES,
    found=st.lists(WITNESSES, max_size=2),
)
TRIALS = st.lists(PAIRS | st.just(SkippedTrial(trial=0, skipped="why")), max_size=60)


def dumb_labels(states: list[str | UnsetType]) -> list[int]:
    names: dict[str, int] = {}
    return [
        -1 - number if state is UNSET else names.setdefault(state, len(names))
        for number, state in enumerate(states)
    ]


def dumb_witnesses(trials: list[PairOf]) -> list[Contradiction]:
    found = [
        Contradiction(
            **structs.asdict(witness), history1=trial.histories[0], history2=trial.histories[1]
        )
        for trial in trials
        for witness in trial.found
    ]

    def size(witness: Contradiction) -> tuple[int, int]:
        histories = len(witness.history1.split()) + len(witness.history2.split())
        return histories + len(witness.continuation.split()), histories

    return sorted(found, key=size)[:MOST_WITNESSES]


def summary_of(trials: list[PairOf | SkippedTrial], thresholds: int) -> PairSummary:
    summary = PairSummary({"name": "share"}, thresholds, 0)
    for _ in summary.run(trials):
        pass
    return summary


@pytest.mark.slow
@given(TRIALS)
def test_one_pass_gives_what_all_trials_at_once_give(trials: list[PairOf | SkippedTrial]) -> None:
    summary = summary_of(trials, 2)
    kept = [trial for trial in trials if not isinstance(trial, SkippedTrial)]
    labels, skipped = dumb_labels([trial.state for trial in kept]), len(trials) - len(kept)
    assert summary.curve() == {
        "name": tuple(
            estimate([trial.share[at] for trial in kept], clusters=labels, skipped=skipped)
            for at in (0, 1)
        )
    }
    assert list(summary.witnesses) == dumb_witnesses(kept)


@pytest.mark.slow
@given(st.lists(st.just(UNSET) | st.sampled_from("pqrst"), max_size=30))
def test_clusters_are_numbered_as_they_come(states: list[str | UnsetType]) -> None:
    clusters = Clusters()
    for state in states:
        clusters.see(pair_of(state=state))
    ranks = [
        np.unique(labels, return_inverse=True)[1].tolist()
        for labels in (clusters.labels(), np.array(dumb_labels(states), dtype=np.int64))
    ]
    assert ranks[0] == ranks[1]


def test_of_many_contradictions_the_shortest_stay() -> None:
    lengths = np.random.default_rng(0).integers(1, 9, 500).tolist()
    shortest = Shortest()
    for number, length in enumerate(lengths):
        witness = witness_of(" ".join("a" * length), str(number))
        shortest.see(pair_of(("a", "a b"), found=[witness]))
    expected = sorted(range(500), key=lambda number: lengths[number])[:20]
    assert [int(witness.kind) for witness in shortest.kept] == expected


def test_a_history_counts_before_a_continuation_of_the_same_length() -> None:
    shortest = Shortest()
    for first, text in (("a b", "a"), ("a", "a b")):
        shortest.see(pair_of((first, "a"), found=[witness_of(text)]))
    assert [witness.history1 for witness in shortest.kept] == ["a", "a b"]


def test_no_trial_is_undefined() -> None:
    summary = summary_of([SkippedTrial(trial=0, skipped="why")], 3)
    scores = [(over.value, over.n, over.skipped) for over in summary.curve()["name"]]
    assert scores == [(None, 0, 1)] * 3
    assert summary.witnesses == ()


def test_a_value_too_many_is_no_silent_shift() -> None:
    summary = summary_of([pair_of(share=[0.5] * 4)], 3)
    with pytest.raises(ValueError, match="reshape"):
        summary.curve()


def test_trials_that_share_a_source_have_wider_intervals_than_trials_that_do_not() -> None:
    rng = np.random.default_rng(0)
    wrong = rng.random(30) < 0.3  # of 30 sources, whatever the trial
    ends = np.array([rng.choice(30, 2, replace=False) for _ in range(200)])
    values = (wrong[ends[:, 0]] != wrong[ends[:, 1]]).astype(float)
    shared, apart = Shared(), Shared()
    for number, (one, other) in enumerate(ends.tolist()):
        shared.see(pair_of(state=str(number), sources=(one, other)))
        apart.see(pair_of(state=str(number)))
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
    for sources in ((3, 3), (3, 4), (5, 5), UNSET):
        shared.see(pair_of(state="q", sources=sources))
    assert shared.estimate(np.array([0.0, 1.0, 1.0, np.nan])).n == 3


def test_a_ratio_knows_what_trials_share() -> None:
    """Trials that tell the same twice say as much as half of them."""
    rng = np.random.default_rng(2)
    parts = rng.random(60) ** 8
    sizes = 1 + 4 * rng.random(60)
    twice = np.repeat(parts, 2), np.repeat(sizes, 2)
    alone, by_state, by_source, at_random = (Shared() for _ in range(4))
    for number in range(60):
        alone.see(pair_of())
        for _ in range(2):
            by_state.see(pair_of(state=str(number)))
            by_source.see(pair_of(state=str(number), sources=(2 * number, 2 * number + 1)))
            at_random.see(pair_of())
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
