"""When a model accepts a symbol: its probability lies above a threshold ε.

ε is a curve, not a number (docs/concepts.md, "Models"): every walk looks at a grid of thresholds
at once, so that a report can show a metric over ε from one run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nerode.errors import InvalidParameter

CURVE = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)


@dataclass(frozen=True)
class Acceptance:
    """A symbol is accepted where its probability is greater than `epsilon`.

    `curve` lists further thresholds at which the same trials are scored.
    """

    epsilon: float = 0.01
    curve: tuple[float, ...] = CURVE

    def __post_init__(self) -> None:
        for value in (self.epsilon, *self.curve):
            if not 0 < value < 1:
                message = f"expected thresholds between 0 and 1 (exclusive), got {value}"
                raise InvalidParameter(message)

    @cached_property
    def thresholds(self) -> NDArray[np.float32]:
        """All thresholds, ascending, each once: shape (thresholds,).

        In single precision, as probabilities are: a probability equal to the threshold is
        then rejected whichever of the two was rounded.
        """
        return np.unique(np.array([self.epsilon, *self.curve], dtype=np.float32))

    @cached_property
    def main(self) -> int:
        """Place of `epsilon` among the thresholds."""
        return int(np.searchsorted(self.thresholds, np.float32(self.epsilon)))
