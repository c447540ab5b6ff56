"""Worlds of one's own: `FILE.py:CLASS`, `PACKAGE.MODULE:CLASS`, and entry points `nerode.worlds`.

Parameters follow a question mark: `lift.py:Lift?floors=9&start=2` calls `Lift(floors=9, start=2)`.
Opening such a world runs its code. That happens only where somebody named it in this call, on the
command line or in Python. A name that was read from a file (the manifest of sequences, a model's
record, a run folder) goes through `open_listed` in nerode/worlds/registry.py, which loads nothing.

What goes wrong inside the user's code is raised as it is, with file and line.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from nerode.errors import InvalidParameter, UnknownName
from nerode.user_code import FILE_OR_MODULE, load_module, parameters_of, users_code
from nerode.worlds.world import AnyWorld, World

WORLD_ENTRY_POINTS = "nerode.worlds"
"""The group of entry points under which a package announces its worlds."""
FORMS = "FILE.py:CLASS or PACKAGE.MODULE:CLASS"

_MEMBERS = ("name", "alphabet", "start")


@dataclass(frozen=True)
class Spec:
    """A world's name in its parts: `where` is a file, a module or an entry point."""

    text: str
    where: str
    class_name: str | None
    parameters: dict[str, int | float | bool | str]


def spec_of(text: str) -> Spec | None:
    """The parts of a name; None where it has not the form of a world of one's own.

    A name without a colon has that form where an entry point goes by it.
    """
    place, _, query = text.partition("?")
    where, colon, class_name = place.rpartition(":")
    if colon and class_name.isidentifier() and FILE_OR_MODULE.fullmatch(where):
        return Spec(text, where, class_name, parameters_of(text, query))
    if not colon and _entry(place) is not None:
        return Spec(text, place, None, parameters_of(text, query))
    return None


def announced() -> tuple[EntryPoint, ...]:
    """The worlds that installed packages announce, none of which is loaded by this."""
    return tuple(sorted(entry_points(group=WORLD_ENTRY_POINTS), key=lambda entry: entry.name))


def open_outside(spec: Spec) -> AnyWorld:
    """Load the class and make the world. This runs the code of the file or the module.

    Raises MissingFile and UnknownName where file, module or class are not there, InvalidParameter
    where the class is no World or does not take the parameters; what the code itself raises comes
    as it is.
    """
    entry = _entry(spec.where) if spec.class_name is None else None
    if entry is not None:
        with users_code(spec.text):
            found = entry.load()
    else:
        with users_code(spec.text):
            module = load_module(spec.where, spec.text)
        found = getattr(module, spec.class_name or "", None)
        if found is None:
            known = ", ".join(_worlds_in(module)) or "none"
            message = f"{spec.where}: expected a class that is there ({known}), got {spec.text!r}"
            raise UnknownName(message)
    return _made(spec, found)


def _entry(name: str) -> EntryPoint | None:
    return next((entry for entry in announced() if entry.name == name), None)


def _worlds_in(module: ModuleType) -> list[str]:
    return [
        name
        for name, each in vars(module).items()
        if inspect.isclass(each) and issubclass(each, World) and each.__module__ == module.__name__
    ]


def _made(spec: Spec, found: Any) -> AnyWorld:
    if not (inspect.isclass(found) and issubclass(found, World)):
        message = f"expected a class derived from nerode.worlds.World, got {found!r} in {spec.text}"
        raise InvalidParameter(message)
    missing = ", ".join(sorted(found.__abstractmethods__))
    if missing:
        message = f"expected a World with the methods {missing}, got {spec.text} without"
        raise InvalidParameter(message)
    signature = inspect.signature(found)
    try:
        signature.bind(**spec.parameters)
    except TypeError as error:
        message = f"expected parameters of {found.__name__}{signature}, got {spec.text!r} ({error})"
        raise InvalidParameter(message) from None
    with users_code(spec.text):
        world: AnyWorld = found(**spec.parameters)
    lacking = [name for name in _MEMBERS if not hasattr(world, name)]
    if lacking:
        message = f"expected a World with {', '.join(_MEMBERS)}, got {spec.text} without "
        raise InvalidParameter(message + ", ".join(lacking))
    return world
