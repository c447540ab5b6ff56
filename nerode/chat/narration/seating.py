"""Seating puzzles in English and Russian, with people on seats or in made-up words."""
# ruff: noqa: RUF001, RUF002 - Russian letters are meant

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
    CARDINALS_PREPOSITIONAL,
    ENGLISH_CARDINALS,
    ORDINALS_PREPOSITIONAL,
    PEOPLE,
    SPOTS,
    UNITS,
    draw,
    listed,
)
from nerode.errors import InvalidParameter
from nerode.worlds.seating import FEWEST_SEATS, Arrangements, Statement
from nerode.worlds.world import World

BETWEEN = ("", "ровно одно место", "ровно два места", "ровно три места", "ровно четыре места")
"""What lies between two people, by the number of seats."""


@runtime_checkable
class SeatingPuzzle(Protocol):
    """What a world about people on a row of seats has, beside what every world has."""

    @property
    def seats(self) -> int:
        """How many seats, and people, there are."""
        ...

    @property
    def statements(self) -> Sequence[Statement]:
        """What each symbol says."""
        ...

    def telling(self, state: Arrangements) -> tuple[int, ...]:
        """Statements that are legal and tell something new, ascending."""
        ...

    def implied(self, state: Arrangements) -> tuple[int, ...]:
        """Statements that are true in every arrangement of the state, ascending."""
        ...


def as_seating_puzzle(world: World[Arrangements]) -> SeatingPuzzle:
    """The world itself, where it has people on seats. Raises InvalidParameter otherwise."""
    if not isinstance(world, SeatingPuzzle):
        message = f"expected a world of people on a row of seats (seating), got {world.name}"
        raise InvalidParameter(message)
    return world


class SeatingNarration(BaseNarration):
    """Seating puzzles in any words: which sentence a symbol is, and riddles.

    Raises InvalidParameter for a world without people on seats.
    """

    def __init__(self, world: World[Arrangements], seed: int) -> None:
        self.puzzle = as_seating_puzzle(world)
        super().__init__(world, self.puzzle.seats, seed)

    @abstractmethod
    def sits(self, person: int, seat: int) -> str:
        """A sentence: somebody is in a seat."""

    @abstractmethod
    def apart(self, person: int, other: int, distance: int) -> str:
        """A sentence: how far from each other two people are."""

    def sentence(self, symbol: int) -> str:
        """One statement."""
        said = self.puzzle.statements[symbol]
        if said.other is None:
            return self.sits(said.person, said.number)
        return self.apart(said.person, said.other, said.number)

    def riddle(self, rng: np.random.Generator) -> Riddle:
        """Random statements until one arrangement is left; where is somebody?

        Each statement is drawn uniformly from those that tell something new, and the person
        from those whose seat no statement names: there is always one.
        """
        state: Arrangements = self.world.start
        history = list[int]()
        while len(state) > 1:
            symbols = self.puzzle.telling(state)
            history.append(symbols[int(rng.integers(len(symbols)))])
            state = self.world.step(state, history[-1])
        said = [self.puzzle.statements[symbol] for symbol in history]
        named = {statement.person for statement in said if statement.other is None}
        people = [person for person in range(self.places) if person not in named]
        subject = people[int(rng.integers(len(people)))]
        arrangement = next(iter(state))
        return Riddle(tuple(history), subject, arrangement.index(subject) + 1)


class _English(SeatingNarration):
    """What is said in English whatever the words are."""

    speech: ClassVar[Language] = ENGLISH

    def heading(self, *, empty: bool) -> str:
        return "Nothing else is known." if empty else "What is known:"

    def question(self, *, several: bool) -> str:
        if several:
            return (
                "Could the following statements also be true, all of them together "
                "with everything said above?"
            )
        return "Could the following statement also be true, together with everything said above?"


class _Russian(SeatingNarration):
    """What is said in Russian whatever the words are."""

    speech: ClassVar[Language] = RUSSIAN

    def heading(self, *, empty: bool) -> str:
        return "Больше ничего не известно." if empty else "Вот что известно:"

    def question(self, *, several: bool) -> str:
        if several:
            return "Могут ли быть верны сразу все следующие утверждения, если верно сказанное выше?"
        return "Может ли быть верно ещё и следующее утверждение, если верно сказанное выше?"

    def _numbers(self) -> str:
        return ", ".join(str(seat) for seat in range(1, self.places + 1))


@final
class _EnglishPlain(_English):
    """Anna sits in seat 2. Anna sits 1 seat away from Boris."""

    def choose(self, rng: np.random.Generator) -> None:
        self._people = [name.english for name in draw(PEOPLE, self.places, rng)]
        self.spot = "seat"

    def introduction(self) -> str:
        count = ENGLISH_CARDINALS[self.places]
        rest = ", and so on" if self.places > FEWEST_SEATS else ""
        return (
            f"{listed(self._people, 'and')} sit in a row of {count} seats, one person in each. "
            f"The seats are numbered 1 to {self.places} from left to right. Two people in "
            "neighbouring seats sit 1 seat away from each other; two people with exactly one "
            f"person between them sit 2 seats away from each other{rest}."
        )

    def where(self, subject: int) -> str:
        return f"In which seat does {self._people[subject]} sit?"

    def sits(self, person: int, seat: int) -> str:
        return f"{self._people[person]} sits in seat {seat}."

    def apart(self, person: int, other: int, distance: int) -> str:
        seats = "1 seat" if distance == 1 else f"{distance} seats"
        return f"{self._people[person]} sits {seats} away from {self._people[other]}."


