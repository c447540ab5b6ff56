"""The formal worlds by their names, each a function of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nerode.worlds.automata.table import Table
from nerode.worlds.formal.dyck import dyck
from nerode.worlds.formal.group import group
from nerode.worlds.formal.hands import hands
from nerode.worlds.formal.lattice import lattice
from nerode.worlds.formal.lights import lights
from nerode.worlds.formal.modular import modular
from nerode.worlds.formal.stack import stack
from nerode.worlds.formal.tomita import tomita

FORMAL_WORLDS: Mapping[str, Callable[..., Table]] = {
    "tomita": tomita,
    "dyck": dyck,
    "modular": modular,
    "lattice": lattice,
    "group": group,
    "lights": lights,
    "hands": hands,
    "stack": stack,
}
