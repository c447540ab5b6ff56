"""The words of the page, explained: those that it uses, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import UNSET

from nerode.metrics.history_kinds import on_policy_name, plain_name
from nerode.report.descriptions import descriptions
from nerode.report.kinds import kinds
from nerode.report.rows import Metrics
from nerode.schema.chat import ChatRecord
from nerode.schema.record import Record

_THRESHOLD = "epsilon"

_CHAT = "chat"

_BOTH = "both kinds of histories"

_TERMS = (
    (
        "oracle",
        "oracle",
        (
            "A baseline that is the world itself: all legal symbols are equally probable. It has "
            "the best value of every score."
        ),
    ),
    (
        "policy-oracle",
        "policy-oracle",
        (
            "A baseline that knows the true state and has the habit of the sequences that the "
            "model was trained on: the score of who has learned them perfectly. What the model "
            "falls short of it is not the habit."
        ),
    ),
    (
        "counter",
        "counter",
        (
            "A baseline that counts turns: it takes the crossing nearest to where so many average "
            "turns of each kind would lead for the one it is at, and expects what may follow there."
        ),
    ),
    (
        "ngram",
        "ngram",
        (
            "A baseline that has counted which symbols follow so many less one before them: what "
            "can be had from the last symbols, without a state."
        ),
    ),
    (
        "noisy-oracle",
        "noisy-oracle",
        (
            "The oracle, but after the given share of all histories, always the same ones, it "
            "expects the wrong symbols: how much a few slips cost in every score."
        ),
    ),
    (
        "uniform",
        "uniform",
        "A baseline that expects every symbol everywhere.",
    ),
    (
        "untrained",
        "untrained",
        "A network with random weights: what a score is without any learning.",
    ),
    (
        _BOTH,
        "Random and held-out histories",
        (
            "Random: any history that reaches a state, whether anybody would write it or not. "
            "Held-out: beginnings of held-out sequences, which are such as the model was trained "
            "on; two of one state are two that happen to meet there. The first ask about the whole "
            "world, the second about the part of it that the model was shown the like of."
        ),
    ),
    (
        _CHAT,
        "Share of yes",
        (
            "Of the answers to yes-or-no questions that could be parsed. It is no score: right is "
            "the solver's. A model that gives one answer to nearly all questions is consistent "
            "without knowing anything."
        ),
    ),
    (
        _CHAT,
        "Not parsed",
        (
            "A reply without an answer that can be understood counts against the model in every "
            "score. What it could have come to at best is told beside."
        ),
    ),
    (
        _THRESHOLD,
        "Threshold ε",
        ("A continuation counts as expected where each of its symbols has a probability above ε."),
    ),
)
"""What uses the term, the term and its meaning, in the order of the page, below the metrics.
Baselines are called by what stands before the colon of their names."""


def glossary(records: Sequence[Record]) -> tuple[tuple[str, str], ...]:
    """Terms and what they mean: those of the metrics that any of these records holds."""
    used = {name.partition(":")[0] for record in records for name in record.baselines}
    if any(len(kinds(record)) > 1 for record in records):
        used.add(_BOTH)
    if any(record.parameters.epsilon not in (None, UNSET) for record in records):
        used.add(_THRESHOLD)
    if any(isinstance(record, ChatRecord) for record in records):
        used.add(_CHAT)
    others = ((name, meaning) for key, name, meaning in _TERMS if key in used)
    return (*_of_metrics(records), *others)


def _of_metrics(records: Sequence[Record]) -> Iterator[tuple[str, str]]:
    """What each metric asks, then its scores and other words that need it."""
    measured = {plain_name(metric) for record in records for metric in record.metrics}
    measured |= {"reconstruction"} if any(record.reconstruction for record in records) else set()
    for name, metric in descriptions(*records).items():
        if name not in measured:
            continue
        yield metric.title, metric.about
        for path, score in metric.scores.items():
            if score.meaning and any(_has(record.metrics, name, path) for record in records):
                yield score.label[:1].upper() + score.label[1:], score.meaning
        yield from metric.terms.items()


def _has(metrics: Metrics, metric: str, path: str) -> bool:
    """Whether a model has this score, whichever histories the metric read."""
    names = [name for name in (metric, on_policy_name(metric)) if name in metrics]
    return any(list(metrics[name].items_at(path.split("/"))) for name in names)
