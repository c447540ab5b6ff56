"""Continuations that a walk follows: sampled ones (walkers), and prescribed strings (scripts).

Both are columns of equal length, one entry a continuation, and point to nodes of the current
`Level`: many entries may share a node, which the model reads once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nerode.arrays import Floats, Ints


@dataclass(frozen=True)
class Walkers:
    """Sampled continuations, one entry each; all arrays are (walkers,).

    Attributes
    ----------
    node
        Node of the current level that the continuation has come to.
    direction
        After which history it is sampled: 0 the first, 1 the second.
    threshold
        Which threshold of the curve it belongs to: it may sample another symbol at another one.
    sample
        Which continuation of its direction and threshold it is.
    weight
        1, or the probability of the continuation where all are enumerated.
    """

    node: Ints
    direction: Ints
    threshold: Ints
    sample: Ints
    weight: Floats

    def __len__(self) -> int:
        return int(self.node.size)

    def where(self, index: Ints | NDArray[np.bool_]) -> Walkers:
        """Those at an index or mask."""
        return Walkers(
            self.node[index],
            self.direction[index],
            self.threshold[index],
            self.sample[index],
            self.weight[index],
        )


@dataclass(frozen=True)
class Scripts:
    """Prescribed strings, one entry each, whatever the model would sample.

    Attributes
    ----------
    script
        Number of the script among those of all pairs.
    node
        Node of the current level that it has come to.
    smallest
        Smallest probability of its symbols so far, after the first and the second history: it is
        accepted at every threshold below that.
    """

    script: Ints
    node: Ints
    smallest: Floats  # (scripts, 2)

    def where(self, index: NDArray[np.bool_]) -> Scripts:
        """Those at an index or mask."""
        return Scripts(self.script[index], self.node[index], self.smallest[index])
