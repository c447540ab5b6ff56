"""The board as a probe of the model's hidden states sees it, beside the true one."""

from __future__ import annotations

from dataclasses import dataclass

from nerode.report.board.boards import BoardView, Square, middle
from nerode.schema.drawing import BoardDrawing, ProbedBoard
from nerode.schema.record import Record

# By side, not by colour: a probe is asked whose a disc is.
_DISCS = {"x": "black", "o": "white", ".": ""}
_SAID = {"x": "of who is to move", "o": "of the other", ".": "empty"}


@dataclass(frozen=True)
class ProbeView:
    """One position of a held-out game: as it is, and as the probe of a layer sees it."""

    moves: tuple[str, ...]
    layer: int
    right: int
    true: BoardView
    seen: BoardView

    @property
    def squares(self) -> int:
        """How many there are."""
        return self.true.size**2


def probe_views(record: Record) -> tuple[ProbeView, ...]:
    """What the record has of them."""
    drawing = record.drawing
    if not isinstance(drawing, BoardDrawing):
        return ()
    return tuple(_view(drawing, each) for each in record.probe_boards or ())


def _view(drawing: BoardDrawing, board: ProbedBoard) -> ProbeView:
    moves = tuple(board.sequence.split())
    right = sum(a == b for a, b in zip(board.true, board.seen, strict=True))
    last = moves[-1] if moves else None
    return ProbeView(
        moves,
        board.layer,
        right,
        _board(drawing, board.true, board.true, last),
        _board(drawing, board.seen, board.true, last),
    )


def _board(drawing: BoardDrawing, letters: str, true: str, last: str | None) -> BoardView:
    size, squares, words = drawing.size, [], []
    for place, (name, mark, real) in enumerate(zip(drawing.squares, letters, true, strict=True)):
        x, y = middle(place, size)
        wrong = mark != real
        title = f"{name}: {_SAID[mark]}" + (f", but is {_SAID[real]}" if wrong else "")
        words += [title] if wrong else []
        here = name == last and bool(_DISCS[mark])
        if wrong or mark != ".":
            square = Square(name, x, y, title, _DISCS[mark], last=here, wrong=wrong)
            squares.append(square)
    pairs = list(zip(drawing.squares, letters, strict=True))
    lists = (
        f"{said}: {', '.join(name for name, letter in pairs if letter == mark) or 'none'}"
        for mark, said in _SAID.items()
        if mark != "."
    )
    seen = f" Wrong: {'; '.join(words)}." if words else ""
    return BoardView(size, tuple(squares), "", f"Discs {'; '.join(lists)}.{seen}")
