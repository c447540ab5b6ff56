"""What a contradiction says in words: the world's answers and the model's, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nerode.report.board.boards import Board, boards, is_board, meeting, orders
from nerode.report.record.record import Record
from nerode.report.street_map.panes import panes
from nerode.report.street_map.sketch import Plan, Sketch
from nerode.report.verdict import is_street_map

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
class Side:
    """One history, and what is said of the continuation after it; `moves` where it is a game."""

    name: str
    prompt: str
    history: str
    world: str
    model: str
    probability: str
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True)
class Contradiction:
    """One witness, ready to be shown; `meeting` says how two games come to one position."""

    title: str
    sentence: str
    continuation: str
    sides: tuple[Side, Side]
    sketches: tuple[Sketch, ...]
    boards: tuple[Board, ...] = ()
    meeting: str = ""


def contradictions(record: Record, kind: str, plan: Plan | None) -> list[Contradiction]:
    """The witnesses under one heading of the record (`compression` or `distinction`), in order."""
    found = (record.get("witnesses") or {}).get(kind, [])
    return [_told(record, witness, plan) for witness in found]


def probability(value: float) -> str:
    """A probability with two significant digits, as a power of ten only where it is tiny."""
    if 0 < value < _TINY:
        return f"{value:.0e}"
    return np.format_float_positional(value, precision=2, fractional=False, trim="-")


def _told(record: Record, witness: Mapping[str, Any], plan: Plan | None) -> Contradiction:
    epsilon = float(record["parameters"].get("epsilon") or 0.0)
    noun = "route" if is_street_map(record) else "game" if is_board(record) else "history"
    drawn = boards(record["drawing"], witness) if is_board(record) else ()
    accepted = [value > epsilon for value in witness["model"]]
    sides = tuple(
        _side(witness, at, noun=noun, accepted=accepted[at], prompt=2 if plan else 0)
        for at in (0, 1)
    )
    return Contradiction(
        title=(_GAMES if drawn else _TITLES).get(witness["kind"], witness["kind"]),
        sentence=(
            f"In the world it is {_where(witness['world'], noun, 'legal')}; "
            f"the model accepts it {_where(accepted, noun, '')}."
        ),
        continuation=witness["continuation"],
        sides=(sides[0], sides[1]),
        sketches=() if plan is None else panes(plan, witness),
        boards=drawn,
        meeting=meeting(witness) if drawn and witness["kind"] == "compression" else "",
    )


def _side(witness: Mapping[str, Any], at: int, *, noun: str, accepted: bool, prompt: int) -> Side:
    symbols = witness[f"history{at + 1}"].split()
    return Side(
        name=f"{noun} {at + 1}",
        prompt=" to ".join(symbols[:prompt]),
        history=" ".join(symbols[prompt:]),
        world="legal" if witness["world"][at] else "not legal",
        model="accepts it" if accepted else "rejects it",
        probability=probability(witness["model"][at]),
        moves=_moves(witness, at) if "boards" in witness else (),
    )


def _moves(witness: Mapping[str, Any], at: int) -> tuple[Move, ...]:
    """The moves of one game; of two that reach one position, those that are not alike differ."""
    own, other = orders(witness, at), orders(witness, 1 - at)
    compared = other if witness["kind"] == "compression" else own
    before = len(own) - witness["ahead"]
    return tuple(
        Move(name, compared[count : count + 1] != [name], count >= before)
        for count, name in enumerate(own)
    )


def _where(holds: list[bool], noun: str, what: str) -> str:
    first, second = holds
    said = f"{what} " if what else ""
    if first == second:
        return f"{said}after both" if first else f"{said}after neither"
    return f"{said}after {noun} {1 if first else 2} only"
