"""What a network is trained on, and measured on meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerode.errors import InvalidParameter
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import open_sequences
from nerode.worlds.registry import open_world
from nerode.worlds.world import World


@dataclass(frozen=True, eq=False)
class Material:
    """A world, and sequences of it to train on and to measure on.

    `origin` is what a model's record says of where the sequences come from.
    """

    world: World[Any]
    train: SequenceBatch
    held_out: SequenceBatch
    origin: dict[str, Any]


def open_material(folder: Path) -> Material:
    """The sequences of a folder and their world.

    Raises what opening them raises, and InvalidParameter where there is none to train on.
    """
    opened = open_sequences(folder)
    manifest = opened.manifest
    train = opened.read("train")
    if not len(train):
        raise InvalidParameter(f"expected at least one training sequence, got none in {folder}")
    origin = {
        "world": manifest.world,
        "policy": manifest.policy,
        "sequences_seed": manifest.seed,
        "held_out": manifest.held_out,
    }
    return Material(open_world(manifest.world), train, opened.read("held_out"), origin)
