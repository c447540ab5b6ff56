"""Combined: one objective with additions of others."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from nerode.training.objectives.objective import Addition, Objective, Read


class Combined(Objective):
    """The sum of an objective and of what others ask for beside the next token.

        L = L_main + sum over additions of weight * beside

    So `legal-set:policy+state` is taught both the policy's whole distribution and the true state.
    """

    def __init__(self, main: Objective, additions: Sequence[Addition]) -> None:
        super().__init__()
        self.main = main
        self.additions = nn.ModuleList(additions)
        self._added = tuple(additions)

    def loss(self, read: Read) -> Tensor:
        """In the units of its parts."""
        total = self.main.loss(read)
        for addition in self._added:
            total = total + addition.weight * addition.extra_loss(read)
        return total
