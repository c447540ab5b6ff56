"""Progress of a training in time or steps, and the learning-rate schedule."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

WARM_UP = 0.03
"""Share of the training over which the learning rate rises."""
CLOCKS: dict[str, Callable[[], float]] = {"wall": time.monotonic, "cpu": time.process_time}
"""What minutes of a training can be: time that passes, or time of processors that it takes, summed
over the threads of its process. The latter is the same whatever else the machine does."""


@dataclass
class TrainingClock:
    """Measures a training in seconds or, where `steps` is given, in steps.

    The only thing here that changes: it is started when training begins. `before` are the
    seconds of earlier runs of the same training, and `clock` is one of `CLOCKS`.
    """

    seconds: float | None
    steps: int | None
    before: float = 0.0
    clock: str = "wall"
    started: float | None = field(default=None, init=False)
    agreed: float | None = field(default=None, init=False)
    """Seconds that several ranks agree on; None where there is one, which has its own clock."""

    def start(self) -> None:
        """Begin to count seconds; a second call changes nothing."""
        if self.started is None:
            self.started = CLOCKS[self.clock]()

    @property
    def elapsed(self) -> float:
        """Seconds of training so far, those of earlier runs included."""
        return self.before + (0 if self.started is None else CLOCKS[self.clock]() - self.started)

    def progress(self, step: int) -> float:
        """Share of the training that is done, 0 to 1, when `step` steps are."""
        if self.steps is not None:
            return min(1.0, step / self.steps)
        elapsed = self.elapsed if self.agreed is None else self.agreed
        return min(1.0, elapsed / self.seconds) if self.seconds else 1.0


def rate(progress: float) -> float:
    """Share of the highest learning rate: a straight rise, then half a cosine down to 0."""
    if progress < WARM_UP:
        # Never quite 0, so that the very first step counts.
        return max(progress / WARM_UP, 0.01)
    return 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))
