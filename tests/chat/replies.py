"""Replies as chat models write them, with what a careful person reads in each: a corpus.

tests/chat/replies/*.tsv hold a reply a line: what is read (`-` is nothing), a tab, the reply, in
which ⏎ is the end of a line, ␍ a carriage return and ␠ a blank at the end. They were written for
these tests; the kinds are those of public bug reports about servers and evaluations.
"""

# ruff: noqa: RUF001 - Russian letters, and marks that look like others, are meant

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "replies"
_SIGNS = str.maketrans({"⏎": "\n", "␍": "\r", "␠": " "})


class Reply(NamedTuple):
    """A reply, and what it answers."""

    reading: str | None
    text: str

    @property
    def language(self) -> str:
        """The language of the narration that it is a reply to."""
        return "ru" if any("а" <= letter <= "я" for letter in self.text.casefold()) else "en"


def replies(kind: str) -> list[Reply]:
    """All replies to questions of a kind, "choice" or "place"."""
    lines = (FOLDER / f"{kind}s.tsv").read_text(encoding="utf-8").split("\n")
    pairs = [line.split("\t") for line in lines if line]
    return [Reply(None if told == "-" else told, text.translate(_SIGNS)) for told, text in pairs]
