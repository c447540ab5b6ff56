"""Games of the model, to be watched move by move; as trips on a street map are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nerode.report.board.boards import is_board
from nerode.report.player import PlayerView, drive_data, run_data
from nerode.report.record.record import Record, parts_of
from nerode.schema.drawing import BoardTrip, Game

OUTCOMES = (
    "Plays to the end, but not after one detour",
    "Plays what is not legal",
    "Stops before the end",
    "Plays to the end, also after one detour",
)
"""What can become of a game, the most telling first."""


def game_views(records: Sequence[Record], titles: Sequence[str]) -> tuple[PlayerView, ...]:
    """One view for each board on which any record has games."""
    drawings: list[Any] = []
    played: list[list[tuple[str, Record]]] = []
    for title, record in zip(titles, records, strict=True):
        if not is_board(record) or not record.get("games"):
            continue
        if record["drawing"] not in drawings:
            drawings.append(record["drawing"])
            played.append([])
        played[drawings.index(record["drawing"])].append((title, record))
    return tuple(
        PlayerView(
            id=f"game-{number}",
            world=runs[0][1]["world"] if len(played) > 1 else None,
            runs=len(runs),
            data=_data(drawing, runs),
        )
        for number, (drawing, runs) in enumerate(zip(drawings, played, strict=True), start=1)
    )


def _data(drawing: Mapping[str, Any], runs: Sequence[tuple[str, Record]]) -> dict[str, Any]:
    symbols: dict[str, int] = {}
    played = [
        {
            "title": title,
            **run_data(
                [_game(game, symbols) for game in parts_of(record, "games", Game)], OUTCOMES
            ),
        }
        for title, record in runs
    ]
    return {
        "size": drawing["size"],
        "squares": drawing["squares"],
        "symbols": list(symbols),
        "runs": played,
    }


def _game(game: Game, symbols: dict[str, int]) -> dict[str, Any]:
    given = game.plain.sequence[: game.prompt]
    return {
        "trial": game.trial,
        "prompt": [symbols.setdefault(symbol, len(symbols)) for symbol in given],
        "drives": [_drive(trip, symbols) for trip in (game.plain, game.detour)],
    }


def _drive(trip: BoardTrip, symbols: dict[str, int]) -> dict[str, Any]:
    """As on a map, with the boards and who is to move on each (b, w, or a dot: nobody)."""
    return {
        **drive_data(trip, symbols),
        "boards": [board.discs for board in trip.boards],
        "movers": "".join((board.to_move or ".")[0] for board in trip.boards),
    }
