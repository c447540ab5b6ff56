"""Intervals of trials that share one of their two things with others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import t as student

from nerode.errors import InvalidParameter
from nerode.metrics.estimate import Estimate, _clopper_pearson, estimate
from nerode.metrics.estimate_pairs import estimate_of_pairs

Things = list[tuple[int, int]]


def apart(n: int) -> Things:
    return [(2 * each, 2 * each + 1) for each in range(n)]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_trials_that_share_nothing_are_independent(values: list[float]) -> None:
    assert close(estimate_of_pairs(values, apart(len(values))), estimate(values))


def test_trials_that_share_both_things_are_one_cluster() -> None:
    rng = np.random.default_rng(0)
    values = (rng.random(60) < rng.random(12).repeat(5)).astype(float)
    things = np.array(apart(12)).repeat(5, axis=0)
    turned = np.where(rng.random((60, 1)) < 1 / 2, things, things[:, ::-1])
    assert close(estimate_of_pairs(values, turned), estimate(values, clusters=things[:, 0]))


def close(one: Estimate, other: Estimate) -> bool:
    return one.as_dict() == pytest.approx(other.as_dict(), abs=1e-9)


def dumb(values: list[float], things: Things) -> Estimate:
    """The same, every trial beside every other one."""
    n, mean = len(values), float(np.mean(values))
    near = [(i, j) for i in range(n) for j in range(n) if set(things[i]) & set(things[j])]
    same = [(i, j) for i, j in near if set(things[i]) == set(things[j])]
    count = n**2 / len(near)
    trials = count
    if 0 < mean < 1:
        size = n / count
        centre = (sum(values) + size) / (n + 2 * size)
        off = [value - centre for value in values]
        spread = max(
            sum(off[i] * off[j] for i, j in near),
            sum(off[i] * off[j] for i, j in same),
            sum(each**2 for each in off),
        )
        spread += size**2 * (centre**2 + (1 - centre) ** 2)
        trials = centre * (1 - centre) * (count + 2) / count * n**2 / spread
        if count <= 1:
            trials = min(trials, 1)
        elif size > 1:
            few = student.ppf(0.975, max(1, count - 1))
            trials *= (student.ppf(0.975, n - 1) / few) ** 2
    low, high = _clopper_pearson(mean * trials, trials)
    return Estimate(mean, min(low, mean), max(high, mean), n)


@given(st.data(), st.integers(2, 12))
def test_sums_are_those_of_every_trial_beside_every_other(data: st.DataObject, most: int) -> None:
    thing = st.integers(0, most - 1)
    pairs = st.tuples(thing, thing).filter(lambda pair: pair[0] != pair[1])
    things = data.draw(st.lists(pairs, min_size=1, max_size=25))
    drawn = st.lists(st.sampled_from([0.0, 0.2, 0.5, 1.0]), min_size=25, max_size=25)
    values = data.draw(drawn)[: len(things)]
    assert close(estimate_of_pairs(values, things), dumb(values, things))


def shared_by(things: int, trials: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Pairs of different things, each as probable as the others."""
    first = rng.integers(things, size=trials)
    return np.stack([first, (first + rng.integers(1, things, trials)) % things], axis=1)


@pytest.mark.parametrize(("things", "trials"), [(30, 30), (60, 200), (400, 300)])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.98])
def test_intervals_cover_what_hangs_on_both_things(things: int, trials: int, share: float) -> None:
    """Every thing is understood or is not: a trial is right where both are, share² of the time."""
    rng = np.random.default_rng(0)
    hits = alone = 0
    repeats = 800
    for _ in range(repeats):
        understood = rng.random(things) < share
        pairs = shared_by(things, trials, rng)
        values = understood[pairs].all(axis=1).astype(float)
        hits += covers(estimate_of_pairs(values, pairs), share**2)
        alone += covers(estimate(values), share**2)
    # 95 % less three standard errors of this simulation
    assert hits / repeats > 0.95 - 3 * np.sqrt(0.95 * 0.05 / repeats)
    if (things, trials) == (60, 200):
        assert alone / repeats < 0.87, "no need to know what they share"


def covers(found: Estimate, truth: float) -> bool:
    assert found.low is not None
    assert found.high is not None
    return found.low <= truth <= found.high


def test_of_equal_values_what_they_share_counts() -> None:
    """Ten trials about one thing know as much as one."""
    found = estimate_of_pairs([1.0] * 10, [(0, each) for each in range(1, 11)])
    assert (found.value, found.high, found.n) == (1.0, 1.0, 10)
    assert found.low == pytest.approx(0.025)


def test_undefined_values_take_their_things_with_them() -> None:
    values, things = [1.0, None, 0.0, 1.0], [(0, 1), (0, 2), (3, 4), (5, 6)]
    found = estimate_of_pairs(values, things, skipped=2)
    assert close(found, estimate([1.0, 0.0, 1.0], skipped=3))
    assert estimate_of_pairs([None], [(0, 1)]) == Estimate(None, None, None, 0, 1)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"values in \[0, 1\], got 0 to 2"):
        estimate_of_pairs([0, 2], apart(2))
    with pytest.raises(InvalidParameter, match=r"shape \(2, 2\), got \(3, 2\)"):
        estimate_of_pairs([0, 1], apart(3))
    with pytest.raises(InvalidParameter, match="got one twice"):
        estimate_of_pairs([0, 1], [(0, 1), (2, 2)])
