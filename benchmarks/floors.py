"""What this machine could do at best, measured beside what is compared with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

CHAINS = 8
"""Independent chains of look-ups in one loop: a core works on several at once."""

_STEPS = 2_000_000


def all_seconds(work: Callable[[], object], times: int) -> list[float]:
    """Processor time that the work takes, each time."""
    seconds = []
    for _ in range(times):
        begin = time.process_time()
        work()
        seconds.append(time.process_time() - begin)
    return seconds


def best_seconds(work: Callable[[], object], times: int = 3) -> float:
    """Least processor time that the work takes, once warm."""
    return min(all_seconds(work, times))


def copied_bytes(size: int) -> float:
    """Bytes a second that numpy copies from an array of `size` bytes to another."""
    source = np.ones(size // 8, dtype=np.int64)
    target = np.empty_like(source)
    return size / best_seconds(lambda: np.copyto(target, source), 5)


def fresh_bytes(size: int) -> float:
    """Bytes a second that numpy copies to an array that is new each time."""
    source = np.ones(size // 8, dtype=np.int64)
    return size / best_seconds(source.copy, 5)


def lookups(entries: int, kind: type[np.generic], chains: int = CHAINS) -> float:
    """Dependent look-ups a second in a table of so many entries of a kind of number.

    Each look-up says where the next one of its chain is, and nothing else is done: a
    pointer chase, in one chain or in `CHAINS` that do not wait for each other.
    """
    order = np.random.default_rng(0).permutation(entries)
    table = np.empty(entries, dtype=kind)
    table[order] = np.roll(order, -1)
    starts = order[: chains * (entries // chains) : entries // chains].astype(np.uint64)
    chase = _chase_many if chains > 1 else _chase_one
    chase(table, starts, 1)  # compiles
    return _STEPS * chains / best_seconds(lambda: chase(table, starts, _STEPS))


@njit
def _chase_one(table: NDArray[Any], starts: NDArray[np.uint64], steps: int) -> Any:
    here = starts[0]
    for _ in range(steps):
        here = np.uint64(table[here])
    return here


@njit
def _chase_many(table: NDArray[Any], starts: NDArray[np.uint64], steps: int) -> Any:
    a, b, c, d, e, f, g, h = [starts[i] for i in range(8)]
    for _ in range(steps):
        a, b = np.uint64(table[a]), np.uint64(table[b])
        c, d = np.uint64(table[c]), np.uint64(table[d])
        e, f = np.uint64(table[e]), np.uint64(table[f])
        g, h = np.uint64(table[g]), np.uint64(table[h])
    return a + b + c + d + e + f + g + h
