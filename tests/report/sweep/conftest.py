"""A sweep whose arms are known: models that err with chosen probabilities, trained by nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from nerode.evaluation.evaluation import evaluate
from nerode.models.baselines.simple import NoisyOracle
from nerode.sweep.arms import Arm, ArmSettings
from nerode.sweep.config import SweepConfig
from nerode.sweep.folder import SweepCell, SweepFolder
from nerode.worlds.registry import open_world
from tests.report.series.conftest import EVIL

TRIALS = 40
METRICS = ["next_symbol", "compression", "distinction"]
NOISE = {
    "plain": (0.2, 0.2, 0.21),
    "better": (0.02, 0.02, 0.03),
    "alike": (0.2, 0.21, 0.2),
    EVIL: (0.5, 0.49, 0.5),
}
"""Share of wrong symbols of each seed's model, by arm."""


def write_sweep(out: Path, seeds: int = 3, metrics: list[str] | None = None) -> SweepFolder:
    """A sweep on `cups` of models that err by chance."""
    world = open_world("cups")
    chosen = METRICS if metrics is None else metrics
    config = SweepConfig(
        arms=[Arm(name, ArmSettings()) for name in NOISE],
        seeds=seeds,
        epochs=1.0,
        metrics=chosen,
        trials=TRIALS,
    )
    folder = SweepFolder(out)
    folder.begin(config.terms(world))
    for name, noises in NOISE.items():
        for seed, noise in enumerate(noises[:seeds]):
            cell = SweepCell(name, seed)
            evaluate(
                world,
                NoisyOracle(world, noise, seed=seed),
                chosen,
                trials=TRIALS,
                length=8,
                curve=False,
                baselines=["uniform"] if cell == folder.cells()[0] else [],
                out=folder.run_of(cell),
            )
    return folder


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of such a sweep."""
    return write_sweep(tmp_path_factory.mktemp("sweep") / "sweep").path
