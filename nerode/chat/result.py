"""Outcome of asking the questions of a run."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class AskResult:
    """Outcome of a call of `ask`.

    Attributes
    ----------
    answered
        How many answers are new.
    failed
        How many questions have no answer, by cause.
    words
        By cause, what the provider said last.
    """

    answered: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
