"""Work on all cores of this machine, by processes that are forked.

They have the world, the model and the sequences without copying them, and send results back
through a pipe.
"""

from __future__ import annotations

import multiprocessing
import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from nerode.engine.engine import ItemT
from nerode.engine.reply import reply_of, value_of
from nerode.errors import WorkerLost


@dataclass(frozen=True)
class ForkedProcesses:
    """So many processes, forked for each call. Results come in the order of the items."""

    workers: int

    def map(
        self, work: Callable[[ItemT], bytes], items: Sequence[ItemT]
    ) -> Iterator[tuple[int, bytes]]:
        """As of `Engine`."""
        context = multiprocessing.get_context("fork")
        pipes: list[Connection] = []
        processes = []
        try:
            for worker in range(self.workers):
                ours, theirs = context.Pipe(duplex=False)
                # Worker w has items w, w + workers, ...: nobody has to hand them out.
                pipes.append(ours)
                process = context.Process(
                    target=_serve,
                    args=(work, items[worker :: self.workers], theirs, pipes),
                    daemon=True,
                )
                with _uninterrupted(), warnings.catch_warnings():
                    # Python 3.12 warns of forking beside other threads, whose locks a child might
                    # wait for: here they are those of progress bars, which no worker touches.
                    warnings.simplefilter("ignore", DeprecationWarning)
                    process.start()
                    processes.append(process)
                theirs.close()
            for place in range(len(items)):
                yield place, value_of(received(pipes[place % self.workers]))
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


def _serve(
    work: Callable[[ItemT], bytes],
    items: Sequence[ItemT],
    pipe: Connection,
    parents: Sequence[Connection],
) -> None:
    """What a worker does: its items, one message each."""
    # Ctrl-C reaches all processes; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Close inherited read ends, so that sending fails once the parent is gone, however it went.
    for end in parents:
        end.close()
    with suppress(BrokenPipeError):
        for item in items:
            pipe.send_bytes(reply_of(lambda item=item: work(item)))  # type: ignore[misc]


def received(pipe: Connection) -> bytes:
    """The next message of a worker. Raises WorkerLost where its process ended before."""
    try:
        return pipe.recv_bytes()
    except (EOFError, OSError):  # between two messages, or within one
        # Its own traceback, if it had one, is on standard error.
        raise WorkerLost(
            "expected the trials of a batch, got the end of its process (out of memory?)"
        ) from None
