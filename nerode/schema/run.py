"""What was asked for: `run.json` of the three commands that make run folders."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from nerode.schema.part import Count, NotNegative, Part


class EvaluateTerms(Part, frozen=True, kw_only=True):
    """run.json of `nerode evaluate`."""

    format: Literal[1] = 1
    world: str
    plan: str
    """SHA-256 of alphabet and streets: two maps of one name differ."""
    model: str
    weights: str | None
    """Fingerprint of weights or of the seed that made the model; null where the name says all."""
    dtype: str | None
    """Format in which a network computes; null where there is no network."""
    first_token: str | None = None
    """The token in front of every sequence; null where there is no choice."""
    seed: int
    protocol: str
    histories: str
    sequences: str
    """Where held-out sequences come from: a folder, or how they were drawn."""
    samples: Count
    epsilon: NotNegative
    curve: list[float]
    """Further thresholds at which the model's trials are scored."""
    depth: Count
    length: Count


class ReconstructTerms(Part, frozen=True, kw_only=True):
    """run.json of `nerode reconstruct`."""

    format: Literal[1] = 1
    reconstruction: str
    """Path of the sequences."""
    world: str
    degree: Count
    miles: NotNegative
    limit: Count | None
    """Sequences to read; null: all."""
    noise: list[NotNegative] | None
    """Probabilities of the noise controls; null: none."""
    order: str | UnsetType = UNSET
    """Older files lack it."""
    orders: Count | UnsetType = UNSET
    """Older files lack it."""
    seed: int


class ChatTerms(Part, frozen=True, kw_only=True):
    """run.json of `nerode chat`."""

    format: Literal[1] = 1
    chat: Literal[1] = 1
    world: str
    model: str
    protocol: str
    """`exact` or `paper`; older files say `chat` for `exact`."""
    language: str
    obfuscate: bool
    continuations: Count
    most_listed: Count
    seed: int
    temperature: float | UnsetType | None = UNSET
    """Null: left to the provider."""
    max_tokens: Count | UnsetType | None = UNSET
    """Longest reply; null: left to the provider."""
    reasoning_effort: str | UnsetType = UNSET
    """Where one was chosen."""
