"""Map reconstruction: the map implied by a set of sequences (docs/paper.md, section 2).

The idea. If a model writes routes by some map of its own, that map must contain a street for every
turn it writes. Start from the true streets, none of them used yet. Walk every sequence over the
streets used so far and the true ones not yet used. Where it gets stuck, draw a new street, to the
crossing within the distance limit from which the longest part of the rest can be walked; the last
label's street leads to the destination. Give a sequence up where that fails; streets used until
then stay. New streets are what the true map lacks.

It is greedy: what is drawn for one sequence serves or blocks those after it, so that the result
depends on their order (nerode/metrics/reconstruction/order.py).

This file keeps the tables (`MapBuilder`) and lists the result (`ReconstructedMap`); the walk itself
is compiled (nerode/metrics/reconstruction/kernel.py). Streets are numbered true ones first, new
ones in the order of being drawn; the result lists them by where they begin.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nerode.errors import InvalidParameter
from nerode.metrics.reconstruction.judge import (
    ILLEGAL_STEP,
    MALFORMED,
    VALID,
    WRONG_DESTINATION,
    judge,
)
from nerode.metrics.reconstruction.kernel import (
    EARTH_RADIUS_MILES,
    NO_WAY,
    Globe,
    SequenceOutcomes,
    StreetTables,
    reconstruct_block,
)
from nerode.metrics.reconstruction.order import MapOrder, arrange
from nerode.sequences.batch import SequenceBatch
from nerode.worlds.world import AnyStreetPlan

STREET_KINDS: tuple[Literal["true", "new", "unused"], ...] = ("true", "new", "unused")
"""Streets that are real and used, not real, and real but not used."""
TRUE, NEW, UNUSED = range(3)
MOST_STREETS = 1_000_000
"""A greater degree makes no sense on any map."""
_BLOCK = 1 << 12
"""Sequences that are copied at a time where they are walked in another order."""


@dataclass(frozen=True)
class Rules:
    """What a reconstructed street may be; the published values by default.

    Raises InvalidParameter for a degree below 1 (or beyond MOST_STREETS) and for no positive,
    finite number of miles.
    """

    degree: int = 4
    """Most used streets out of a crossing."""
    miles: float = 0.5
    """Greatest length of a new street."""

    def __post_init__(self) -> None:
        if not 1 <= self.degree <= MOST_STREETS:
            raise InvalidParameter(f"expected a degree from 1 to {MOST_STREETS}, got {self.degree}")
        if not 0 < self.miles < np.inf:
            raise InvalidParameter(f"expected a finite number of miles above 0, got {self.miles:g}")


@dataclass(frozen=True, eq=False)
class ReconstructedMap:
    """A map made of sequences, and what became of each, in the order in which they were walked.

    Streets stand by where they begin (crossings by ascending number where their names are
    numbers, otherwise in the map's order), then by where they lead: first the neighbours that
    the true map has, in the same order, then the others in the order of being drawn.
    """

    origin: NDArray[np.int64]
    """Crossing at which each street begins: (streets,)."""
    to: NDArray[np.int64]
    """Crossing to which it leads."""
    label: NDArray[np.int64]
    """Its label, a symbol: nearly always a turn."""
    kind: NDArray[np.int64]
    """TRUE, NEW or UNUSED."""
    first: NDArray[np.int64]
    """Number of the first sequence that needs it; -1 where none does."""
    uses: NDArray[np.int64]
    """How many sequences need it."""
    verdict: NDArray[np.int8]
    """What becomes of each sequence on the true map: (sequences,), VALID to MALFORMED."""
    gave_up: NDArray[np.bool_]
    """Which sequences were given up."""
    new_streets: NDArray[np.int32]
    """How many new streets were drawn for each sequence."""
    turns: NDArray[np.int32]
    """Symbols of each between prompt and END; 0 where it is malformed."""
    prompt: NDArray[np.int32]
    """Its origin and its destination: (sequences, 2), -1 where it is malformed."""

    @property
    def counts(self) -> dict[str, int]:
        """Sequences and streets of each kind, and the symbols walked."""
        verdicts = np.bincount(self.verdict, minlength=4).tolist()
        kinds = np.bincount(self.kind, minlength=3).tolist()
        return {
            "sequences": len(self.verdict),
            "valid": verdicts[VALID],
            "illegal_step": verdicts[ILLEGAL_STEP],
            "wrong_destination": verdicts[WRONG_DESTINATION],
            "malformed": verdicts[MALFORMED],
            "symbols": int(self.turns.sum()),
            "new": kinds[NEW],
            "true": kinds[TRUE],
            "unused": kinds[UNUSED],
            "given_up": int(self.gave_up.sum()),
        }


def reconstruct(
    world: AnyStreetPlan,
    batches: Iterable[SequenceBatch],
    rules: Rules | None = None,
    order: MapOrder = "given",
) -> ReconstructedMap:
    """Reconstruct the map implied by sequences.

    A sequence is malformed, and left out, where it does not begin with two crossings, does not
    end in END, or has nothing between.

    Parameters
    ----------
    world
        The true map.
    batches
        Sequences as symbols of the world.
    rules
        Most streets out of a crossing and longest new street; the published values by default.
    order
        `given` walks sequences as they come and holds one batch in memory; `valid-first` walks
        those first that are valid on the true map, and holds all of them.
    """
    rules = Rules() if rules is None else rules
    if order != "given":
        batch = SequenceBatch.concat(list(batches))
        verdict = judge(world, batch)
        return reconstruct_in_order(world, batch, verdict, arrange(verdict, order), rules)
    builder = MapBuilder(world, rules)
    for batch in batches:
        builder.add(batch, judge(world, batch))
    return builder.result()


def reconstruct_in_order(
    world: AnyStreetPlan,
    batch: SequenceBatch,
    verdict: NDArray[np.int8],
    numbers: NDArray[np.int64],
    rules: Rules,
) -> ReconstructedMap:
    """Reconstruct the map of some sequences of a batch, walked in the order of `numbers`.

    `verdict` is that on the whole batch. In the result sequences are numbered as they were walked.
    """
    builder = MapBuilder(world, rules)
    for begin in range(0, len(numbers), _BLOCK):
        part = numbers[begin : begin + _BLOCK]
        builder.add(batch.take(part), verdict[part])
    return builder.result()


class MapBuilder:
    """A reconstruction to which sequences are added. Memory: the map's, and 18 bytes a sequence."""

    def __init__(self, world: AnyStreetPlan, rules: Rules) -> None:
        self.rules = rules
        self.rank = ranks(world.names)
        self._globe = _globe(world, self.rank, rules.miles)
        self._streets = _streets(world)
        self._true = int(self._streets.tally[0])
        self._sequences = 0
        self._verdicts = [np.empty(0, dtype=np.int8)]
        self._outcomes = [_outcomes(0)]

    def add(self, batch: SequenceBatch, verdict: NDArray[np.int8]) -> None:
        """Make more sequences walkable; `verdict` is what `judge` says of each."""
        # In the worst case every symbol needs a new street.
        self._streets = _with_room(self._streets, len(batch.symbols))
        outcomes = _outcomes(len(batch))
        reconstruct_block(
            self._streets,
            self._globe,
            batch.symbols,
            batch.offsets,
            verdict,
            self._sequences,
            self.rules.degree,
            outcomes,
        )
        self._sequences += len(batch)
        self._verdicts.append(verdict)
        self._outcomes.append(outcomes)

    def result(self) -> ReconstructedMap:
        """The map of all sequences added so far."""
        streets, count = self._streets, int(self._streets.tally[0])
        origin, to = streets.origin[:count].astype(np.int64), streets.to[:count].astype(np.int64)
        kind = np.where(streets.first[:count] < 0, UNUSED, TRUE)
        kind[self._true :] = NEW
        order = _order(self.rank, origin, to, self._true)
        return ReconstructedMap(
            origin=origin[order],
            to=to[order],
            label=streets.label[order].astype(np.int64),
            kind=kind[order],
            first=streets.first[order],
            uses=streets.uses[order],
            verdict=np.concatenate(self._verdicts),
            gave_up=np.concatenate([part.gave_up for part in self._outcomes]),
            new_streets=np.concatenate([part.new for part in self._outcomes]),
            turns=np.concatenate([part.turns for part in self._outcomes]),
            prompt=np.concatenate([part.prompt for part in self._outcomes]),
        )


def _outcomes(size: int) -> SequenceOutcomes:
    """Room for what becomes of so many sequences."""
    return SequenceOutcomes(
        np.empty(size, dtype=np.bool_),
        np.empty(size, dtype=np.int32),
        np.empty(size, dtype=np.int32),
        np.empty((size, 2), dtype=np.int32),
    )


def ranks(names: Iterable[str]) -> NDArray[np.int64]:
    """Place of each crossing: by number where all names are numbers, else as they stand."""
    given = list(names)
    numbers = all(name.isascii() and name.isdigit() for name in given)
    order = sorted(range(len(given)), key=lambda i: int(given[i])) if numbers else range(len(given))
    rank = np.empty(len(given), dtype=np.int64)
    rank[np.fromiter(order, dtype=np.int64)] = np.arange(len(given))
    return rank


def _globe(world: AnyStreetPlan, rank: NDArray[np.int64], miles: float) -> Globe:
    lat, lon = np.radians(world.lat), np.radians(world.lon)
    order = np.argsort(lat, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    points = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
    angle = min(miles / EARTH_RADIUS_MILES, np.pi)
    chord = 2 * np.sin(angle / 2)
    # How far rounding may take a squared chord; what is closer is measured by the formula.
    doubt = 1e-9 * chord**2 + 4e-15 * chord + 1e-30
    half = angle < np.pi / 2
    return Globe(
        lat,
        lon,
        rank,
        place,
        order,
        lat[order],
        np.ascontiguousarray(points[order]),
        float(miles),
        float(angle * (1 + 1e-9) + 1e-12),
        float(chord**2 - doubt) if half else -1.0,
        float(chord**2 + doubt) if half else 5.0,  # beyond all chords: measure every distance
    )


def _streets(world: AnyStreetPlan) -> StreetTables:
    """The true streets, none of them used."""
    turns = np.argsort(world.alphabet[: world.turns.shape[1]])  # as AnyStreetPlan.streets has them
    origin, column = np.nonzero(world.turns[:, turns] >= 0)
    label = turns[column]
    count, nodes = len(origin), len(world.names)
    ways = np.full(world.turns.shape, NO_WAY, dtype=np.int32)
    ways[origin, label] = 2 * np.arange(count)
    return StreetTables(
        true_ways=ways,
        ways=ways.copy(),
        other=np.full(nodes, -1, dtype=np.int32),
        degree=np.zeros(nodes, dtype=np.int32),
        tally=np.array([count, 0], dtype=np.int64),
        to=world.turns[origin, label].astype(np.int32),
        label=label.astype(np.int32),
        origin=origin.astype(np.int32),
        before=np.full(count, -1, dtype=np.int32),
        first=np.full(count, -1, dtype=np.int64),
        last=np.full(count, -1, dtype=np.int64),
        uses=np.zeros(count, dtype=np.int64),
        walk=np.zeros(count, dtype=np.int64),
        node_walk=np.zeros(nodes, dtype=np.int64),
        fresh=np.zeros(nodes, dtype=np.int32),
    )


_GROWING = {"to": -1, "label": 0, "origin": 0, "before": -1}
_GROWING |= {"first": -1, "last": -1, "uses": 0, "walk": 0}
"""Arrays about streets, and what stands in them where there is no street yet."""


def _with_room(streets: StreetTables, more: int) -> StreetTables:
    """The same streets with room for so many new ones."""
    room, wanted = len(streets.to), int(streets.tally[0]) + more
    if wanted <= room:
        return streets
    wanted += wanted // 4  # so that it is not copied for every batch
    grown = {}
    for name, empty in _GROWING.items():
        array = getattr(streets, name)
        grown[name] = np.full(wanted, empty, dtype=array.dtype)
        grown[name][:room] = array
    return streets._replace(**grown)


def _order(
    rank: NDArray[np.int64], origin: NDArray[np.int64], to: NDArray[np.int64], true: int
) -> NDArray[np.int64]:
    """Numbers of the streets as `ReconstructedMap` lists them; the first `true` are true ones."""
    pair = origin * len(rank) + to
    _, earliest, which = np.unique(pair, return_index=True, return_inverse=True)
    before = earliest[which]  # the street that first joined these two crossings
    group = np.where(before < true, rank[to], len(rank) + before)
    return np.lexsort((np.arange(len(origin)), group, rank[origin]))
