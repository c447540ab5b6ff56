"""Opens the narration of a world: its own, one of this library, or one of the user's own.

The narrations of this library ask a world for what they speak of (`SeatingPuzzle`, `CupGame`) and
never for its class, so that any world that has it is described in their sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from nerode.chat.narration.cups import CUPS_NARRATIONS, CupGame
from nerode.chat.narration.narration import Narration
from nerode.chat.narration.prompts import MakeNarration
from nerode.chat.narration.seating import SEATING_NARRATIONS, SeatingPuzzle
from nerode.errors import InvalidParameter, UnknownName
from nerode.user_code import FILE_OR_MODULE, load_module, users_code
from nerode.worlds.world import AnyWorld, OwnNarration

LANGUAGES = ("en", "ru")
"""The languages of every narration of this library."""

NARRATIONS: tuple[tuple[type, Mapping[tuple[str, bool], MakeNarration]], ...] = (
    (SeatingPuzzle, SEATING_NARRATIONS),
    (CupGame, CUPS_NARRATIONS),
)
"""What a world must have, and its narrations by language and whether words are made up."""


def open_narration(
    world: AnyWorld, language: str = "en", *, obfuscate: bool = False, seed: int = 0
) -> Narration:
    """The narration of a world in a language.

    People and things are drawn from a small list by `seed`, which alone decides about them:
    a whole run speaks of the same.

    Parameters
    ----------
    language
        `en` or `ru`; a language that the world's own narration has (`OwnNarration`); or a narration
        of your own, `FILE.py:CLASS` or `PACKAGE.MODULE:CLASS`, which is called with the world and
        the seed. That runs its code: give no name to this function that was read from a file.
    obfuscate
        Made-up words stand for people, things, places and the relation between them, and the
        introduction says what they mean, so that no remembered puzzle helps.

    Raises
    ------
    UnknownName
        For a language that the narration does not have, and a world without narration.
    InvalidParameter, MissingFile
        For a narration of your own that is not there, is none, or has no made-up words.
    """
    place, _, name = language.rpartition(":")
    if FILE_OR_MODULE.fullmatch(place):
        return _loaded(world, place, name, obfuscate=obfuscate, seed=seed)
    if isinstance(world, OwnNarration):
        own: Narration = world.narrate(language, obfuscate=obfuscate, seed=seed)
        return own
    if language not in LANGUAGES:
        known = ", ".join((*LANGUAGES, "FILE.py:CLASS"))
        message = f"expected one of the languages {known}, got {language!r}"
        raise UnknownName(message)
    for protocol, narrations in NARRATIONS:
        if isinstance(world, protocol):
            return narrations[language, obfuscate](world, seed)
    message = (
        "expected a world that has a narration (seating, cups, or one of your own that has "
        f"`narrate`), got {world.name}"
    )
    raise UnknownName(message)


_MEMBERS = ("language", "yes", "no", "marker", "places", "ask_continuation", "ask_riddle", "riddle")


def _loaded(world: AnyWorld, place: str, name: str, *, obfuscate: bool, seed: int) -> Narration:
    """The narration that a class of the user's own makes."""
    called = f"{place}:{name}"
    if obfuscate:
        message = f"expected a language with made-up words (en, ru), got {called}, which has none"
        raise InvalidParameter(message)
    with users_code(called):
        make = getattr(load_module(place, called), name, None)
    if not callable(make):
        message = f"expected a class of narrations in {place}, found no {name or 'name'} there"
        raise InvalidParameter(message)
    with users_code(called):
        narration = make(world, seed)
    missing = [member for member in _MEMBERS if not hasattr(narration, member)]
    if missing:
        message = f"expected a narration with {', '.join(_MEMBERS)}, got {called} without "
        raise InvalidParameter(message + ", ".join(missing))
    return cast("Narration", narration)
