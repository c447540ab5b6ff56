"""Next token: the objective of every language model."""

from __future__ import annotations

from torch import Tensor

from nerode.training.objectives.objective import Objective, ObjectiveContext, Read


class NextToken(Objective):
    """Cross-entropy of each symbol given those before it.

    L = - mean over t of log p(x_t | x_1 ... x_{t-1})
    """

    def __init__(self, context: ObjectiveContext) -> None:  # noqa: ARG002 - of every objective
        super().__init__()

    def loss(self, read: Read) -> Tensor:
        """In nats a symbol."""
        return read.next_token_loss()
