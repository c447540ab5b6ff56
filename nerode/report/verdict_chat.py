"""What a chat model's record says, in a plain sentence, and what any record says."""

from __future__ import annotations

from collections.abc import Sequence

from nerode.report.chat import cut_off, size, world_of
from nerode.report.names import short
from nerode.report.record import Record
from nerode.report.record_chat import is_chat
from nerode.report.rows import estimate_at
from nerode.report.verdict import HIGH, percent, verdict


def verdict_of(record: Record) -> str:
    """The verdict of a record, whatever model was asked."""
    return chat_verdict(record) if is_chat(record) else verdict(record)


def chat_verdict(record: Record) -> str:
    """What it solves, whether it answers alike when told otherwise, and what it tells apart.

    Answers that could not be understood are said to be none, where there are many of them: they
    count against the model, and a model that was not heard has not contradicted itself.
    """
    lost, why = _not_understood(record), "".join(f" {each}" for each in cut_off(record))
    if lost > 1 / 2:
        return (
            f"{percent(lost)} of its answers could not be understood, so that nothing can be said "
            f"of what it knows.{why}"
        )
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
    told = f"{told[0].upper()}{told[1:]}."
    if lost >= MUCH:
        told += (
            f" {percent(lost)} of its answers could not be understood and count against it.{why}"
        )
    return told


MUCH = 0.02
"""Share of answers that could not be understood from which the headline tells it."""


def _not_understood(record: Record) -> float:
    """Share of all questions."""
    asked = sum(record["questions"].values())
    return sum(record["unparsed"].values()) / asked if asked else 0.0


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

    Of several runs of one size the one that measured most. Nothing where it was asked about one
    size so, or nothing is defined.
    """
    best: dict[float, Record] = {}
    for each in own:
        size_ = world_of(each)[2]
        if _told_like(each) == _told_like(own[0]) and (
            size_ not in best or _extent(each) > _extent(best[size_])
        ):
            best[size_] = each
    small, large = best[min(best)], best[max(best)]
    if small is large:
        return ""
    lost = max(map(_not_understood, (small, large)))
    if lost > 1 / 2:
        return f"{short(small['model'])}: {percent(lost)} of its answers could not be understood."
    told = []
    for path, words in _GROWS.items():
        one, other = (_value(record, *path) for record in (small, large))
        if one is not None and other is not None:
            told.append(f"{words} {percent(one)} → {percent(other)}")
    if not told:
        return ""
    return f"{short(small['model'])}, from {size(small)} to {size(large)}: {'; '.join(told)}."


def _extent(record: Record) -> tuple[int, int]:
    """How much a run measured: how many metrics, in how many trials."""
    trials = record["parameters"].get("trials")
    return len(record["metrics"]), trials if isinstance(trials, int) else 0


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
