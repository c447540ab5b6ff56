"""What a chat model's record says, in a plain sentence, and what any record says."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET

from nerode.chat.dependence import Dependence, dependence_of, frequent_answer
from nerode.chat.plan import NO, YES
from nerode.report.chat.chat import cut_off, size, world_of
from nerode.report.chat.statements import SINGLE, is_published
from nerode.report.names import short
from nerode.report.rows import estimate_at
from nerode.report.verdict import HIGH, percent, verdict
from nerode.schema.chat import ChatRecord
from nerode.schema.record import Record
from nerode.stats.estimate import Estimate


def verdict_of(record: Record) -> str:
    """The verdict of a record, whatever model was asked."""
    return chat_verdict(record) if isinstance(record, ChatRecord) else verdict(record)


def chat_verdict(record: ChatRecord) -> str:
    """What it solves, whether paraphrases get the same answers, and what it distinguishes.

    Where many answers could not be parsed, that is said first: they count against the model, and a
    model whose answers nobody can read has not contradicted itself. Where answers hardly depend on
    the question, or are not seen to, that is said instead: to be consistent is then no merit
    (`dependence_of` in nerode/chat/dependence.py defines it).
    """
    lost, why = _not_understood(record), "".join(f" {each}" for each in cut_off(record))
    if lost > 1 / 2:
        return (
            f"{percent(lost)} of its answers could not be understood, so that nothing can be said "
            f"of what it knows.{why}"
        )
    text = _always_the_same(record)
    if not text:
        parts = [each for each in (_solved(record), _alike(record), _sees(record)) if each]
        if not parts:
            return "Nothing that was measured here is defined for this model."
        text = _sentence(parts) + _rough(record)
    if lost >= MUCH:
        text += (
            f" {percent(lost)} of its answers could not be understood and count against it.{why}"
        )
    return text


def _solved(record: ChatRecord) -> str:
    found = _estimate(record, "capability", "accuracy")
    return "" if found is None else f"it solves {percent(found[0])} of {_of(found[1], 'riddle')}"


def _alike(record: ChatRecord) -> str:
    found, solved = (_estimate(record, *path) for path in (("compression", "precision"), _SOLVED))
    if found is None:
        return ""
    alike, n = found
    apart = "in none" if alike == 1 else f"in {percent(1 - alike)}"
    link = "yet " if solved is not None and solved[0] >= HIGH > alike else ""
    return f"{link}{apart} of {_of(n, 'case')} one situation told in two ways gets two answers"


def _sees(record: ChatRecord) -> str:
    found = _estimate(record, "distinction", "recall")
    if found is None:
        return ""
    pairs = _of(found[1], "pair")
    single = f" in {SINGLE}, as published," if is_published(record) else ""
    return f"it sees {percent(found[0])} of the differences{single} between {pairs} of situations"


_SOLVED = ("capability", "accuracy")
_HEADLINE = (_SOLVED, ("compression", "precision"), ("distinction", "recall"))
"""The scores in headlines."""
ROUGH = 0.3
"""Width of an interval from which the headline says that a share is rough."""


def _rough(record: ChatRecord) -> str:
    """How far the shares in the headline may be off, where that is much."""
    found = [estimate_at(record.metrics, path) for path in _HEADLINE]
    widths = [
        each.high - each.low
        for each in found
        if each and each.high is not None and each.low is not None
    ]
    widest = max(widths, default=0.0)
    if widest < ROUGH:
        return ""
    return (
        f" So few trials leave much open: 95 % intervals are up to {100 * widest:.0f} points wide."
    )


def _always_the_same(record: ChatRecord) -> str:
    """What is said where answers are not seen to depend on the question; nothing where they are.

    Nothing of older records, too, which do not say it.
    """
    if record.answers is UNSET:
        return ""
    shares = record.answers
    word, dependence = frequent_answer(shares), dependence_of(shares)
    if dependence is Dependence.SHOWN:
        return ""
    same = f"{_count(shares.yes, word)} are {word}"
    wrong, right = (shares.yes_if_yes, YES) if word == NO else (shares.yes_if_no, NO)
    if dependence is Dependence.HARDLY:
        there = f"{_count(wrong, word)} where {right} is right"
        return f"Its yes-or-no answers hardly depend on the question: {same}, and so are {there}."
    why = (
        "questions about so few situations do"
        if wrong.n
        else f"{word} is always right in these trials, which does"
    )
    return f"Of its yes-or-no answers {same}: {why} not tell whether they depend on the question."


def _count(share: Estimate, word: str) -> str:
    """How many answers are that word: `409 of 417`, or `all 417`."""
    yes = round((share.value or 0.0) * share.n)
    count = yes if word == YES else share.n - yes
    return f"all {share.n:,}" if count == share.n else f"{count:,} of {share.n:,}"


MUCH = 0.02
"""Share of answers that could not be understood from which the headline tells it."""


def _not_understood(record: ChatRecord) -> float:
    """Share of all questions."""
    questions = sum(record.questions.values())
    return sum(record.unparsed.values()) / questions if questions else 0.0


def _sentence(parts: Sequence[str]) -> str:
    text = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"
    return f"{text[0].upper()}{text[1:]}."


def _of(count: int, thing: str) -> str:
    return f"{count:,} {thing if count == 1 else f'{thing}s'}"


def sizes_verdict(records: Sequence[Record]) -> str:
    """How each model fares from the smallest to the largest world that it was asked about.

    A sentence for each of at most MOST_MODELS models, of the first one's kind of world; nothing
    where none was asked about two sizes.
    """
    chats = [record for record in records if isinstance(record, ChatRecord)]
    kind = world_of(records[0])[0]
    alike = [record for record in chats if world_of(record)[0] == kind]
    models = dict.fromkeys(record.model for record in alike)
    sentences = [
        _grown([each for each in alike if each.model == model])
        for model in list(models)[:MOST_MODELS]
    ]
    left = len(models) - MOST_MODELS
    more = f" {left} more below." if left > 0 and any(sentences) else ""
    return " ".join(filter(None, sentences)) + more


def _grown(own: Sequence[ChatRecord]) -> str:
    """How one model fares, under the settings of its first run.

    Of several runs of one size the one that measured most. Nothing where it was asked about one
    size so, or nothing is defined.
    """
    best: dict[float, ChatRecord] = {}
    for each in own:
        size_ = world_of(each)[2]
        if _settings(each) == _settings(own[0]) and (
            size_ not in best or _extent(each) > _extent(best[size_])
        ):
            best[size_] = each
    small, large = best[min(best)], best[max(best)]
    if small is large:
        return ""
    lost = max(map(_not_understood, (small, large)))
    if lost > 1 / 2:
        return f"{short(small.model)}: {percent(lost)} of its answers could not be understood."
    for record in (small, large):
        same = _always_the_same(record)
        if same:
            return f"{short(record.model)}, {size(record)}: {same[0].lower()}{same[1:]}"
    parts = []
    for path, words in _GROWS.items():
        one, other = (_value(record, *path) for record in (small, large))
        if one is not None and other is not None:
            parts.append(f"{words} {percent(one)} → {percent(other)}")
    if not parts:
        return ""
    single = f" (protocol paper, {SINGLE})" if is_published(small) else ""
    sizes = f"from {size(small)} to {size(large)}{single}"
    return f"{short(small.model)}, {sizes}: {'; '.join(parts)}."


def _extent(record: ChatRecord) -> tuple[int, int]:
    """How much a run measured: how many metrics, in how many trials."""
    return len(record.metrics), record.parameters.trials or 0


def _settings(record: ChatRecord) -> tuple[object, ...]:
    return record.protocol, record.parameters.language, record.parameters.obfuscate


MOST_MODELS = 3
"""Models on top of a page; all are in its table."""

_GROWS = {
    ("capability", "accuracy"): "riddles solved",
    ("compression", "precision"): "situations told twice and answered alike",
    ("distinction", "recall"): "differences between situations seen",
}


def _value(record: ChatRecord, *path: str) -> float | None:
    found = estimate_at(record.metrics, path)
    return None if found is None else found.value


def _estimate(record: ChatRecord, *path: str) -> tuple[float, int] | None:
    """A score and its number of trials; None where it is undefined or was not measured."""
    found = estimate_at(record.metrics, path)
    return None if found is None or found.value is None else (found.value, found.n)
