"""Games of Othello, with compiled inner loops: random ones, and those of a player who looks ahead.

As on street maps randomness is counted, not carried: game t depends on the key, on t and on
the number of the attempt only, so that games are the same however the work is cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nerode.rng import STEP, mixed
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.policies import ATTEMPTS, Draw, too_few
from nerode.sequences.split import key_of
from nerode.worlds.othello.othello import Othello
from nerode.worlds.othello.rules import advance, drawn, moves


def games(world: Othello, draw: Draw, block: int) -> Iterator[SequenceBatch]:
    """Games played to their end, by chance or strongly (`othello_strong` says how)."""
    for first in range(0, draw.count, block):
        numbers = np.arange(first, min(first + block, draw.count))
        played = _games(world, draw, numbers, 0)
        yield played if draw.side is None else _on_side(world, draw, numbers, played)


def _on_side(
    world: Othello, draw: Draw, numbers: NDArray[np.int64], last: SequenceBatch
) -> SequenceBatch:
    """The same games, those on the wrong side of the split played anew until they are not."""
    played, order = [last], np.arange(len(numbers))
    wrong = np.arange(len(numbers))
    total = len(numbers)
    for attempt in range(1, ATTEMPTS):
        held_out = draw.split.held_out(last, world.prompt_length)
        wrong = wrong[held_out != (draw.side == "held_out")]
        if not len(wrong):
            return SequenceBatch.concat(played).take(order)
        last = _games(world, draw, numbers[wrong], attempt)
        played.append(last)
        order[wrong] = total + np.arange(len(wrong))
        total += len(wrong)
    raise too_few(draw, f"{ATTEMPTS} games in a row were on the other side")


def _games(world: Othello, draw: Draw, numbers: NDArray[np.int64], attempt: int) -> SequenceBatch:
    """The games of these numbers, at this attempt."""
    lengths = np.empty(len(numbers), dtype=np.int32)
    symbols = np.empty(len(numbers) * len(world.squares), dtype=np.int32)
    key = key_of(draw.seed, draw.number, attempt)
    if draw.policy == "strong":
        from nerode.sequences.othello.strong import play_strongly  # noqa: PLC0415 - compiles long

        last = world.size - 1
        corners = np.uint64(sum(1 << square for square in (0, last, 8 * last, 9 * last)))
        written = play_strongly(
            key, numbers, world.setup, corners, world.symbol_of, symbols, lengths
        )
    else:
        written = play_randomly(key, numbers, world.setup, world.symbol_of, symbols, lengths)
    symbols.resize(written, refcheck=False)
    return SequenceBatch.cut(symbols, lengths)


@njit(cache=True, nogil=True)
def play_randomly(
    key: Any,
    numbers: NDArray[np.int64],
    opening: tuple[Any, Any, Any],
    symbol_of: NDArray[np.int32],
    symbols: NDArray[np.int32],
    lengths: NDArray[np.int32],
) -> int:
    """Write random games of these numbers one after the other; how many symbols that took.

    `opening` is the position before the first move and the squares of the board,
    `symbol_of` (64,) the symbol of each square. Fills `lengths` (games,) and the front of
    `symbols`.
    """
    written = 0
    playable = opening[2]
    first_legal = moves(opening[0], opening[1], playable)
    for row in range(len(numbers)):
        own, other, legal = opening[0], opening[1], first_legal
        bits = mixed(key ^ mixed(np.uint64(numbers[row]) + STEP))
        begin = written
        while legal:
            bits += STEP
            square = drawn(legal, mixed(bits))
            symbols[written] = symbol_of[square]
            written += 1
            own, other, legal, _ = advance(own, other, square, playable)
        lengths[row] = written - begin
    return written
