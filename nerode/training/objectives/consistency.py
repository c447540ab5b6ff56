"""Consistency: two histories of one state must be followed by the same predictions."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax

from nerode.errors import InvalidParameter
from nerode.models.hf.padding import padded
from nerode.sequences.histories import uniform_histories
from nerode.training.objectives.objective import Addition, ObjectiveContext, Read, mean_over


class Consistency(Addition):
    """Next token, and agreement between two histories of one state (exploratory).

        L = L_next-token + weight * mean over pairs, k of
              (KL(p(. | s_1 c_1..k), p(. | s_2 c_1..k)) + KL(p(. | s_2 ...), p(. | s_1 ...))) / 2

    s_1 and s_2 are two histories that reach one state, drawn as compression draws them; c is a
    continuation of legal symbols, k = 0 ... its length. That is what compression measures, so a
    model trained by it is judged by distinction, detours and reconstruction: a model that predicts
    the same everywhere is consistent, too.

    Parameters
    ----------
    pairs
        Pairs of histories in every batch.
    length
        Symbols of their continuations.
    weight
        Of the second term.

    Raises
    ------
    InvalidParameter
        For values outside their range.
    """

    def __init__(
        self, context: ObjectiveContext, *, pairs: int = 16, length: int = 4, weight: float = 1.0
    ) -> None:
        super().__init__()
        if pairs < 1 or length < 0 or weight < 0:
            raise InvalidParameter(
                "expected consistency with pairs of at least 1, length and weight of at least 0, "
                f"got pairs={pairs}, length={length}, weight={weight}"
            )
        self.context = context
        self.source = uniform_histories(context.world)
        self.pairs = pairs
        self.length = length
        self.weight = weight

    def extra_loss(self, read: Read) -> Tensor:
        """In nats a symbol."""
        rng = np.random.default_rng(np.random.SeedSequence([self.context.seed, read.number]))
        first: list[tuple[int, ...]] = []
        second: list[tuple[int, ...]] = []
        followed: list[int] = []
        while len(first) < self.pairs:
            drawn = self.source.same_state(rng)
            continuation = self._continuation(drawn.states[0], rng)
            one, other = (tuple(history) + continuation for history in drawn.histories)
            if max(len(one), len(other)) >= self.context.positions:
                continue  # as long as the first token leaves room for
            first.append(one)
            second.append(other)
            followed.append(len(continuation))
        logits, last = self._read(read, first + second)
        logs = log_softmax(logits, dim=-1)
        # Place k of a pair: after k symbols of the continuation, 0 to its length.
        places = torch.arange(self.length + 1, device=logs.device)
        ends = torch.tensor(followed, device=logs.device)
        at = last[:, None] - ends.repeat(2)[:, None] + places
        at = at.clamp(max=logs.shape[1] - 1)
        rows = torch.arange(len(logs), device=logs.device)[:, None]
        before, after = logs[rows, at].chunk(2)
        apart = kl_div(after, before, reduction="none", log_target=True)
        apart = apart + kl_div(before, after, reduction="none", log_target=True)
        inside = places <= ends[:, None]
        return mean_over(apart.sum(dim=-1) / 2, inside)

    def _continuation(self, state: object, rng: np.random.Generator) -> tuple[int, ...]:
        """Legal symbols from a state on, each with equal chance; END is none."""
        world = self.context.world
        found: list[int] = []
        while len(found) < self.length:
            legal = [symbol for symbol in world.legal(state) if symbol != world.end]
            if not legal:
                break
            found.append(int(rng.choice(legal)))
            state = world.step(state, found[-1])
        return tuple(found)

    def _read(self, read: Read, sequences: list[tuple[int, ...]]) -> tuple[Tensor, Tensor]:
        """Logits after every symbol of some sequences, and the column of each one's last."""
        symbols, lengths = padded(sequences, len(self.context.world.alphabet))
        device = read.ids.device
        ids = torch.from_numpy(symbols).long().to(device)
        ids = torch.cat((ids.new_full((len(ids), 1), self.context.first), ids), dim=1)
        logits = read.network(input_ids=ids).logits.float()
        return logits, torch.from_numpy(lengths).to(device)
