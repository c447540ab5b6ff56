"""Trials in batches, and batches on all cores.

Batches are cut by trial numbers alone, so that what a trial comes to does not depend on how
many cores there are. Worker processes are forked: they have the world, the model and the
sequences without copying them, and send their records back as JSON.
"""

from __future__ import annotations

import json
import multiprocessing
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import chain, groupby
from multiprocessing.connection import Connection
from typing import Any, Protocol, runtime_checkable

from nerode import errors
from nerode.metrics.memory import at_once
from nerode.metrics.setting import BLOCK, Record, Setting
from nerode.models.model import Model

Batch = tuple[int, ...]
Work = Callable[[Batch], Iterable[Record]]

SMALLEST = 32
SHARES = 4
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

    The size is a power of two from SMALLEST to BLOCK, larger where there are more trials to
    share out; a model that reads whole blocks gets whole blocks.
    """
    size = BLOCK if isinstance(model, ReadsBlocks) and model.reads_blocks else SMALLEST
    while size < BLOCK and 2 * size * SHARES <= setting.trials:
        size *= 2
    return [tuple(batch) for _, batch in groupby(trials, lambda trial: trial // size)]


def measured(model: Model, work: Work, numbers: Sequence[Batch]) -> Iterator[Record]:
    """The records that `work` gives for every batch, in order."""
    if not isinstance(model, SharesCores):
        yield from chain.from_iterable(map(work, numbers))
        return
    with model.workers() as cores:
        alone = sys.platform != "linux" or len(numbers) <= 1
        most = min(cores, len(numbers), at_once(model))
        yield from _forked(work, numbers, 1 if alone else int(most))


def _forked(work: Work, numbers: Sequence[Batch], workers: int) -> Iterator[Record]:
    if workers == 1:
        yield from chain.from_iterable(map(work, numbers))
        return
    context = multiprocessing.get_context("fork")
    pipes, processes = [], []
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
            yield from _received(pipes[number % workers])
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()
        for pipe in pipes:
            pipe.close()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits: a worker that was forked but is not known yet would be nobody's to end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(
    work: Work, numbers: Sequence[Batch], pipe: Connection, parents: Sequence[Connection]
) -> None:
    """What a worker does: its batches, one message each."""
    # Ctrl-C reaches all processes; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Where the first one is gone, however it went, sending must fail: no ear may stay open here.
    for ear in parents:
        ear.close()
    with suppress(BrokenPipeError):
        for batch in numbers:
            message: dict[str, Any]
            try:
                message = {"records": list(work(batch))}
            except errors.NerodeError as error:
                message = {"error": type(error).__name__, "says": str(error)}
            except MemoryError:
                message = {"error": "MemoryError", "says": "out of memory"}
            pipe.send_bytes(json.dumps(message, allow_nan=False).encode())


def _received(pipe: Connection) -> list[Record]:
    """The next message of a worker; its error is raised here."""
    try:
        message = json.loads(pipe.recv_bytes())
    except (EOFError, OSError):  # between two messages, or within one
        # Its own traceback, if it had one, is on standard error.
        raise errors.WorkerLost(
            "expected the records of a batch, got the end of its process (out of memory?)"
        ) from None
    if "error" in message:
        raise getattr(errors, message["error"], MemoryError)(message["says"])
    records: list[Record] = message["records"]
    return records
