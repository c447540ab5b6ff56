"""What all trials of one evaluation have in common."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from nerode.errors import InvalidParameter, NoTrial, UnknownName
from nerode.metrics.acceptance import Acceptance
from nerode.models.model import Model, absent_symbols
from nerode.sequences.dataset import SequenceBatch
from nerode.sequences.histories import HistorySource
from nerode.worlds.world import AnyWorld

Protocols = Literal["exact", "paper"]
PROTOCOLS: tuple[Protocols, ...] = ("exact", "paper")

TRIAL_BLOCK = 256
"""Trials are measured in blocks of so many, always whole: of n, the numbers k n to (k + 1) n - 1.

Rounding in a neural network depends on what else is in its batch: the numbers of a trial are the
same, whether the run was stopped or not, only where its company is the same. Batches
(nerode/metrics/parallel.py) are parts of a block for the same reason.
"""


def _no_progress(_done: int, _total: int) -> None:
    """No-op progress callback."""


@dataclass(frozen=True)
class Setting:
    """World, histories and dials of an evaluation; the same for every model in it.

    Attributes
    ----------
    histories
        Where pairs of histories come from (`uniform`, `on-policy` or `near-end`).
    on_policy
        Where pairs come from for metrics that are measured on on-policy histories as well;
        None where none is.
    sequences
        Held-out sequences: what next_symbol reads, and whose prompts traversal and detours
        start from.
    samples
        Continuations drawn per history, M in the paper; 0 follows every accepted
        continuation of at most `depth` symbols instead.
    depth
        Length at which the world's boundary strings are cut.
    length
        Most symbols that one continuation may have.
    training
        Gives the first so many training sequences, which are read when they are asked for: what
        probes are fitted on.
    progress
        Called with how far the work before the first trial is: done, and in all.
    """

    world: AnyWorld
    histories: HistorySource
    sequences: SequenceBatch
    acceptance: Acceptance = field(default_factory=Acceptance)
    protocol: Protocols = "exact"
    trials: int = 1000
    samples: int = 30
    depth: int = 5
    length: int = 100
    seed: int = 0
    training: Callable[[int], SequenceBatch] | None = field(default=None, repr=False)
    on_policy: HistorySource | None = None
    progress: Callable[[int, int], object] = field(default=_no_progress, repr=False)

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            message = f"expected protocol out of {', '.join(PROTOCOLS)}, got {self.protocol!r}"
            raise UnknownName(message)
        least = {"trials": 1, "samples": 0, "depth": 1, "length": 1, "seed": 0}
        for name, minimum in least.items():
            value = getattr(self, name)
            if value < minimum:
                message = f"expected {name} of at least {minimum}, got {value}"
                raise InvalidParameter(message)
        if self.protocol == "paper" and self.samples == 0:
            message = "expected at least 1 sample under protocol paper, got 0"
            raise InvalidParameter(message)

    def generator(self, metric: str, trial: int) -> np.random.Generator:
        """Random numbers of one trial.

        They depend on seed, metric and trial alone, so that a result does not depend on
        batches, order or workers (docs/concepts.md, "Seeds").
        """
        words = [self.seed, zlib.crc32(metric.encode()), trial]
        return np.random.default_rng(np.random.SeedSequence(words))


def check_symbols(model: Model, histories: Iterable[Iterable[int]], what: str) -> None:
    """Raise NoTrial where a model lacks a symbol of these histories; `what` calls one of them."""
    absent = set(absent_symbols(model))
    if absent and any(absent.intersection(history) for history in histories):
        message = f"{what} with a symbol that the model's vocabulary lacks"
        raise NoTrial(message)


def check_length(model: Model, symbols: int, what: str) -> None:
    """Raise NoTrial where a model cannot read that many symbols; `what` says of what."""
    limit = model.context_length
    if limit is not None and symbols > limit:
        message = f"{what} longer than the {limit} symbols that the model reads"
        raise NoTrial(message)
