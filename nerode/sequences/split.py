"""Which sequences are held out: a hash of the prompt decides, whatever the policy.

A sequence's side depends on its first `prompt_length` symbols and on a seed only, so that
an (origin, destination) is on one side for ever: no leak, in whatever number, order or
policy sequences are drawn. In a world without prompts the whole sequence is hashed.

In a world with symmetries (a board that may be turned) a sequence is hashed as the smallest of
its images, so that all of them lie on one side. Splits made before that was so hash the sequence
as it stands (`BY_PROMPT`); manifests and models say which rule is theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nerode.errors import InvalidParameter
from nerode.rng import MULTIPLY_1, MULTIPLY_2, mix
from nerode.schema.model import Rule
from nerode.sequences.batch import SequenceBatch
from nerode.worlds.world import AnyWorld, HasSymmetries

BY_PROMPT: Rule = "prompt"
BY_CLASS: Rule = "symmetry class"
"""What is hashed: the prompt as it stands, or the smallest of its images."""

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
    symmetries: tuple[tuple[int, ...], ...] = ()
    """Those of the world (`HasSymmetries`); none where the rule is BY_PROMPT."""
    shift: int = 0
    """Added to the number of each symbol before it is hashed: how many symbols the world's alphabet
    lacks that it once had (`World.unused_symbols`), so that its sequences stay on their side."""

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise InvalidParameter(f"expected a held-out share from 0 to below 1, got {self.share}")
        check_seed(self.seed)

    @classmethod
    def of(cls, world: AnyWorld, seed: int, share: float, rule: Rule = BY_CLASS) -> Split:
        """The split of a world's sequences, by its symmetries unless the rule leaves them out."""
        shift = sum(name not in world.index for name in world.unused_symbols)
        if rule == BY_CLASS and isinstance(world, HasSymmetries):
            return cls(seed, share, world.symmetries, shift)
        return cls(seed, share, shift=shift)

    @property
    def rule(self) -> Rule:
        """What is hashed."""
        return BY_CLASS if self.symmetries else BY_PROMPT

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
        if self.symmetries:
            batch = _smallest_images(batch, prompt_length, np.array(self.symmetries))
        for rows, symbols in _positions(batch, prompt_length):
            shifted = symbols.astype(np.int64) + self.shift
            hashes[rows] = mix(hashes[rows] ^ shifted.astype(np.uint64))
        return hashes < self.limit

    def holds_out(self, sequence: Sequence[int], prompt_length: int) -> bool:
        """The same for one sequence, where whole numbers are faster than arrays of one."""
        bits = int(self.key)
        prompt = tuple(sequence[: prompt_length or len(sequence)])
        images = [tuple(image[symbol] for symbol in prompt) for image in self.symmetries]
        for symbol in min(images, default=prompt):
            bits ^= symbol + self.shift
            bits = ((bits ^ (bits >> 30)) * int(MULTIPLY_1)) & _MASK
            bits = ((bits ^ (bits >> 27)) * int(MULTIPLY_2)) & _MASK
            bits ^= bits >> 31
        return bits < int(self.limit)


def _positions(
    batch: SequenceBatch, prompt_length: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32]]]:
    """For each position of the prompt the sequences that are so long, and their symbols there."""
    lengths = batch.lengths
    longest = int(lengths.max(initial=0))
    for position in range(min(prompt_length or longest, longest)):
        rows = np.flatnonzero(lengths > position)
        yield rows, batch.symbols[batch.offsets[rows] + position]


def _smallest_images(
    batch: SequenceBatch, prompt_length: int, images: NDArray[np.int64]
) -> SequenceBatch:
    """The batch with each sequence as that of its images whose prompt comes first in order.

    `images` (permutations, symbols). Position by position those images stay whose symbol is
    the smallest, until there is one of each, as a rule soon.
    """
    left = np.ones((len(images), len(batch)), dtype=np.bool_)
    for rows, symbols in _positions(batch, prompt_length):
        if (left.sum(axis=0) == 1).all():
            break
        there = np.where(left[:, rows], images[:, symbols], images.shape[1])
        left[:, rows] = there == there.min(axis=0)
    # Where several are left they are one and the same.
    first = (left.argmax(axis=0) * images.shape[1]).astype(np.int32)  # its place in a flat table
    places = np.repeat(first, batch.lengths)
    places += batch.symbols
    return SequenceBatch(images.astype(np.int32).ravel().take(places), batch.offsets)


def held_out_mask(
    batch: SequenceBatch,
    prompt_length: int,
    seed: int,
    share: float = 0.1,
    symmetries: tuple[tuple[int, ...], ...] = (),
) -> NDArray[np.bool_]:
    """Whether each sequence is held out when a `share` of the prompts is: (sequences,).

    `symmetries` are those of the world where it has any.
    """
    return Split(seed, share, symmetries).held_out(batch, prompt_length)


def key_of(*numbers: int) -> np.uint64:
    """64 bits that depend on all numbers."""
    return np.uint64(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


def check_seed(seed: int) -> None:
    """Raise InvalidParameter unless the seed is a whole number from 0."""
    if seed < 0:
        raise InvalidParameter(f"expected a seed from 0 upwards, got {seed}")
