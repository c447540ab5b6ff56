"""The grammar of answers: what the words behind a marker say, and what speaks against it.

A text is sentences, a sentence is clauses between commas and dashes, a clause is words. An answer
comes first in its clause; what else may stand there is listed in lexicon.py, and anything that
negates, doubts or conditions an answer makes it none.
"""
# ruff: noqa: RUF001 - Russian letters are meant

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from nerode.chat.parse.lexicon import (
    ARTICLES,
    BECAUSE,
    CAN,
    CASES,
    CONCLUSIONS,
    CONDITIONS,
    CONTRASTS,
    DENIALS,
    DOUBTS,
    FILLERS,
    FIRST_PERSON,
    FOLLOWERS,
    IMPOSSIBLE,
    INVERTED,
    LEADERS,
    NEGATIONS,
    NO,
    OBJECTS,
    OR,
    PRONOUNS,
    REPORTS,
    SCENARIOS,
    STEP_WORDS,
    TAKEN_BACK,
    THAT,
    WHEN,
    YES,
    YES_NO_WORDS,
)
from nerode.chat.parse.markup import CROSS, TICK
from nerode.chat.parse.numerals import NOUNS, number_of, numbers_in
from nerode.chat.parse.places import place_of
from nerode.chat.parse.sentences import Sentence, sentences

_DOUBTED = re.compile(r"[^\w?]*\?")
"""A question mark before the first word."""


class AnswerGrammar(NamedTuple):
    """What counts as an answer to one kind of question."""

    words: Mapping[str, str] | None
    """Answers by word; None where a place is asked for."""
    places: int


def grammar_of(kind: str, yes: Iterable[str], no: Iterable[str], places: int) -> AnswerGrammar:
    """The reader for a kind of question ("choice" or "place")."""
    words = YES_NO_WORDS | dict.fromkeys(yes, YES) | dict.fromkeys(no, NO)
    return AnswerGrammar(None if kind == "place" else words, places)


def value_of(part: str, grammar: AnswerGrammar) -> str | None:
    """The one answer that a text begins with; None where there is none, or another with it."""
    said = sentences(part)
    if not said or said[0].asks or _DOUBTED.match(part):
        return None
    first, *others = _without_leaders(said[0].clauses)
    value = _choice(first, grammar) if grammar.words else place_of(said, grammar.places)
    if value is None or any(_conditions(words) or words[0] in CONTRASTS for words in others):
        return None
    if grammar.words and others and _denies_itself(others[0], value):
        return None
    if any(_is_other(words, value, grammar) for words in others) or _against(
        said[1:], value, grammar
    ):
        return None
    return None if TAKEN_BACK.search(part) or not _marks_agree(part, value) else value


def behind(part: str) -> str:
    """What follows the first sentence of a text."""
    return re.split(r"(?<=\w)\W{0,3}[.!?]", part, maxsplit=1)[1:][0] if _has_more(part) else ""


def _has_more(part: str) -> bool:
    return len(sentences(part)) > 1


def alone(line: str, grammar: AnswerGrammar) -> str | None:
    """The answer that a line consists of; None where it holds anything else."""
    said = sentences(line)
    if len(said) != 1 or said[0].asks:
        return None
    words, *others = _without_leaders(said[0].clauses)
    if others:
        return None
    while words and words[0] in CONCLUSIONS:
        words = words[1:]
    value = _bare(words, grammar)
    return value if value is not None and _marks_agree(line, value) else None


def speaks_against(text: str, value: str | None, grammar: AnswerGrammar) -> bool:
    """Whether a text that follows an answer takes it back, or gives another one."""
    return TAKEN_BACK.search(text) is not None or _against(sentences(text), value, grammar)


def _against(said: Sequence[Sentence], value: str | None, grammar: AnswerGrammar) -> bool:
    for sentence in said:
        if grammar.words is None and sentence.clauses[0] in (["no"], ["нет"]):
            return True
        clauses = [words for words in sentence.clauses if not FILLERS.issuperset(words)]
        others = [_is_other(words, value, grammar) for words in clauses]
        # "Seats 1, 2 and 4 are taken" has numbers that stand alone, too.
        if any(others) if grammar.words else (others and all(others)):
            return True
    return False


def goes_on(text: str) -> bool:
    """Whether a text begins like the next step of an argument."""
    said = sentences(text)
    return bool(said) and said[0].clauses[0][0] in STEP_WORDS


def denies(text: str) -> bool:
    """Whether a text begins with the word that there is no answer, or not this one."""
    said = sentences(text)
    return bool(said) and said[0].clauses[0][0] in DENIALS


def is_free(lead: str) -> bool:
    """Whether what stands before a marker lets it speak for itself.

    "If seat 2 is free, ANSWER: yes", "it is not the case that the answer is yes" do not.
    """
    if re.search(r"[.!?]\s*$", lead) or not lead.strip():
        return True
    said = sentences(lead)
    if not said:
        return True
    clauses = said[-1].clauses
    words = [word for clause in clauses for word in clause]
    if (CONDITIONS | SCENARIOS).intersection(words) or words[0] in INVERTED:
        return False
    if words[-1] in OBJECTS:
        return False  # "the opposite of the answer is yes"
    # What is concluded from may have its doubts: "2 may be free, so ANSWER: yes".
    ends = [at for at, word in enumerate(words) if word in CONCLUSIONS]
    words = words[ends[-1] + 1 :] if ends else words
    if (DOUBTS | WHEN).intersection(words) or _reports(words):
        return False
    # And it may negate, up to a comma: "2 is not free, ANSWER: no".
    clause = [] if lead.rstrip().endswith((",", "—", "–")) else clauses[-1]
    if THAT.issuperset(clause):  # "It is not true, that ..."
        clause = [word for each in clauses[-2:] for word in each] if clause else []
    return not NEGATIONS.intersection(clause) or bool(ends and not words)


