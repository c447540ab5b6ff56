"""The dose of detours: counts by hand, truths that are known, intervals that cover."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from nerode.metrics.detours import (
    DETOUR_KINDS,
    DETOUR_SHARES,
    DETOURS,
    DETOURS_MET,
    DetoursResult,
    group_of,
    measure,
)
from nerode.metrics.metric import in_order
from nerode.metrics.setting import Setting
from nerode.models.baselines.simple import NoisyOracle, Oracle
from nerode.schema.trial import AnyTrial
from nerode.schema.trial import PlainTrial as Record
from nerode.sequences.dataset import draw_sequences
from nerode.stats.estimate import estimate_of_ratio
from nerode.worlds.streets.street_map import StreetMap
from tests.metrics.conftest import setting_of, typed


def summarise(setting: Setting, trials: Iterable[AnyTrial]) -> DetoursResult:
    """The result, of dictionaries too."""
    return DETOURS.summarise(setting, typed(DETOURS, trials))


def record_of(trial: int, trips: dict[str, tuple[bool, int, int]]) -> Record:
    """A trial whose trips (arrived, own symbols, replaced ones) are the same of both kinds."""
    told = {share: trips.get(share, (True, 4, 0)) for share in DETOUR_SHARES}
    arrived = {share: trip[0] for share, trip in told.items()}
    symbols = {share: list(trip[1:]) for share, trip in told.items()}
    return {
        "trial": trial,
        **dict.fromkeys(DETOUR_KINDS, arrived),
        "symbols": dict.fromkeys(DETOUR_KINDS, symbols),
    }


def test_counts_by_hand(town: StreetMap) -> None:
    records: list[Record] = [
        record_of(0, {"0.1": (False, 1, 1), "0.5": (True, 2, 2), "0.75": (False, 0, 7)}),
        record_of(1, {"0.1": (True, 3, 1), "0.5": (False, 5, 5), "0.75": (True, 6, 4)}),
        {"trial": 2, "skipped": "no way"},
    ]
    found = summarise(setting_of(town), records)
    survival = found.survival["random"]
    told = {met: (each.value, each.n, each.skipped) for met, each in survival.items()}
    assert told == {
        "0": (1.0, 4, 1),
        "1": (0.5, 2, 1),
        "2": (1.0, 1, 1),
        "3-5": (0.5, 2, 1),
        "6+": (0.0, 1, 1),
    }
    replaced = found.replaced["adversarial"]
    assert list(replaced) == list(DETOUR_SHARES)[1:]
    assert [(each.value, each.n) for each in replaced.values()] == [
        (0.0, 8),
        (2 / 6, 6),
        (7 / 14, 14),
        (11 / 17, 17),
    ]


def test_every_number_of_detours_has_its_group() -> None:
    assert [group_of(met) for met in range(8)] == ["0", "1", "2", "3-5", "3-5", "3-5", "6+", "6+"]
    assert {group_of(met) for met in range(200)} == set(DETOURS_MET)


def test_trials_that_do_not_say_it_have_no_survival(town: StreetMap) -> None:
    setting = setting_of(town)
    old = [record_of(trial, {}) for trial in range(5)]
    for record in old:
        del record["symbols"]
    before = summarise(setting, old)
    assert set(before.estimates()) == set(DETOUR_KINDS)
    assert before.arrived["random"]["0.5"].n == 5
    # A run that is given more trials later: the new ones count, the old ones are told of.
    after = summarise(setting, [*old, record_of(5, {}), record_of(6, {})])
    assert after.arrived["random"]["0.5"].n == 7
    none = after.survival["random"]["0"]
    assert (none.value, none.n, none.skipped) == (1.0, 10, 5)


def test_nobody_fails_whom_no_symbol_can_lead_astray(town: StreetMap) -> None:
    trips = draw_sequences(town, "shortest", 40, 1)
    found = DETOURS.run(setting_of(town, sequences=trips, trials=40), Oracle(town))
    for kind in DETOUR_KINDS:
        assert all(each.value in (1.0, None) for each in found.survival[kind].values())
        assert (found.survival[kind]["6+"].n or 0) > 10
        shares = [each.value or 0.0 for each in found.replaced[kind].values()]
        # Less than was asked for: where the trip is over, and where a single street leaves.
        assert all(one < float(p) for one, p in zip(shares[2:], ("0.5", "0.75"), strict=True))


def test_trips_of_one_trial_are_one_observation(town: StreetMap) -> None:
    """Five equal trips of each of 40 trials know no more than 40 trips."""
    equal = [dict.fromkeys(DETOUR_SHARES, (arrived, 3, 0)) for arrived in (True, False)]
    records = [record_of(trial, equal[trial % 2]) for trial in range(40)]
    found = summarise(setting_of(town), records).survival["random"]["0"]
    alone = summarise(setting_of(town), records).arrived["random"]["0"]
    assert (found.n, alone.n) == (200, 40)
    assert found.low == pytest.approx(alone.low, abs=0.02)
    assert found.high == pytest.approx(alone.high, abs=0.02)


@pytest.mark.long
@pytest.mark.parametrize("trials", [20, 64])
def test_intervals_cover(town: StreetMap, trials: int) -> None:
    """Evaluations drawn from a pool of real trials, whose own shares are the truth."""
    sequences = draw_sequences(town, "shortest", 400, 1, fewer=True)
    setting = setting_of(town, sequences=sequences, trials=len(sequences))
    pool = in_order(measure(setting, NoisyOracle(town, 0.1, seed=2), range(len(sequences))))
    truth = summarise(setting, pool)
    rng = np.random.default_rng(5)
    hits: dict[tuple[str, ...], list[bool]] = {}
    for _ in range(400):
        drawn = summarise(setting, [pool[at] for at in rng.integers(0, len(pool), trials)])
        for name in ("replaced", "survival"):
            for kind, each in getattr(drawn, name).items():
                for key, found in each.items():
                    true = getattr(truth, name)[kind][key].value
                    if found.value is not None and found.n >= trials // 2:
                        inside = found.low <= true <= found.high
                        hits.setdefault((name, kind, key), []).append(inside)
    shares: dict[Any, float] = {
        key: float(np.mean(inside)) for key, inside in hits.items() if len(inside) > 200
    }
    assert len(shares) >= 12
    assert min(shares.values()) >= 0.92, shares  # 0.95 less three standard errors of 400 draws


@pytest.mark.slow
def test_the_interval_of_a_ratio_is_hardly_wider_than_it_must_be() -> None:
    """Independent symbols, replaced with 1 %: what is known of 4,000 of them, in 200 trials."""
    rng = np.random.default_rng(1)
    ideal = 2 * 1.96 * np.sqrt(0.01 * 0.99 / 4000)
    widths, inside = [], []
    for _ in range(200):
        sizes = rng.integers(5, 36, 200)
        found = estimate_of_ratio(rng.binomial(sizes, 0.01), sizes)
        assert found.low is not None
        assert found.high is not None
        widths.append(found.high - found.low)
        inside.append(found.low <= 0.01 <= found.high)
    assert np.mean(widths) < 1.3 * ideal
    assert np.mean(inside) > 0.92
    assert estimate_of_ratio([0, 0], [0, 0], skipped=3).as_dict() == {
        "value": None, "low": None, "high": None, "n": 0, "skipped": 3,
    }  # fmt: skip
