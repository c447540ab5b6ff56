"""What remains of work that was stopped is said by the work, on the exception itself."""

from __future__ import annotations

import errno
import traceback

import pytest

from nerode.errors import MissingFile, Unreachable, WorkerLost
from nerode.interrupted import remains_of, state_what_remains


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), OSError(errno.ENOSPC, "full"), MemoryError(), WorkerLost("lost")],
)
def test_what_ends_work_from_outside_says_what_remains(error: BaseException) -> None:
    count = 0

    def work() -> None:
        nonlocal count
        with (
            state_what_remains(lambda: "the first half is there"),
            state_what_remains(lambda: f"{count} trials are there"),
        ):
            count = 12
            raise error

    with pytest.raises(type(error)) as caught:
        work()
    assert caught.value is error
    assert remains_of(error) == ("12 trials are there", "the first half is there")
    assert "What remains: 12 trials are there" in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("error", [ValueError(), MissingFile("none"), Unreachable("no answer")])
def test_an_error_that_says_all_itself_is_left_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)), state_what_remains(lambda: pytest.fail("asked in vain")):
        raise error
    assert remains_of(error) == ()


def test_notes_of_others_are_no_statements() -> None:
    error = OSError("full")
    error.add_note("something else")
    assert remains_of(error) == ()
