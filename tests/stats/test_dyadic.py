"""Intervals of trials that share one of their two things with others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import t as student

from nerode.errors import InvalidParameter
from nerode.metrics.compression import COMPRESSION
from nerode.metrics.outcomes import Outcomes
from nerode.stats.dyadic import estimate_of_pairs, paired_difference_of_pairs
from nerode.stats.estimate import (
    Answers,
    Estimate,
    _clopper_pearson,
    estimate,
    estimate_of_dependent,
    paired_difference,
)

Things = list[tuple[int, int]]


def apart(n: int) -> Things:
    return [(2 * each, 2 * each + 1) for each in range(n)]


@pytest.mark.slow
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
    off = [value - mean for value in values]
    products = max(
        sum(off[i] * off[j] for i, j in near),
        sum(off[i] * off[j] for i, j in same),
        sum(each**2 for each in off),
    )
    return estimate_of_dependent(np.array(values), n**2 / len(near), lambda _: products, skipped=0)


def test_trials_are_worth_as_many_as_their_design_effect_leaves() -> None:
    """By hand: two clusters of three yes/no trials, four of six right, one cluster all right."""
    values = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    found = estimate_of_pairs(values, np.array(apart(2)).repeat(3, axis=0))
    middling, products = 3, 2 * (3 - 3 * 4 / 6) ** 2
    beyond = (1 / 3) ** 2 + (2 / 3) ** 2
    effect = (products + middling**2 * beyond) / (6 * 4 / 6 * 2 / 6 + middling * beyond)
    few = [(n - 1) / n / float(student.ppf(0.975, n - 1)) ** 2 for n in (2, 6)]
    trials = 6 / effect * few[0] / few[1]
    low, high = _clopper_pearson(trials * 4 / 6, trials)
    assert [found.low, found.high] == pytest.approx([low, high])


@pytest.mark.slow
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


@pytest.mark.slow
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


def answers(values: NDArray[np.float64]) -> Answers:
    return Answers(values, np.ones(values.size))


def test_differences_of_trials_that_share_nothing_are_independent() -> None:
    rng = np.random.default_rng(0)
    first, second = (answers(rng.random(50)) for _ in range(2))
    found = paired_difference_of_pairs(first, second, apart(50), 50)
    plain = paired_difference(first, second, 50)
    assert (found.value, found.n) == (plain.value, plain.n)
    for name in ("low", "high", "p"):
        assert getattr(found, name) == pytest.approx(getattr(plain, name), abs=1e-9)


@pytest.mark.long
def test_models_that_err_by_source_differ_by_chance_one_time_in_twenty() -> None:
    """Each is wrong about a tenth of 60 sources; trials are independent only of other sources."""
    rng = np.random.default_rng(1)
    pages, certain, as_if_independent = 300, 0, 0
    for _ in range(pages):
        ends = np.array([rng.choice(60, 2, replace=False) for _ in range(150)])
        wrong = rng.random((2, 60)) < 0.1
        runs = [Outcomes(COMPRESSION, 150, 0) for _ in range(2)]
        for run, bad in zip(runs, wrong, strict=True):
            for trial, end in enumerate(ends):
                apart_ = float(bad[end].any())
                run.see(
                    {
                        "trial": trial,
                        "histories": "",
                        "state": f"{trial}",
                        "sources": end.tolist(),
                        "agree": [apart_ == 0],
                        "disagreement": [apart_],
                    }
                )
        certain += runs[0].difference(runs[1], ("disagreement",)).certain
        plain = [run.parts(("disagreement",)) for run in runs]
        as_if_independent += paired_difference(plain[0], plain[1], 150).certain
    assert certain / pages <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / pages)
    assert as_if_independent > 3 * certain, "the test can fail"
