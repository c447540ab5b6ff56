"""Sequences of a policy with random ones among them: what diversity does to a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nerode.errors import InvalidParameter
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import HELD_OUT_SHARE, write_batches
from nerode.sequences.pieces import stream_in_pieces
from nerode.sequences.policies import SEQUENCE_BLOCK, Draw
from nerode.sequences.split import Split
from nerode.sequences.store import Manifest
from nerode.worlds.elsewhere import Workers
from nerode.worlds.world import AnyWorld

RANDOM = "random"


def write_mixed(
    world: AnyWorld,
    policy: str,
    count: int,
    seed: int,
    out: str | Path,
    synthetic: float,
    *,
    workers: Workers | None = None,
) -> Manifest:
    """Write `count` sequences of which the share `synthetic` are random ones, all in memory.

    The same seed gives the same sequences of the policy whatever the share, so that mixes of
    one size differ in nothing else. Raises InvalidParameter for a share that is not from 0 to
    below 1 or leaves none of the policy's, and as `draw_sequences` does. `workers` as of
    `write_sequences`.
    """
    random_count = random_among(count, synthetic)
    if policy == RANDOM and random_count:
        message = f"expected a policy other than {RANDOM} to mix random sequences into, got it"
        raise InvalidParameter(message)
    if random_count >= count:
        message = f"expected a count with a sequence of policy {policy} in it, got {count}"
        raise InvalidParameter(message)
    played = _drawn(world, policy, count - random_count, seed, workers)
    return write_with_random(world, policy, played, random_count, seed, out, workers=workers)


def mixed_name(policy: str, random_count: int, total: int) -> str:
    """How a manifest calls a policy with so many random sequences among all of them.

    >>> mixed_name("shortest", 5, 10)
    'shortest, 0.5 of it random'
    """
    return f"{policy}, {random_count / total:.3g} of it random" if random_count else policy


def random_among(count: int, synthetic: float) -> int:
    """How many of `count` sequences are random where their share is `synthetic`.

    Raises InvalidParameter for a share that is not from 0 to below 1.
    """
    if not 0 <= synthetic < 1:
        message = f"expected a share of synthetic sequences from 0 to below 1, got {synthetic}"
        raise InvalidParameter(message)
    return round(count * synthetic)


def write_with_random(
    world: AnyWorld,
    policy: str,
    played: SequenceBatch,
    random_count: int,
    seed: int,
    out: str | Path,
    *,
    workers: Workers | None = None,
) -> Manifest:
    """Write these sequences of a policy and `random_count` random ones, in a random order.

    The policy's name in the manifest says how many are random.
    """
    total = len(played) + random_count
    order = np.arange(total)
    name = mixed_name(policy, random_count, total)
    if random_count:
        others = _drawn(world, RANDOM, random_count, seed, workers)
        played = SequenceBatch.concat([played, others])
        # Apart from the numbers that choose among tournament games, which use the stream 0.
        order = np.random.default_rng(np.random.SeedSequence([seed, 1])).permutation(total)
    return write_batches(
        world, name, _cut(played, order), Split.of(world, seed, HELD_OUT_SHARE), out
    )


def _drawn(
    world: AnyWorld, policy: str, count: int, seed: int, workers: Workers | None
) -> SequenceBatch:
    """So many sequences, in memory."""
    draw = Draw(policy, count, seed, Split.of(world, seed, HELD_OUT_SHARE))
    return SequenceBatch.concat(list(stream_in_pieces(world, draw, workers)))


def _cut(sequences: SequenceBatch, order: NDArray[np.int64]) -> Iterator[SequenceBatch]:
    for first in range(0, len(order), SEQUENCE_BLOCK):
        yield sequences.take(order[first : first + SEQUENCE_BLOCK])
