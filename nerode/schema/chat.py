"""Runs of chat models: the record's additions, and the lines of answers.jsonl, failures.jsonl."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from nerode.schema.decoding import decoded, encoded
from nerode.schema.part import Count, NotNegative, Part
from nerode.schema.record import Parameters, Record
from nerode.stats.estimate import Estimate

QuestionKey = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="64 hexadecimal digits")]
"""Hash of a question."""


class Answer(Part, frozen=True, kw_only=True):
    """A line of answers.jsonl: one reply."""

    key: QuestionKey
    text: str
    """The whole reply."""
    answer: str | None = None
    """What was parsed: `yes`, `no` or a number; null: nothing."""
    input_tokens: Count | None = None
    """As the provider counted them."""
    output_tokens: Count | None = None
    cut_off: bool | None = None
    """Whether the reply ended because it may be no longer; older files lack it."""
    stop_reason: str | UnsetType | None = UNSET
    """Why it ended, as Inspect calls it; older files lack it."""
    only_reasoning: bool | None = None
    """Whether it holds reasoning and no text; older files lack it."""


class FailedQuestion(Part, frozen=True, kw_only=True):
    """A line of failures.jsonl: a question that the provider did not answer."""

    key: QuestionKey
    cause: str
    """Kind of failure."""
    words: str
    """What the provider said."""


class ChatParameters(Parameters, frozen=True, kw_only=True):
    """How a chat model was asked."""

    continuations: Count | UnsetType = UNSET
    """Continuations of a compression trial."""
    strings: Count | UnsetType = UNSET
    """Boundary strings of a distinction trial."""
    most_listed: Count | UnsetType = UNSET
    """Precision of distinction is measured in worlds of at most so many statements."""
    language: str
    """`en` or `ru`."""
    obfuscate: bool | UnsetType = UNSET
    """Whether names are made up."""
    temperature: float | UnsetType | None = UNSET
    """Null: left to the provider."""
    max_tokens: Count | UnsetType | None = UNSET
    """Longest reply; null: left to the provider."""
    reasoning_effort: str | UnsetType | None = UNSET
    """How long the model thinks."""


class OfLength(Part, frozen=True, kw_only=True):
    """The boundary strings of one number of statements."""

    count: Count = field(name="asked")
    """How many there are among the questions."""
    share: NotNegative
    """Their share of all such strings."""
    recall: Estimate


class YesShares(Part, frozen=True, kw_only=True):
    """How often the answer to a yes-or-no question is yes."""

    yes: Estimate
    yes_if_yes: Estimate
    """Where yes is right."""
    yes_if_no: Estimate
    """Where no is right."""


class YesSharesWithBaselines(YesShares, frozen=True, kw_only=True):
    """The same, with that of other models."""

    baselines: dict[str, YesShares] | UnsetType = UNSET


class Usage(Part, frozen=True, kw_only=True):
    """What all answers in the folder came to."""

    questions: Count
    input_tokens: Count
    output_tokens: Count


class InSymbols(Part, frozen=True, kw_only=True):
    """A contradiction in the world's symbols."""

    histories: tuple[str, str]
    continuation: str
    answers: tuple[str, str]


class Dialogue(Part, frozen=True, kw_only=True):
    """A contradiction in words: one situation in two paraphrases gets two answers."""

    tellings: tuple[str, str]
    continuation: str
    answers: tuple[str, str]
    truth: str
    """`yes` or `no`."""
    replies: tuple[str, str]
    """What the model wrote, with the middle of long replies left out."""
    symbols: InSymbols | UnsetType = UNSET
    """The same in the world's symbols."""


class ChatRecord(Record, frozen=True, kw_only=True):
    """The record of a chat run: without curves, lengths, depths and contradictions in symbols."""

    kind: Literal["chat"]
    parameters: ChatParameters
    unparsed: dict[str, Count]
    """By metric: questions whose answer could not be parsed."""
    questions: dict[str, Count]
    """By metric: different questions."""
    bounds: dict[str, dict[str, tuple[NotNegative | None, NotNegative | None]]]
    """By metric and score: its lowest and highest value, had every answer been parsed."""
    statements: dict[str, OfLength] | UnsetType = UNSET
    """By number of statements, where distinction was measured; older files lack it."""
    answers: YesSharesWithBaselines | UnsetType = UNSET
    """Older files lack it."""
    cost: Usage
    cut_off: Count | UnsetType = UNSET
    """Replies that ended because they may be no longer; older files lack it."""
    only_reasoning: Count | UnsetType = UNSET
    """Replies with reasoning and no text; older files lack it."""
    failed: dict[str, Count] | UnsetType = UNSET
    """By cause: questions without an answer; older files lack it."""
    dialogues: list[Dialogue]
    """Contradictions in words, the shortest first."""


def decoded_record(record: Mapping[str, object]) -> Record:
    """A record as its type: a ChatRecord where a chat model was asked. Raises DamageError."""
    return decoded(encoded(record), ChatRecord if record.get("kind") == "chat" else Record)
