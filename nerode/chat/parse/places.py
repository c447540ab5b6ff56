"""The grammar of places: which number an answer to "where?" names."""

from __future__ import annotations

from collections.abc import Sequence

from nerode.chat.parse.lexicon import (
    CONDITIONS,
    DENIALS,
    DOUBTS,
    ELSEWHERE,
    FROM_LEFT,
    NEGATIONS,
    REASONS,
    WHEN,
)
from nerode.chat.parse.numerals import names_a_place, number_of, numbers_in, without_total
from nerode.chat.parse.sentences import Sentence


def place_of(said: Sequence[Sentence], places: int) -> str | None:
    """The number of the first clause that has one, where it is the only one said of a place."""
    for sentence in said:
        for at, words in enumerate(sentence.clauses):
            if DENIALS.intersection(words) or sentence.asks:
                return None
            numbers = numbers_in(_counted(words), places)
            if numbers:
                further = _further(sentence.clauses[at + 1 :], places)
                one = len(numbers | further) == 1 and _is_place(words, places)
                number = numbers.pop()
                return str(number) if one and 1 <= number <= places else None
            if (CONDITIONS | DOUBTS | WHEN).intersection(words):
                return None
    return None


def _further(clauses: Sequence[Sequence[str]], places: int) -> set[int]:
    """Numbers of the clauses that go on with the sentence, up to one that gives a reason."""
    found: set[int] = set()
    for words in clauses:
        # "3, that is, seat 3" gives no reason.
        if REASONS.intersection(words[:2]) and list(words[:2]) != ["that", "is"]:
            break
        found |= numbers_in(words, places)
    return found


def _counted(words: Sequence[str]) -> list[str]:
    """Words without "from the left", which is how places are counted."""
    rest = list(words)
    for phrase in FROM_LEFT:
        for at in range(len(rest) - len(phrase) + 1):
            after = rest[at + len(phrase) : at + len(phrase) + 1]
            if tuple(rest[at : at + len(phrase)]) == phrase and after not in (["of"], ["от"]):
                return rest[:at] + rest[at + len(phrase) :]
    return rest


def _is_place(words: Sequence[str], places: int) -> bool:
    """Whether a clause with a number says that it is there, and not beside it or not there."""
    rest = without_total(_counted(words), places)
    # "No" is short for "number" before one.
    after = [*rest[1:], ""]
    rest = [
        word
        for word, next_ in zip(rest, after, strict=True)
        if word != "no" or number_of(next_) is None
    ]
    return not (ELSEWHERE | NEGATIONS).intersection(rest) and names_a_place(rest)
