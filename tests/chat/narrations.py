"""A narration that is no language: any world in its own symbols, and quick to write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nerode.chat.narration.narration import Narration, Riddle
from nerode.errors import NoTrial
from nerode.worlds.world import World


@dataclass(frozen=True)
class Plainly:
    """Symbols as they are; riddles ask how many different symbols were said."""

    world: World[Any]
    language: str = "xx"
    yes: tuple[str, ...] = ("yes",)
    no: tuple[str, ...] = ("no",)
    marker: str = "ANSWER:"
    places: int = 3
    riddles: bool = True

    def sentence(self, symbol: int) -> str:
        return f"{self.world.alphabet[symbol]}."

    def situation(self, history: Sequence[int]) -> str:
        return f"({self.world.decode(history)})"

    def ask_continuation(self, history: Sequence[int], continuation: Sequence[int]) -> str:
        return f"{self.situation(history)} {self.world.decode(continuation)}?"

    def ask_riddle(self, riddle: Riddle) -> str:
        return f"{self.situation(riddle.history)} {riddle.subject}?"

    def riddle(self, rng: np.random.Generator) -> Riddle:
        if not self.riddles:
            raise NoTrial("nothing to ask for")
        history: list[int] = []
        state = self.world.start
        for _ in range(int(rng.integers(1, 8))):
            legal = self.world.legal(state)
            history.append(legal[int(rng.integers(len(legal)))])
            state = self.world.step(state, history[-1])
            if not self.world.legal(state):
                break
        return Riddle(tuple(history), int(rng.integers(100)), 1 + len(set(history)) % self.places)


def plainly(world: World[Any], places: int = 3) -> Narration:
    return Plainly(world, places=places)
