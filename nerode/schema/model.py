"""What a model was trained on and how: `nerode.json`, and `clock.json` of a checkpoint."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from nerode.schema.part import Count, NotNegative, Part

Share = Annotated[float, Meta(ge=0, lt=1)]
"""A share of sequences that are held out: not all of them."""
Rule = Literal["prompt", "symmetry class"]
"""What a split goes by."""


class TrainingSettings(Part, frozen=True, kw_only=True):
    """Kind and size of the network, and length of the training."""

    architecture: str | UnsetType = UNSET
    """`gpt2`, `llama`, `lstm` or `gru`; older files, all of GPT-2, lack it."""
    objective: str | UnsetType = UNSET
    """What it was trained by, with parameters; older files, all of `next-token`, lack it."""
    layers: Count
    width: Count
    heads: Count
    minutes: NotNegative | None
    epochs: NotNegative | None
    batch_size: Count
    """In sequences."""
    learning_rate: NotNegative
    """The highest."""
    seed: int
    clock: str | UnsetType = UNSET
    """What minutes are: `wall`, or `cpu` for processor time; older files lack it (`wall`)."""
    start_from: str | UnsetType | None = UNSET
    """The model whose weights it began with; null, or not there in older files: random ones."""


class Training(Part, frozen=True, kw_only=True):
    """How a model was trained, and what came of it."""

    sequences: Count | UnsetType = UNSET
    """Training sequences."""
    settings: TrainingSettings | UnsetType = UNSET
    finished: bool | UnsetType = UNSET
    loss: float | UnsetType | None = UNSET
    """The last that was logged, in nats a symbol; when finished."""
    held_out_loss: float | UnsetType | None = UNSET
    """On held-out sequences; null where there are none; when finished."""
    legal: float | UnsetType | None = UNSET
    """Share of held-out positions whose most probable symbol is legal; when finished."""
    steps: Count | UnsetType = UNSET
    """Optimizer steps; when finished and in checkpoints."""
    seconds: NotNegative | UnsetType = UNSET
    """Time spent training; when finished and in checkpoints."""
    measured: Count | UnsetType = UNSET
    """Steps at which its world model was measured (`--measure`); when finished."""
    measuring: NotNegative | UnsetType = UNSET
    """Seconds that this took; part of `seconds`, but for the last step."""
    stopped_on: str | UnsetType = UNSET
    """The rule that ended it before its time (`--stop-on`)."""


class ModelRecord(Part, frozen=True, kw_only=True):
    """nerode.json in the folder of a model."""

    format_version: Literal[1]
    world: str
    policy: str
    """How the sequences were drawn."""
    sequences_seed: int
    held_out: Share
    """Share of prompts that were held out."""
    split_rule: Rule | UnsetType = UNSET
    """Older files lack it (`prompt`)."""
    training: Training


class Clock(Part, frozen=True, kw_only=True):
    """clock.json of a checkpoint."""

    seconds: NotNegative
    """Time trained until this checkpoint."""
