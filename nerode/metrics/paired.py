"""What compression and distinction share: trials that are walks of a pair of histories."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from nerode.errors import NoTrial
from nerode.metrics.estimate import Estimate
from nerode.metrics.pairs import Outcome, Pair, Script
from nerode.metrics.setting import Record, Setting
from nerode.metrics.walk import in_batches
from nerode.models.model import Model

PUBLISHED_CUT = 50
PUBLISHED_LENGTH = 128

Drawn = TypeVar("Drawn")


@dataclass(frozen=True)
class PairedResult:
    """Estimates over the thresholds of the acceptance, by name; `main` is the place of ε.

    `witnesses` are the shortest contradictions that the trials found, the shortest first.
    """

    curve: Mapping[str, tuple[Estimate, ...]]
    main: int
    witnesses: tuple[Record, ...]

    def estimates(self) -> dict[str, Estimate]:
        """Estimates at the threshold ε, by name."""
        return {name: over[self.main] for name, over in self.curve.items()}

    def curves(self) -> dict[str, list[Estimate]]:
        """Estimates over the thresholds, by name."""
        return {name: list(over) for name, over in self.curve.items()}


def walked(
    setting: Setting,
    model: Model,
    trials: Iterable[int],
    draw: Callable[[int], tuple[Pair, Drawn]],
    record: Callable[[int, Drawn, Outcome], Record],
) -> Iterator[Record]:
    """One record per trial: `draw` makes its pair, `record` tells what the walk found.

    A trial that cannot be run is {"trial", "skipped": reason}.
    """
    skipped: list[Record] = []
    waiting: dict[int, Drawn] = {}

    def pairs() -> Iterator[tuple[int, Pair]]:
        for trial in trials:
            try:
                pair, waiting[trial] = draw(trial)
            except NoTrial as reason:
                skipped.append({"trial": trial, "skipped": str(reason)})
            else:
                yield trial, pair

    keep = PUBLISHED_CUT if setting.protocol == "paper" else None
    walks = in_batches(model, pairs(), setting.acceptance, end=setting.world.end, keep=keep)
    for trial, _, outcome in walks:
        yield from skipped
        skipped.clear()
        drawn = waiting.pop(trial)
        if outcome.complete:
            yield record(trial, drawn, outcome)
        else:
            reason = "too many accepted continuations to follow them all"
            yield {"trial": trial, "skipped": reason}
    yield from skipped


def continuations(
    setting: Setting,
    histories: tuple[tuple[int, ...], tuple[int, ...]],
    rng: np.random.Generator,
    scripts: tuple[Script, ...] = (),
) -> Pair:
    """The pair as the walk wants it: with the random numbers of its continuations."""
    if setting.samples == 0:
        return Pair(histories, None, setting.depth, scripts)
    if setting.protocol == "paper":
        length = max(1, PUBLISHED_LENGTH - max(map(len, histories)))
        return Pair(histories, rng.random((1, setting.samples, length)), 0, scripts)
    return Pair(histories, rng.random((2, setting.samples, setting.length)), 0, scripts)
