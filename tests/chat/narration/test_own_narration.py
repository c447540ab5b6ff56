"""A world of one's own that can be told in sentences is asked for its narration."""

from __future__ import annotations

from typing import Any

import pytest

from nerode.chat.narration.cups import CUPS_NARRATIONS
from nerode.chat.narration.narration import open_narration
from nerode.chat.run import ChatConfig
from nerode.errors import UnknownName
from nerode.worlds.cayley import Cayley
from nerode.worlds.cups import Cups


class Shells(Cups):  # type: ignore[misc]  # a world of the library is final; one of yours is not
    """A row of cups that tells of itself."""

    def narrate(self, language: str, *, obfuscate: bool, seed: int) -> Any:
        self.asked_for = language, obfuscate, seed
        return CUPS_NARRATIONS[language, obfuscate](self, seed)


def test_a_world_tells_of_itself() -> None:
    world = Shells(3)
    narration = open_narration(world, "ru", obfuscate=True, seed=7)
    assert world.asked_for == ("ru", True, 7)
    assert narration.world is world
    plan = ChatConfig(trials=2, seed=1).plan(world)
    assert plan.narration.world is world
    with pytest.raises(UnknownName, match="`narrate`"):
        open_narration(Cayley(3))
