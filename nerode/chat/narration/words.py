"""The words that narrations are made of: names, things, made-up words, numerals."""
# ruff: noqa: RUF001, RUF002 - Russian letters are meant

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Word = TypeVar("Word")


@dataclass(frozen=True)
class Name:
    """A person's name, known in both languages; in Russian also `with whom`."""

    english: str
    russian: str
    instrumental: str


@dataclass(frozen=True)
class Thing:
    """A small thing that fits under a cup and, in Russian, lies there."""

    english: str
    russian: str


@dataclass(frozen=True)
class MadeUp:
    """A word that means nothing. In Russian it is a masculine noun with a hard stem."""

    english: str
    russian: str

    @property
    def plural(self) -> str:
        """In English."""
        return f"{self.english}s"

    def counted(self, number: int) -> str:
        """In English: 1 krel, 2 krels."""
        return f"{number} {self.english if number == 1 else self.plural}"

    @property
    def genitive(self) -> str:
        """In Russian: of the one, and after 2, 3 and 4."""
        return f"{self.russian}а"

    @property
    def prepositional(self) -> str:
        """In Russian: in or on the one."""
        return f"{self.russian}е"

    @property
    def plural_russian(self) -> str:
        """In Russian: several of them; the stem must not end in г, к or х."""
        return f"{self.russian}ы"

    @property
    def plural_genitive(self) -> str:
        """In Russian: of several, and after 5 and 6."""
        return f"{self.russian}ов"

    @property
    def plural_instrumental(self) -> str:
        """In Russian: with or between several."""
        return f"{self.russian}ами"

    @property
    def plural_prepositional(self) -> str:
        """In Russian: in or on several."""
        return f"{self.russian}ах"


PEOPLE = (
    Name("Anna", "Анна", "Анной"),
    Name("Boris", "Борис", "Борисом"),
    Name("Clara", "Клара", "Кларой"),
    Name("Anton", "Антон", "Антоном"),
    Name("Emma", "Эмма", "Эммой"),
    Name("Felix", "Феликс", "Феликсом"),
    Name("Maria", "Мария", "Марией"),
    Name("Martin", "Мартин", "Мартином"),
    Name("Nina", "Нина", "Ниной"),
    Name("Oscar", "Оскар", "Оскаром"),
    Name("Robert", "Роберт", "Робертом"),
    Name("Vera", "Вера", "Верой"),
)
THINGS = (
    Thing("key", "ключ"),
    Thing("coin", "монета"),
    Thing("ring", "кольцо"),
    Thing("button", "пуговица"),
    Thing("nut", "орех"),
    Thing("bead", "бусина"),
    Thing("pebble", "камешек"),
    Thing("pea", "горошина"),
    Thing("cube", "кубик"),
    Thing("cork", "пробка"),
)
BEINGS = (
    MadeUp("plim", "плим"),
    MadeUp("vask", "васк"),
    MadeUp("quarn", "кварн"),
    MadeUp("nirf", "нирф"),
    MadeUp("tolb", "толб"),
    MadeUp("frub", "фруб"),
    MadeUp("yarb", "ярб"),
    MadeUp("lomf", "ломф"),
    MadeUp("tarv", "тарв"),
    MadeUp("glip", "глип"),
)
"""Made-up people, and things."""
SPOTS = (MadeUp("sklib", "склиб"), MadeUp("threll", "трелл"), MadeUp("vunt", "вунт"))
"""Made-up seats, and cups."""
UNITS = (MadeUp("krel", "крел"), MadeUp("hulm", "хулм"), MadeUp("zimp", "зимп"))
"""Made-up measures of how far two of them are apart."""

ENGLISH_CARDINALS = ("zero", "one", "two", "three", "four", "five", "six")
ENGLISH_ORDINALS = ("zeroth", "first", "second", "third", "fourth", "fifth", "sixth")
CARDINALS = ("ноль", "один", "два", "три", "четыре", "пять", "шесть")
CARDINALS_PREPOSITIONAL = ("нуле", "одном", "двух", "трёх", "четырёх", "пяти", "шести")
ORDINALS = ("нулевой", "первый", "второй", "третий", "четвёртый", "пятый", "шестой")
"""Masculine, as subject or as inanimate object."""
ORDINALS_PREPOSITIONAL = (
    "нулевом",
    "первом",
    "втором",
    "третьем",
    "четвёртом",
    "пятом",
    "шестом",
)
ORDINALS_INSTRUMENTAL = (
    "нулевым",
    "первым",
    "вторым",
    "третьим",
    "четвёртым",
    "пятым",
    "шестым",
)
LAST_PAUCAL = 4
"""Russian counts up to four of a thing in one form of the noun, and more in another."""


def draw(words: Sequence[Word], count: int, rng: np.random.Generator) -> tuple[Word, ...]:
    """The first `count` of the words in a random order."""
    return tuple(words[place] for place in rng.permutation(len(words))[:count].tolist())


def listed(words: Sequence[str], last: str) -> str:
    """Words as a list in a sentence, `last` before the last of them: A, B and C."""
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
