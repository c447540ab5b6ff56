"""The symbols that a model accepts, ranked, and draws from among them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Ranked:
    """Accepted symbols of every row, most probable first, as padded matrices."""

    def __init__(self, probabilities: NDArray[np.float32], thresholds: NDArray[np.float32]) -> None:
        row, symbol = np.nonzero(probabilities > thresholds[0])
        counts = np.bincount(row, minlength=len(probabilities))
        place = np.arange(row.size) - np.repeat(np.cumsum(counts) - counts, counts)
        shape = (len(probabilities), max(1, int(counts.max(initial=0))))
        mass = np.zeros(shape)
        names = np.zeros(shape, dtype=np.int64)
        mass[row, place] = probabilities[row, symbol]
        names[row, place] = symbol
        order = np.argsort(-mass, axis=1, kind="stable")
        self.mass = np.take_along_axis(mass, order, axis=1)
        self.symbol = np.take_along_axis(names, order, axis=1)
        # Row by row, so that a row's sums do not depend on what else is in the batch.
        self.cumulative = np.cumsum(self.mass, axis=1)
        self.whole = probabilities.sum(axis=1, dtype=np.float64)
        # (thresholds, rows): how many symbols are accepted
        self.accepted = (self.mass[None] > thresholds[:, None, None]).sum(axis=2)

    def total(self, threshold: Ints, row: Ints) -> Floats:
        """Probability that is accepted in each of these rows."""
        accepted = self.accepted[threshold, row]
        return np.asarray(self.cumulative[row, np.maximum(accepted, 1) - 1])

    def draw(self, threshold: Ints, row: Ints, uniform: Floats) -> Ints:
        """One accepted symbol each, by inverse distribution function.

        The number first points into the whole distribution, most probable symbol first. Where
        it points at an accepted symbol, that is the one; otherwise its place among the
        rejected ones is as good as a fresh number, and it points again, among the accepted
        ones. So a threshold draws another symbol than its neighbour only where it must.
        """
        accepted = self.total(threshold, row)
        target = uniform * self.whole[row]
        rest = self.whole[row] - accepted
        again = np.divide(target - accepted, rest, out=np.zeros_like(rest), where=rest > 0)
        target = np.where(target < accepted, target, again * accepted)
        rank = (self.cumulative[row] <= target[:, None]).sum(axis=1)
        return np.asarray(self.symbol[row, np.minimum(rank, self.accepted[threshold, row] - 1)])


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
