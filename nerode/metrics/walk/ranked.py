"""Rank the symbols that a model accepts, and sample from them by inverse distribution function."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nerode.arrays import Floats, Ints


class Ranked:
    """Accepted symbols of every row, most probable first.

    Those of row i stand at `start[i]` to `start[i + 1]` in `symbol`, `mass` (the probability)
    and `cumulative`. `whole` is all the probability of a row, `accepted` how many symbols it
    accepts at each threshold: (thresholds, rows).
    """

    def __init__(self, probabilities: NDArray[np.float32], thresholds: NDArray[np.float32]) -> None:
        found = _rank(np.ascontiguousarray(probabilities), thresholds)
        self.start: Ints = found[0]
        self.symbol: Ints = found[1]
        self.mass: Floats = found[2]
        self.cumulative: Floats = found[3]
        self.whole: Floats = found[4]
        self.accepted: Ints = found[5]

    def total(self, threshold: Ints, row: Ints) -> Floats:
        """Probability that is accepted in each of these rows, which accept something."""
        last = self.start[row] + self.accepted[threshold, row] - 1
        return np.asarray(self.cumulative[last])

    def draw(self, threshold: Ints, row: Ints, uniform: Floats) -> Ints:
        """One accepted symbol each, by inverse distribution function; -1 where there is none.

        The number first points into the whole distribution, most probable symbol first. Where
        it points at an accepted symbol, that is the one; otherwise its place among the
        rejected ones is as good as a fresh number, and it points again, among the accepted
        ones. So a threshold draws another symbol than its neighbour only where it must.
        """
        draws: Ints = _draw(
            self.start,
            self.symbol,
            self.cumulative,
            self.whole,
            self.accepted,
            threshold,
            row,
            uniform,
        )
        return draws


@njit(nogil=True, cache=True)
def _rank(
    probabilities: NDArray[np.float32], thresholds: NDArray[np.float32]
) -> tuple[Ints, Ints, Floats, Floats, Floats, Ints]:
    rows, symbols = probabilities.shape
    least = thresholds[0]
    start = np.zeros(rows + 1, np.int64)
    whole = np.zeros(rows, np.float64)
    for row in range(rows):
        count, total = 0, 0.0
        for symbol in range(symbols):
            count += probabilities[row, symbol] > least
            total += probabilities[row, symbol]
        start[row + 1] = start[row] + count
        whole[row] = total
    names = np.empty(start[rows], np.int64)
    mass = np.empty(start[rows], np.float64)
    cumulative = np.empty(start[rows], np.float64)
    accepted = np.zeros((thresholds.size, rows), np.int64)
    for row in range(rows):
        here, place = probabilities[row], start[row]
        for symbol in range(symbols):
            if here[symbol] > least:
                names[place] = symbol
                place += 1
        ours = names[start[row] : place]
        # Stable, so that of equal ones the symbol with the smaller number comes first.
        order = np.argsort(-here[ours], kind="mergesort")
        ours[:] = ours[order]
        total = 0.0
        for place in range(start[row], start[row + 1]):
            mass[place] = here[names[place]]
            total += mass[place]
            cumulative[place] = total
            for threshold in range(thresholds.size):
                accepted[threshold, row] += here[names[place]] > thresholds[threshold]
    return start, names, mass, cumulative, whole, accepted


@njit(nogil=True, cache=True)
def _draw(
    start: Ints,
    symbol: Ints,
    cumulative: Floats,
    whole: Floats,
    accepted: Ints,
    threshold: Ints,
    row: Ints,
    uniform: Floats,
) -> Ints:
    draws = np.full(row.size, -1, np.int64)
    for number in range(row.size):
        here = row[number]
        count = accepted[threshold[number], here]
        if count == 0:
            continue
        begin = start[here]
        total = cumulative[begin + count - 1]
        target = uniform[number] * whole[here]
        if target >= total:
            rest = whole[here] - total
            target = (target - total) / rest * total if rest > 0 else 0.0
        rank = 0
        while rank < count - 1 and cumulative[begin + rank] <= target:
            rank += 1
        draws[number] = symbol[begin + rank]
    return draws


def most_probable(probabilities: NDArray[np.float32], keep: int) -> NDArray[np.float32]:
    """The `keep` most probable symbols of each row, renormalised; the rest at zero."""
    if keep >= probabilities.shape[1]:
        kept = probabilities
    else:
        least = np.partition(probabilities, -keep, axis=1)[:, -keep, None]
        kept = np.where(probabilities >= least, probabilities, np.float32(0))
    total = kept.sum(axis=1, keepdims=True)
    result: NDArray[np.float32] = np.divide(kept, total, out=np.zeros_like(kept), where=total > 0)
    return result


def best(probabilities: NDArray[np.float32]) -> Ints:
    """The most probable symbol of each row, -1 where none has any probability."""
    return np.where(probabilities.any(axis=1), probabilities.argmax(axis=1), -1)
