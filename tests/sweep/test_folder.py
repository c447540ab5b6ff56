"""A sweep on disk: what it goes on with, what it refuses, who may work on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nerode.errors import FormatError, InvalidParameter, MissingFile, RunMismatch, UnknownName
from nerode.sweep.arms import arms_of
from nerode.sweep.config import SweepConfig
from nerode.sweep.folder import SweepCell, SweepFolder, is_sweep
from nerode.worlds.registry import open_world


def config(*grid: str, seeds: int = 2, **more: Any) -> SweepConfig:
    given: dict[str, Any] = {"epochs": 1.0, "metrics": ["next_symbol"], "trials": 5} | more
    return SweepConfig(arms=arms_of(grid), seeds=seeds, **given)


@pytest.fixture
def folder(tmp_path: Path) -> SweepFolder:
    found = SweepFolder(tmp_path / "sweep")
    found.begin(config("layers=1,2").terms(open_world("cups")))
    return found


def test_cells_come_seed_by_seed(folder: SweepFolder) -> None:
    assert is_sweep(folder.path)
    assert folder.cells() == [
        SweepCell("layers 1", 0),
        SweepCell("layers 2", 0),
        SweepCell("layers 1", 1),
        SweepCell("layers 2", 1),
    ]
    assert folder.done() == []


def test_arms_and_seeds_may_be_added(folder: SweepFolder) -> None:
    world = open_world("cups")
    folder.begin(config("layers=1,2,3", seeds=3).terms(world))
    folder.begin(config("layers=1,2", seeds=1).terms(world))
    assert [arm.layers for arm in folder.terms.arms] == [1, 2, 3]
    assert folder.terms.seeds == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("other", "said"),
    [
        (config("layers=1,2", epochs=2.0), "expected the epochs that this sweep was begun with"),
        (config("layers=1,2", trials=6), "expected the trials"),
        (config("layers=1,2", metrics=["compression"]), "next_symbol"),
        (config("layers=1,2", "width=64"), "width 64 instead of 128"),
    ],
)
def test_other_terms_are_refused(folder: SweepFolder, other: SweepConfig, said: str) -> None:
    before = folder.terms
    with pytest.raises(RunMismatch, match=said):
        folder.begin(other.terms(open_world("cups")))
    assert folder.terms == before


def test_another_world_is_refused(folder: SweepFolder) -> None:
    with pytest.raises(RunMismatch, match="expected the world"):
        folder.begin(config("layers=1,2").terms(open_world("cayley")))


def test_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    terms = config().terms(open_world("cups"))
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InvalidParameter, match=r"got notes\.txt"):
        SweepFolder(tmp_path).begin(terms)
    with pytest.raises(InvalidParameter, match="got the file"):
        SweepFolder(tmp_path / "notes.txt").begin(terms)


def test_what_is_no_sweep(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="expected a sweep"):
        _ = SweepFolder(tmp_path).terms
    (tmp_path / "sweep.json").write_text('{"format": 1, "arms": 3}')
    with pytest.raises(FormatError, match=r"sweep\.json"):
        _ = SweepFolder(tmp_path).terms


def test_an_arm_that_there_is_not(folder: SweepFolder) -> None:
    with pytest.raises(UnknownName, match="layers 1, layers 2"):
        folder.arm("layers 9")


def test_two_do_not_work_on_one_sweep(folder: SweepFolder) -> None:
    with (
        folder.alone(),
        pytest.raises(RunMismatch, match="no other process works on"),
        folder.alone(),
    ):
        pass
    with folder.alone():
        pass


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"epochs": None}, "--minutes or --epochs"),
        ({"minutes": 1.0}, "--minutes or --epochs"),
        ({"trials": 0}, "trials of at least 1"),
        ({"measure": 1.5}, "a share to measure in"),
        ({"clock": "sun"}, "expected a clock out of wall, cpu"),
        ({"seed": -1}, "seed"),
    ],
)
def test_numbers_outside_their_range(more: dict[str, Any], said: str) -> None:
    with pytest.raises((InvalidParameter, UnknownName), match=said):
        config(**more)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (config("policy=shortest"), "expected a policy of cups"),
        (config(metrics=["reconstruction"]), "street map"),
        (config(metrics=["nonsense"]), "expected metrics out of"),
        (config(metrics=[object()]), "by their names"),
    ],
)
def test_what_the_world_cannot_have(made: SweepConfig, said: str) -> None:
    with pytest.raises((InvalidParameter, UnknownName), match=said):
        made.terms(open_world("cups"))
