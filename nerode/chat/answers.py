"""What a chat model's reply answers, read with patience for its form.

A reply ends in a line like `ANSWER: yes`. Case, punctuation, bold type, LaTeX's box, the marker or
the word in the other language, numbers in words, or a last line that is the word alone are all
understood. What is not plainly an answer is none: reasoning that mentions "yes", two answers that
contradict each other, an empty reply, one that was cut off.
"""
# ruff: noqa: RUF001 - Russian letters are meant

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple, Protocol

YES, NO = "yes", "no"
CHOICE, PLACE = "choice", "place"

_WORDS = {"yes": YES, "no": NO, "да": YES, "нет": NO}
_MARKERS = ("answer", "ответ")
_READ = 20_000
"""Characters at the end of a reply that are looked at; the last marker counts."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_FOLLOWERS = _set(
    "they it it's this these that the not because since as he she we you i all both "
    "они это эти не потому поскольку так все оба оно"
)
"""After "no" without a comma these go on with a sentence ("no they cannot"); "no idea" is none."""
_LEADERS = _set("so the final is it answer my итак это мой")
_DENIALS = _set("cannot can't unknown impossible undetermined not нельзя невозможно неизвестно не")

_NUMERALS = (
    _set("one first 1st один одна одно одном первый первое первая первом первого первой первую"),
    _set("two second 2nd два две двух второй второе вторая втором второго вторую"),
    _set("three third 3rd три трёх трех третий третье третья третьем третьего третьей третью"),
    _set(
        "four fourth 4th четыре четырёх четырех четвёртый четвёртое четвёртая четвёртом четвёртого "
        "четвёртой четвёртую четвертый четвертое четвертая четвертом четвертого четвертой четвертую"
    ),
    _set("five fifth 5th пять пяти пятый пятое пятая пятом пятого пятой пятую"),
    _set("six sixth 6th шесть шести шестой шестое шестая шестом шестого шестую"),
    _set("seven seventh 7th семь семи седьмой седьмое седьмая седьмом седьмого седьмую"),
)
"""From 1 on: cardinals and ordinals. One more than places: 7 is a number, and not one of them."""
_IN_WORDS = {word: number for number, words in enumerate(_NUMERALS, 1) for word in words}
_NOT_A_ONE = _set("the this that no any each every which only another other some my final")
"""Before "one" these make a pronoun of it; after an ordinal ("the second one") it is one, too."""

_THOUGHT = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+")
_TAG = re.compile(r"</?[a-z][^<>\n]{0,40}>", re.IGNORECASE)
_BOX = re.compile(r"\\(?:boxed|fbox) ?\{")
_COMMAND = re.compile(r"\\[a-z]{1,20}", re.IGNORECASE)
_DRESS = str.maketrans(dict.fromkeys("*_`~#>\"“”„«»'‘’$\\{}\u200b\u2060\ufeff", " "))
_CLAUSES = re.compile(r"[.,;:!?()\[\]/|—–\-…]")


class _Spoken(Protocol):
    """What is needed of a narration (nerode/chat/narration.py)."""

    @property
    def yes(self) -> tuple[str, ...]: ...
    @property
    def no(self) -> tuple[str, ...]: ...
    @property
    def marker(self) -> str: ...
    @property
    def places(self) -> int: ...


class _Reader(NamedTuple):
    """What counts as an answer to one kind of question."""

    kind: Literal["choice", "place"]
    words: dict[str, str]
    marker: re.Pattern[str]


def parse(text: str, kind: str, narration: _Spoken) -> str | None:
    """What a reply answers: "yes" or "no", or a number such as "3"; None where that is unclear.

    `kind` is that of the question: "choice" or "place" (a number from 1 to `narration.places`).
    Takes time in proportion to the length of the reply, and raises nothing.
    """
    reader = _reader(kind, narration)
    lines = [line for line in _plain(text).splitlines() if line.strip()]
    marked = [at for at, line in enumerate(lines) if reader.marker.search(line)]
    if not marked:
        return _alone(lines[-1], reader) if lines else None
    at = marked[-1]
    found = {_answer(part, reader) for part in _parts(lines, at, reader)}
    after = {_alone(line, reader) for line in lines[at + 1 :]} - {None}
    if len(found | after) != 1:
        return None
    return found.pop()


def _reader(kind: str, narration: _Spoken) -> _Reader:
    markers = dict.fromkeys((*_MARKERS, narration.marker.rstrip(": ").casefold()))
    either = "|".join(re.escape(marker) for marker in markers)
    # With a colon a marker may stand anywhere, without one at the beginning of a line only.
    marker = re.compile(rf"\b(?:{either})\s*[:=]|^\s*(?:final )?(?:{either})\b(?!\w)")
    if kind == PLACE:
        places = {str(n): str(n) for n in range(1, narration.places + 1)}
        said = {word: str(n) for word, n in _IN_WORDS.items() if n <= narration.places}
        return _Reader("place", places | said, marker)
    words = _WORDS | dict.fromkeys(narration.yes, YES) | dict.fromkeys(narration.no, NO)
    return _Reader("choice", words, marker)


def _plain(text: str) -> str:
    """The end of a reply without thoughts, type faces and tags, in lower case."""
    closed = max((tag.end() for tag in _THOUGHT.finditer(text) if tag[1]), default=0)
    begun = _THOUGHT.search(text, closed)
    said = text[closed : None if begun is None else begun.start()]
    said = unicodedata.normalize("NFKC", said[-_READ:]).casefold()
    said = _BOX.sub(" answer: ", _TAG.sub(" ", said))
    return _COMMAND.sub(" ", said).translate(_DRESS)


def _parts(lines: list[str], at: int, reader: _Reader) -> list[str]:
    """What stands after each marker of the line, of the last one perhaps in the next line."""
    marks = list(reader.marker.finditer(lines[at]))
    ends = [mark.start() for mark in marks[1:]] + [len(lines[at])]
    parts = [lines[at][mark.end() : end] for mark, end in zip(marks, ends, strict=True)]
    if not _clauses(parts[-1]):
        parts[-1] = lines[at + 1] if at + 1 < len(lines) else ""
    # "answer: \boxed{yes}" has two markers, of which the first says nothing.
    return [part for part in parts if _clauses(part)] or [""]


def _clauses(part: str) -> list[list[str]]:
    """The words between marks of punctuation, clause by clause."""
    return [words for clause in _CLAUSES.split(part) if (words := clause.split())]


def _alone(line: str, reader: _Reader) -> str | None:
    """The answer that a line consists of; None where it holds anything else."""
    clauses = _clauses(line)
    if "?" in line or len(clauses) != 1 or len(clauses[0]) != 1:
        return None
    return reader.words.get(clauses[0][0])


def _answer(part: str, reader: _Reader) -> str | None:
    """The one answer that stands after a marker; None where there is none or another beside it."""
    clauses = _clauses(part)
    told = _place(clauses, reader) if reader.kind == PLACE else _choice(clauses, reader)
    if told is None or "?" in part:
        return None
    # "yes, no", "yes/no": a clause that is an answer of its own takes back the other.
    others = {
        reader.words[words[0]] for words in clauses if len(words) == 1 <= _known(words, reader)
    }
    return told if others <= {told} else None


def _known(words: list[str], reader: _Reader) -> int:
    return sum(word in reader.words for word in words)


def _choice(clauses: list[list[str]], reader: _Reader) -> str | None:
    """The answer that the first clause begins with, where it is no part of a phrase."""
    words = clauses[0] if clauses else []
    while words and words[0] in _LEADERS:
        words = words[1:]
    if not words or words[0] not in reader.words:
        return None
    rest = words[1:]
    if {reader.words[word] for word in rest if word in reader.words} - {reader.words[words[0]]}:
        return None  # "yes or no"
    return None if rest and rest[0] not in _FOLLOWERS else reader.words[words[0]]


def _place(clauses: list[list[str]], reader: _Reader) -> str | None:
    """The only number of the first clause that has one, in digits or in words."""
    for words in clauses:
        if _DENIALS.intersection(words):
            return None
        numbers = {number for word in words for number in _NUMBER.findall(word)}
        numbers |= set(map(str, _in_words(words)))
        if numbers:
            return reader.words.get(numbers.pop()) if len(numbers) == 1 else None
    return None


def _in_words(words: list[str]) -> set[int]:
    """The numbers of a clause that are written out; two where it speaks of one of several."""
    numbers = set()
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        pronoun = word == "one" and (before in _NOT_A_ONE or before in _IN_WORDS)
        if word in _IN_WORDS and not pronoun:
            several = after in ("of", "из")
            numbers |= {0, _IN_WORDS[word]} if several else {_IN_WORDS[word]}
    return numbers
