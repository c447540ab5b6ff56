"""Training and held-out sequences of a world."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nerode.errors import InvalidParameter, UnknownName
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import open_sequences
from nerode.training.folder import RecordDict
from nerode.worlds.registry import open_listed
from nerode.worlds.world import AnyWorld


@dataclass(frozen=True, eq=False)
class TrainingData:
    """A world, and sequences of it to train on and to measure on.

    `origin` is what a model's record says of where the sequences come from.
    """

    world: AnyWorld
    train: SequenceBatch
    held_out: SequenceBatch
    origin: RecordDict


def open_training_data(folder: Path, world: AnyWorld | None = None) -> TrainingData:
    """The training and held-out sequences of a folder, and their world.

    Parameters
    ----------
    folder
        A folder of sequences.
    world
        Their world; opened by its name where it is not given.

    Raises
    ------
    InvalidParameter
        Where there is no training sequence.
    UnknownName
        Where the world does not open by its name.
    MissingFile, FormatError, ModelMismatch
        As `open_sequences` does.
    """
    manifest = open_sequences(folder).manifest
    world = _by_name(folder, manifest.world) if world is None else world
    opened = open_sequences(folder, world)  # in the symbols that the world has now
    train = opened.read("train")
    if not len(train):
        raise InvalidParameter(f"expected at least one training sequence, got none in {folder}")
    origin = {
        "world": manifest.world,
        "policy": manifest.policy,
        "sequences_seed": manifest.seed,
        "held_out": manifest.held_out,
        "split_rule": manifest.split_rule,
    }
    return TrainingData(world, train, opened.read("held_out"), origin)


def _by_name(folder: Path, name: str) -> AnyWorld:
    try:
        # The name was read from a file: it may open what is listed, and never loads code.
        return open_listed(name)
    except UnknownName:
        raise UnknownName(
            f"{folder}: expected sequences of a world that opens by its name, got those of "
            f"{name!r}; name a world of your own: `--world FILE.py:CLASS`, or in Python "
            "`train(..., world=world)`"
        ) from None
