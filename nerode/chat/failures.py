"""What a provider's error says: whether others would fail alike, and in a few words why."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import shorten

REFUSED = {401: "the key", 402: "to go on unpaid", 403: "access", 404: "a model of this name"}
"""Statuses that no later question would change, and what the provider refuses by them."""
LONGEST = 200
"""Characters of an error that are told."""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that led to it."""
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def status_of(error: Exception) -> int | None:
    """The HTTP status by which a provider said no; None where there was none."""
    for each in _chain(error):
        for place in (each, getattr(each, "response", None)):
            for name in ("status_code", "status", "code"):
                value = getattr(place, name, None)
                if isinstance(value, int):
                    return value
    return None


def told_of(error: Exception) -> str:
    """An error in a few words: reasons are counted, and stand in a line."""
    attempt = getattr(error, "last_attempt", None)  # of a question that was asked again in vain
    last = None if attempt is None else attempt.exception()
    if isinstance(last, Exception):
        return told_of(last)
    said = getattr(error, "provider_message", None) or str(error)
    return shorten(str(said), LONGEST, placeholder=" ...") or type(error).__name__
