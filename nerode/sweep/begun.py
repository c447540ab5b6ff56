"""What a command asks of a sweep: what it gives, else what the sweep was begun with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from nerode.schema.sweep import SweepArm, SweepTerms
from nerode.sweep.arms import Arm, ArmSettings, arms_of, folder_name
from nerode.sweep.config import SWEEP_MINUTES, SweepConfig
from nerode.sweep.folder import SweepFolder, is_sweep

_SAID = ("clock", "measure", "metrics", "trials", "samples", "length", "histories", "threads")
"""Terms of a sweep that hold where a command does not give them."""


def config_of(
    folder: SweepFolder, grid: Sequence[str], single: Sequence[str], **given: Any
) -> SweepConfig:
    """The sweep that a command asks for.

    Parameters
    ----------
    folder
        Its folder. Where that holds a sweep, what is not given is as that was begun, and arms are
        added to those that it has.
    grid, single
        `--grid` and `--arm`, as often as they were given.
    given
        Fields of `SweepConfig`; None where the command does not say it.

    Raises
    ------
    UnknownName, InvalidParameter
        As `arms_of` and `SweepConfig` do.
    MissingFile, FormatError
        Where the file of the sweep is damaged.
    """
    asked = {name: value for name, value in given.items() if value is not None}
    if asked.get("measure") == 0:
        asked["measure"] = None
    if not is_sweep(folder.path):
        if not asked.keys() & {"minutes", "epochs"}:
            asked["minutes"] = SWEEP_MINUTES
        return SweepConfig(arms=arms_of(grid, single), **asked)
    terms = folder.terms
    known = {name: getattr(terms, name) for name in (*_SAID, "seeds", "seed")}
    if not asked.keys() & {"minutes", "epochs"}:
        known |= {"minutes": terms.minutes, "epochs": terms.epochs}
    return SweepConfig(arms=_arms(terms, grid, single), **(known | asked))


def _arms(terms: SweepTerms, grid: Sequence[str], single: Sequence[str]) -> list[Arm]:
    """The arms that a command names, or those that are there."""
    there = [Arm(arm.name, _settings(arm)) for arm in terms.arms]
    if grid:
        return arms_of(grid, single)
    if not single:
        return there
    shared = {
        field.name: getattr(there[0].settings, field.name)
        for field in fields(ArmSettings)
        if len({getattr(arm.settings, field.name) for arm in there}) == 1
    }
    added = arms_of([], single, shared)[1:]  # the first is what all arms share, as it stands
    names = {folder_name(arm.name) for arm in added}
    return [*(arm for arm in there if folder_name(arm.name) not in names), *added]


def _settings(arm: SweepArm) -> ArmSettings:
    return ArmSettings(**{field.name: getattr(arm, field.name) for field in fields(ArmSettings)})
