"""Narrations of worlds that are not part of the library, and in languages that are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nerode.chat.narration.cups import CUPS_NARRATIONS
from nerode.chat.narration.registry import open_narration
from nerode.chat.narration.seating import SEATING_NARRATIONS
from nerode.chat.published import is_published
from nerode.chat.run import ChatConfig
from nerode.errors import InvalidParameter, MissingFile, UnknownName
from nerode.worlds.cayley import Cayley
from nerode.worlds.cups import Cups
from nerode.worlds.seating import Arrangements, Seating, Statement
from nerode.worlds.world import World


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


class Bench(World[Arrangements]):
    """People on a row of seats, written by somebody else: no subclass of the library's world."""

    def __init__(self, seats: int = 3) -> None:
        self._rules = Seating(seats)
        self.name = f"bench:{seats}"
        self.seats = seats
        self.alphabet, self.start = self._rules.alphabet, self._rules.start

    @property
    def statements(self) -> tuple[Statement, ...]:
        return self._rules.statements

    def legal(self, state: Arrangements) -> tuple[int, ...]:
        return self._rules.legal(state)

    def step(self, state: Arrangements, symbol: int) -> Arrangements:
        return self._rules.step(state, symbol)

    def telling(self, state: Arrangements) -> tuple[int, ...]:
        return self._rules.telling(state)

    def implied(self, state: Arrangements) -> tuple[int, ...]:
        return self._rules.implied(state)


def test_a_world_of_somebody_else_with_seats_has_the_sentences_of_seating() -> None:
    bench, seating = Bench(), Seating(3)
    assert is_published(bench)
    assert not is_published(Cups(3))
    for language in ("en", "ru"):
        own, builtin = open_narration(bench, language), open_narration(seating, language)
        assert own.world is bench
        assert own.situation((0, 4)) == builtin.situation((0, 4))
    paper = ChatConfig(trials=3, seed=1, protocol="paper")
    first, second = (
        [q.prompt for q in paper.plan(world).questions()] for world in (bench, seating)
    )
    assert len(first) > 3
    assert first == second


def test_a_narration_refuses_a_world_that_lacks_what_it_speaks_of() -> None:
    with pytest.raises(InvalidParameter, match=r"people on a row of seats .*got cups:n=3"):
        SEATING_NARRATIONS["en", False](Cups(3), 0)
    with pytest.raises(InvalidParameter, match=r"cups in a row .*got seating:seats=3"):
        CUPS_NARRATIONS["en", False](Seating(3), 0)


def test_a_language_of_ones_own_is_loaded_because_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "pirate.py"
    file.write_text(
        "from nerode.chat.narration.seating import SEATING_NARRATIONS\n"
        "def pirate(world, seed):\n"
        "    return SEATING_NARRATIONS['en', True](world, seed)\n"
        "def mute(world, seed):\n"
        "    return None\n"
    )
    world = Seating(3)
    narration = open_narration(world, f"{file}:pirate", seed=5)
    expected = open_narration(world, "en", obfuscate=True, seed=5)
    assert narration.situation((1, 2)) == expected.situation((1, 2))
    with pytest.raises(InvalidParameter, match=r"narration with language, yes, .*without language"):
        open_narration(world, f"{file}:mute")
    with pytest.raises(InvalidParameter, match="found no parrot there"):
        open_narration(world, f"{file}:parrot")
    with pytest.raises(InvalidParameter, match="made-up words"):
        open_narration(world, f"{file}:pirate", obfuscate=True)
    with pytest.raises(MissingFile):
        open_narration(world, f"{tmp_path / 'gone.py'}:pirate")
