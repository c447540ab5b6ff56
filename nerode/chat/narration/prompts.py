"""Base class of narrations: how a prompt is put together, and how it ends."""
# ruff: noqa: RUF001 - Russian letters are meant

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nerode.chat.narration.narration import Narration, Riddle
from nerode.worlds.world import AnyWorld

MakeNarration = Callable[[AnyWorld, int], Narration]
"""Makes the narration of a world, whose words are drawn by a seed."""


@dataclass(frozen=True)
class Language:
    """How answers are asked for in a language."""

    code: str
    yes: tuple[str, ...]
    no: tuple[str, ...]
    marker: str
    choice: str
    """The end of a prompt that is answered by yes or no."""
    place: str
    """The end of a prompt that is answered by a number, up to what the number is of."""


ENGLISH = Language(
    code="en",
    yes=("yes", "true"),
    no=("no", "false"),
    marker="ANSWER:",
    choice=(
        "Think it through first if you need to. End your reply with the line ANSWER: yes "
        "or the line ANSWER: no."
    ),
    place=(
        "Think it through first if you need to. End your reply with the line "
        "ANSWER: <number of the {spot}>."
    ),
)
RUSSIAN = Language(
    code="ru",
    yes=("да", "yes"),
    no=("нет", "no"),
    marker="ОТВЕТ:",
    choice=(
        "Если нужно, сначала порассуждайте. Завершите ответ строкой ОТВЕТ: да "
        "или строкой ОТВЕТ: нет."
    ),
    place=("Если нужно, сначала порассуждайте. Завершите ответ строкой ОТВЕТ: <номер {spot}>."),
)


class BaseNarration(ABC):
    """A narration whose sentences about the world are left to subclasses."""

    spot: str
    """What the number in an answer is of; in Russian in the genitive."""
    speech: ClassVar[Language]

    def __init__(self, world: AnyWorld, places: int, seed: int) -> None:
        """For answers from 1 to `places` to riddles; `seed` decides about the words."""
        self.world = world
        self.places = places
        self.choose(np.random.default_rng(seed))

    @abstractmethod
    def choose(self, rng: np.random.Generator) -> None:
        """Draw the words."""

    @property
    def language(self) -> str:
        """Code of the language."""
        return self.speech.code

    @property
    def yes(self) -> tuple[str, ...]:
        """Answers that mean yes."""
        return self.speech.yes

    @property
    def no(self) -> tuple[str, ...]:
        """Answers that mean no."""
        return self.speech.no

    @property
    def marker(self) -> str:
        """What the last line of a reply begins with."""
        return self.speech.marker

    @abstractmethod
    def sentence(self, symbol: int) -> str:
        """One symbol as a sentence."""

    @abstractmethod
    def introduction(self) -> str:
        """Who and what there is, what the words mean, and what is known beforehand."""

    @abstractmethod
    def heading(self, *, empty: bool) -> str:
        """What stands before the sentences of a history, or in their place where it is empty."""

    @abstractmethod
    def question(self, *, several: bool) -> str:
        """Whether what follows, one sentence or several, may be."""

    @abstractmethod
    def where(self, subject: int) -> str:
        """Where the subject of a riddle is."""

    @abstractmethod
    def riddle(self, rng: np.random.Generator) -> Riddle:
        """A riddle drawn at random."""

    def situation(self, history: Sequence[int]) -> str:
        """The introduction, and the history as numbered sentences."""
        sentences = self._numbered(history)
        return "\n".join([self.introduction(), "", self.heading(empty=not sentences), *sentences])

    def ask_continuation(self, history: Sequence[int], continuation: Sequence[int]) -> str:
        """Whether the continuation may follow; its sentences are numbered where it has several.

        The numbers go on from those of the history, so that each sentence has its own.
        """
        several = len(continuation) > 1
        sentences = self._numbered(continuation, len(history))
        if not several:
            sentences = [self.sentence(symbol) for symbol in continuation]
        question = "\n".join([self.question(several=several), *sentences])
        return "\n\n".join([self.situation(history), question, self.speech.choice])

    def ask_riddle(self, riddle: Riddle) -> str:
        """Where the subject of the riddle is."""
        end = self.speech.place.format(spot=self.spot)
        return "\n\n".join([self.situation(riddle.history), self.where(riddle.subject), end])

    def _numbered(self, symbols: Sequence[int], before: int = 0) -> list[str]:
        """A line for each symbol, numbered from `before` + 1."""
        return [
            f"{number}. {self.sentence(symbol)}"
            for number, symbol in enumerate(symbols, start=before + 1)
        ]
