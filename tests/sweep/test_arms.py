"""Arms from the words of a command line."""

from __future__ import annotations

import pytest

from nerode.errors import NerodeError
from nerode.sweep.arms import arms_of, folder_name


def test_a_grid_gives_every_combination() -> None:
    arms = arms_of(["objective=next-token,state", "synthetic=0,0.25", "width=64"])
    assert [arm.name for arm in arms] == [
        "next-token, synthetic 0",
        "next-token, synthetic 0.25",
        "state, synthetic 0",
        "state, synthetic 0.25",
    ]
    assert {arm.settings.width for arm in arms} == {64}
    assert arms[3].settings.objective == "state"
    assert arms[3].settings.synthetic == 0.25


def test_single_arms_stand_beside_the_defaults() -> None:
    arms = arms_of(["batch-size=64"], ["architecture=lstm layers=2", "synthetic=0.5"])
    assert [arm.name for arm in arms] == ["next-token", "lstm, layers 2", "synthetic 0.5"]
    assert {arm.settings.batch_size for arm in arms} == {64}
    assert (arms[1].settings.architecture, arms[1].settings.layers) == ("lstm", 2)


def test_single_arms_come_behind_a_grid() -> None:
    arms = arms_of(["layers=1,2"], ["layers=3"])
    assert [arm.settings.layers for arm in arms] == [1, 2, 3]


def test_an_arm_overrides_what_all_have() -> None:
    default, own = arms_of(["width=64"], ["width=32"])
    assert (default.settings.width, own.settings.width) == (64, 32)


def test_nothing_named_is_one_arm() -> None:
    assert [arm.name for arm in arms_of([])] == ["next-token"]


def test_parameters_of_an_objective_may_have_commas() -> None:
    arms = arms_of(["objective=next-token,next-latent:steps=2,weight=0.5,legal-set:policy+state"])
    assert [arm.settings.objective for arm in arms] == [
        "next-token",
        "next-latent:steps=2,weight=0.5",
        "legal-set:policy+state",
    ]


@pytest.mark.parametrize(
    ("grid", "single", "said"),
    [
        (["objektive=state"], [], "did you mean objective"),
        (["objective=nxt-token"], [], "did you mean next-token"),
        (["objective"], [], "NAME=VALUE,VALUE"),
        (["width=wide"], [], "a whole number for width"),
        (["synthetic=1"], [], "from 0 to below 1"),
        (["count=0"], [], "from 1 on"),
        (["width=64,64"], [], "different values"),
        (["width=64", "width=32"], [], "in several"),
        ([], ["layers=1 layers=2"], "once in an arm"),
        ([], [""], "--arm"),
        ([], ["layers"], "--arm"),
        ([], ["synthetic=0.5", "synthetic=0.50"], "arms that differ"),
        (["learning-rate=0"], [], "learning_rate above 0"),
    ],
)
def test_what_cannot_be(grid: list[str], single: list[str], said: str) -> None:
    with pytest.raises(NerodeError, match=said):
        arms_of(grid, single)


@pytest.mark.parametrize("name", ["../../etc", "..", "a/b", "", "  ", "ä ö", "."])
def test_folders_stay_within_the_sweep(name: str) -> None:
    folder = folder_name(name)
    assert folder
    assert "/" not in folder
    assert not folder.startswith(".")
