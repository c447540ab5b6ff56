"""Games of the model, to be watched move by move; as trips on a street map are."""

from __future__ import annotations

from collections.abc import Sequence

from nerode.report.player import Json, PlayerView, drive_data, run_data
from nerode.schema.drawing import BoardDrawing, BoardTrip, Game
from nerode.schema.record import Record

GAME_OUTCOMES = (
    "Plays to the end, but not after one detour",
    "Plays what is not legal",
    "Stops before the end",
    "Plays to the end, also after one detour",
)
"""What can become of a game, the most telling first."""


def game_views(records: Sequence[Record], titles: Sequence[str]) -> tuple[PlayerView, ...]:
    """One view for each board on which any record has games."""
    drawings: list[BoardDrawing] = []
    runs_on: list[list[tuple[str, Record]]] = []
    for title, record in zip(titles, records, strict=True):
        if not isinstance(record.drawing, BoardDrawing) or not record.games:
            continue
        if record.drawing not in drawings:
            drawings.append(record.drawing)
            runs_on.append([])
        runs_on[drawings.index(record.drawing)].append((title, record))
    return tuple(
        PlayerView(
            id=f"game-{number}",
            world=runs[0][1].world if len(runs_on) > 1 else None,
            runs=len(runs),
            data=_data(drawing, runs),
        )
        for number, (drawing, runs) in enumerate(zip(drawings, runs_on, strict=True), start=1)
    )


def _data(drawing: BoardDrawing, runs: Sequence[tuple[str, Record]]) -> Json:
    symbols: dict[str, int] = {}
    played = [
        {
            "title": title,
            **run_data(
                ((_game(game, symbols), game.plain, game.detour) for game in games), GAME_OUTCOMES
            ),
        }
        for title, games in ((title, record.games or []) for title, record in runs)
    ]
    return {
        "size": drawing.size,
        "squares": drawing.squares,
        "symbols": list(symbols),
        "runs": played,
    }


def _game(game: Game, symbols: dict[str, int]) -> Json:
    given = game.plain.sequence[: game.prompt]
    return {
        "trial": game.trial,
        "prompt": [symbols.setdefault(symbol, len(symbols)) for symbol in given],
        "drives": [_drive(trip, symbols) for trip in (game.plain, game.detour)],
    }


def _drive(trip: BoardTrip, symbols: dict[str, int]) -> Json:
    """As on a map, with the boards and who is to move on each (b, w, or a dot: nobody)."""
    return {
        **drive_data(trip, symbols),
        "boards": [board.discs for board in trip.boards],
        "movers": "".join((board.to_move or ".")[0] for board in trip.boards),
    }
