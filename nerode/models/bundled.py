"""Small models that come with this library: weights without code, opened by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path


@dataclass(frozen=True)
class Bundled:
    """One of them."""

    name: str
    world: str
    """The world in which it can be measured."""
    policy: str
    """What it was trained on: sequences drawn by this policy."""
    sequences: int
    """How many of them."""


def _home() -> Path:
    return Path(str(resources.files("nerode") / "checkpoints"))


def bundled() -> tuple[str, ...]:
    """Names of the bundled models."""
    return tuple(sorted(path.parent.name for path in _home().glob("*/nerode.json")))


def folder_of(name: str) -> Path:
    """Folder of the bundled model of this name."""
    return _home() / name


def described(name: str) -> Bundled:
    """What the record of a bundled model says."""
    record = json.loads((folder_of(name) / "nerode.json").read_text(encoding="utf-8"))
    count = int(record["training"]["sequences"])
    return Bundled(name, record["world"], record["policy"], count)


def opens_bundled(name: str) -> bool:
    """Whether a model's name opens a bundled model.

    A folder of that name in the working directory comes first; a name with a slash is always one
    of a folder.
    """
    return name in bundled() and not Path(name).is_dir()


def which_was_opened(name: str) -> str | None:
    """Which of two was opened, where a name could be that of a bundled model; else None."""
    if name not in bundled():
        return None
    if opens_bundled(name):
        return f"{name}: the bundled model (nerode models)"
    return f"{name}: the folder {Path.cwd() / name}, not the bundled model of that name"