@final
class _EnglishMadeUp(_English):
    """Plim is on sklib 2. Plim is 1 krel away from Vask."""

    def choose(self, rng: np.random.Generator) -> None:
        self._people = [being.english.title() for being in draw(BEINGS, self.places, rng)]
        (self._seat,), (self._unit,) = draw(SPOTS, 1, rng), draw(UNITS, 1, rng)
        self.spot = self._seat.english

    def introduction(self) -> str:
        count, seat, unit = ENGLISH_CARDINALS[self.places], self._seat, self._unit
        return (
            f"{listed(self._people, 'and')} are on {count} {seat.plural}, one on each. "
            f"The {seat.plural} lie in a row and are numbered 1 to {self.places} from left to "
            f"right. A {unit.english} is the distance from one {seat.english} to the next: "
            f"{seat.plural} 1 and 2 are {unit.counted(1)} apart, {seat.plural} 1 and 3 are "
            f"{unit.counted(2)} apart."
        )

    def where(self, subject: int) -> str:
        return f"On which {self.spot} is {self._people[subject]}?"

    def sits(self, person: int, seat: int) -> str:
        return f"{self._people[person]} is on {self.spot} {seat}."

    def apart(self, person: int, other: int, distance: int) -> str:
        away = self._unit.counted(distance)
        return f"{self._people[person]} is {away} away from {self._people[other]}."


@final
class _RussianPlain(_Russian):
    """Анна сидит на втором месте. Анна сидит рядом с Борисом."""

    def choose(self, rng: np.random.Generator) -> None:
        self._people = draw(PEOPLE, self.places, rng)
        self.spot = "места"

    def introduction(self) -> str:
        people = listed([name.russian for name in self._people], "и")
        more = ("", "; если ровно два места — двое", "; если ровно два места — двое, и так далее")
        rest = more[min(self.places - FEWEST_SEATS, 2)]
        return (
            f"{people} сидят в ряд на {CARDINALS_PREPOSITIONAL[self.places]} местах, по одному "
            f"человеку на каждом. Места пронумерованы слева направо: {self._numbers()}. Рядом "
            "сидят те, чьи места соседние. Если между двумя людьми ровно одно место, между ними "
            f"сидит ровно один человек{rest}."
        )

    def where(self, subject: int) -> str:
        return f"На каком месте сидит {self._people[subject].russian}?"

    def sits(self, person: int, seat: int) -> str:
        return f"{self._people[person].russian} сидит на {ORDINALS_PREPOSITIONAL[seat]} месте."

    def apart(self, person: int, other: int, distance: int) -> str:
        one, two = self._people[person], self._people[other]
        if distance == 1:
            return f"{one.russian} сидит рядом с {two.instrumental}."
        return f"Между {one.instrumental} и {two.instrumental} {BETWEEN[distance - 1]}."


@final
class _RussianMadeUp(_Russian):
    """Плим стоит на втором склибе. Плим стоит в одном креле от Васка."""

    def choose(self, rng: np.random.Generator) -> None:
        self._people = draw(BEINGS, self.places, rng)
        (self._seat,), (self._unit,) = draw(SPOTS, 1, rng), draw(UNITS, 1, rng)
        self.spot = self._seat.genitive

    def introduction(self) -> str:
        people = listed([being.russian.title() for being in self._people], "и")
        count, seat, unit = CARDINALS_PREPOSITIONAL[self.places], self._seat, self._unit
        seats = seat.plural_russian
        return (
            f"{people} стоят на {count} {seat.plural_prepositional}, по одному на каждом. "
            f"{seats.title()} расположены в ряд и пронумерованы слева направо: {self._numbers()}. "
            f"{unit.russian.title()} — это расстояние между соседними {seat.plural_instrumental}: "
            f"первый и второй {seats} находятся в одном {unit.prepositional} друг от друга, "
            f"первый и третий — в двух {unit.plural_prepositional}."
        )

    def where(self, subject: int) -> str:
        return f"На каком {self._seat.prepositional} стоит {self._name(subject)}?"

    def sits(self, person: int, seat: int) -> str:
        spot = f"{ORDINALS_PREPOSITIONAL[seat]} {self._seat.prepositional}"
        return f"{self._name(person)} стоит на {spot}."

    def apart(self, person: int, other: int, distance: int) -> str:
        unit = self._unit.prepositional if distance == 1 else self._unit.plural_prepositional
        away = f"{CARDINALS_PREPOSITIONAL[distance]} {unit}"
        of = self._people[other].genitive.title()
        return f"{self._name(person)} стоит в {away} от {of}."

    def _name(self, person: int) -> str:
        return self._people[person].russian.title()


SEATING_NARRATIONS: Mapping[tuple[str, bool], MakeNarration] = {
    ("en", False): _EnglishPlain,
    ("en", True): _EnglishMadeUp,
    ("ru", False): _RussianPlain,
    ("ru", True): _RussianMadeUp,
}
"""The narration of seating puzzles, by language and whether words are made up."""
