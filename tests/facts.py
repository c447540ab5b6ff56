"""Facts in a text that people read: tests fix these, and leave the words between them free."""

from __future__ import annotations

import re

NUMBER = re.compile(r"\d+(?:[,.]\d+)*")


def numbers(text: str) -> list[str]:
    """All numbers of a text, in order, as they are printed."""
    return NUMBER.findall(text)


def tells(text: str, *facts: str) -> None:
    """Assert that a text tells these facts in this order, and has no other numbers."""
    rest = text
    for fact in facts:
        before, found, rest = rest.partition(fact)
        assert found, f"expected {fact!r} in {before!r}, the rest of {text!r}"
    assert numbers(text) == numbers(" ".join(facts)), text
