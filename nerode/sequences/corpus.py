"""The sequences that an evaluation needs: held-out ones to measure on, others to fit on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nerode.errors import ModelMismatch
from nerode.sequences.dataset import SequenceBatch, draw_sequences, open_sequences
from nerode.worlds.world import HasGoal, World

FITTED = 20_000
"""Training sequences drawn for baselines that are fitted (n-gram)."""


@dataclass(frozen=True)
class Corpus:
    """Held-out sequences, training sequences, and words that say where they come from."""

    held_out: SequenceBatch
    train: SequenceBatch
    source: str


def folder_corpus(folder: Path, world: World[Any], seed: int) -> Corpus:
    """The sequences of a folder, the held-out ones in an order drawn from the seed.

    Raises ModelMismatch where the folder speaks of another world.
    """
    sequences = open_sequences(folder)
    if tuple(sequences.manifest.alphabet) != world.alphabet:
        message = (
            f"{folder}: expected sequences of {world.name}, got those of "
            f"{sequences.manifest.world}, whose symbols differ"
        )
        raise ModelMismatch(message)
    held_out = sequences.read("held_out")
    order = np.random.default_rng(np.random.SeedSequence([seed, 0])).permutation(len(held_out))
    return Corpus(held_out.take(order), sequences.read("train"), str(folder))


def drawn_corpus(
    world: World[Any], count: int, seed: int, trained_on: dict[str, Any] | None = None
) -> Corpus:
    """Fresh sequences of the world.

    With the record of a model that was trained on this world (`nerode.json`) they follow
    its policy and its split, so that what is held out here was held out there. Otherwise:
    shortest ways where sequences are posed a task by a prompt, random play elsewhere.
    """
    if trained_on and trained_on.get("world") == world.name:
        policy = str(trained_on["policy"])
        split_seed, share = int(trained_on["sequences_seed"]), float(trained_on["held_out"])
    else:
        policy = "shortest" if world.prompt_length and isinstance(world, HasGoal) else "random"
        split_seed, share = seed, 0.1

    def draw(split: str, count: int) -> SequenceBatch:
        return draw_sequences(
            world,
            policy,
            count,
            seed,
            split=split,
            held_out=share,
            split_seed=split_seed,
            fewer=True,
        )

    fitted = min(FITTED, max(count, 1) * 20)
    source = f"{policy}, drawn (split seed {split_seed}, held out {share:g})"
    return Corpus(draw("held_out", count), draw("train", fitted), source)
