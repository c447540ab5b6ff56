"""Which sequences are held out: a hash of the prompt decides, whatever the policy.

A sequence's side depends on its first `prompt_length` symbols and on a seed only, so that
an (origin, destination) is on one side for ever: no leak, in whatever number, order or
policy sequences are drawn. In a world without prompts the whole sequence is hashed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nerode.chance import MULTIPLY_1, MULTIPLY_2, mix
from nerode.errors import InvalidParameter
from nerode.sequences.batch import SequenceBatch

_SPLIT = 0x5EED5  # keeps the hash apart from other uses of the same seed
_MASK = 2**64 - 1


@dataclass(frozen=True)
class Split:
    """One division into training and held-out sequences.

    Raises InvalidParameter unless 0 <= share < 1 and seed >= 0.
    """

    seed: int
    share: float
    """Share of prompts that is held out."""

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise InvalidParameter(f"expected a held-out share from 0 to below 1, got {self.share}")
        check_seed(self.seed)

    @property
    def key(self) -> np.uint64:
        """Hash of nothing: where the hash of a prompt starts."""
        return key_of(self.seed, _SPLIT)

    @property
    def limit(self) -> np.uint64:
        """Sequences whose hash is below this are held out."""
        return np.uint64(int(self.share * 2**64))

    def held_out(self, batch: SequenceBatch, prompt_length: int) -> NDArray[np.bool_]:
        """Whether each sequence is held out: (sequences,)."""
        hashes = np.full(len(batch), self.key)
        lengths = batch.lengths
        longest = int(lengths.max(initial=0))
        for position in range(min(prompt_length or longest, longest)):
            rows = np.flatnonzero(lengths > position)
            symbols = batch.symbols[batch.offsets[rows] + position].astype(np.uint64)
            hashes[rows] = mix(hashes[rows] ^ symbols)
        return hashes < self.limit

    def holds_out(self, sequence: Sequence[int], prompt_length: int) -> bool:
        """The same for one sequence, where whole numbers are faster than arrays of one."""
        bits = int(self.key)
        for symbol in sequence[: prompt_length or len(sequence)]:
            bits ^= symbol
            bits = ((bits ^ (bits >> 30)) * int(MULTIPLY_1)) & _MASK
            bits = ((bits ^ (bits >> 27)) * int(MULTIPLY_2)) & _MASK
            bits ^= bits >> 31
        return bits < int(self.limit)


def held_out_mask(
    batch: SequenceBatch, prompt_length: int, seed: int, share: float = 0.1
) -> NDArray[np.bool_]:
    """Whether each sequence is held out when a `share` of the prompts is: (sequences,)."""
    return Split(seed, share).held_out(batch, prompt_length)


def key_of(*numbers: int) -> np.uint64:
    """64 bits that depend on all numbers."""
    return np.uint64(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


def check_seed(seed: int) -> None:
    """Raise InvalidParameter unless the seed is a whole number from 0."""
    if seed < 0:
        raise InvalidParameter(f"expected a seed from 0 upwards, got {seed}")
