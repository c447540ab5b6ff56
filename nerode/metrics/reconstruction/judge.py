"""Verdict on each sequence on the true map: valid, illegal step, wrong destination, malformed."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nerode.sequences.batch import SequenceBatch
from nerode.worlds.world import AnyStreetPlan

VALID, ILLEGAL_STEP, WRONG_DESTINATION, MALFORMED = range(4)
"""What becomes of a sequence on the true map."""
PROMPT_SYMBOLS = 2
"""Symbols of a prompt: origin and destination."""


def judge(world: AnyStreetPlan, batch: SequenceBatch) -> NDArray[np.int8]:
    """The verdict on each sequence: (sequences,), VALID to MALFORMED.

    One is malformed where it does not begin with two crossings, does not end in END, or has
    nothing between.
    """
    verdict = np.empty(len(batch), dtype=np.int8)
    _judge_block(world.turns, batch.symbols, batch.offsets, verdict)
    return verdict


@njit(cache=True, nogil=True)
def _judge_block(
    turns: NDArray[np.int32],
    symbols: NDArray[np.int32],
    offsets: NDArray[np.int64],
    verdict: NDArray[np.int8],
) -> None:
    """Judge one after the other; `turns` (nodes, 1 + labels) says where each leads, -1: nowhere."""
    first_node = turns.shape[1]
    for row in range(len(offsets) - 1):
        written = symbols[offsets[row] : offsets[row + 1]]
        verdict[row] = MALFORMED
        if len(written) < PROMPT_SYMBOLS + 2 or written[-1] != 0:
            continue
        if written[0] < first_node or written[1] < first_node:
            continue
        at = written[0] - first_node
        verdict[row] = ILLEGAL_STEP
        for label in written[PROMPT_SYMBOLS:-1]:
            at = turns[at, label] if label < first_node else -1
            if at < 0:
                break
        if at >= 0:
            arrived = at == written[1] - first_node
            verdict[row] = VALID if arrived else WRONG_DESTINATION
