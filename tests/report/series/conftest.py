"""A series of a model that gets worse, and one of a model that gets better."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nerode.models.baselines.simple import NoisyOracle
from nerode.series.series import Series
from nerode.worlds.registry import open_world

NOISES = (0.0, 0.05, 0.2, 0.4)
EVIL = """</script><script>alert(1)</script><img src=x onerror=alert(1)>"'`{{ 7 * 7 }}"""
METRICS = ["compression", "distinction", "next_symbol"]


def measure(
    out: Path, noises: Sequence[float], reports: Sequence[str] = ("loss",), **config: Any
) -> Series:
    """A series on `cups` with one step for each noise: 0, 100, 200, ...

    The training reports values of these names.
    """
    world = open_world("cups")
    given: dict[str, Any] = {"trials": 40, "length": 8, "baselines": [], **config}
    series = Series(world, METRICS, out=out, **given)
    for at, noise in enumerate(noises):
        series(
            NoisyOracle(world, noise), 100 * at, values=dict.fromkeys(reports, noise), at=2.0 * at
        )
    return series


@pytest.fixture(scope="session")
def worse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that gets worse from step to step; texts in it look like tags."""
    folder = tmp_path_factory.mktemp("series") / "worse"
    series = measure(folder, NOISES, ("loss", EVIL), baselines=["uniform"])
    assert isinstance(series.attempt(folder / EVIL.replace("/", "|"), 150), str)
    return folder


@pytest.fixture(scope="session")
def better(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that gets better, and stays as it is for the last two steps."""
    folder = tmp_path_factory.mktemp("series") / "better"
    measure(folder, (0.4, 0.2, 0.0, 0.0, 0.0))
    return folder
