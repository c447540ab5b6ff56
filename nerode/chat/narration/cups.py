"""Cups and what lies under them, in English and Russian, with things or in made-up words."""
# ruff: noqa: RUF001 - Russian letters are meant

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol, final, runtime_checkable

import numpy as np

from nerode.chat.narration.narration import Riddle
from nerode.chat.narration.prompts import (
    ENGLISH,
    RUSSIAN,
    BaseNarration,
    Language,
    MakeNarration,
)
from nerode.chat.narration.words import (
    BEINGS,
    CARDINALS,
    ENGLISH_CARDINALS,
    ENGLISH_ORDINALS,
    LAST_PAUCAL,
    ORDINALS,
    ORDINALS_INSTRUMENTAL,
    ORDINALS_PREPOSITIONAL,
    SPOTS,
    THINGS,
    draw,
    listed,
)
from nerode.errors import InvalidParameter
from nerode.worlds.cups import Things
from nerode.worlds.world import World


@runtime_checkable
class CupGame(Protocol):
    """What a world of cups with things under them has, beside what every world has."""

    @property
    def n(self) -> int:
        """How many cups, and things, there are."""
        ...

    @property
    def swaps(self) -> Sequence[tuple[int, int]]:
        """The places, from 0, that the first symbols swap; all others are looks."""
        ...

    def seen(self, symbol: int) -> tuple[int, int]:
        """Thing and place, both from 0, of a symbol that is a look."""
        ...


class CupsNarration(BaseNarration):
    """Cups in any words: which sentence a symbol is, and riddles.

    Raises InvalidParameter for a world without cups.
    """

    def __init__(self, world: World[Things], seed: int) -> None:
        if not isinstance(world, CupGame):
            message = f"expected a world of cups in a row (cups), got {world.name}"
            raise InvalidParameter(message)
        self.game: CupGame = world
        super().__init__(world, self.game.n, seed)

    @abstractmethod
    def swapped(self, left: int, right: int) -> str:
        """A sentence: the cups at two places, counted from 1, change places."""

    @abstractmethod
    def lifted(self, thing: int, place: int) -> str:
        """A sentence: a thing is seen under the cup at a place, counted from 1."""

    def sentence(self, symbol: int) -> str:
        """One swap or look."""
        if symbol < len(self.game.swaps):
            left, right = self.game.swaps[symbol]
            return self.swapped(left + 1, right + 1)
        thing, place = self.game.seen(symbol)
        return self.lifted(thing, place + 1)

    def riddle(self, rng: np.random.Generator) -> Riddle:
        """Where is one of the things, after n to 2n random swaps?"""
        length = int(rng.integers(self.places, 2 * self.places + 1))
        history = tuple(rng.integers(len(self.game.swaps), size=length).tolist())
        subject = int(rng.integers(self.places))
        return Riddle(history, subject, self.world.run(history).index(subject) + 1)


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


class _English(CupsNarration):
    """What is said in English whatever the words are."""

    speech: ClassVar[Language] = ENGLISH

    def heading(self, *, empty: bool) -> str:
        return "Nothing has happened yet." if empty else "Then this happens:"

    def question(self, *, several: bool) -> str:
        return "Could this happen next, in this order?" if several else "Could this happen next?"


class _Russian(CupsNarration):
    """What is said in Russian whatever the words are."""

    speech: ClassVar[Language] = RUSSIAN

    def heading(self, *, empty: bool) -> str:
        return "Пока ничего не произошло." if empty else "Вот что было дальше:"

    def question(self, *, several: bool) -> str:
        if several:
            return "Возможно ли такое продолжение — именно в этом порядке?"
        return "Возможно ли такое продолжение?"


@final
class _EnglishPlain(_English):
    """The first and the third cup are swapped. The second cup is lifted: the key is under it."""

    def choose(self, rng: np.random.Generator) -> None:
        self._things = [f"the {thing.english}" for thing in draw(THINGS, self.places, rng)]
        self.spot = "cup"

    def introduction(self) -> str:
        first, second, *others = self._things
        lying = [f"{first} is under the first from the left", f"{second} under the second"]
        lying += [
            f"{thing} under the {ENGLISH_ORDINALS[place]}" for place, thing in enumerate(others, 3)
        ]
        count, things = ENGLISH_CARDINALS[self.places], _sentence(listed(lying, "and"))
        return (
            f"{count.title()} cups stand upside down in a row. {things} Any two cups can be "
            "swapped, and what lies under them moves along. A cup that is lifted is put back "
            "where it stood. Cups are always counted from left to right as they stand at that "
            "moment: the first cup is the leftmost."
        )

    def where(self, subject: int) -> str:
        return f"Under which cup, counted from the left, is {self._things[subject]} now?"

    def swapped(self, left: int, right: int) -> str:
        one, two = ENGLISH_ORDINALS[left], ENGLISH_ORDINALS[right]
        return f"The {one} and the {two} cup are swapped."

    def lifted(self, thing: int, place: int) -> str:
        return f"The {ENGLISH_ORDINALS[place]} cup is lifted: {self._things[thing]} is under it."


