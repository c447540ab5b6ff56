"""Report progress, loss and legality of a training on standard error."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Self

from nerode.progress import Bar


@dataclass
class Reporter:
    """Shows progress, loss, and share of legal next symbols, on standard error.

    `tensorboard` says whether the losses are written for TensorBoard too.
    """

    bar: Bar = field(default_factory=lambda: Bar("steps", stays=True))
    tensorboard: bool = False

    def __enter__(self) -> Self:
        self.bar.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.bar.__exit__(kind)

    def show(self, progress: float, step: int, loss: float | None, legal: float | None) -> None:
        """Report where the training is: after `step` steps so large a share of it is done."""
        parts = [f"step {step:,}"]
        if loss is not None:
            parts.append(f"loss {loss:.4f}")
        if legal is not None:
            parts.append(f"legal {legal:.2%}")
        each = step / progress if progress > 0 else 0.0
        self.bar.show("  ".join(parts), progress, 1.0, each=each)

    def note(self, text: str) -> None:
        """Say something that happened, on a line of its own."""
        print(text, file=sys.stderr)  # noqa: T201 - the one place of a training that writes a line
