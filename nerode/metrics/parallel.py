"""Trials in batches, and batches on all cores.

Batches are cut by trial numbers alone, so that what a trial comes to does not depend on how
many cores or machines there are. Trials of a batch are packed to be sent from where they were
measured.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain, groupby
from typing import Any, Protocol, TypeVar, runtime_checkable

import msgspec

from nerode.engine.processes import ForkedProcesses
from nerode.metrics.memory import at_once
from nerode.metrics.setting import TRIAL_BLOCK, Setting
from nerode.models.model import Model
from nerode.schema.decoding import python_number
from nerode.schema.trial import AnyTrial, SkippedTrial, Trial, is_skipped

Batch = tuple[int, ...]
_Measured = TypeVar("_Measured", bound=AnyTrial)
"""What is measured of one trial."""

SMALLEST = 32
PARTS_OF_RUN = 4
"""A batch is at most one part in so many of an evaluation, so that many cores have work."""


@runtime_checkable
class SharesCores(Protocol):
    """A model that is faster in several processes on one core each than in one on all."""

    def workers(self) -> AbstractContextManager[int]:
        """How many processes may be forked while it is entered; each then uses one core."""
        ...


@runtime_checkable
class ReadsBlocks(Protocol):
    """A model that says whether a batch keeps all cores busy by itself."""

    @property
    def reads_blocks(self) -> bool:
        """Whether batches had better be whole blocks, one after the other."""
        ...


def batches(setting: Setting, trials: Iterable[int], model: object = None) -> list[Batch]:
    """Trials that are measured together: those of numbers k * size to (k + 1) * size - 1.

    The size is a power of two from SMALLEST to TRIAL_BLOCK, larger where there are more trials to
    share out; a model that reads whole blocks gets whole blocks.
    """
    size = TRIAL_BLOCK if isinstance(model, ReadsBlocks) and model.reads_blocks else SMALLEST
    while size < TRIAL_BLOCK and 2 * size * PARTS_OF_RUN <= setting.trials:
        size *= 2
    return [tuple(batch) for _, batch in groupby(trials, lambda trial: trial // size)]


def measured(
    model: Model,
    work: Callable[[Batch], Iterable[_Measured]],
    numbers: Sequence[Batch],
    kind: type[Trial] | None = None,
) -> Iterator[_Measured]:
    """The trials that `work` gives for every batch, in order.

    They are of type `kind`, or skipped; plain dictionaries where it is None.
    """
    if not isinstance(model, SharesCores):
        yield from chain.from_iterable(map(work, numbers))
        return
    with model.workers() as cores:
        alone = sys.platform != "linux" or len(numbers) <= 1
        workers = 1 if alone else int(min(cores, len(numbers), at_once(model)))
        if workers == 1:
            yield from chain.from_iterable(map(work, numbers))
            return
        engine = ForkedProcesses(workers)
        for _, trials in engine.map(lambda batch: packed(work(batch)), numbers):
            yield from unpacked(trials, kind)


def packed(trials: Iterable[AnyTrial]) -> bytes:
    """Trials to be sent: of each whether it was skipped, and its fields."""
    each = [(is_skipped(trial), _packed(trial)) for trial in trials]
    return msgspec.msgpack.encode(each)


def _packed(trial: AnyTrial) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(trial, enc_hook=python_number))


def unpacked(trials: bytes, kind: type[Trial] | None) -> Iterator[Any]:
    """Trials that were sent: of type `kind`, or skipped; dictionaries where it is None."""
    for skipped, trial in msgspec.msgpack.decode(trials, type=list[tuple[bool, msgspec.Raw]]):
        of_type: Any = dict if kind is None else SkippedTrial if skipped else kind
        yield msgspec.msgpack.decode(trial, type=of_type)
