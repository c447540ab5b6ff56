from __future__ import annotations

from typing import Any

import pytest

from nerode.models.hf.gpt2 import GPT2_SPREAD, network, spread_of
from nerode.models.hf.shape import Shape


def deviation(width: int, spread: float) -> float:
    """Standard deviation of the first layer's query, key and value weights."""
    made: Any = network(("a", "b"), Shape(1, width, 4), 16, 0, spread)
    return float(made.transformer.h[0].attn.c_attn.weight.detach().std())


@pytest.mark.parametrize("width", [64, 128])
def test_narrow_networks_begin_with_larger_weights(width: int) -> None:
    assert deviation(width, spread_of(width)) == pytest.approx(spread_of(width), rel=0.03)
    # The sum of `width` products has the deviation that GPT-2's has at its own width.
    assert spread_of(width) * width**0.5 == pytest.approx(0.02 * 768**0.5)


def test_wide_ones_and_those_that_are_never_trained_are_as_the_library_makes_them() -> None:
    assert spread_of(768) == spread_of(1600) == GPT2_SPREAD == 0.02
    assert deviation(64, GPT2_SPREAD) == pytest.approx(0.02, rel=0.03)
