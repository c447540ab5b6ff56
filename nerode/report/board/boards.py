"""Boards of contradictions, as marks on squares.

The template turns these into inline SVG by hand: a board has 64 squares at most and stands still,
so that no library is needed, and style sheets (dark mode, print) reach every mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import UNSET

from nerode.schema.drawing import BoardDrawing, Contradiction, ExpectedPosition

SIDE = 40
"""Of a square, in units of the drawing."""

_SHOWN = 0.005
"""What is less probable leaves its square plain."""
_SURE = 0.995
_FINE, _LEAST = 0.0995, 0.0005
_NAMES = {"b": "black", "w": "white", ".": ""}


@dataclass(frozen=True)
class Square:
    """What is marked on one square; x and y are its middle.

    `number` is that of the move that put its disc there, `differs` whether the other game has
    another there. `heat` (0 to 1) is its shade, `probability` is in per cent. `step` is the
    place of a move that is still to come, `decided` whether it is the one that is judged, `wrong`
    whether its disc is not the true one.
    """

    name: str
    x: int
    y: int
    title: str
    disc: str
    number: int | None = None
    differs: bool = False
    last: bool = False
    legal: bool = False
    heat: float = 0.0
    probability: str = ""
    step: int | None = None
    decided: bool = False
    wrong: bool = False


@dataclass(frozen=True)
class BoardView:
    """A position with all that is marked on it, and the same in words."""

    size: int
    squares: tuple[Square, ...]
    mover: str
    words: str

    @property
    def columns(self) -> str:
        """Names of the columns, from the left."""
        return "abcdefghijklmnopqrstuvwxyz"[: self.size]


def boards(drawing: BoardDrawing, contradiction: Contradiction) -> tuple[BoardView, ...]:
    """The two boards of one contradiction; none where it has none.

    Moves are told apart only where both games have put the same discs on the same squares.
    """
    if contradiction.boards is UNSET:
        return ()
    positions = contradiction.boards
    same = positions[0].discs == positions[1].discs
    numbers = [
        {name: count for count, name in enumerate(moves_on_board(contradiction, at), start=1)}
        for at in (0, 1)
    ]
    further = contradiction.continuation.split()[contradiction.ahead or 0 :]
    return tuple(
        _board(drawing, positions[at], numbers[at], numbers[1 - at if same else at], further)
        for at in (0, 1)
    )


def moves_on_board(contradiction: Contradiction, at: int) -> list[str]:
    """All moves on the board number `at`: of its history, then of the continuation."""
    played = contradiction.continuation.split()[: contradiction.ahead or 0]
    return [*contradiction.histories[at].split(), *played]


def meeting(contradiction: Contradiction) -> str:
    """In which sense the boards of two histories of one state are the same; nothing without."""
    if contradiction.boards is UNSET:
        return ""
    first, second = contradiction.boards
    if first.discs == second.discs:
        return "Both games have come to the same position."
    swapped = second.discs.translate(str.maketrans("bw", "wb"))
    if first.discs == swapped and first.to_move != second.to_move:
        return "Both games have come to the same position, with the colours exchanged."
    return "The discs differ, but nothing that can still be played does."


def middle(place: int, size: int) -> tuple[int, int]:
    """The middle of a square: x to the right, y down."""
    row, column = divmod(place, size)
    return SIDE * column + SIDE // 2, SIDE * row + SIDE // 2


def percent(p: float) -> str:
    """A probability in whole per cent; 0 and 100 are said of nothing else."""
    if p in (0, 1):
        return f"{100 * p:.0f}"
    return "<1" if p < _SHOWN else ">99" if p > _SURE else f"{100 * p:.0f}"


def finer(p: float) -> str:
    """As `percent`, with a decimal below 10: thresholds are low."""
    if not 0 < p < _FINE:
        return percent(p)
    return "<0.1" if p < _LEAST else f"{100 * p:.1f}"


def _board(
    drawing: BoardDrawing,
    position: ExpectedPosition,
    numbers: Mapping[str, int],
    others: Mapping[str, int],
    further: Sequence[str],
) -> BoardView:
    """One board: `numbers` are those of its moves, `others` those of the other game."""
    expected = dict(position.expected)
    steps = {name: count for count, name in enumerate(further, start=1)}
    squares = []
    for place, name in enumerate(drawing.squares):
        disc, p = _NAMES[position.discs[place]], min(expected.get(name, 0.0), 1.0)
        decided = name == further[-1] if further else False
        x, y = middle(place, drawing.size)
        seen = p >= _SHOWN
        squares.append(
            Square(
                name=name,
                x=x,
                y=y,
                title=_title(name, disc, p, legal=name in position.legal),
                disc=disc,
                number=numbers.get(name),
                differs=numbers.get(name) != others.get(name),
                last=name == position.last,
                legal=name in position.legal,
                # By the root, so that one of ten moves is seen and one of two still stands out.
                heat=round(p**0.5, 2) if seen else 0.0,
                probability=finer(p) if decided else percent(p) if seen else "",
                step=steps.get(name) if len(further) > 1 else None,
                decided=decided,
            )
        )
    marked = (s for s in squares if any((s.disc, s.legal, s.probability, s.step, s.decided)))
    mover = f"{position.to_move} to move" if position.to_move else "the game is over"
    return BoardView(drawing.size, tuple(marked), mover, _in_words(squares, expected, mover))


def _title(name: str, disc: str, p: float, *, legal: bool) -> str:
    may = disc or ("may be played" if legal else "may not be played")
    return f"{name}: {may}, expected with {percent(p)} %"


def _in_words(squares: Sequence[Square], expected: Mapping[str, float], mover: str) -> str:
    """The board in words."""
    lists = {
        "black": [s.name for s in squares if s.disc == "black"],
        "white": [s.name for s in squares if s.disc == "white"],
        "may be played": [s.name for s in squares if s.legal],
        "expected": [f"{name} {percent(p)} %" for name, p in expected.items() if p >= _SHOWN],
    }
    parts = (f"{name}: {', '.join(names) or 'none'}" for name, names in lists.items())
    return f"Board, {mover}. {'; '.join(parts)}."
