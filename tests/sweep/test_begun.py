"""A sweep that goes on has what it was begun with, unless a command says otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nerode.errors import RunMismatch
from nerode.sweep.begun import config_of
from nerode.sweep.config import SWEEP_MINUTES, SweepConfig
from nerode.sweep.folder import SweepFolder
from nerode.worlds.registry import open_world


@pytest.fixture
def folder(tmp_path: Path) -> SweepFolder:
    found = SweepFolder(tmp_path / "sweep")
    given: dict[str, Any] = {"epochs": 2.0, "trials": 7, "measure": 0.0, "metrics": ["next_symbol"]}
    begun = config_of(found, ["layers=1,2", "width=32"], [], **given)
    found.begin(begun.terms(open_world("cups")))
    return found


def terms(config: SweepConfig) -> Any:
    return config.terms(open_world("cups"))


def test_a_new_sweep_has_the_defaults(tmp_path: Path) -> None:
    config = config_of(SweepFolder(tmp_path / "new"), [], [], trials=None)
    assert config.minutes == SWEEP_MINUTES
    assert config.seeds == 3
    assert config.measure == 0.05


def test_nothing_need_be_said_again(folder: SweepFolder) -> None:
    assert terms(config_of(folder, [], [])) == folder.terms
    assert folder.terms.measure is None


def test_more_seeds_and_arms(folder: SweepFolder) -> None:
    config = config_of(folder, [], ["objective=next-latent"], seeds=5)
    assert [arm.name for arm in config.arms] == ["layers 1", "layers 2", "next-latent"]
    added = config.arms[-1].settings
    assert (added.width, added.layers) == (32, 4)  # what all share, else the default
    grown = folder.begin(terms(config))
    assert (grown.seeds, len(grown.arms)) == (5, 3)
    # The same command again names the same arms.
    assert terms(config_of(folder, [], ["objective=next-latent"], seeds=5)) == grown


def test_what_is_said_otherwise_is_refused(folder: SweepFolder) -> None:
    with pytest.raises(RunMismatch, match="expected the minutes"):
        folder.begin(terms(config_of(folder, [], [], minutes=3.0)))
    with pytest.raises(RunMismatch, match="expected the trials"):
        folder.begin(terms(config_of(folder, [], [], trials=8)))
