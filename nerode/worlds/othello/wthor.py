"""Tournament games: the WTHOR files of the French Othello federation.

A file `*.wtb` has a header of 16 bytes (date, number of games, size of the board) and 68 bytes
a game: 8 of tournament, players and scores, then 60 moves as 10 * row + column, 0 where
the game was over. Numbers are little endian. No file says what it is, so that everything is
checked: games that break a rule of Othello are told with file, game and move and left out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nerode.errors import FormatError, InvalidParameter, MissingFile
from nerode.worlds.batch import SequenceBatch
from nerode.worlds.othello.game import OthelloGame
from nerode.worlds.othello.rules import OpeningBits, advance, moves
from nerode.worlds.tournaments import Rejected, TournamentGames

HEADER, GAME, BEFORE_MOVES = 16, 68, 8
"""Bytes of a header, of a game, and of a game before its moves."""
_BOARD = 8  # squares to a side
_MOST = 60  # moves of a game
_EMPTY, _GAP, _OFF, _TAKEN, _ILLEGAL = range(1, 6)
_ONE, _NONE = np.uint64(1), np.uint64(0)


def read_wthor(path: str | Path, world: OthelloGame) -> TournamentGames:
    """The games of a .wtb file, or of all such files in a folder.

    Raises InvalidParameter for another board than eight by eight, MissingFile where there is
    no such file, FormatError where no game of any file is legal.
    """
    path = Path(path)
    if world.size != _BOARD:
        message = f"expected othello with 8 by 8 squares for tournament games, got {world.name}"
        raise InvalidParameter(message)
    files = sorted(f for f in path.iterdir() if f.suffix.lower() == ".wtb") if path.is_dir() else []
    if not files and not path.is_file():
        message = f"expected a folder with .wtb files (WTHOR), got none in {path}"
        raise MissingFile(message)
    batches: list[SequenceBatch] = []
    rejected: list[Rejected] = []
    unfinished = 0
    for file in files or [path]:
        games, early = _read_file(file, world, rejected.append)
        batches.append(games)
        unfinished += early
    games = SequenceBatch.concat(batches)
    if not len(games):
        first = f"; the first of {len(rejected)} reasons: {rejected[0]}" if rejected else ""
        message = f"expected legal games in {path}, got none{first}"
        raise FormatError(message)
    return TournamentGames(games, unfinished, tuple(rejected), len(files or [path]))


def _read_file(
    file: Path, world: OthelloGame, reject: Callable[[Rejected], None]
) -> tuple[SequenceBatch, int]:
    """The legal games of one file, and how many of them stop early."""

    def damaged(reason: str) -> None:
        reject(Rejected(file.name, None, None, reason))

    content = file.read_bytes()
    if len(content) < HEADER:
        damaged(f"expected a header of {HEADER} bytes, got {len(content)} bytes in all")
        return SequenceBatch.of([]), 0
    stated = int.from_bytes(content[4:8], "little")
    size, kind = content[12], content[13]
    if size not in (0, _BOARD) or kind != 0:
        damaged(
            f"expected a header of games on 8 by 8 squares, got size {size} and kind {kind} in it"
        )
        return SequenceBatch.of([]), 0
    whole, rest = divmod(len(content) - HEADER, GAME)
    if whole != stated or rest:
        damaged(
            f"expected {stated} games of {GAME} bytes as the header tells, got {whole} and "
            f"{rest} bytes more"
        )
    # A header that was never filled in tells of no game at all; what is there is checked anyway.
    count = min(whole, stated or whole)
    table = np.frombuffer(content, dtype=np.uint8, count=count * GAME, offset=HEADER)
    codes = np.ascontiguousarray(table.reshape(-1, GAME)[:, BEFORE_MOVES:])
    return _replay(file.name, codes, world, reject)


def _replay(
    name: str, codes: NDArray[np.uint8], world: OthelloGame, reject: Callable[[Rejected], None]
) -> tuple[SequenceBatch, int]:
    symbols = np.empty(codes.shape, dtype=np.int32)
    lengths, faults, over = replay_games(codes, world.setup, world.symbol_of, symbols)
    for game in np.flatnonzero(faults):
        at = int(lengths[game])
        code = int(codes[game, at]) if at < _MOST else 0
        move = None if faults[game] == _EMPTY else at + 1
        reject(Rejected(name, int(game) + 1, move, _reason(int(faults[game]), code)))
    fine = faults == 0
    inside = np.arange(_MOST) < lengths[fine, None]
    batch = SequenceBatch.cut(symbols[fine][inside], lengths[fine])
    return batch, int(np.count_nonzero(fine & ~over))


def _reason(fault: int, code: int) -> str:
    row, column = divmod(code, 10)
    square = (
        f"{'abcdefgh'[column - 1]}{row}" if 1 <= row <= _BOARD and 1 <= column <= _BOARD else ""
    )
    return {
        _EMPTY: "expected at least one move, got none",
        _GAP: f"expected nothing after the game's end (0), got {square or code}",
        _OFF: f"expected 10 * row + column of a square, got {code}",
        _TAKEN: f"expected an empty square, got {square} again",
        _ILLEGAL: f"expected a move that turns discs, got {square}",
    }[fault]


@njit(cache=True, nogil=True)
def replay_games(
    codes: NDArray[np.uint8],
    opening: OpeningBits,
    symbol_of: NDArray[np.int32],
    symbols: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Play games (games, 60) out, each until it stops or breaks a rule.

    Fills `symbols` of the same shape. Gives the moves played, what rule was broken (0: none) and
    whether the game was over then, each (games,).
    """
    count = len(codes)
    lengths = np.zeros(count, dtype=np.int64)
    faults = np.zeros(count, dtype=np.int64)
    over = np.zeros(count, dtype=np.bool_)
    playable = opening[2]
    for game in range(count):
        own, other = opening[0], opening[1]
        legal = moves(own, other, playable)
        for move in range(codes.shape[1]):
            code = codes[game, move]
            if code == 0:
                for later in range(move, codes.shape[1]):
                    if codes[game, later] != 0:
                        faults[game] = _GAP
                        lengths[game] = later
                        break
                break
            row, column = code // 10, code % 10
            if not (1 <= row <= _BOARD and 1 <= column <= _BOARD):
                faults[game] = _OFF
                break
            square = 8 * (row - 1) + column - 1
            one = _ONE << np.uint64(square)
            if not legal & one:
                faults[game] = _TAKEN if (own | other) & one else _ILLEGAL
                break
            symbols[game, move] = symbol_of[square]
            own, other, legal, _ = advance(own, other, square, playable)
            lengths[game] = move + 1
        if lengths[game] == 0 and faults[game] == 0:
            faults[game] = _EMPTY
        over[game] = legal == _NONE
    return lengths, faults, over
