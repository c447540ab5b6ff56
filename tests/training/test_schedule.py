from __future__ import annotations

import time

import pytest

from nerode.training.schedule import CLOCKS, WARM_UP, TrainingClock, rate


def test_the_rate_rises_and_falls_to_zero() -> None:
    assert 0 < rate(0) < 0.02
    assert rate(WARM_UP / 2) == pytest.approx(0.5)
    assert rate(WARM_UP) == 1
    assert rate((1 + WARM_UP) / 2) == pytest.approx(0.5)
    assert rate(1) == pytest.approx(0, abs=1e-12)


def test_progress_in_steps() -> None:
    clock = TrainingClock(seconds=None, steps=8)
    assert [clock.progress(step) for step in (0, 2, 8, 9)] == [0, 0.25, 1, 1]


@pytest.mark.parametrize("name", ["wall", "cpu"])
def test_progress_in_seconds_counts_earlier_runs(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    now = 100.0
    monkeypatch.setitem(CLOCKS, name, lambda: now)
    clock = TrainingClock(seconds=60, steps=None, before=15, clock=name)
    assert clock.progress(1000) == 0.25
    clock.start()
    now = 130.0
    clock.start()  # a second start changes nothing
    assert clock.elapsed == 45
    assert clock.progress(0) == 0.75
    now = 200.0
    assert clock.progress(0) == 1


@pytest.mark.slow
def test_processor_time_does_not_pass_while_nothing_is_done() -> None:
    clock = TrainingClock(seconds=60, steps=None, clock="cpu")
    clock.start()
    time.sleep(0.3)
    waited = clock.elapsed
    assert waited < 0.2
    sum(range(3_000_000))
    assert clock.elapsed > waited
