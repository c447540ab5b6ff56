"""Boundaries are listed, counted and drawn from as ever; see tests/sequences/test_golden.py."""

from __future__ import annotations

import hashlib
import sys
from typing import Any

import numpy as np
import pytest

from nerode.worlds.boundaries import boundary
from nerode.worlds.registry import open_world

BOUNDARIES = {
    ("manhattan", 5): "4e2950acec6f8fb0",
    ("manhattan", 12): "ee96a1e65533adbb",
    ("cayley", 6): "538c5fa816dcf680",
    ("connect-four", 4): "489d480a34bdb263",
}


@pytest.mark.slow
@pytest.mark.parametrize("few", [0, 500])
@pytest.mark.parametrize("case", BOUNDARIES, ids=lambda case: " ".join(map(str, case)))
def test_boundaries_keep_their_counts_their_order_and_their_draws(
    case: tuple[str, int], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[boundary.__module__], "_FEW_PREFIXES", few)
    world: Any = open_world(case[0])
    rng = np.random.default_rng(3)
    found = hashlib.sha256()
    for _ in range(40):
        pair = world.sample_state(rng), world.sample_state(rng)
        between = boundary(world, *pair, case[1])
        drawn = between.sample(rng, min(between.total, 20))
        found.update(repr((between.counts, drawn)).encode())
        if between.total < 5000:
            found.update(repr(list(between.strings())).encode())
    assert found.hexdigest()[:16] == BOUNDARIES[case]
