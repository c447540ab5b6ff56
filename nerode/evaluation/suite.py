"""Which model is measured in which world of a suite."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nerode.errors import MissingFile
from nerode.models.hf.model_folder import CONFIG
from nerode.models.hf.record import RECORD, read_record
from nerode.worlds.suites import suite


@dataclass(frozen=True)
class Pairing:
    """A world and a model for it, both by the names that `evaluate` takes."""

    world: str
    model: str
    label: str
    """What the two are called in a table, different from those of all others."""


@dataclass(frozen=True)
class SuitePlan:
    """What is measured, and what is left out."""

    pairings: tuple[Pairing, ...]
    without_model: tuple[str, ...] = ()
    """Worlds of the suite that no model in the folder was trained on."""
    elsewhere: tuple[str, ...] = ()
    """Models in the folder that were trained on other worlds, or do not say on which."""


def plan_suite(name: str, models: str) -> SuitePlan:
    """The models for the worlds of a suite.

    `models` is a folder whose folders were written by `nerode train` (nerode.json says on which
    world), or what `evaluate` takes as a model: then it is measured in every world.

    Raises UnknownName where there is no such suite, MissingFile where the folder has no model for
    any of its worlds, and FormatError where a nerode.json is damaged.
    """
    worlds = suite(name)
    folder = Path(models)
    if not folder.is_dir() or (folder / CONFIG).exists():
        return SuitePlan(tuple(Pairing(world, models, world) for world in worlds))
    trained: dict[str, list[Path]] = {world: [] for world in worlds}
    elsewhere = []
    for path in sorted(folder.iterdir()):
        if not (path / CONFIG).exists() and not (path / RECORD).exists():
            continue
        record = read_record(path)
        world = None if record is None else str(record.get("world"))
        if world in trained:
            trained[world].append(path)
        else:
            elsewhere.append(path.name)
    if not any(trained.values()):
        message = f"expected folders of models trained on {', '.join(worlds)} in {folder}"
        raise MissingFile(f"{message}, got {', '.join(elsewhere) or 'no folder of a model'}")
    return SuitePlan(
        tuple(
            Pairing(world, str(path), world if len(paths) == 1 else f"{world} {path.name}")
            for world, paths in trained.items()
            for path in paths
        ),
        tuple(world for world, paths in trained.items() if not paths),
        tuple(elsewhere),
    )
