"""Worlds: the automata that generate sequences, and the exact questions asked of them."""

from nerode.worlds.automata.table import Table, difference, equivalent, minimise, table
from nerode.worlds.boundary import Boundary, boundary, separation
from nerode.worlds.check.check import WorldReport, check_world
from nerode.worlds.registry import WorldEntry, open_world, worlds
from nerode.worlds.world import (
    END,
    HasGoal,
    HasSymmetries,
    SamplesHistories,
    SamplesStates,
    Separates,
    World,
)

__all__ = [
    "END",
    "Boundary",
    "HasGoal",
    "HasSymmetries",
    "SamplesHistories",
    "SamplesStates",
    "Separates",
    "Table",
    "World",
    "WorldEntry",
    "WorldReport",
    "boundary",
    "check_world",
    "difference",
    "equivalent",
    "minimise",
    "open_world",
    "separation",
    "table",
    "worlds",
]
