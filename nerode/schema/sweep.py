"""A sweep of trainings: `sweep.json`."""

from __future__ import annotations

from typing import Literal

from nerode.schema.part import Count, NotNegative, Part, Positive


class SweepArm(Part, frozen=True, kw_only=True):
    """One arm: what its trainings have in common."""

    name: str
    policy: str
    """How its sequences are drawn."""
    synthetic: NotNegative
    """Share of random sequences among them."""
    count: Positive
    """Sequences in all, held-out ones included."""
    architecture: str
    objective: str
    """With its parameters."""
    layers: Positive
    width: Positive
    heads: Positive
    batch_size: Positive
    """In sequences."""
    learning_rate: NotNegative
    """The highest."""


class SweepTerms(Part, frozen=True, kw_only=True):
    """sweep.json: what is trained, and what every model is asked.

    A sweep goes on under the same terms; it may get more arms and more seeds.
    """

    format: Literal[1] = 1
    world: str
    plan: str
    """SHA-256 of alphabet and streets: two maps of one name differ."""
    arms: list[SweepArm]
    seeds: Positive
    """Trainings of each arm, of seeds 0, 1, ..."""
    minutes: NotNegative | None
    """Length of each training; null where it is in epochs."""
    epochs: NotNegative | None
    """Passes over the training sequences; null where it is in minutes."""
    clock: str
    """What minutes are: `wall`, or `cpu` for processor time."""
    sequences_seed: Count
    measure: NotNegative | None
    """Share of each training's time that goes into its series; null for none."""
    metrics: list[str]
    """What every model is asked at its end."""
    trials: Positive
    samples: Count
    length: Count
    histories: str | None
    seed: int
    """Of the trials."""
    threads: Positive
    """Of each training."""
