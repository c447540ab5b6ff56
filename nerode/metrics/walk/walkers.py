"""Continuations under way in a walk: drawn ones, and strings that are prescribed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nerode.metrics.walk.ranked import Floats, Ints


@dataclass(frozen=True)
class Walkers:
    """Continuations under way, one entry each; all arrays have one length."""

    node: Ints
    direction: Ints
    threshold: Ints
    sample: Ints
    weight: Floats

    def __len__(self) -> int:
        return int(self.node.size)

    def where(self, index: Ints | NDArray[np.bool_]) -> Walkers:
        """Some of them."""
        return Walkers(
            self.node[index],
            self.direction[index],
            self.threshold[index],
            self.sample[index],
            self.weight[index],
        )


@dataclass(frozen=True)
class Scripts:
    """Prescribed strings under way: which script, at which node, probabilities so far."""

    script: Ints
    node: Ints
    smallest: Floats  # (scripts, 2)

    def where(self, index: NDArray[np.bool_]) -> Scripts:
        """Some of them."""
        return Scripts(self.script[index], self.node[index], self.smallest[index])
