"""A file that `automaton:FILE` opens."""

from __future__ import annotations

from typing import Literal

from nerode.schema.part import Part


class AutomatonFile(Part, frozen=True, kw_only=True):
    """A finite automaton with accepting states; transitions that are left out reject."""

    format: Literal["automaton"] = "automaton"
    start: str
    """A state."""
    accepting: list[str]
    """States in which a sequence may end."""
    transitions: dict[str, dict[str, str]]
    """State to {symbol: next state}."""
    alphabet: list[str] | None = None
    """Order of the symbols; null: that in which the transitions first name them."""
