"""The sequences that an evaluation needs: held-out ones to measure on, others to fit on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from nerode.errors import InvalidParameter, TooFewSequences
from nerode.sequences.dataset import HELD_OUT_SHARE, SequenceBatch, draw_into_memory, open_sequences
from nerode.sequences.policies import POLICIES, Draw, policies_of
from nerode.sequences.split import BY_PROMPT, Split, check_seed
from nerode.worlds.world import AnyWorld, HasGoal

POSED, PLAYED = 20_000, 2_000
"""Sequences to fit on, and to take histories from: so many where a prompt poses a task, and
fewer where they are played to the end, for those are longer and take longer to draw."""


@dataclass(frozen=True)
class Corpus:
    """What an evaluation measures on and fits on, all from one source.

    `held_out` has a sequence for each trial, as far as there are so many. `draw` gives
    sequences of `train` or `held_out` in a number that does not depend on that of the
    trials, so that a run can be given more trials later. `source` says where they come from,
    `own` whether they are the model's own: such as it was trained on, or given with it.
    """

    held_out: SequenceBatch
    source: str
    draw: Callable[[str], SequenceBatch] = field(repr=False)
    begin: Callable[[int], SequenceBatch] | None = field(default=None, repr=False)
    own: bool = False

    @cached_property
    def train(self) -> SequenceBatch:
        """Sequences to fit baselines on."""
        return self.draw("train")

    def training(self, count: int) -> SequenceBatch:
        """The first `count` training sequences, or all where there are fewer.

        A folder is read no further than that.
        """
        if self.begin is not None and "train" not in self.__dict__:
            return self.begin(count)
        return self.train.part(0, min(count, len(self.train)))

    @cached_property
    def met(self) -> SequenceBatch:
        """Held-out sequences whose prefixes are on-policy histories."""
        return self.draw("held_out")


def folder_corpus(folder: Path, world: AnyWorld, seed: int) -> Corpus:
    """The sequences of a folder, the held-out ones in an order drawn from the seed.

    Raises ModelMismatch where the folder speaks of another world.
    """
    check_seed(seed)
    sequences = open_sequences(folder, world)
    held_out = sequences.read("held_out")
    order = np.random.default_rng(np.random.SeedSequence([seed, 0])).permutation(len(held_out))

    def begin(count: int) -> SequenceBatch:
        found: list[SequenceBatch] = []
        for batch in sequences.batches("train"):
            found.append(batch.part(0, min(len(batch), count)))
            count -= len(found[-1])
            if not count:
                break
        return SequenceBatch.concat(found)

    return Corpus(held_out.take(order), str(folder), sequences.read, begin, own=True)


def fresh_corpus(
    world: AnyWorld, trials: int, seed: int, trained_on: dict[str, Any] | None = None
) -> Corpus:
    """Fresh sequences of the world.

    With the record of a model that was trained on this world (`nerode.json`) they follow
    its policy and its split, so that what is held out here was held out there. Otherwise:
    shortest ways where sequences are posed a task by a prompt, random play elsewhere.

    A world with so few sequences that none is held out has none to measure on: metrics that need
    some say so, trial by trial.

    Raises InvalidParameter where the model's policy is none that can be drawn (tournament games).
    """
    own = trained_on is not None and trained_on.get("world") == world.name
    if trained_on is not None and own:
        policy = str(trained_on["policy"])
        if policy not in (*POLICIES, *policies_of(world)):
            message = (
                f"expected the folder of sequences that the model was trained on (--sequences), "
                f"for policy {policy!r} cannot be drawn anew, got none"
            )
            raise InvalidParameter(message)
        split = Split.of(
            world,
            int(trained_on["sequences_seed"]),
            float(trained_on["held_out"]),
            trained_on.get("split_rule", BY_PROMPT),  # older records do not say it
        )
    else:
        policy = "shortest" if world.prompt_length and isinstance(world, HasGoal) else "random"
        split = Split.of(world, seed, HELD_OUT_SHARE)

    def draw(side: str, count: int = POSED if world.prompt_length else PLAYED) -> SequenceBatch:
        return draw_into_memory(world, Draw(policy, count, seed, split, side, fewer=True))

    rule = "" if split.rule == BY_PROMPT else f", by {split.rule}"
    source = f"{policy}, drawn (split seed {split.seed}, held out {split.share:g}{rule})"
    if policy == "noisy":
        # Which sequences come depends on how many are drawn: more trials are another run.
        source += f", {trials} at once"
    try:
        held_out = draw("held_out", trials)
    except TooFewSequences:
        held_out = SequenceBatch.of([])
        source += ": none, the world has too few"
    return Corpus(held_out, source, draw, own=own)
