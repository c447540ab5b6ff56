"""Suites: worlds that belong together, by one name (`suite:tomita`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nerode.errors import UnknownName
from nerode.suggestions import did_you_mean

_PREFIX: Final = "suite:"
_TOMITA: Final = tuple(f"tomita:n={n}" for n in range(1, 8))
_DYCK: Final = ("dyck:kinds=1,depth=4", "dyck:kinds=2,depth=3", "dyck:kinds=3,depth=4")
_COUNTERS: Final = tuple(f"modular:m={m}" for m in (2, 3, 5, 7))
_LATTICES: Final = tuple(f"lattice:states={states}" for states in range(2, 6))
_GROUPS: Final = tuple(f"group:of={name}" for name in ("s3", "s5", "a5", "a4xz5", "z60"))
_MACHINES: Final = ("lights:n=4", "hands:n=3", "stack:kinds=2,depth=3")
SUITES: Final[Mapping[str, tuple[str, ...]]] = {
    "tomita": _TOMITA,
    "dyck": _DYCK,
    "modular": _COUNTERS,
    "lattice": _LATTICES,
    "groups": _GROUPS,
    "machines": _MACHINES,
    "formal": (*_TOMITA, *_DYCK, *_COUNTERS, *_LATTICES, *_GROUPS, *_MACHINES),
}
"""Names of worlds, by the name of the suite."""


def is_suite(name: str) -> bool:
    """Whether a name is that of a suite and not of a world."""
    return name.startswith(_PREFIX)


def suite(name: str) -> tuple[str, ...]:
    """The worlds of a suite; `name` with `suite:` in front or without.

    Raises UnknownName where there is no such suite.
    """
    plain = name.removeprefix(_PREFIX)
    if plain not in SUITES:
        message = f"expected a suite ({', '.join(SUITES)}), got {plain!r}"
        raise UnknownName(message + did_you_mean(plain, SUITES))
    return SUITES[plain]
