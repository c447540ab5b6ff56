"""What a record says of a metric that is not built in, so that it can be shown without its code."""

from __future__ import annotations

from msgspec import field

from nerode.schema.part import Part


class ScoreAbout(Part, frozen=True, kw_only=True):
    """How people read a score; docs/extend.md says what each field does."""

    label: str
    """What it is called in tables."""
    best: float | None = 1.0
    """1 or 0: the value that a perfect model has; null: no value is better than another."""
    meaning: str = ""
    depends_on: list[str] | None = None
    """Settings under another value of which it is another measure; null: any."""
    unit: str = "share"
    reference: bool = False
    """Whether it is no score of the model but what others are held against."""
    never_compared: str = ""
    """Why runs are not compared in it."""
    has_interval: bool = True
    reading: str = ""
    """What to know where it stands in a table."""
    in_table: bool = True
    curve: bool = True
    """Whether its curve over ε is drawn."""
    sentence: tuple[str, str] | None = None
    """How a comparison puts it in words: of the higher run, of the other one."""


class MetricAbout(Part, frozen=True, kw_only=True):
    """How to show a metric's scores."""

    title: str
    about: str
    """What it asks."""
    reads_histories: bool = False
    """Whether its trials are pairs of histories."""
    terms: dict[str, str] = field(default_factory=dict)
    """Further words of the glossary, and what they mean."""
    scores: dict[str, ScoreAbout]
    """By its names, joined by a slash."""
