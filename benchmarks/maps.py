"""Map reconstruction on the real Manhattan: sequences a second of one core.

The sequences are those that the paper's model of shortest paths wrote. The naive version is the
dumb one of the tests: a breadth-first search among objects, every crossing measured for every new
street. It does a slice in the same run, and the streets of that slice must be the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from benchmarks.floors import best_seconds
from benchmarks.rows import Missing, Options, Row, Unavailable, named
from nerode.metrics.reconstruction.algorithm import (
    STREET_KINDS,
    ReconstructedMap,
    Rules,
    reconstruct,
)
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.text import read_text
from nerode.worlds.registry import open_world
from nerode.worlds.streets.street_map import StreetMap
from tests.metrics.dumb_reconstruction import DumbMap

RULES = Rules()


def generated(options: Options, world: StreetMap) -> SequenceBatch:
    """What the paper's model of shortest paths wrote."""
    path = options.data / "generated" / "shortest.txt"
    if not path.is_file():
        raise Unavailable(f"no generated sequences at {path}")
    return read_text(path, world)


def seconds(work: Callable[[], object]) -> float:
    """Processor time of one call."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def drawn(world: StreetMap, batch: SequenceBatch) -> ReconstructedMap:
    return reconstruct(world, [batch], RULES)


def naively_drawn(world: StreetMap, batch: SequenceBatch) -> DumbMap:
    dumb = DumbMap(world, RULES.degree, RULES.miles)
    for number, sequence in enumerate(batch):
        dumb.add(number, sequence.tolist())
    return dumb


def reconstruction(name: str, options: Options) -> Row:
    world = open_world(options.map("shortest"))
    assert isinstance(world, StreetMap)
    batch = generated(options, world)
    every = batch.part(0, options.size(len(batch), 200))
    part = batch.part(0, options.size(300, 20))
    ours = drawn(world, part)  # and the loops are compiled
    begin = time.process_time()
    dumb = naively_drawn(world, part)
    slow = time.process_time() - begin
    kinds = [STREET_KINDS[kind] for kind in ours.kind.tolist()]
    columns = (ours.origin, ours.to, ours.label, kinds, ours.first, ours.uses)
    assert list(zip(*columns, strict=True)) == dumb.table()
    taken = best_seconds(lambda: drawn(world, every))
    made = drawn(world, every).counts
    details = {
        "seconds for all": taken,
        "to read them": seconds(lambda: generated(options, world)),
        "new streets": made["new"],
        "given up": made["given_up"],
        "naive on the first": len(part),
    }
    return Row(name, "sequences/s", len(every) / taken, len(part) / slow, details=details)


def rows(options: Options) -> Iterator[Row | Missing]:
    """The map that the paper's own sequences speak of."""
    return named(options, {"map reconstruction, 6,400 sequences": reconstruction})
