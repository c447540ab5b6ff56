"""The worlds that can be opened by name.

`open_world` opens what somebody named in this call, worlds of one's own included
(nerode/worlds/outside.py). A name that was read from a file goes through `open_listed`, which
opens the worlds of this library alone and runs no code of others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nerode.errors import InvalidParameter, NerodeError, UnknownName
from nerode.suggestions import did_you_mean
from nerode.user_code import whole_name
from nerode.worlds.outside import FORMS, open_outside, spec_of
from nerode.worlds.world import AnyWorld, LiesOnMap


@dataclass(frozen=True)
class WorldEntry:
    """One line of the list of worlds."""

    name: str
    """What stands before the colon."""
    parameters: str
    """What may stand after it, defaults included; empty where nothing may."""
    summary: str
    """The world in one line."""

    @property
    def usage(self) -> str:
        """The name and its parameters, as `open_world` takes them."""
        return f"{self.name}:{self.parameters}" if self.parameters else self.name

    @property
    def default(self) -> str:
        """Parameters where none are given; empty where they must be."""
        return "" if "?" in self.parameters or "=" not in self.parameters else self.parameters

    @property
    def varies(self) -> bool:
        """Whether it is made of another world, whose name stands in front of a question mark."""
        return self.parameters.startswith("WORLD")

    @property
    def takes_path(self) -> bool:
        """Whether what stands after the colon is a path."""
        return self.parameters in {"FOLDER", "FILE"}


STREET_MAP = WorldEntry(
    "street-map",
    "FOLDER",
    "a city from nodes.csv and edges.csv in FOLDER: origin destination turn ... end",
)
MANHATTAN = WorldEntry(
    "manhattan", "", "the street plan of Manhattan, built in: origin destination turn ... end"
)
MIDTOWN = WorldEntry("midtown", "", "the middle of the built-in street plan of Manhattan")
TOWN = WorldEntry(
    "town",
    "crossings=300,seed=1",
    "a made-up town of irregular streets: counting turns does not tell the place",
)
MAPS = ("manhattan", "midtown", "town")
"""Street maps that come with this library."""
CONNECT_FOUR = WorldEntry(
    "connect-four",
    "rows=6",
    "cumulative Connect-4: seven columns, play goes on until the board is full",
)
CAYLEY = WorldEntry(
    "cayley",
    "n=5",
    "the orders of n things (3 to 6): swaps of neighbours and a rotation, end at the identity",
)
OTHELLO = WorldEntry(
    "othello",
    "size=8",
    "Othello (size 8, 6 or 4): squares in the order of play, passes implied",
)
SEATING = WorldEntry(
    "seating",
    "seats=3",
    "people on a row of 3 to 6 seats: statements about who sits where, or how far apart",
)
CUPS = WorldEntry(
    "cups",
    "n=4",
    "a row of cups (3 to 6) and a thing under each: swaps of two cups, and looks under one",
)
AUTOMATON = WorldEntry(
    "automaton",
    "FILE",
    "a finite automaton from JSON or DOT (.dot, .gv): end where it accepts (docs/worlds.md)",
)
REGEX = WorldEntry(
    "regex",
    "PATTERN",
    "sequences that match a regular expression, (ab)* or (left right)*: end where a match is whole",
)
FORMAL = (
    WorldEntry("tomita", "n=4", "the languages 1 to 7 of Tomita over 0 and 1"),
    WorldEntry(
        "dyck", "kinds=2,depth=3", "brackets of 1 to 4 kinds that close in order, to a depth"
    ),
    WorldEntry("modular", "m=2", "words over a and b whose number of a's is a multiple of m"),
    WorldEntry("lattice", "states=5", "a walker on a row of places: left, stay, right"),
    WorldEntry(
        "group",
        "of=s5",
        "elements of a group (s3, a5, z60, a4xz5), =, their product as the answer",
    ),
    WorldEntry("lights", "n=4", "switches that turn a light and both neighbours; end in the dark"),
    WorldEntry("hands", "n=3", "things in 2 to 6 hands: swaps of two, questions who holds what"),
    WorldEntry("stack", "kinds=2,depth=3", "push, pop, and top with what lies there as the answer"),
)
"""Languages and machines of nerode/worlds/formal."""
OPENSPIEL = WorldEntry(
    "openspiel",
    "GAME?NAME=VALUE",
    "a game of OpenSpiel without chance and secrets: chess, tic_tac_toe, breakthrough?rows=6",
)
RELABELLED = WorldEntry(
    "relabelled", "WORLD?seed=1", "a world whose symbols have one another's names"
)
CLOSED = WorldEntry(
    "closed", "WORLD?share=0.05,seed=1", "a street map with a share of its streets closed"
)
ENTRIES = (
    *(STREET_MAP, MANHATTAN, MIDTOWN, TOWN, CONNECT_FOUR, CAYLEY, OTHELLO, SEATING, CUPS),
    *(AUTOMATON, REGEX, *FORMAL, OPENSPIEL, RELABELLED, CLOSED),
)


def worlds() -> tuple[WorldEntry, ...]:
    """All worlds that `open_world` knows."""
    return ENTRIES


def open_world(spec: str) -> AnyWorld:
    """The world of this name: `NAME` or `NAME:PARAMETERS`, as `worlds` lists them.

    Or a world of your own: `FILE.py:CLASS`, `PACKAGE.MODULE:CLASS` or the name of an entry point
    of the group `nerode.worlds`, parameters behind a question mark (`lift.py:Lift?floors=9`). That
    runs its code: give no name to this function that you have read from a file.

    `open_world(world.name)` opens the same world again, where the name is listed. Raises
    UnknownName for a name that is not listed, InvalidParameter for parameters that the world does
    not take, what a street map's folder gives cause for, and what `open_outside` raises.
    """
    if _entry_of(spec) is None:
        own = spec_of(spec)
        if own is not None:
            return open_outside(own)
    return open_listed(spec)


def open_listed(spec: str) -> AnyWorld:
    """The world of this name, if it is one that comes with this library.

    For names that were read from a file: nothing is loaded that is not part of this library. Raises
    as `open_world` does.
    """
    name, colon, given = spec.partition(":")
    entry = _entry_of(spec)
    if entry is None:
        known = [entry.name for entry in ENTRIES]
        message = f"expected one of the worlds {', '.join(known)}, {FORMS}, got {spec!r}"
        message += did_you_mean(name, known)
        raise UnknownName(message)
    if colon and not entry.parameters:
        message = f"expected {name} without parameters, got {spec!r}"
        raise InvalidParameter(message)
    return _OPENERS[entry.name](entry, given if colon else entry.default)


def whole_world_name(spec: str) -> str:
    """The same name with its path made whole, where it has one: the same in any folder."""
    entry = _entry_of(spec)
    if entry is not None and entry.varies:
        of, mark, parameters = _base_of(spec.removeprefix(f"{entry.name}:"))
        return f"{entry.name}:{whole_world_name(of)}{mark}{parameters}"
    return spec if entry is not None and not entry.takes_path else whole_name(spec)


def is_listed(spec: str) -> bool:
    """Whether this is the name of a world that comes with this library; it may lack parameters."""
    return _entry_of(spec) is not None


def _entry_of(spec: str) -> WorldEntry | None:
    name = spec.partition(":")[0]
    return next((entry for entry in ENTRIES if entry.name == name), None)


def comes_with_library(world: AnyWorld) -> bool:
    """Whether a world is one of this library's, so that its name says all but the map.

    A world of somebody else's class is none, whatever its name, nor is one of a class that is here
    for everybody (an automaton from a table) under the name of another.
    """
    package, _, _ = type(world).__module__.partition(".")
    if package != __name__.partition(".")[0] or _entry_of(world.name) is None:
        return False
    if isinstance(world, LiesOnMap):
        return True
    try:
        return type(open_listed(world.name)) is type(world)
    except NerodeError:  # a file that is not there any more, too
        return False


def may_be_same(name: str, other: str) -> bool:
    """Whether two names can be those of one world.

    They are equal, or name a street map each: its folder may have moved since, or be written in
    another way. Names are those that worlds give themselves (`World.name`); how somebody named a
    world of their own when it was opened (`lift.py:Lift`) is in no file.
    """
    maps = f"{STREET_MAP.name}:"
    return name == other or (name.startswith(maps) and other.startswith(maps))


# What opens each world, imported only here: some compile, some need a library, the rest need not.


def _connect_four(entry: WorldEntry, given: str) -> AnyWorld:
    from nerode.worlds.connect_four import ConnectFour  # noqa: PLC0415

    return ConnectFour(**_values(entry, given))


def _cayley(entry: WorldEntry, given: str) -> AnyWorld:
    from nerode.worlds.cayley import Cayley  # noqa: PLC0415

    return Cayley(**_values(entry, given))


def _othello(entry: WorldEntry, given: str) -> AnyWorld:
    from nerode.worlds.othello.othello import Othello  # noqa: PLC0415

    return Othello(**_values(entry, given))


def _seating(entry: WorldEntry, given: str) -> AnyWorld:
    from nerode.worlds.seating import Seating  # noqa: PLC0415

    return Seating(**_values(entry, given))


def _cups(entry: WorldEntry, given: str) -> AnyWorld:
    from nerode.worlds.cups import Cups  # noqa: PLC0415

    return Cups(**_values(entry, given))


def _automaton(entry: WorldEntry, given: str) -> AnyWorld:
    from nerode.worlds.automata.files import open_automaton  # noqa: PLC0415

    return open_automaton(_required(entry, given))


def _regex(entry: WorldEntry, given: str) -> AnyWorld:
    from nerode.worlds.automata.regex import regex_world  # noqa: PLC0415

    return regex_world(_required(entry, given))


def _formal(entry: WorldEntry, given: str) -> AnyWorld:
    from nerode.worlds.formal.registry import FORMAL_WORLDS  # noqa: PLC0415

    return FORMAL_WORLDS[entry.name](**_values(entry, given))


def _street_map(entry: WorldEntry, given: str) -> AnyWorld:
    from nerode.worlds.streets.street_map import StreetMap  # noqa: PLC0415

    return StreetMap.from_folder(_required(entry, given))


def _built_in(entry: WorldEntry, _: str) -> AnyWorld:
    from nerode.worlds.manhattan.plan import manhattan_plan, midtown_plan  # noqa: PLC0415
    from nerode.worlds.streets.street_map import StreetMap  # noqa: PLC0415

    plan = manhattan_plan() if entry is MANHATTAN else midtown_plan()
    return StreetMap.of(plan, entry.name)


def _town(entry: WorldEntry, given: str) -> AnyWorld:
    from nerode.worlds.streets.street_map import StreetMap  # noqa: PLC0415
    from nerode.worlds.towns.town import town_plan  # noqa: PLC0415

    values = _values(entry, given)
    name = ",".join(f"{key}={value}" for key, value in values.items())
    return StreetMap.of(town_plan(**values), f"{entry.name}:{name}")


def _openspiel(entry: WorldEntry, given: str) -> AnyWorld:
    from nerode.worlds.openspiel.game import OpenSpielGame  # noqa: PLC0415

    game, _, told = _required(entry, given).partition("?")
    parameters = dict(part.partition("=")[::2] for part in told.split(",") if part)
    return OpenSpielGame(game, parameters)


def _relabelled(entry: WorldEntry, given: str) -> AnyWorld:
    from nerode.worlds.relabelled import relabelled  # noqa: PLC0415

    world, values, name = _variant(entry, given)
    return relabelled(world, name, **values)


def _closed(entry: WorldEntry, given: str) -> AnyWorld:
    from nerode.worlds.streets.variants import closed  # noqa: PLC0415

    world, values, name = _variant(entry, given)
    return closed(world, name, **values)


def _variant(entry: WorldEntry, given: str) -> tuple[AnyWorld, dict[str, Any], str]:
    """The world that a variant is of, its parameters, and its whole name."""
    base, mark, parameters = _base_of(given)
    world = open_listed(_required(entry, base))
    defaults = replace(entry, parameters=entry.parameters.partition("?")[2])
    values = _values(defaults, parameters if mark else defaults.parameters)
    told = ",".join(f"{key}={value}" for key, value in values.items())
    return world, values, f"{entry.name}:{world.name}?{told}"


_OPENERS: Mapping[str, Callable[[WorldEntry, str], AnyWorld]] = {
    "street-map": _street_map,
    "manhattan": _built_in,
    "midtown": _built_in,
    "town": _town,
    "connect-four": _connect_four,
    "cayley": _cayley,
    "othello": _othello,
    "seating": _seating,
    "cups": _cups,
    "automaton": _automaton,
    "regex": _regex,
    **{entry.name: _formal for entry in FORMAL},
    "openspiel": _openspiel,
    "relabelled": _relabelled,
    "closed": _closed,
}


def _base_of(given: str) -> tuple[str, str, str]:
    """The world that a variant is of, a question mark, and parameters; nothing where none."""
    return given.rpartition("?") if "?" in given else (given, "", "")


def _required(entry: WorldEntry, given: str) -> str:
    """What stands after the colon of a world that has no default."""
    if not given:
        what = entry.parameters.partition("?")[0].lower()
        message = f"expected {entry.usage}, got no {what}"
        raise InvalidParameter(message)
    return given


_WHOLE = "N"
"""How a parameter that is a whole number is written in messages."""
_READ: Mapping[str, Callable[[str], Any]] = {_WHOLE: int, "NUMBER": float, "NAME": str}
"""What makes a value of the text of each kind."""


def _kind(value: str) -> str:
    """What a value is: a whole number, a number with a point, or a name."""
    if not value.isascii():
        return "NAME"
    whole, point, part = value.partition(".")
    if not point:
        return _WHOLE if whole.isdecimal() else "NAME"
    return "NUMBER" if whole.isdecimal() and part.isdecimal() else "NAME"


def _values(entry: WorldEntry, given: str) -> dict[str, Any]:
    """Values of a world's parameters, given as `key=value,key=value`; defaults for the others."""
    values = dict(part.split("=", 1) for part in entry.parameters.split(","))
    kinds = {key: _kind(default) for key, default in values.items()}
    usage = ",".join(f"{key}={kind}" for key, kind in kinds.items())
    seen = set()
    for part in given.split(","):
        key, _, value = part.partition("=")
        if key not in values or key in seen:
            message = f"expected {entry.name}:{usage}, got {entry.name}:{given}"
            raise InvalidParameter(message)
        if kinds[key] != "NAME" and _kind(value) not in {kinds[key], _WHOLE}:
            what = "whole number" if kinds[key] == _WHOLE else "number"
            message = f"expected a {what} in {entry.name}:{key}={kinds[key]}, got {value!r}"
            raise InvalidParameter(message)
        values[key] = value
        seen.add(key)
    return {key: _READ[kinds[key]](value) for key, value in values.items()}
