"""The record of an evaluation: `evaluation.json`."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET, UnsetType, field

from nerode.schema.drawing import (
    BoardDrawing,
    Contradiction,
    Game,
    MapDrawing,
    ProbedBoard,
    Route,
)
from nerode.schema.metric import MetricAbout
from nerode.schema.part import Count, NotNegative, Part
from nerode.schema.reconstruction import Reconstruction
from nerode.schema.scores import Curves, Lengths, Scores

SCHEMA: Final = 1
"""Version of evaluation.json."""


class Parameters(Part, frozen=True, kw_only=True):
    """How it was measured."""

    trials: Count | UnsetType = UNSET
    """Trials of each metric and model."""
    samples: Count | UnsetType = UNSET
    """Continuations after each history; 0: all accepted ones are followed."""
    epsilon: NotNegative | UnsetType | None = UNSET
    """A symbol is accepted above this probability."""
    depth: Count | UnsetType | None = UNSET
    """Length in symbols at which the world's boundary strings are cut."""
    length: Count | UnsetType | None = UNSET
    """Most symbols of one continuation; null in older files without that limit."""
    dtype: str | UnsetType | None = UNSET
    """Format in which a network computes; null where there is no network."""
    sequences: str | UnsetType = UNSET
    """Where held-out sequences come from; after `nerode reconstruct`, their path."""
    met_in: Count | UnsetType = UNSET
    """Held-out sequences among which pairs of on-policy histories were searched."""
    first_token: str | UnsetType = UNSET
    """The token in front of every sequence; of networks."""


class Depths(Part, frozen=True, kw_only=True):
    """How many history lengths the trials came to."""

    met: Count
    """Different lengths."""
    of: Count
    """Lengths that there are."""
    from_: Count = field(name="from")
    """The shortest, in symbols."""
    to: Count
    """The longest."""


class BoundaryStrings(Part, frozen=True, kw_only=True):
    """The world's boundary strings that were read."""

    all: Count
    """How many, in all trials together."""
    trials: Count
    """Trials with any."""
    end: Count
    """How many of them contain `end`."""
    end_trials: Count
    """Trials with any of these."""


class Tokens(Part, frozen=True, kw_only=True):
    """How a network reads the symbols."""

    first: str | None
    """The token in front of every sequence; null: none."""
    losses: dict[str, float]
    """Mean loss in nats a symbol, by first token."""
    absent: list[str]
    """Symbols without a token."""
    held_out: Count
    """Held-out sequences."""
    unreadable: Count
    """Of these, those with an absent symbol."""


class Record(Part, frozen=True, kw_only=True):
    """All that a report shows of a run."""

    schema: Literal[1]
    kind: Literal["chat"] | UnsetType = UNSET
    """`chat` where a chat model was asked (`ChatRecord`)."""
    world: str
    """Name, as `open_world` takes it."""
    model: str
    """Name, as `open_model` takes it; after `nerode reconstruct`, the path of the sequences."""
    protocol: str
    """`exact` or `paper`; older chat runs say `chat` for `exact`."""
    histories: str | UnsetType | None = UNSET
    """`uniform`, `on-policy` or `near-end`; none after `nerode reconstruct`."""
    seed: int | UnsetType = UNSET
    parameters: Parameters
    versions: dict[str, str] | UnsetType = UNSET
    """Versions of Python and of the libraries that numbers depend on."""
    metrics: dict[str, Scores]
    """Estimates by metric and score."""
    metrics_about: dict[str, MetricAbout] | UnsetType = UNSET
    """Of metrics that are not built in: how to show them."""
    baselines: dict[str, dict[str, Scores]]
    """The same by model."""
    skipped: dict[str, dict[str, Count]] | UnsetType = UNSET
    """Skipped trials of the model, by metric and reason."""
    curves: Curves | UnsetType = UNSET
    """Scores over the threshold ε."""
    lengths: dict[str, Lengths] | UnsetType = UNSET
    """By metric: scores over the length of histories."""
    depths: dict[str, Depths] | UnsetType = UNSET
    """By metric, where the source of histories knows all lengths."""
    witnesses: dict[str, list[Contradiction]] | UnsetType = UNSET
    """Contradictions by metric, the shortest first."""
    drawing: MapDrawing | BoardDrawing | None = None
    """What the world is drawn on."""
    strings: dict[str, BoundaryStrings] | UnsetType = UNSET
    """By metric (distinction), where any were read."""
    cut: dict[str, float] | UnsetType = UNSET
    """By metric: share of continuations that the model's context ended, where there are any."""
    probe_boards: list[ProbedBoard] | UnsetType = UNSET
    """Where Othello was probed."""
    reconstruction: Reconstruction | UnsetType = UNSET
    """Where a map was drawn."""
    routes: list[Route] | UnsetType = UNSET
    """Trips on a street map."""
    games: list[Game] | UnsetType = UNSET
    """Games on a board."""
    left_out: dict[str, str] | UnsetType = UNSET
    """By baseline that could not be measured: why."""
    tokens: Tokens | UnsetType = UNSET
    """How a network reads the symbols."""
    notes: list[str] | UnsetType = UNSET
    """What to know of the model and the run, where there is anything."""
