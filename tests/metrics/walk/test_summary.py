"""Scores by length of history: every trial in one bin, each bin the estimate of its trials."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nerode.metrics.acceptance import Acceptance
from nerode.metrics.compression import COMPRESSION, CompressionTrial
from nerode.metrics.walk.summary import MOST_BINS, TRIALS_A_BIN, PairSummary, binned
from nerode.models.baselines.simple import NoisyOracle
from nerode.schema.trial import SkippedTrial
from nerode.stats.estimate import estimate
from nerode.worlds.cayley import Cayley
from tests.metrics.conftest import setting_of


def trial_of(
    number: int, lengths: tuple[int, int], values: list[bool | float | None], state: str
) -> CompressionTrial:
    """A trial whose histories have these lengths."""
    first, second = (" ".join("a" * n) for n in lengths)
    histories = (first, second)
    return CompressionTrial(
        trial=number, state=state, histories=histories, agree=values, disagreement=[]
    )


@given(st.lists(st.integers(1, 40), min_size=1, max_size=300))
def test_bins_are_in_order_and_of_about_one_size(drawn: list[int]) -> None:
    lengths = np.array(drawn)
    bins = binned(lengths)
    assert set(bins) == set(range(bins.max() + 1))
    assert bins.max() < MOST_BINS
    order = np.argsort(lengths, kind="stable")
    assert (np.diff(bins[order]) >= 0).all()
    assert all(len(set(bins[lengths == length])) == 1 for length in set(drawn))


def test_bins_hold_as_many_trials_each_where_lengths_allow() -> None:
    assert np.bincount(binned(np.arange(600))).tolist() == [100] * MOST_BINS
    assert np.bincount(binned(np.arange(3 * TRIALS_A_BIN))).tolist() == [TRIALS_A_BIN] * 3
    assert binned(np.arange(TRIALS_A_BIN - 1)).max() == 0
    assert binned(np.zeros(0, dtype=np.int64)).size == 0


def test_each_bin_is_the_estimate_of_its_trials() -> None:
    rng = np.random.default_rng(0)
    pairs = [(int(a), int(b)) for a, b in rng.integers(1, 30, (200, 2))]
    values = [None if rng.random() < 0.1 else float(rng.random()) for _ in pairs]
    states = [f"s{rng.integers(20)}" for _ in pairs]
    trials: list[CompressionTrial | SkippedTrial] = [
        trial_of(number, pair, [0.0, v], state)
        for number, (pair, v, state) in enumerate(zip(pairs, values, states, strict=True))
    ]
    skipped = SkippedTrial(trial=200, skipped="why")
    trials.insert(5, skipped)
    summary = PairSummary({"precision": "agree"}, 2, 1)
    assert list(summary.run(trials)) == [trial for trial in trials if trial is not skipped]
    assert summary.skipped == 1
    found = summary.by_length()
    assert len(found.spans) == MOST_BINS
    assert sum(each.n + each.skipped for each in found.curve["precision"]) == 200
    for (low, high), told in zip(found.spans, found.curve["precision"], strict=True):
        members = [at for at, pair in enumerate(pairs) if low <= max(pair) <= high]
        expected = estimate(
            [values[at] for at in members], clusters=[int(states[at][1:]) for at in members]
        )
        assert told == expected


def test_no_trial_no_bin() -> None:
    summary = PairSummary({"precision": "agree"}, 1, 0)
    assert not list(summary.run([SkippedTrial(trial=0, skipped="why")]))
    assert summary.by_length().spans == ()
    assert summary.cut == 0


def test_compression_tells_its_scores_by_length() -> None:
    world = Cayley(4)
    setting = setting_of(world, acceptance=Acceptance(0.01, (0.1,)), trials=60, samples=4)
    found = COMPRESSION.run(setting, NoisyOracle(world, 0.2, 0))
    by_length = found.lengths
    for name, whole in ((name, over[found.main]) for name, over in found.curve.items()):
        parts = by_length.curve[name]
        assert sum(part.n for part in parts) == whole.n == 60
        mean = sum((part.value or 0) * part.n for part in parts) / whole.n
        assert abs(mean - (whole.value or 0)) < 1e-12
