"""Tournament games that were read from files, and what was left out of them."""

from __future__ import annotations

from dataclasses import dataclass

from nerode.worlds.batch import SequenceBatch


@dataclass(frozen=True)
class Rejected:
    """What was left out, and why."""

    file: str
    """Name of the file."""
    game: int | None
    """Number of the game in its file, from 1; None where it is the file itself."""
    move: int | None
    """Number of the move, from 1; None where it is no single move."""
    reason: str

    def __str__(self) -> str:
        where = [self.file]
        where += [] if self.game is None else [f"game {self.game}"]
        where += [] if self.move is None else [f"move {self.move}"]
        return f"{', '.join(where)}: {self.reason}"


@dataclass(frozen=True)
class TournamentGames:
    """The games of a folder that are legal throughout, in the order of the files' names."""

    games: SequenceBatch
    unfinished: int
    """How many of them stop before the game is over (given up, or out of time)."""
    rejected: tuple[Rejected, ...]
    files: int
