"""Contradictions in chapters: those of one state, and those of different ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nerode.metrics.history_kinds import WORDS
from nerode.report.contradictions import ContradictionView, contradictions
from nerode.report.kinds import alone, kinds
from nerode.report.street_map.sketch import PlanView
from nerode.schema.drawing import BoardDrawing, MapDrawing
from nerode.schema.record import Record

_SHOWN = 4
"""Contradictions of a kind that stand open; the longer ones are folded away."""

_DIFFER = (
    "They end in different states of the world. Here the model makes a difference where there "
    "is none, or makes none where there is one:"
)
_CHAPTERS: Mapping[type | None, Mapping[str, tuple[str, str]]] = {
    MapDrawing: {
        "compression": (
            "Two routes to the same corner",
            (
                "Both end at one corner, bound for one destination: what may follow is the same. "
                "The model continues them differently. The shortest such contradictions:"
            ),
        ),
        "distinction": ("Two routes to different places", _DIFFER),
    },
    BoardDrawing: {
        "compression": (
            "Two games, one position",
            (
                "Two games come to one position by different moves, or by the same ones in "
                "another order: what may follow is the same. The model continues them "
                "differently. The shortest such contradictions:"
            ),
        ),
        "distinction": (
            "Two games, different positions",
            (
                "What may follow is not the same. Here the model makes a difference where there "
                "is none, or makes none where there is one:"
            ),
        ),
    },
    None: {
        "compression": (
            "Two histories of the same state",
            (
                "What may follow is the same after both. The model continues them differently. The "
                "shortest such contradictions:"
            ),
        ),
        "distinction": ("Two histories of different states", _DIFFER),
    },
}
"""Title and lead of the chapters by metric, on street maps, on boards and elsewhere."""


@dataclass(frozen=True)
class Chapter:
    """Contradictions of one kind; the longer ones are folded away."""

    id: str
    title: str
    lead: str
    shown: tuple[ContradictionView, ...]
    folded: tuple[ContradictionView, ...]


def chapters(name: str, record: Record, plan: PlanView | None) -> tuple[Chapter, ...]:
    """The record's contradictions by kind, as far as it has any; `name` begins the ids."""
    there = []
    drawn_on = None if record.drawing is None else type(record.drawing)
    each = {kind: alone(record, kind) for kind in kinds(record)}
    for metric, (heading, lead) in _CHAPTERS[drawn_on].items():
        for kind, of_kind in each.items():
            found = contradictions(of_kind, metric, plan)
            if found:
                shown, folded = tuple(found[:_SHOWN]), tuple(found[_SHOWN:])
                several = len(each) > 1
                called = f"{heading} ({WORDS.get(kind, kind)} histories)" if several else heading
                at = f"{name}-{metric}-{kind}" if several else f"{name}-{metric}"
                there.append(Chapter(at, called, lead, shown, folded))
    return tuple(there)
