"""Legal set: a teacher that tells all that may come next, not one symbol drawn from it.

A training sequence shows one next symbol where several may follow. Here the target at every
position is the whole distribution, exactly; the noise of the drawn symbols is gone:

    L = mean over t of CE(q(. | x_1 ... x_{t-1}), p(. | x_1 ... x_{t-1}))

Two kinds, which teach different things:

    policy  q is the distribution of the policy that the sequences were drawn by. It is what a model
            of next tokens tends to with endless data. For random walks on a map the destination is
            where the walk ends, so q is a bridge: exact by dynamic programming over the turns that
            are left, mixed over lengths, one table a destination (nerode/worlds/streets/habits.py).
    legal   q is even over the symbols that are legal, whatever the policy.

Both are teachers: they see the true state of the world, which the data alone do not show. So a
model trained by them says what its architecture can hold, not what can be learned from sequences.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import log_softmax

from nerode.models.baselines.habits import habit_of
from nerode.training.objectives.objective import Objective, ObjectiveContext, Read, mean_over
from nerode.worlds.habits import Habit, HabitRow, Memory
from nerode.worlds.world import AnyWorld


class LegalSet(Objective):
    """Cross-entropy to the exact distribution of a habit at every position.

    Raises ModelMismatch where the policy's next-symbol distribution is not known in the world.
    """

    def __init__(self, context: ObjectiveContext, habit: Habit) -> None:
        super().__init__()
        self.habit = habit
        self.symbols = len(context.world.alphabet)

    def loss(self, read: Read) -> Tensor:
        """In nats a symbol."""
        targets = torch.zeros((*read.labels.shape, self.symbols))
        for row, sequence in enumerate(read.sequences()):
            along = self.habit.along(sequence)
            targets[row, : len(along)] = torch.from_numpy(along)
        logs = log_softmax(read.logits, dim=-1)[..., : self.symbols]
        found = -(targets.to(logs.device) * logs).sum(dim=-1)
        # Column t predicts column t + 1: what counts is whether that one is a symbol.
        return mean_over(found[:, :-1], read.inside[:, 1:])


def policy_targets(context: ObjectiveContext) -> LegalSet:
    """The exact distribution of the policy that the sequences were drawn by."""
    return LegalSet(context, habit_of(context.world, context.policy, context.sequences_seed))


def legal_targets(context: ObjectiveContext) -> LegalSet:
    """Even over what is legal."""
    return LegalSet(context, _Legal(context.world))


class _Legal(Habit):
    """Each legal symbol with equal chance, for ever."""

    def __init__(self, world: AnyWorld) -> None:
        self.world = world
        self._rows: dict[Any, NDArray[np.float64]] = {}

    def begin(self) -> Memory:
        """The start."""
        return self.world.start  # type: ignore[no-any-return]  # whatever the world's states are

    def after(self, memory: Any, symbol: int) -> Memory | None:
        """The state after one symbol more; training sequences are legal."""
        return self.world.step(memory, symbol)  # type: ignore[no-any-return]

    def expects(self, memory: Any) -> HabitRow:
        """Even over what is legal in this state."""
        row = np.zeros(len(self.world.alphabet))
        legal = self.world.legal(memory)
        if legal:
            row[list(legal)] = 1 / len(legal)
        return row
