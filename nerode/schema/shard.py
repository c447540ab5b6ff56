"""What an evaluation was told, and `shard.json`: which part of it a folder has."""

from __future__ import annotations

from typing import Literal

from nerode.schema.part import Count, NotNegative, Part, Positive


class EvaluateCommand(Part, frozen=True, kw_only=True):
    """The arguments of an evaluation that decide its numbers, as they were given."""

    world: str
    model: str
    metrics: list[str] | None
    """Null: those of the world."""
    trials: Positive
    samples: Count
    epsilon: NotNegative
    curve: bool
    protocol: str
    histories: str | None
    """Null: as the model has sequences of its own."""
    sequences: str | None
    """Folder of sequences; null: drawn."""
    baselines: list[str] | None
    """Null: those that fit."""
    depth: Positive
    length: Positive
    dtype: str
    first_token: str | None
    seed: Count


class ShardTerms(Part, frozen=True, kw_only=True):
    """shard.json of `nerode evaluate --shard`."""

    format: Literal[1] = 1
    shard: Positive
    of: Positive
    command: EvaluateCommand
