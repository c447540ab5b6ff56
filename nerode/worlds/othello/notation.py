"""How games of Othello are written down: `f5 d6 c3`, `F5D6C3`, with passes or without."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence

PASSES = ("pass", "pa", "ps", "--")
"""Words for a pass, in either case."""

_TRANSCRIPT = re.compile(f"[a-h][1-8]|{'|'.join(PASSES)}", re.IGNORECASE)


def squares_written(
    text: str, alphabet: Container[str], passes_after: Callable[[Sequence[str]], int]
) -> list[str]:
    """The words of a text, in which moves may stand without white space and passes among them.

    `passes_after` says how many passes the rules force after some squares; so many are left
    out there, and any more stay as they are written. So does every word that is no transcript.
    """
    words: list[str] = []
    passes = 0
    for word in text.split():
        for move in [word] if word in alphabet else _moves(word):
            if move.lower() not in PASSES:
                words.append(move)
                passes = 0
                continue
            passes += 1
            known = all(square in alphabet for square in words)
            if not known or passes > passes_after(words):
                words.append(move)
    return words


def _moves(word: str) -> list[str]:
    """The moves of a word that consists of nothing else, squares in lower case; else the word."""
    moves = _TRANSCRIPT.findall(word)
    if "".join(moves) != word:
        return [word]
    return [move if move.lower() in PASSES else move.lower() for move in moves]
