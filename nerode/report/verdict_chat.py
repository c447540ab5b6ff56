"""What a chat model's record says, in one plain sentence."""

from __future__ import annotations

from collections.abc import Sequence

from nerode.report.chat import size, world_of
from nerode.report.names import short
from nerode.report.record import Record
from nerode.report.rows import estimate_at
from nerode.report.verdict import HIGH, percent


def chat_verdict(record: Record) -> str:
    """What it solves, whether it answers alike when told otherwise, and what it tells apart."""
    solved, alike, sees = (
        _value(record, *path)
        for path in (
            ("capability", "accuracy"),
            ("compression", "precision"),
            ("distinction", "recall"),
        )
    )
    parts = []
    if solved is not None:
        parts.append(f"it solves {percent(solved)} of the riddles")
    if alike is not None:
        apart = "in none" if alike == 1 else f"in {percent(1 - alike)}"
        link = "yet " if solved is not None and solved >= HIGH > alike else ""
        parts.append(f"{link}{apart} of cases one situation told in two ways gets two answers")
    if sees is not None:
        parts.append(f"it sees {percent(sees)} of the differences between situations")
    if not parts:
        return "Nothing that was measured here is defined for this model."
    told = _joined(parts)
    return f"{told[0].upper()}{told[1:]}."


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"


def sizes_verdict(records: Sequence[Record]) -> str:
    """How the first model fares from the smallest to the largest world that it was asked about.

    Nothing where it was asked about one size only.
    """
    first = records[0]
    own = [
        record
        for record in records
        if record["model"] == first["model"] and world_of(record)[0] == world_of(first)[0]
    ]
    own.sort(key=lambda record: world_of(record)[2])
    small, large = own[0], own[-1]
    if small["world"] == large["world"]:
        return ""
    told = []
    for path, words in _GROWS.items():
        values = [_value(record, *path) for record in (small, large)]
        one, other = values
        if one is not None and other is not None:
            told.append(f"{words} {percent(one)} → {percent(other)}")
    if not told:
        return ""
    return f"{short(first['model'])}, from {size(small)} to {size(large)}: {'; '.join(told)}."


_GROWS = {
    ("capability", "accuracy"): "riddles solved",
    ("compression", "precision"): "situations told twice and answered alike",
    ("distinction", "recall"): "differences between situations seen",
}


def _value(record: Record, *path: str) -> float | None:
    found = estimate_at(record["metrics"], path)
    return None if found is None else found.value
