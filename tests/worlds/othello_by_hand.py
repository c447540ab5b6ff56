"""Othello the slow way: a dict of squares and the rules as a book tells them."""

from __future__ import annotations

from dataclasses import dataclass

DIRECTIONS = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if (r, c) != (0, 0)]


@dataclass(frozen=True)
class Game:
    """Discs by (row, column), whose turn it is, and the size of the board."""

    discs: dict[tuple[int, int], str]
    turn: str
    size: int

    @staticmethod
    def opening(size: int) -> Game:
        m = size // 2
        discs = {(m - 1, m - 1): "white", (m, m): "white", (m - 1, m): "black", (m, m - 1): "black"}
        return Game(discs, "black", size)

    def captured(self, row: int, column: int) -> list[tuple[int, int]]:
        """The discs that a disc of the player to move would turn there."""
        found = []
        for down, right in DIRECTIONS:
            line = []
            r, c = row + down, column + right
            while self.discs.get((r, c), self.turn) != self.turn:
                line.append((r, c))
                r, c = r + down, c + right
            if (r, c) in self.discs:
                found += line
        return found

    def moves(self) -> list[str]:
        """Names of the squares that may be played, row by row."""
        return [
            f"{'abcdefgh'[c]}{r + 1}"
            for r in range(self.size)
            for c in range(self.size)
            if (r, c) not in self.discs and self.captured(r, c)
        ]

    def passed(self) -> Game:
        return Game(self.discs, "white" if self.turn == "black" else "black", self.size)

    def after(self, square: str) -> Game:
        """The game after a move, and after the pass that it may force."""
        row, column = int(square[1]) - 1, "abcdefgh".index(square[0])
        turned = dict.fromkeys([*self.captured(row, column), (row, column)], self.turn)
        there = Game(self.discs | turned, self.turn, self.size).passed()
        return there if there.moves() or not there.passed().moves() else there.passed()
