"""The simulation of coverage counts right, and finds every interval of a record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.coverage_of.listing import intervals, named
from benchmarks.coverage_of.simulate import Found, drawn, leaves, tallied
from nerode.stats.estimate import Estimate, estimate


def test_hits_and_widths_by_hand() -> None:
    held = Estimate(0.5, 0.4, 0.6, 10)
    missed = Estimate(0.3, 0.2, 0.4, 10)
    undefined = Estimate(None, None, None, 0)
    table = tallied([[("a", held, 0.5)], [("a", missed, 0.5)], [("a", undefined, 0.5)]], 10)
    cell = table["a"]
    assert (cell.truth, cell.coverage, cell.repeats) == (0.5, 0.5, 2)
    # Both are 0.2 wide; the score is off by 0 and by 0.2, in the mean square by 0.2 / sqrt(2).
    assert cell.width == pytest.approx(0.2 / (2 * 1.959964 * 0.2 / np.sqrt(2)))
    assert cell.differ == 5
    # Without a truth that is known, the mean of the scores stands for it.
    assert tallied([[("a", held, None)], [("a", missed, None)]], 10)["a"].truth == 0.4


@pytest.mark.slow
def test_an_interval_that_is_too_narrow_is_found_out() -> None:
    pool = np.random.default_rng(0).random(400)

    def evaluate(numbers: NDArray[np.int64]) -> Iterable[Found]:
        found = estimate(pool[numbers])
        assert found.value is not None
        assert found.low is not None
        assert found.high is not None
        yield "ours", found, pool.mean()
        low, high = ((found.value + bound) / 2 for bound in (found.low, found.high))
        yield "half as wide", Estimate(found.value, low, high, found.n), pool.mean()

    table = drawn(evaluate, pool.size, 40, 300)
    assert table["ours"].coverage > 0.92
    assert 1 < table["ours"].width < 1.3
    assert table["half as wide"].coverage < 0.8


def test_no_interval_of_a_record_is_passed_over() -> None:
    one = Estimate(0.5, 0.4, 0.6, 10).as_dict()
    none = Estimate(0.5, None, None, 10).as_dict()
    record = {
        "metrics": {"detours": {"random": {"0": one}}, "reconstruction": {"new": none}},
        "curves": {"epsilon": [0.1], "compression": {"precision": [one, one]}},
        "lengths": {"compression": {"from": [2], "precision": [one]}},
        "answers": {"yes": one, "yes_if_no": one},
        "later": {"something": one},
    }
    found = dict.fromkeys(named(path) for path in intervals(record))
    assert list(found) == [
        "detours random 0",
        "compression precision, at any threshold",
        "compression precision, by length",
        "answers yes, all",
        "answers yes, no is right",
        "later something",
    ]


def test_estimates_are_found_however_deep() -> None:
    one = Estimate(0.5, 0.4, 0.6, 10)

    def paths() -> Iterator[str]:
        yield from (path for path, _ in leaves({"a": one, "b": {"c": {"d": one}}, "e": 3}))

    assert list(paths()) == ["a", "b c d"]
