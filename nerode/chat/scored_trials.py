"""Trials of chat models as they stand in trials.jsonl: one value a score, and the best it could be.

"best" is what the trial would have come to, had every answer that could not be parsed been the best
for the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from nerode.schema.part import Part
from nerode.schema.trial import ThresholdShares, Trial


class ChatWitness(Part, frozen=True, kw_only=True):
    """A continuation about which the model answers otherwise after the second history."""

    continuation: str
    answers: tuple[str, str]


class ChatTrial(Trial, frozen=True, kw_only=True):
    """A trial of a chat model; lists have one value."""

    state: str
    """Number of the first trial about the same state (of capability: of the same question)."""


class ChatCapabilityCase(ChatTrial, frozen=True, kw_only=True):
    """A riddle with one right answer."""

    per_threshold = ("right",)

    question: str
    right: ThresholdShares
    best: dict[str, ThresholdShares] | UnsetType = UNSET
    unparsed: list[str] | UnsetType = UNSET
    """Keys of the questions whose answer could not be parsed."""


class ChatCompressionTrial(ChatTrial, frozen=True, kw_only=True):
    """Two histories of one state."""

    per_threshold = ("agree", "disagreement")

    histories: Annotated[tuple[str, str], Meta(description="two histories")]
    agree: ThresholdShares
    disagreement: ThresholdShares
    best: dict[str, ThresholdShares] | UnsetType = UNSET
    witness: ChatWitness | UnsetType = UNSET
    """The first continuation on which the two are answered otherwise."""
    unparsed: list[str] | UnsetType = UNSET
    """Keys of the questions whose answer could not be parsed."""


class ChatDistinctionTrial(ChatTrial, frozen=True, kw_only=True):
    """Two histories of two states."""

    per_threshold = ("precision", "recall")

    histories: Annotated[tuple[str, str], Meta(description="two histories")]
    precision: ThresholdShares
    recall: ThresholdShares
    recall_by_length: dict[str, float | None] | UnsetType = UNSET
    """Recall of strings of one length in symbols."""
    best: dict[str, ThresholdShares] | UnsetType = UNSET
    unparsed: list[str] | UnsetType = UNSET
    """Keys of the questions whose answer could not be parsed."""


CHAT_TRIALS: Mapping[str, type[ChatTrial]] = {
    "capability": ChatCapabilityCase,
    "compression": ChatCompressionTrial,
    "distinction": ChatDistinctionTrial,
}
"""The type of a trial by metric."""
