"""Claims: the lines of a reply that say what the answer is.

A claim is an *answer line* where it has the form that was asked for, `ANSWER: yes`, or begins a
line with a marker; or it is a *sentence*, "so the answer is yes", which may be a step on the way.
"""
# ruff: noqa: RUF001 - Russian letters are meant

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from nerode.chat.parse.grammar import (
    AnswerGrammar,
    behind,
    denies,
    is_conditional,
    is_free,
    value_of,
)

_MOST_MARKERS = 20
"""In one line; one with more is no answer of anybody."""

_SUBJECT = (
    r"(?:(?:the|my|our|final|correct|right|overall|short|итоговый|окончательный|правильный|"
    r"верный|мой|наш|финальный)\s{1,3}){0,4}"
)
_ABOUT = (
    r"(?:\s{1,3}(?:to|for|на)\s{1,3}(?:\w{1,20}\s{1,3}){0,3}"
    r"(?:question|riddle|puzzle|problem|вопрос|загадку|задачу))?"
)
_COLON = r"(?P<colon>(?:\s{0,9}\([\w ]{1,20}\))?\s{0,9}[:=→⇒])"
_IS = r"(?P<is>\s{1,3}(?:is|must be|has to be|should be|это|будет)(?!\w))"
_DASH = r"(?P<dash>\s{0,3}[-—–|](?!\w))"
_LABEL = r"(?P<label>(?:conclusion|verdict|result|output|response|вывод|итог|результат)\s{0,9}:)"
_BEGIN = re.compile(
    r"\W*(?:\d{1,2}[.)]\W*)?(?:(?:so|thus|therefore|hence|итак|значит|таким образом)\b\W*)?",
    re.IGNORECASE,
)
"""What may stand before a marker that begins a line."""


class Claim(NamedTuple):
    """What a line says that the answer is; `value` None where that is unclear."""

    first: int
    last: int
    """Where it ends: in the next line, where the answer stands under its marker."""
    value: str | None
    line: bool
    """Whether it is an answer line; else a sentence."""
    as_prompted: bool
    """Whether its marker is in capitals, as prompts have it."""
    rest: str
    """What else is said in its line, after the sentence with the answer."""


def marker_of(marker: str) -> re.Pattern[str]:
    """The pattern of all markers, where prompts ask for the `marker`."""
    names = dict.fromkeys(["answer", "ответ", marker.rstrip(": ").casefold()])
    name = rf"(?P<name>{'|'.join(map(re.escape, names))})"
    link = rf"(?:{_COLON}|{_IS}|{_DASH}|(?P<bare>(?!\w)))"
    return re.compile(rf"\b(?:{_SUBJECT}{name}{_ABOUT}{link}|{_LABEL})", re.IGNORECASE)


def claims_of(lines: Sequence[str], marker: re.Pattern[str], grammar: AnswerGrammar) -> list[Claim]:
    """All claims of a reply in their order, at most one a line."""
    found = (_claim(lines, at, marker, grammar) for at in range(len(lines)))
    return [claim for claim in found if claim is not None]


def _claim(
    lines: Sequence[str], at: int, marker: re.Pattern[str], grammar: AnswerGrammar
) -> Claim | None:
    """The claim of a line. All its markers must say the same.

    One behind which nothing stands leads to the next: "Final answer: the answer is yes".
    """
    line, marks = lines[at], _marks(lines[at], marker)
    if not marks:
        return None
    ends = [mark.start() for mark in marks[1:]] + [len(line)]
    parts = [line[mark.end() : end] for mark, end in zip(marks, ends, strict=True)]
    last = at
    if not re.search(r"\w", parts[-1]) and at + 1 < len(lines):
        last, parts[-1] = at + 1, lines[at + 1]
    value = _value(line, marks, parts, grammar)
    if at > 0 and is_conditional(lines[at - 1]) and not _marks(lines[at - 1], marker):
        value = None
    begins, colon = _begins(line, marks[0]), any(mark["colon"] for mark in marks)
    if value is None and not colon and not denies(parts[-1]):
        return None  # "The answer follows from the second statement."
    as_prompted = any(mark["name"] and mark["name"].isupper() for mark in marks)
    is_line = (colon and as_prompted) or (begins and not (marks[0]["is"] or marks[0]["label"]))
    return Claim(at, last, value, is_line, as_prompted, behind(parts[-1]))


def _marks(line: str, marker: re.Pattern[str]) -> list[re.Match[str]]:
    return [mark for mark in marker.finditer(line) if _is_marker(line, mark)]


def _is_marker(line: str, mark: re.Match[str]) -> bool:
    """Whether a marker has a link to its answer, or begins its line."""
    linked = mark["colon"] or mark["is"] or mark["label"] or (mark["dash"] and "|" not in mark[0])
    return bool(linked) or _begins(line, mark)


def _begins(line: str, mark: re.Match[str]) -> bool:
    return _BEGIN.fullmatch(line[: mark.start()][:200]) is not None


def _value(
    line: str, marks: Sequence[re.Match[str]], parts: Sequence[str], grammar: AnswerGrammar
) -> str | None:
    if len(marks) > _MOST_MARKERS:
        return None
    values = [
        value_of(part, grammar) if is_free(line[: mark.start()][-4000:]) else None
        for mark, part in zip(marks, parts, strict=True)
    ]
    said = {value for value in values if value is not None}
    return values[-1] if len(said) == 1 else None
