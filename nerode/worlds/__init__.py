"""Worlds: the automata that generate sequences, and the exact questions asked of them."""

from nerode.worlds.automata.table import Table, difference, equivalent, minimise, table
from nerode.worlds.batch import SequenceBatch
from nerode.worlds.boundaries import Boundary, boundary, separation
from nerode.worlds.check.check import WorldReport, check_world
from nerode.worlds.history_source import HistoryPair, HistorySource
from nerode.worlds.policies import Numbered, Policy, Streamed
from nerode.worlds.registry import WorldEntry, open_world, worlds
from nerode.worlds.world import (
    END,
    BoardPosition,
    Featured,
    HasGoal,
    HasSymmetries,
    HasTournaments,
    LiesOnMap,
    OnBoard,
    OwnHabits,
    OwnHistories,
    OwnNarration,
    OwnPolicies,
    SamplesHistories,
    SamplesStates,
    Separates,
    World,
)

__all__ = [
    "END",
    "BoardPosition",
    "Boundary",
    "Featured",
    "HasGoal",
    "HasSymmetries",
    "HasTournaments",
    "HistoryPair",
    "HistorySource",
    "LiesOnMap",
    "Numbered",
    "OnBoard",
    "OwnHabits",
    "OwnHistories",
    "OwnNarration",
    "OwnPolicies",
    "Policy",
    "SamplesHistories",
    "SamplesStates",
    "Separates",
    "SequenceBatch",
    "Streamed",
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
