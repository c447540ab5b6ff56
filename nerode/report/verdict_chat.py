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
    """How each model fares from the smallest to the largest world that it was asked about.

    A sentence for each of at most MOST_TOLD models, of the first one's kind of world; nothing where
    none was asked about two sizes.
    """
    kind = world_of(records[0])[0]
    asked = [record for record in records if world_of(record)[0] == kind]
    models = dict.fromkeys(record["model"] for record in asked)
    told = [
        _grown([each for each in asked if each["model"] == model])
        for model in list(models)[:MOST_TOLD]
    ]
    left = len(models) - MOST_TOLD
    more = f" {left} more below." if left > 0 and any(told) else ""
    return " ".join(filter(None, told)) + more


def _grown(own: Sequence[Record]) -> str:
    """How one model fares, told as in its first run.

    Nothing where it was asked about one size so, or nothing is defined.
    """
    alike = [each for each in own if _told_like(each) == _told_like(own[0])]
    ordered = sorted(alike, key=lambda record: world_of(record)[2])
    small, large = ordered[0], ordered[-1]
    if small["world"] == large["world"]:
        return ""
    told = []
    for path, words in _GROWS.items():
        one, other = (_value(record, *path) for record in (small, large))
        if one is not None and other is not None:
            told.append(f"{words} {percent(one)} → {percent(other)}")
    if not told:
        return ""
    return f"{short(small['model'])}, from {size(small)} to {size(large)}: {'; '.join(told)}."


def _told_like(record: Record) -> tuple[object, ...]:
    return tuple(record["parameters"].get(name) for name in ("language", "obfuscate"))


MOST_TOLD = 3
"""Models on top of a page; all are in its table."""

_GROWS = {
    ("capability", "accuracy"): "riddles solved",
    ("compression", "precision"): "situations told twice and answered alike",
    ("distinction", "recall"): "differences between situations seen",
}


def _value(record: Record, *path: str) -> float | None:
    found = estimate_at(record["metrics"], path)
    return None if found is None else found.value
