"""Numbers of places as people write them: in digits or in words, in English and Russian."""
# ruff: noqa: RUF001 - Russian letters are meant

from __future__ import annotations

import re
from collections.abc import Sequence

from nerode.chat.parse.lexicon import words_of

_HARD = ["ый", "ой", "ая", "ое", "ого", "ому", "ым", "ом", "ую"]
_SOFT = ["ий", "ья", "ье", "ьего", "ьему", "ьим", "ьем", "ью", "ьей"]


def _forms(stem: str, endings: Sequence[str]) -> list[str]:
    return [stem + ending for ending in endings]


_CARDINALS = (
    ["one", "один", "одна", "одно", "одного", "одному", "одним", "одном", "одну", "одной"],
    ["two", "два", "две", "двух", "двум", "двумя"],
    ["three", "три", "трех", "трем", "тремя"],
    ["four", "четыре", "четырех", "четырем", "четырьмя"],
    ["five", "пять", "пяти", "пятью"],
    ["six", "шесть", "шести", "шестью"],
    ["seven", "семь", "семи", "семью"],
)
"""From 1 on. One more than places: 7 is a number, and not one of them."""
_ORDINALS = (
    ["first", "1st", *_forms("перв", _HARD), "первой"],
    ["second", "2nd", *_forms("втор", _HARD), "второй"],
    ["third", "3rd", *_forms("трет", _SOFT)],
    ["fourth", "4th", *_forms("четверт", _HARD), "четвертой"],
    ["fifth", "5th", *_forms("пят", _HARD), "пятой"],
    ["sixth", "6th", *_forms("шест", _HARD)],
    ["seventh", "7th", *_forms("седьм", _HARD)],
)
_CARDINAL = {word: number for number, words in enumerate(_CARDINALS, 1) for word in words}
_ORDINAL = {word: number for number, words in enumerate(_ORDINALS, 1) for word in words}

NOUNS = words_of(
    "seat place position number cup chair spot no n place's место месте места месту местом "
    "номер номером номера стакан стакане стакана стаканом чашка чашке чашкой чашки"
)
"""What numbers are of; no words of a narration, which may be made up."""
_SEVERAL = words_of("seats places positions cups chairs spots места мест местах местами")
"""After a number these are counted: "two seats from the left" is no place."""
_BEFORE_ONE = words_of("is in on at under either or and to not")
"""After these and after a noun "one" is a number, elsewhere a pronoun ("the middle one")."""
_BEHIND = NOUNS | _SEVERAL | words_of("one now in the a row exactly indeed в ряду теперь сейчас")
"""What may stand behind the number of a place, besides what it is of."""
_WHERE = words_of("on in at under на в во под")
_OF = words_of("of из")
_ALL = words_of("the all a total all of всех всего имеющихся")
_DIGIT = re.compile(r"[0-9]")
_PLACE = re.compile(r"([^\W\d]*)(0|[1-9][0-9]{0,2})(?:st|nd|rd|th|-?[а-я]{1,3})?")
"""3, 3rd, 3-е, no3."""


def number_of(word: str) -> int | None:
    """The number that a word is; -1 where it holds digits and is none of a place ("3.5")."""
    known = _CARDINAL.get(word, _ORDINAL.get(word))
    if known is not None or not _DIGIT.search(word):
        return known
    place = _PLACE.fullmatch(word)
    return int(place[2]) if place and place[1] in (*NOUNS, "") else -1


def numbers_in(words: Sequence[str], places: int) -> set[int]:
    """All numbers of a clause, without that of "4 of 5" which says how many places there are.

    One that is not said of a place but of several things ("one of them") is -1.
    """
    numbers: set[int] = set()
    rest = list(words)
    beginning = _total_after(rest)
    if beginning is not None and beginning[1] == places:  # "4 (of 5)"
        del rest[: beginning[0]]
    while rest:
        word = rest.pop(0)
        place = len(words) - len(rest) - 1
        number = number_of(word)
        if number is None or _is_pronoun(words, place):
            continue
        named = place > 0 and words[place - 1] in NOUNS
        counts = (word in _CARDINAL or word.isdecimal()) and not named
        total = _total_after(rest)
        if total is not None:
            length, of = total
            if of != places or (counts and word in _CARDINAL):
                return {-1}
            del rest[:length]
        elif counts and rest and rest[0] in _OF | _SEVERAL:
            return {-1}
        numbers.add(number)
    return numbers


def without_total(words: Sequence[str], places: int) -> list[str]:
    """A clause without what says how many places there are: "4 of the 5 seats" is "4 seats"."""
    for at, word in enumerate(words):
        total = _total_after(words[at + 1 :]) if number_of(word) is not None else None
        if total is not None and total[1] == places:
            return [*words[: at + 1], *words[at + 1 + total[0] :]]
    return list(words)


def names_a_place(words: Sequence[str]) -> bool:
    """Whether a clause (`without_total`) ends in a number that is the name of a place.

    "The third sklib" and "Anna sits in seat 3" do, "3 options" and "seat 3 is free" do not. What a
    narration calls its places is not known here: one unknown word may stand behind an ordinal, or
    behind a number after "on" and the like.
    """
    rest = list(words)
    numbers = [at for at, word in enumerate(rest) if number_of(word) and not _is_pronoun(rest, at)]
    if len(numbers) != 1:
        return False
    at = numbers[0]
    ordinal = not (rest[at] in _CARDINAL or rest[at].isdecimal())
    named = ordinal or (at > 0 and rest[at - 1] in _WHERE)
    behind = rest[at + 2 :] if named else rest[at + 1 :]
    return _BEHIND.issuperset(behind)


def _is_pronoun(words: Sequence[str], place: int) -> bool:
    if words[place] != "one" or place == 0:
        return False
    return words[place - 1] not in _BEFORE_ONE | NOUNS or words[place - 1] == "no"


def _total_after(rest: Sequence[str]) -> tuple[int, int] | None:
    """Of `seats out of the 5 ...`: how many words, and the number; None where there is no such."""
    at = 0
    if at < len(rest) and rest[at] in NOUNS:
        at += 1
    if at < len(rest) and rest[at] == "out":
        at += 1
    if at >= len(rest) or rest[at] not in _OF:
        return None
    at += 1
    while at < len(rest) and rest[at] in _ALL:
        at += 1
    number = number_of(rest[at]) if at < len(rest) else None
    return None if number is None else (at + 1, number)
