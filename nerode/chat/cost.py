"""What a run will ask for, before anyone is asked: questions and tokens, in and out.

Providers count tokens each in their own way, and their tables are not at hand without a network.
The estimate is a rule of thumb of today's large vocabularies: four characters of English make a
token, two and a half of Russian, and eight tokens are wrapped around each message. Expect it to be
right to about a third. How long replies are nobody knows beforehand: that is an assumption, and an
option.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from nerode.chat.plan import Question
from nerode.errors import InvalidParameter

REPLY = 300
"""Tokens of a reply, where nothing else is assumed: a paragraph of reasoning and the last line."""

_LATIN, _CYRILLIC, _WRAPPED = 4.0, 2.5, 8
_RUSSIAN = re.compile("[\u0400-\u04ff]")


@dataclass(frozen=True)
class Cost:
    """How much is asked and answered."""

    questions: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Cost) -> Cost:
        mine, others = asdict(self), asdict(other)
        return Cost(**{name: mine[name] + others[name] for name in mine})


def tokens(text: str) -> int:
    """About how many tokens a message of this text is."""
    russian = len(_RUSSIAN.findall(text))
    return math.ceil((len(text) - russian) / _LATIN + russian / _CYRILLIC) + _WRAPPED


def estimate(questions: Iterable[Question], reply: int = REPLY) -> Cost:
    """What it takes to ask all of these once, with `reply` tokens an answer."""
    if reply < 1:
        raise InvalidParameter(f"expected replies of at least 1 token, got {reply}")
    count = sent = 0
    for question in questions:
        count += 1
        sent += tokens(question.prompt)
    return Cost(count, sent, count * reply)
