"""A share of a training's time, with a clock that tests set."""

from __future__ import annotations

import pytest

from nerode.errors import InvalidParameter
from nerode.series import budget as module
from nerode.series.budget import FIRST_SECONDS, LOOK_AGAIN, Budget


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_nothing_is_measured_before_its_cost_is_known(clock: Clock) -> None:
    budget = Budget(0.05)
    clock.now += 19
    assert not budget.look_is_due
    clock.now += 1 + 1e-9
    assert budget.look_is_due
    assert not budget.is_due


def test_a_dear_measurement_waits_and_is_looked_at_again(clock: Clock) -> None:
    budget = Budget(0.1)
    clock.now += 10 + 1e-9
    assert budget.look_is_due
    budget.add_look(0.5, estimate=12.5)
    assert not budget.is_due
    assert not budget.look_is_due
    clock.now += 10 * (LOOK_AGAIN - 1)
    assert not budget.look_is_due, "another look would not keep within the share yet"
    clock.now += 10 * FIRST_SECONDS
    assert budget.look_is_due
    budget.add_look(0.1, estimate=2.5)
    assert not budget.is_due
    clock.now += 10 * 3
    assert budget.is_due


def test_a_long_training_spends_its_share_and_no_more(clock: Clock) -> None:
    budget = Budget(0.05)
    measured = 0
    while budget.elapsed < 10_000:
        clock.now += 1
        if budget.look_is_due:
            clock.now += 0.2
            budget.add_look(0.2, estimate=5)
        if budget.is_due:
            clock.now += 5
            budget.add(5)
            measured += 1
        assert budget.spent <= 0.05 * budget.training + 1e-9, "it takes 5 % longer, and no more"
    assert measured == pytest.approx(0.05 / 1.05 * 10_000 / 5, abs=2)
    assert budget.training == pytest.approx(budget.elapsed - budget.spent)


def test_a_resumed_training_counts_what_was_spent(clock: Clock) -> None:
    budget = Budget(0.05, elapsed=100, spent=6)
    clock.now += 25
    assert not budget.is_due, "6 s are the share of 120 s of training, of which there are 119"
    clock.now += 1.01
    assert budget.is_due
    assert not budget.look_is_due, "what one costs was seen before"


@pytest.mark.parametrize("share", [0, 1, -0.1, 5])
def test_a_share_lies_between_0_and_1(share: float) -> None:
    with pytest.raises(InvalidParameter, match=f"between 0 and 1, got {share}"):
        Budget(share)


def test_a_saved_up_share_is_not_spent_in_a_burst(clock: Clock) -> None:
    budget = Budget(0.1)
    clock.now += 1000
    budget.add_look(0.1, estimate=1)
    assert budget.is_due
    clock.now += 1
    budget.add(1)
    assert not budget.is_due, "the next is paid by the training since this one"
    clock.now += 9
    assert not budget.is_due
    clock.now += 1.01
    assert budget.is_due


@pytest.mark.parametrize("cost", [0.5, 3.0, 20.0])
def test_there_is_room_for_the_last_step(clock: Clock, cost: float) -> None:
    """Wherever the training ends, the measurement behind it keeps within the share too."""
    budget = Budget(0.05, reserved=1)
    budget.add_look(0.2, estimate=cost)
    measured = 0
    for _ in range(2000):
        clock.now += 1
        if budget.is_due:
            clock.now += cost
            budget.add(cost)
            measured += 1
            assert budget.spent + cost <= 0.05 * budget.training + 1e-9
    assert measured == pytest.approx(2000 * 0.05 / cost, rel=0.3, abs=2)