def is_conditional(line: str) -> bool:
    """Whether a line is left open, and what comes under it is one case of several."""
    end = line.rstrip()
    said = sentences(line)
    if not said or end.endswith((".", "!", "?")):
        return False
    words = [word for clause in said[-1].clauses for word in clause]
    if _reports(words) and end.endswith(":"):
        return True
    if not (CONDITIONS | CASES).intersection(words):
        return False
    open_ = end.endswith((",", ":", ";", "-", "–", "—")) or words[0] in CONDITIONS
    return open_ or words[-1] in ("then", "or", "то", "тогда", "или")


def _reports(words: Sequence[str]) -> bool:
    """Whether a clause tells what somebody else says."""
    return bool(REPORTS.intersection(words)) and not FIRST_PERSON.intersection(words)


def _without_leaders(clauses: list[list[str]]) -> list[list[str]]:
    """Without clauses before the answer that are leaders alone ("therefore, yes")."""
    while len(clauses) > 1 and LEADERS.issuperset(clauses[0]):
        clauses = clauses[1:]
    return clauses


def _marks_agree(text: str, value: str) -> bool:
    """Whether ticks and crosses say nothing else than the answer."""
    wrong = TICK if value == NO else CROSS
    return wrong not in text


def _conditions(words: Sequence[str]) -> bool:
    """Whether a clause is a condition ("but only if ..."), or a doubt, of what stands before it."""
    rest = [word for word in words if word not in ("but", "only", "and", "or", "и", "но", "только")]
    doubts = ("maybe", "perhaps", "possibly", "unsure", "возможно", "наверное")
    unsure = rest[:3] == ["i", "am", "not"] or rest[:2] == ["not", "sure"]
    unsure = unsure or rest in (["not"], ["может", "быть"]) or rest[1:3] == ["long", "as"]
    return bool(rest) and (rest[0] in CONDITIONS | WHEN or rest[0] in doubts or unsure)


def _denies_itself(words: Sequence[str], value: str) -> bool:
    """Whether "yes" goes on with "they cannot", or "no" with "they can"."""
    at = 0
    while at < len(words) and words[at] in PRONOUNS:
        at += 1
    modal, after = words[at : at + 1], words[at + 1 : at + 2]
    cannot = IMPOSSIBLE.issuperset(modal) or list(after) == ["not"]
    if not modal or not (CAN | IMPOSSIBLE).issuperset(modal):
        return False
    return cannot if value == YES else not cannot


def _choice(words: Sequence[str], grammar: AnswerGrammar) -> str | None:
    """The answer that a clause begins with, where it is no part of a phrase."""
    known = grammar.words or {}
    while words and words[0] in LEADERS:
        words = words[1:]
    if not words or words[0] not in known:
        return None
    value, rest = known[words[0]], words[1:]
    if rest and rest[0] not in FOLLOWERS and known.get(rest[0]) != value:
        return None  # "no idea"
    if {known[word] for word in rest if word in known} - {value}:
        return None  # "yes or no"
    reason = next((at for at, word in enumerate(rest) if word in BECAUSE), len(rest))
    if (CONDITIONS | WHEN | OR).intersection(rest[:reason]):
        return None
    return None if _denies_itself(rest, value) else value


def _bare(words: Sequence[str], grammar: AnswerGrammar) -> str | None:
    """The answer that a clause consists of."""
    if grammar.words:
        return grammar.words.get(words[0]) if len(words) == 1 else None
    others = NOUNS | ARTICLES
    if any(number_of(word) is None and word not in others for word in words):
        return None
    numbers = numbers_in(words, grammar.places)
    number = numbers.pop() if len(numbers) == 1 else 0
    return str(number) if 1 <= number <= grammar.places else None


def _is_other(words: Sequence[str], value: str | None, grammar: AnswerGrammar) -> bool:
    """Whether a clause gives another answer, if it gives one.

    "or no", "no, wait" and "it is no" do; "no contradiction" and "not no" do not.
    """
    if grammar.words is None:
        while words and words[0] in FILLERS and words[0] not in ("seat", "no"):
            words = words[1:]
        bare = [word for word in words if word in NOUNS or number_of(word) is not None]
        found = numbers_in(words, grammar.places) if words and len(bare) == len(words) else set()
        return bool(found - {int(value or 0)})
    for at, word in enumerate(words):
        if word not in grammar.words or grammar.words[word] == value:
            continue
        if NEGATIONS.intersection(words[:at]) or "than" in words[:at]:
            continue
        begins = all(each in FILLERS for each in words[:at])
        ends = at == len(words) - 1
        follows = not ends and words[at + 1] in FOLLOWERS
        if (begins and (ends or follows)) or (ends and word in ("yes", "no", "да")):
            return True
    return False
