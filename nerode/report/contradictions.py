"""What a contradiction says in words: the world's answers and the model's, side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from msgspec import UNSET

from nerode.report.board.boards import BoardView, boards, meeting, moves_on_board
from nerode.report.street_map.panes import panes
from nerode.report.street_map.sketch import PlanView, Sketch
from nerode.schema.drawing import BoardDrawing, Contradiction, MapDrawing
from nerode.schema.record import Record

_TINY = 1e-5

_TITLES = {
    "compression": "One state, two answers",
    "invented": "A difference that is not there",
    "missed": "A difference that goes unseen",
}
_GAMES = _TITLES | {"compression": "One position, two answers"}


@dataclass(frozen=True)
class Move:
    """One move of a game; `further`: of the continuation; `differs` from that of the other game."""

    name: str
    differs: bool
    further: bool


@dataclass(frozen=True)
class HistoryView:
    """One history, and what is said of the continuation after it; `moves` where it is a game."""

    name: str
    prompt: str
    history: str
    world: str
    model: str
    probability: str
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True)
class ContradictionView:
    """A contradiction, ready to be shown; `meeting` says how two games come to one position."""

    title: str
    sentence: str
    continuation: str
    sides: tuple[HistoryView, HistoryView]
    sketches: tuple[Sketch, ...]
    boards: tuple[BoardView, ...] = ()
    meeting: str = ""


def contradictions(record: Record, metric: str, plan: PlanView | None) -> list[ContradictionView]:
    """The contradictions of one metric (`compression` or `distinction`), in the record's order."""
    there = (record.witnesses or {}).get(metric, [])
    return [_view(record, contradiction, plan) for contradiction in there]


def probability(value: float) -> str:
    """A probability with two significant digits, as a power of ten only where it is tiny."""
    if 0 < value < _TINY:
        return f"{value:.0e}"
    return np.format_float_positional(value, precision=2, fractional=False, trim="-")


def _view(record: Record, contradiction: Contradiction, plan: PlanView | None) -> ContradictionView:
    drawing = record.drawing
    noun = _noun(drawing)
    board = boards(drawing, contradiction) if isinstance(drawing, BoardDrawing) else ()
    epsilon = record.parameters.epsilon or 0.0
    first, second = contradiction.model
    accepted = (first > epsilon, second > epsilon)
    kind = contradiction.kind
    return ContradictionView(
        title=(_GAMES if board else _TITLES).get(kind, kind),
        sentence=(
            f"In the world it is {_where(contradiction.world, noun, 'legal')}; "
            f"the model accepts it {_where(accepted, noun, '')}."
        ),
        continuation=contradiction.continuation,
        sides=(
            _side(contradiction, 0, noun=noun, accepted=accepted[0], prompt=2 if plan else 0),
            _side(contradiction, 1, noun=noun, accepted=accepted[1], prompt=2 if plan else 0),
        ),
        sketches=() if plan is None else panes(plan, contradiction),
        boards=board,
        meeting=meeting(contradiction) if board and kind == "compression" else "",
    )


def _noun(drawing: MapDrawing | BoardDrawing | None) -> str:
    """What a history is called."""
    if isinstance(drawing, MapDrawing):
        return "route"
    return "history" if drawing is None else "game"


def _side(
    contradiction: Contradiction, at: int, *, noun: str, accepted: bool, prompt: int
) -> HistoryView:
    symbols = contradiction.histories[at].split()
    return HistoryView(
        name=f"{noun} {at + 1}",
        prompt=" to ".join(symbols[:prompt]),
        history=" ".join(symbols[prompt:]),
        world="legal" if contradiction.world[at] else "not legal",
        model="accepts it" if accepted else "rejects it",
        probability=probability(contradiction.model[at]),
        moves=_moves(contradiction, at) if contradiction.boards is not UNSET else (),
    )


def _moves(contradiction: Contradiction, at: int) -> tuple[Move, ...]:
    """The moves of one game; of two that reach one position, those that are not alike differ."""
    own, other = moves_on_board(contradiction, at), moves_on_board(contradiction, 1 - at)
    compared = other if contradiction.kind == "compression" else own
    before = len(own) - (contradiction.ahead or 0)
    return tuple(
        Move(name, compared[count : count + 1] != [name], count >= before)
        for count, name in enumerate(own)
    )


def _where(holds: tuple[bool, bool], noun: str, what: str) -> str:
    first, second = holds
    said = f"{what} " if what else ""
    if first == second:
        return f"{said}after both" if first else f"{said}after neither"
    return f"{said}after {noun} {1 if first else 2} only"
