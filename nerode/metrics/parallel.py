"""Trials in batches, and batches on all cores.

Batches are cut by trial numbers alone, so that what a trial comes to does not depend on how
many cores there are. Worker processes are forked: they have the world, the model and the
sequences without copying them, and send their trials back through a pipe.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import chain, groupby
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeVar, runtime_checkable

import msgspec

from nerode import errors
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
        most = min(cores, len(numbers), at_once(model))
        yield from _forked(work, numbers, 1 if alone else int(most), kind)


def _forked(
    work: Callable[[Batch], Iterable[_Measured]],
    numbers: Sequence[Batch],
    workers: int,
    kind: type[Trial] | None,
) -> Iterator[_Measured]:
    if workers == 1:
        yield from chain.from_iterable(map(work, numbers))
        return
    context = multiprocessing.get_context("fork")
    pipes: list[Connection] = []
    processes = []
    try:
        for worker in range(workers):
            ours, theirs = context.Pipe(duplex=False)
            # Worker w has batches w, w + workers, ...: nobody has to hand them out.
            pipes.append(ours)
            process = context.Process(
                target=_serve, args=(work, numbers[worker::workers], theirs, pipes), daemon=True
            )
            with _uninterrupted(), warnings.catch_warnings():
                # Python 3.12 warns of forking beside other threads, whose locks a child might wait
                # for: here they are those of progress bars, which a worker never touches.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
                processes.append(process)
            theirs.close()
        for number in range(len(numbers)):
            yield from _received(pipes[number % workers], kind)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()
        for pipe in pipes:
            pipe.close()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Block SIGINT until the worker is registered, else it would be leaked."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Message(msgspec.Struct):
    """What a worker sends for one batch: its trials, or the name and text of an error.

    Of each trial whether it was skipped, and its fields.
    """

    trials: list[tuple[bool, msgspec.Raw]]
    error: str | None = None
    says: str = ""


def _serve(
    work: Callable[[Batch], Iterable[_Measured]],
    numbers: Sequence[Batch],
    pipe: Connection,
    parents: Sequence[Connection],
) -> None:
    """What a worker does: its batches, one message each."""
    # Ctrl-C reaches all processes; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Close inherited read ends, so that sending fails once the parent is gone, however it went.
    for end in parents:
        end.close()
    with suppress(BrokenPipeError):
        for batch in numbers:
            try:
                message = _Message([(is_skipped(each), _packed(each)) for each in work(batch)])
            except errors.NerodeError as error:
                message = _Message([], type(error).__name__, str(error))
            except MemoryError:
                message = _Message([], "MemoryError", "out of memory")
            pipe.send_bytes(msgspec.msgpack.encode(message))


def _packed(trial: AnyTrial) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(trial, enc_hook=python_number))


def _received(pipe: Connection, kind: type[Trial] | None) -> Iterator[Any]:
    """The trials of the next message of a worker; its error is raised here."""
    try:
        message = msgspec.msgpack.decode(pipe.recv_bytes(), type=_Message)
    except (EOFError, OSError):  # between two messages, or within one
        # Its own traceback, if it had one, is on standard error.
        raise errors.WorkerLost(
            "expected the trials of a batch, got the end of its process (out of memory?)"
        ) from None
    if message.error is not None:
        raise getattr(errors, message.error, MemoryError)(message.says)
    for skipped, trial in message.trials:
        of_type: Any = dict if kind is None else SkippedTrial if skipped else kind
        yield msgspec.msgpack.decode(trial, type=of_type)
