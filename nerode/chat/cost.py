"""Estimate the questions and tokens of a run before anything is sent.

Providers count tokens each in their own way, and their tables are not at hand without a network.
The estimate is a rule of thumb: 3.9 characters of English make a token and 2.4 of Russian, a word
made up is two tokens more than its letters would be, and eight are wrapped around each message.
Five tokenizers (tests/chat/token_counts.json) give English 0.89 to 1.08 times the estimate, Russian
0.78 times where the vocabulary was made for many languages to 1.51 times where it was not.
How long replies are nobody knows beforehand: that is an assumption, and an option.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from nerode.chat.narration.words import BEINGS, SPOTS, UNITS
from nerode.chat.plan import Question
from nerode.errors import InvalidParameter

REPLY = 300
"""Tokens of a reply, where nothing else is assumed: a paragraph of reasoning and the last line."""


class _Spreads(dict[str, tuple[float, float]]):
    """Spreads by language; of a language that was not measured all that were, together."""

    def __missing__(self, language: str) -> tuple[float, float]:
        return min(low for low, _ in self.values()), max(high for _, high in self.values())


SPREAD = _Spreads({"en": (0.85, 1.1), "ru": (0.75, 1.55)})
"""Between what times the estimate of input tokens the families of tokenizers lie, by language."""

_LATIN, _CYRILLIC, _MADE_UP, _WRAPPED = 3.9, 2.4, 2.0, 8
_RUSSIAN = re.compile("[\u0400-\u04ff]")
_WORDS = "|".join(word.english for word in (*BEINGS, *SPOTS, *UNITS))
_MADE_UP_WORD = re.compile(rf"\b(?:{_WORDS})s?\b", re.IGNORECASE)


@dataclass(frozen=True)
class Cost:
    """Number of questions, and of tokens in and out."""

    questions: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Cost) -> Cost:
        mine, others = asdict(self), asdict(other)
        return Cost(**{name: mine[name] + others[name] for name in mine})


def tokens(text: str) -> int:
    """About how many tokens a message of this text is."""
    russian, made_up = len(_RUSSIAN.findall(text)), len(_MADE_UP_WORD.findall(text))
    letters = (len(text) - russian) / _LATIN + russian / _CYRILLIC
    return math.ceil(letters + made_up * _MADE_UP) + _WRAPPED


def estimate(questions: Iterable[Question], reply: int = REPLY) -> Cost:
    """What it takes to ask all of these once, with `reply` tokens an answer."""
    if reply < 1:
        raise InvalidParameter(f"expected replies of at least 1 token, got {reply}")
    count = sent = 0
    for question in questions:
        count += 1
        sent += tokens(question.prompt)
    return Cost(count, sent, count * reply)
