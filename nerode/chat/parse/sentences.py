"""Sentences, clauses and words of a line of plain text."""
# ruff: noqa: RUF001, RUF003 - Russian letters are meant

from __future__ import annotations

import re
from typing import NamedTuple

from nerode.chat.parse.markup import CROSS, TICK

_TOKEN = re.compile(
    r"-?[0-9]+[.,][0-9]+|[0-9]+[%^+][0-9]*|(?<![\w-])-[0-9]+|[0-9]+-[а-я]{1,3}\b"
    r"|[^\W\d]+(?:['-][^\W\d]+)*(?![\w'])|\w+|[^\w\s]"
)
_NUMBER_SIGN = re.compile(r"\b(no|n)\. ?(?=[0-9])", re.IGNORECASE)
_ENDS = frozenset(".!?")
_IGNORED = frozenset([TICK, CROSS, "'"])


class Sentence(NamedTuple):
    """Clauses of words in lower case, none of them empty."""

    clauses: list[list[str]]
    asks: bool
    """Whether it ends with a question mark."""


def sentences(text: str) -> list[Sentence]:
    """The sentences of a line that have words."""
    found: list[Sentence] = []
    clauses: list[list[str]] = [[]]
    # As of Cyrillic letters, ё and е are one; "№" has become "no" before.
    folded = _NUMBER_SIGN.sub(r"\1 ", text).casefold().replace("ё", "е")
    for sign in [*_TOKEN.findall(folded), "."]:
        if sign in _ENDS:
            filled = [clause for clause in clauses if clause]
            if filled:
                found.append(Sentence(filled, sign == "?"))
            elif sign == "?" and found:
                found[-1] = Sentence(found[-1].clauses, asks=True)
            clauses = [[]]
        elif sign[0].isalnum() or (sign[0] == "-" and len(sign) > 1):
            clauses[-1].append(sign)
        elif sign not in _IGNORED:
            clauses.append([])
    return found
