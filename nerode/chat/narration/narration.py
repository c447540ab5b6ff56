"""Interface of narrations: prompts that describe a world in a language and ask about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nerode.worlds.world import AnyWorld


@dataclass(frozen=True)
class Riddle:
    """A question about the state that a history reaches, with one right answer."""

    history: tuple[int, ...]
    """Symbols that the prompt describes before it asks."""
    subject: int
    """Who or what is asked for: a person, a thing under the cups."""
    answer: int
    """Where it is: a seat or a place, counted from 1."""


class Narration(Protocol):
    """Prompts about a world in one language.

    Prompts are a function of the world, the language, the words drawn and the symbols: the
    same question is the same text, so that it need not be asked twice.
    """

    @property
    def world(self) -> AnyWorld:
        """The world that prompts describe."""
        ...

    @property
    def language(self) -> str:
        """Its code, such as `en`."""
        ...

    @property
    def yes(self) -> tuple[str, ...]:
        """Answers that mean yes, in lower case, the one that prompts ask for first."""
        ...

    @property
    def no(self) -> tuple[str, ...]:
        """Answers that mean no, in lower case, the one that prompts ask for first."""
        ...

    @property
    def marker(self) -> str:
        """What the last line of a reply is to begin with, the colon included."""
        ...

    @property
    def places(self) -> int:
        """How many places an answer to a riddle can name: 1 to `places`."""
        ...

    def sentence(self, symbol: int) -> str:
        """One symbol as a sentence, with a capital letter and a full stop, without a number."""
        ...

    def situation(self, history: Sequence[int]) -> str:
        """The situation: an introduction, and the history as numbered sentences."""
        ...

    def ask_continuation(self, history: Sequence[int], continuation: Sequence[int]) -> str:
        """The whole prompt: may `continuation` follow, is it legal after `history`?

        Asks for a last line of the marker and yes or no.
        """
        ...

    def ask_riddle(self, riddle: Riddle) -> str:
        """The whole prompt: where is the subject of the riddle?

        Asks for a last line of the marker and a number from 1 to `places`.
        """
        ...

    def riddle(self, rng: np.random.Generator) -> Riddle:
        """A riddle drawn at random."""
        ...
