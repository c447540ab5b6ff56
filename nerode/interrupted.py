"""State on an exception what is kept of interrupted work, and how to resume it.

Ctrl-C, a full disk, or a lost process ends the work wherever it happens to be. Only the function
that was at work knows what is on disk then, and how to go on. It says so in a note on the
exception: a traceback shows it, and the command line prints it behind the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nerode.errors import NerodeError, WorkerLost

_MARK = "What remains: "


@contextmanager
def state_what_remains(statement: Callable[[], str]) -> Iterator[None]:
    """Add a statement of what remains to an exception that ends the work from outside.

    That is Ctrl-C, whatever the system refuses (a full disk), memory that runs out, and a worker
    that was lost; errors that a user's own words cause say all there is to say themselves.
    `statement` is called when that happens, and not before: `"12 trials are in run; ..."`.

        with state_what_remains(lambda: f"nothing is kept: {out} is written at the end"):
            work()
    """
    try:
        yield
    except (KeyboardInterrupt, OSError, MemoryError) as error:
        if not isinstance(error, NerodeError) or isinstance(error, WorkerLost):
            error.add_note(_MARK + statement())
        raise


def remains_of(error: BaseException) -> tuple[str, ...]:
    """What was stated about an exception, the innermost work first."""
    notes: list[str] = getattr(error, "__notes__", [])
    return tuple(note.removeprefix(_MARK) for note in notes if note.startswith(_MARK))
