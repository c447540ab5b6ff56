"""Sequences drawn in pieces, on all cores or by other machines; the same whoever draws them.

Under most policies a sequence depends on the request and its number alone, so that pieces of some
thousand numbers can be drawn anywhere and put together in order. Policies of street maps answer
whole requests (`Streamed` in nerode/worlds/policies.py), are compiled, and are drawn here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from nerode.engine.cores import cores
from nerode.engine.engine import Engine, Recipe
from nerode.engine.processes import ForkedProcesses
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.policies import SEQUENCE_BLOCK, Draw, draws_by_number, stream
from nerode.worlds.elsewhere import Workers, WorldByName
from nerode.worlds.world import AnyWorld

PIECE = 1 << 11
"""Sequences in a piece: strong games of Othello take a worker about a second."""
WINDOW = 1 << 20
"""Sequences that are handed out at a time: what has come waits in memory for what comes before."""

PieceItem = tuple[int, int]
"""The first number of a piece, and the number behind its last one."""


class SequencesRecipe(Recipe, frozen=True, kw_only=True):
    """Draws pieces of a request. Items are `PieceItem`s, results are packed sequences."""

    world: WorldByName
    draw: Draw

    def open(self) -> Callable[[Any], bytes]:
        """Open the world."""
        numbered = draws_by_number(self.world.open(), self.draw)
        assert numbered is not None  # noqa: S101 - `stream_in_pieces` has looked
        return _Pieces(numbered).packed


@dataclass(frozen=True)
class _Pieces:
    numbered: Callable[[range], SequenceBatch]

    def packed(self, item: PieceItem) -> bytes:
        batch = self.numbered(range(*item))
        return msgspec.msgpack.encode(
            (batch.lengths.astype(np.int32).tobytes(), batch.symbols.tobytes())
        )


def unpacked(piece: bytes) -> SequenceBatch:
    """The sequences of a packed piece."""
    lengths, symbols = msgspec.msgpack.decode(piece, type=tuple[bytes, bytes])
    return SequenceBatch.cut(
        np.frombuffer(symbols, dtype=np.int32), np.frombuffer(lengths, dtype=np.int32)
    )


def engine_for(world: AnyWorld, draw: Draw, workers: Workers | None) -> Engine | None:
    """Who draws pieces: the workers, else processes on all cores; None where it is done here.

    Raises as `check_policy` does.
    """
    if draws_by_number(world, draw) is None:
        return None
    if workers is not None:
        return workers.engine
    forks = sys.platform == "linux" and cores() > 1 and draw.count > PIECE
    return ForkedProcesses(cores()) if forks else None


def stream_in_pieces(
    world: AnyWorld, draw: Draw, workers: Workers | None = None, block: int = SEQUENCE_BLOCK
) -> Iterator[SequenceBatch]:
    """What `stream` gives, in the same batches, drawn by whom `engine_for` says.

    Raises as `stream` and `Engine.map` do.
    """
    engine, numbered = engine_for(world, draw, workers), draws_by_number(world, draw)
    if engine is None or numbered is None:
        yield from stream(world, draw, block)
        return
    work: Callable[[PieceItem], bytes] = _Pieces(numbered).packed
    if workers is not None:
        work = SequencesRecipe(world=workers.world, draw=draw)
    window = max(1, WINDOW // block) * block  # no window cuts a block
    for first in range(0, draw.count, window):
        yield from _drawn(engine, work, range(first, min(first + window, draw.count)), block)


def _drawn(
    engine: Engine, work: Callable[[PieceItem], bytes], numbers: range, block: int
) -> Iterator[SequenceBatch]:
    """The sequences of these numbers, in order; a whole number of pieces makes a block."""
    size = min(PIECE, block)
    starts = range(numbers.start, numbers.stop, size)
    pieces = [(start, min(start + size, numbers.stop)) for start in starts]
    came: dict[int, bytes] = {}
    ready: list[SequenceBatch] = []
    place = 0
    for index, piece in engine.map(work, pieces):
        came[index] = piece
        while place in came:
            ready.append(unpacked(came.pop(place)))
            place += 1
            if place * size % block == 0 or place == len(pieces):
                yield SequenceBatch.concat(ready)
                ready = []