@final
class _EnglishMadeUp(_English):
    """The first and the third vunt are florked. The second vunt is opened: the plim is in it."""

    def choose(self, rng: np.random.Generator) -> None:
        self._things = [f"the {being.english}" for being in draw(BEINGS, self.places, rng)]
        (self._cup,) = draw(SPOTS, 1, rng)
        self.spot = self._cup.english

    def introduction(self) -> str:
        cups, (first, second, *others) = self._cup.plural, self._things
        lying = [f"{first} is in the first from the left", f"{second} in the second"]
        lying += [
            f"{thing} in the {ENGLISH_ORDINALS[place]}" for place, thing in enumerate(others, 3)
        ]
        count, things = ENGLISH_CARDINALS[self.places], _sentence(listed(lying, "and"))
        return (
            f"{count.title()} {cups} stand in a row. {things} To flork two {cups} is to make them "
            "change places, along with what is in them; any two can be florked. "
            f"A {self.spot} that is opened is closed again and stays where it is. {cups.title()} "
            "are always counted from left to right as they stand at that moment: "
            f"the first {self.spot} is the leftmost."
        )

    def where(self, subject: int) -> str:
        return f"In which {self.spot}, counted from the left, is {self._things[subject]} now?"

    def swapped(self, left: int, right: int) -> str:
        one, two = ENGLISH_ORDINALS[left], ENGLISH_ORDINALS[right]
        return f"The {one} and the {two} {self.spot} are florked."

    def lifted(self, thing: int, place: int) -> str:
        opened = f"The {ENGLISH_ORDINALS[place]} {self.spot} is opened"
        return f"{opened}: {self._things[thing]} is in it."


@final
class _RussianPlain(_Russian):
    """Поменяли местами первый и третий стаканы. Подняли второй стакан: под ним лежит ключ."""

    def choose(self, rng: np.random.Generator) -> None:
        self._things = [thing.russian for thing in draw(THINGS, self.places, rng)]
        self.spot = "стакана"

    def introduction(self) -> str:
        first, *others = self._things
        lying = [f"Под первым слева лежит {first}"]
        lying += [
            f"под {ORDINALS_INSTRUMENTAL[place]} — {thing}" for place, thing in enumerate(others, 2)
        ]
        cups = "стакана" if self.places <= LAST_PAUCAL else "стаканов"
        return (
            f"В ряд вверх дном стоят {CARDINALS[self.places]} {cups}. {', '.join(lying)}. "
            "Поменять местами можно любые два стакана; то, что под ними лежит, "
            "перемещается вместе с ними. Поднятый стакан ставят обратно на то же место. "
            "Стаканы всегда считают слева направо так, как они стоят в этот момент: "
            "первый — самый левый."
        )

    def where(self, subject: int) -> str:
        return f"Под каким по счёту слева стаканом теперь лежит {self._things[subject]}?"

    def swapped(self, left: int, right: int) -> str:
        return f"Поменяли местами {ORDINALS[left]} и {ORDINALS[right]} стаканы."

    def lifted(self, thing: int, place: int) -> str:
        return f"Подняли {ORDINALS[place]} стакан: под ним лежит {self._things[thing]}."


@final
class _RussianMadeUp(_Russian):
    """Зафлорили первый и третий вунты. Открыли второй вунт: в нём лежит плим."""

    def choose(self, rng: np.random.Generator) -> None:
        self._things = [being.russian for being in draw(BEINGS, self.places, rng)]
        (self._cup,) = draw(SPOTS, 1, rng)
        self.spot = self._cup.genitive

    def introduction(self) -> str:
        first, second, *others = self._things
        lying = [f"В первом слева лежит {first}", f"во втором — {second}"]
        lying += [
            f"в {ORDINALS_PREPOSITIONAL[place]} — {thing}" for place, thing in enumerate(others, 3)
        ]
        cup, cups = self._cup, self._cup.plural_russian
        counted = cup.genitive if self.places <= LAST_PAUCAL else cup.plural_genitive
        return (
            f"В ряд стоят {CARDINALS[self.places]} {counted}. {', '.join(lying)}. "
            f"Зафлорить два {cup.genitive} — значит поменять их местами вместе с тем, что в них "
            f"лежит; зафлорить можно любые два. Открытый {cup.russian} снова закрывают, и он "
            f"остаётся на своём месте. {cups.title()} всегда считают слева направо так, как они "
            "стоят в этот момент: первый — самый левый."
        )

    def where(self, subject: int) -> str:
        cup = self._cup.prepositional
        return f"В каком по счёту слева {cup} теперь лежит {self._things[subject]}?"

    def swapped(self, left: int, right: int) -> str:
        return f"Зафлорили {ORDINALS[left]} и {ORDINALS[right]} {self._cup.plural_russian}."

    def lifted(self, thing: int, place: int) -> str:
        opened = f"Открыли {ORDINALS[place]} {self._cup.russian}"
        return f"{opened}: в нём лежит {self._things[thing]}."


CUPS_NARRATIONS: Mapping[tuple[str, bool], MakeNarration] = {
    ("en", False): _EnglishPlain,
    ("en", True): _EnglishMadeUp,
    ("ru", False): _RussianPlain,
    ("ru", True): _RussianMadeUp,
}
"""The narration of cups, by language and whether words are made up."""
