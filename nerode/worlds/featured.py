"""What states look like, as labels that a probe may look for in a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class Featured(Protocol):
    """A world whose states have features, each of which is of one class.

    On a street map the one feature is the crossing, and classes are the crossings; in Othello
    features are the squares, each empty, mine or theirs.
    """

    @property
    def features(self) -> Sequence[str]:
        """Name of each feature."""
        ...

    @property
    def classes(self) -> Sequence[str]:
        """Name of each class; all features share them."""
        ...

    def labels(self, symbols: Sequence[int]) -> NDArray[np.int64]:
        """Class of every feature all along a sequence: (positions, features).

        Position i is after the first `first_labelled(world) + i` symbols; there is none after
        the last symbol. Raises IllegalSymbol where a symbol before the last is not legal.
        """
        ...


def first_labelled(prompt_length: int) -> int:
    """Symbols that have been read where labels begin: the prompt, or one where there is none."""
    return max(1, prompt_length)
