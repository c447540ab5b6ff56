"""How much of a training's time goes into measurements, and whether one more is due."""

from __future__ import annotations

import time

from nerode.errors import InvalidParameter

FIRST_SECONDS = 1.0
"""What the first look at the cost of a measurement is taken to cost."""
LOOK_AGAIN = 1.5
"""A measurement that is too dear is looked at again when so many times the time has passed."""


class Budget:
    """A share of the time that a training takes by itself: 0.05 makes it 5 % longer, and no more.

    One more measurement is due where it would still keep within the share, if it costs what the
    last one did. Before there was one, a look at few trials says what it would cost (`look_is_due`,
    `add_look`): a network at its beginning accepts nearly everything, and is dear to measure.

    Parameters
    ----------
    share
        Between 0 and 1, neither of them.
    elapsed, spent
        Seconds of earlier runs of the same training: all of them, and those of measurements.
    reserved
        Measurements that come behind the training, whatever was spent, and are to find room too:
        1 where the last step is measured.

    Raises
    ------
    InvalidParameter
        For another share.
    """

    def __init__(
        self, share: float, elapsed: float = 0.0, spent: float = 0.0, *, reserved: int = 0
    ) -> None:
        if not 0 < share < 1:
            raise InvalidParameter(f"expected a share between 0 and 1, got {share}")
        self.share = share
        self.reserved = reserved
        self.spent = spent
        self.measured = spent > 0
        # After a resumed training the next measurement says what one costs.
        self.last: float | None = 0.0 if self.measured else None
        self._looked = 0.0
        self._trained_at = elapsed - spent if self.measured else 0.0
        self._before = elapsed
        self._began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the training began, measurements included."""
        return self._before + time.monotonic() - self._began

    @property
    def training(self) -> float:
        """Seconds of training alone."""
        return self.elapsed - self.spent

    @property
    def is_due(self) -> bool:
        """Whether one more measurement keeps within the share; not before its cost is known."""
        if self.last is None:
            return False
        # The time since the last one pays for the next: what was saved up before is not spent in a
        # burst of measurements of nearly the same weights.
        earned = self.share * (self.training - self._trained_at)
        needed = self.spent + (1 + self.reserved) * self.last
        return self.last <= earned and needed <= self.share * self.training

    @property
    def look_is_due(self) -> bool:
        """Whether to look what a measurement would cost."""
        if self.measured or self.elapsed < LOOK_AGAIN * self._looked:
            return False
        return self.spent + FIRST_SECONDS <= self.share * self.training

    def add_look(self, seconds: float, estimate: float) -> None:
        """Count a look, and what it says that a measurement costs."""
        self.spent += seconds
        self.last = estimate
        self._looked = self.elapsed

    def add(self, seconds: float) -> None:
        """Count a measurement."""
        self.spent += seconds
        self.last = seconds
        self.measured = True
        self._trained_at = self.training
