"""What a worker answers for an item: the result, or the name and text of an error of ours."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from nerode import errors


class _Reply(msgspec.Struct):
    value: bytes
    error: str | None = None
    says: str = ""


def reply_of(work: Callable[[], bytes], where: str = "") -> bytes:
    """Do some work, and put its result or its error into a message.

    `where` stands in front of the text of an error. Errors that are mistakes of ours are raised.
    """
    try:
        reply = _Reply(work())
    except errors.NerodeError as error:
        reply = _Reply(b"", type(error).__name__, where + str(error))
    except MemoryError:
        reply = _Reply(b"", "MemoryError", where + "out of memory")
    return msgspec.msgpack.encode(reply)


def value_of(message: bytes) -> bytes:
    """The result in a message; an error in it is raised here, as of its own class."""
    reply = msgspec.msgpack.decode(message, type=_Reply)
    if reply.error is not None:
        raise getattr(errors, reply.error, MemoryError)(reply.says)
    return reply.value
