"""A series over the steps of a training: `series.json` and `steps.jsonl`."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from nerode.schema.part import Count, NotNegative, Part, Positive


class SeriesTerms(Part, frozen=True, kw_only=True):
    """series.json: what every step is asked; a series goes on only under the same terms."""

    format: Literal[1] = 1
    world: str
    plan: str
    """SHA-256 of alphabet and streets: two maps of one name differ."""
    metrics: list[str]
    trials: Positive
    samples: Count
    epsilon: NotNegative
    depth: Count
    length: Count
    protocol: str
    histories: str
    sequences: str | None
    """Folder of held-out sequences; null: drawn as the model was trained."""
    seed: int


class MeasuredStep(Part, frozen=True, kw_only=True):
    """A line of steps.jsonl; of two for one step the later one counts."""

    step: Count
    """Steps of training before it was measured."""
    model: str
    """Where the weights came from: a folder, or the name of the series."""
    seconds: NotNegative
    """What the measurement took."""
    at: NotNegative | UnsetType = UNSET
    """Seconds of training before it was measured, measurements not counted."""
    values: dict[str, float] | UnsetType = UNSET
    """What the training says of itself at this step, such as its loss."""
    failed: str | UnsetType = UNSET
    """Why it could not be measured; then `steps/STEP` has no record."""
