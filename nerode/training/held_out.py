"""Held-out loss and share of legal next symbols, measured during training."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from nerode.sequences.batch import SequenceBatch
from nerode.training.batches import IGNORED, Batches
from nerode.worlds.world import AnyWorld

POSITIONS_MEASURED = 20_000
"""Next symbols that one measurement asks for, about."""
ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class HeldOutScores:
    """Mean held-out loss per symbol, in nats, and share of legal arg-max next symbols."""

    loss: float
    legal: float


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Held-out sequences with the legal next symbols at each of their positions.

    `states` of the sequences are numbered; `legal[n]` says which symbols may follow state
    n, and `reached[i, t]` is the state in which column t of sequence i (the first token
    is column 0) expects a symbol, -1 where nothing is asked: inside the prompt and beyond
    the end.
    """

    batches: tuple[dict[str, Tensor], ...]
    reached: tuple[Tensor, ...]  # per batch (rows, width)
    legal: Tensor  # (states, symbols) bool

    @torch.inference_mode()
    def measure(self, network: PreTrainedModel) -> HeldOutScores:
        """Loss over all symbols; legal share over all symbols after the prompts."""
        loss, symbols, hits, positions = 0.0, 0, 0, 0
        for batch, reached in zip(self.batches, self.reached, strict=True):
            logits = network(input_ids=batch["input_ids"]).logits.float()
            labels = batch["labels"][:, 1:]
            flat = logits[:, :-1].flatten(0, 1)
            loss += float(cross_entropy(flat, labels.flatten(), reduction="sum"))
            symbols += int((labels != IGNORED).sum())
            best = logits[:, :, : self.legal.shape[1]].argmax(dim=-1)
            right = self.legal[reached.clamp(min=0), best] & (reached >= 0)
            hits += int(right.sum())
            positions += int((reached >= 0).sum())
        return HeldOutScores(loss / max(1, symbols), hits / max(1, positions))


def held_out(world: AnyWorld, sequences: SequenceBatch, first: int, device: str) -> HeldOut:
    """Prepare held-out sequences for measuring: batches, and what is legal in each place.

    Parameters
    ----------
    world
        The world of the sequences.
    sequences
        The first of these are taken, as many as `POSITIONS_MEASURED` allows, at least one.
    first
        The first token, in front of every sequence.
    device
        torch device of the network.
    """
    count = int(np.searchsorted(sequences.offsets, POSITIONS_MEASURED, side="right")) - 1
    sequences = sequences.take(np.arange(min(max(1, count), len(sequences))))
    sequences = sequences.take(np.argsort(sequences.lengths, kind="stable"))
    collated = Batches(sequences, first, ROWS_AT_ONCE, seed=0, device=device)
    known: dict[Hashable, int] = {}
    batches, reached = [], []
    for start in range(0, len(sequences), ROWS_AT_ONCE):
        rows = np.arange(start, min(start + ROWS_AT_ONCE, len(sequences)))
        batch = collated.collate(rows)
        states = np.full(batch["input_ids"].shape, -1, dtype=np.int64)
        for row in rows.tolist():
            state = world.start
            for column, symbol in enumerate(sequences[row].tolist()):
                if column >= world.prompt_length:
                    states[row - start, column] = known.setdefault(state, len(known))
                state = world.step(state, symbol)
        batches.append(batch)
        reached.append(torch.from_numpy(states).to(device))
    legal = np.zeros((len(known), len(world.alphabet)), dtype=np.bool_)
    for number, state in enumerate(known):
        legal[number, list(world.legal(state))] = True
    return HeldOut(tuple(batches), tuple(reached), torch.from_numpy(legal).to(device))
