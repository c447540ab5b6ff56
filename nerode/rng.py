"""Counter-based random numbers: bits that depend on a key and a number only.

There is no state to carry along, so that samples are the same however the work is divided.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bits = Any
"""A np.uint64 (whose arithmetic the stubs of numpy do not follow)."""

STEP = np.uint64(0x9E3779B97F4A7C15)
"""Added for each next number of a stream; `mix` makes random bits of the sums (SplitMix64)."""
HALF_WORD = np.uint64(32)
MULTIPLY_1 = np.uint64(0xBF58476D1CE4E5B9)
MULTIPLY_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_30, _SHIFT_27, _SHIFT_31 = np.uint64(30), np.uint64(27), np.uint64(31)
_SHIFT_11 = np.uint64(11)


def mix(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64 bits so that each depends on all: the finaliser of SplitMix64."""
    bits = (bits ^ (bits >> _SHIFT_30)) * MULTIPLY_1
    bits = (bits ^ (bits >> _SHIFT_27)) * MULTIPLY_2
    return bits ^ (bits >> _SHIFT_31)


def share(bits: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Numbers evenly spread over [0, 1), one for each 64 random bits."""
    return (bits >> _SHIFT_11).astype(np.float64) * 2.0**-53


mixed: Callable[[Bits], Bits] = njit(inline="always")(mix)
"""`mix` of one number, in compiled loops."""


@njit(inline="always")
def below(bits: Bits, count: Bits) -> Bits:
    """A number below `count` from the upper half of 64 random bits."""
    return ((bits >> HALF_WORD) * count) >> HALF_WORD
