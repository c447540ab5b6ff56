"""How two runs differ, trial by trial where they were asked the same.

Two models that read the same histories, or set out on the same trips, are compared pair by pair:
what is hard for both cancels out, and the interval is narrower than the two scores' own suggest.
For this the trials of a run are read from its folder; all else in a report comes from its record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import UNSET

from nerode.chat.metrics import CHAT_METRICS
from nerode.errors import FormatError
from nerode.metrics.history_kinds import (
    ON_POLICY,
    UNIFORM,
    is_on_policy,
    kind_of,
)
from nerode.metrics.metric import AnyMetric, Description, Score, ScorePath
from nerode.metrics.outcomes import Outcomes
from nerode.metrics.registry import METRICS, with_variants
from nerode.report.descriptions import (
    KNOWN,
    Descriptions,
    description,
    descriptions,
    reads_histories,
    score_at,
)
from nerode.report.kinds import alike_named, moved
from nerode.report.record.settings import settings_of
from nerode.report.rows import estimate_at, rows
from nerode.runs import TERMS, TRIALS, of_today, read_json, read_trials
from nerode.schema.chat import ChatRecord
from nerode.schema.record import Record
from nerode.schema.scores import Curves
from nerode.schema.trial import AnyTrial
from nerode.stats.estimate import Difference, unpaired_difference

_ALWAYS = ("world", "plan", "seed", "protocol")
_WALKS = ("histories", "samples", "epsilon", "depth", "length")
_CHAT = ("language", "obfuscate", "continuations", "most_listed")
ANOTHER_MEASURE = "which makes it another measure"
"""How the reason ends why a score that was measured otherwise is not compared."""
_NO_TRIALS = f"{TERMS} or {TRIALS} of a run is not in its folder"
_NOT_PAIRED = "its trials are not compared one by one"
_NOT_LOADED = (
    "its trials are compared one by one only where the metric is named (`--metrics`) and has parts "
    "for it"
)
_OTHER_TRIALS = f"{TRIALS} of a run does not give the scores of its record"
SAME = 1e-9
"""Sums of the same trials in another order differ by less."""


@dataclass(frozen=True)
class Answered:
    """The trials of a run's model by metric, and the terms under which they were run.

    `lost` names metrics whose trials do not give the scores of the run's record.
    """

    terms: Mapping[str, Any]
    outcomes: Mapping[str, Outcomes]
    lost: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Compared:
    """A run less the first one, by path; for metrics that are not paired, why.

    `withheld` tells why scores that both have are not compared at all. Of runs of different
    worlds everything is empty.
    """

    differences: Mapping[ScorePath, Difference] = field(default_factory=dict)
    unpaired: Mapping[str, str] = field(default_factory=dict)
    withheld: Mapping[ScorePath, str] = field(default_factory=dict)


def read_answers(
    folder: Path, record: Record, metrics: Sequence[AnyMetric] = ()
) -> Answered | None:
    """What the model of a run answered; None where the folder has the record alone.

    `metrics` are those that are not built in. Raises FormatError where its trials are damaged.
    """
    folder = Path(folder)
    thresholds, main = _thresholds(record)
    trials = record.parameters.trials
    there = (folder / TERMS).is_file() and (folder / TRIALS).is_file()
    if not there or main is None or not isinstance(trials, int) or trials < 1:
        return None

    known = _with_parts(record, metrics)

    def read(key: tuple[str, str], line: bytes) -> AnyTrial | None:
        if key[0] != record.model or key[1] not in known:
            return None
        trial = known[key[1]].decode(line)
        known[key[1]].check(trial, thresholds)
        return trial

    # A line of a trial takes more than a byte: no more are there, whatever the record claims.
    trials = min(trials, (folder / TRIALS).stat().st_size)
    found = {name: Outcomes(metric, trials, main) for name, metric in known.items()}
    for (_, metric), trial in read_trials(folder, read):
        if trial is not None:
            found[metric].see(trial)
    terms = of_today(read_json(folder / TERMS))
    if terms.get("model") != record.model:
        message = f"{folder}: expected {TERMS} of {record.model}, got {terms.get('model')!r}"
        raise FormatError(message)
    scores = _paths(record, descriptions(record))
    lost = {name for name in scores.keys() & found if not _gives(found[name], record, scores[name])}
    return Answered(terms, found, frozenset(lost))


def _with_parts(record: Record, metrics: Sequence[AnyMetric]) -> dict[str, Description]:
    """The metrics of a record whose trials can be compared one by one, by name."""
    known: dict[str, Description] = dict(
        CHAT_METRICS if isinstance(record, ChatRecord) else METRICS
    )
    if not isinstance(record, ChatRecord):
        known |= {each.name: each for each in with_variants(metrics)}
    return {
        name: metric
        for name, metric in known.items()
        if name in record.metrics and metric.parts is not None
    }


def _gives(outcomes: Outcomes, record: Record, paths: Sequence[ScorePath]) -> bool:
    """Whether trials give the scores of a record: some may be gone, or be those of another run."""
    for path in paths:
        score = estimate_at(record.metrics, path)
        parts = outcomes.parts(path[1:])
        value = parts.mean if parts.sizes.any() else None
        recorded = None if score is None else score.value
        if value is None or recorded is None:
            if value is not recorded:
                return False
        elif abs(value - recorded) > SAME:
            return False
    return True


def _thresholds(record: Record) -> tuple[int, int | None]:
    """At how many thresholds trials were scored, and which of them is ε; None where none is."""
    if isinstance(record, ChatRecord):
        return 1, 0  # a chat model is read at none: every trial has one value
    thresholds = np.asarray((record.curves or Curves()).epsilon, dtype=np.float32)
    main = np.flatnonzero(
        thresholds
        == np.float32(-1 if record.parameters.epsilon is UNSET else record.parameters.epsilon)
    )
    return thresholds.size, int(main[0]) if main.size else None


def compared(
    records: Sequence[Record], answered: Sequence[Answered | None] = ()
) -> tuple[Compared, ...]:
    """Every run but the first less the first; `answered` in the order of the records."""
    given = list(answered) or [None] * len(records)
    return tuple(
        _compared(records[0], record, given[0], each)
        for record, each in zip(records[1:], given[1:], strict=True)
    )


def answers_alike_named(
    records: Sequence[Record], answered: Sequence[Answered | None]
) -> list[Answered | None]:
    """The trials of each run under the names that its scores have in `alike_named(records)`."""
    about = descriptions(*records)

    def renamed(answers: Answered) -> Answered:
        outcomes = {
            moved(name, about): each
            for name, each in answers.outcomes.items()
            if not is_on_policy(name)
        }
        lost = frozenset(moved(name, about) for name in answers.lost)
        return replace(answers, outcomes=outcomes, lost=lost)

    return [
        renamed(found) if found is not None and after is not before else found
        for found, before, after in zip(answered, records, alike_named(records), strict=True)
    ]


def _compared(
    first: Record, second: Record, before: Answered | None, after: Answered | None
) -> Compared:
    differences: dict[ScorePath, Difference] = {}
    unpaired: dict[str, str] = {}
    withheld: dict[ScorePath, str] = {}
    if first.world != second.world:
        return Compared()
    unlike = _unlike(first, second)
    about = descriptions(first, second)
    for metric, paths in _shared(first, second):
        reason = _apart(metric, before, after, about)
        if reason is not None:
            unpaired[metric] = reason
        for path in paths:
            score = score_at(path, about)
            if score.never_compared:
                withheld[path] = score.never_compared
                continue
            histories = {kind_of(metric, r.histories or None) for r in (first, second)}
            if not reads_histories(metric, about):
                histories = set()
            changed = [_differ(name) for name in unlike if _is_changed(score, name, histories)]
            if changed:
                withheld[path] = f"{' and '.join(changed)}, {ANOTHER_MEASURE}"
                continue
            if reason is None and before is not None and after is not None:
                found = before.outcomes[metric].difference(after.outcomes[metric], path[1:])
            else:
                one, other = (estimate_at(r.metrics, path) for r in (first, second))
                assert one is not None  # noqa: S101 - `_shared` has looked; for the type
                assert other is not None  # noqa: S101
                found = unpaired_difference(one, other)
            differences[path] = found
    return Compared(differences, unpaired, withheld)


def _differ(setting: str) -> str:
    if setting == "met_in":
        return "the number of held-out sequences differs"
    return f"{setting} differ" if setting.endswith("s") else f"{setting} differs"


def _unlike(first: Record, second: Record) -> list[str]:
    """Settings in which two runs differ, of those that change what is measured."""

    def of(record: Record, name: str) -> object:
        value = settings_of(record).get(name)
        # Protocols of chat models are other ones.
        return (isinstance(record, ChatRecord), value) if name == "protocol" else value

    # The protocol of a chat run decides about all the others.
    names = ("protocol",) if isinstance(first, ChatRecord) else ("protocol", *_WALKS, "met_in")
    pairs = ((name, of(first, name), of(second, name)) for name in names)
    return [name for name, one, other in pairs if None not in (one, other) and one != other]


def _is_changed(score: Score, setting: str, histories: Collection[str | None]) -> bool:
    """Whether a score means something else under another value of a setting.

    `histories` are the kinds that its metric read in the two runs; none where it reads none.
    """
    if setting == "histories":
        return len(histories) > 1
    if setting == "met_in":
        return ON_POLICY in histories
    return score.is_changed_by(setting)


def _shared(first: Record, second: Record) -> Iterator[tuple[str, list[ScorePath]]]:
    """What both runs measured, by metric."""
    about = descriptions(first, second)
    others = _paths(second, about)
    for metric, paths in _paths(first, about).items():
        both = [path for path in paths if path in others.get(metric, ())]
        if both:
            yield metric, both


def _paths(record: Record, about: Descriptions) -> dict[str, list[ScorePath]]:
    """Where the scores of a record stand, by metric."""
    metrics = record.metrics
    return {name: [row.path for row in rows({name: metrics[name]}, about)] for name in metrics}


def _apart(
    metric: str, before: Answered | None, after: Answered | None, about: Descriptions
) -> str | None:
    """Why the trials of a metric are no pairs; None where they are."""
    known = description(metric, about)
    if known.name in KNOWN and known.parts is None:
        return _NOT_PAIRED
    if before is None or after is None:
        return _NO_TRIALS
    if not (metric in before.outcomes and metric in after.outcomes):
        return _NOT_LOADED
    return _unlike_trials(metric, before, after, walks=known.reads_histories)


def _unlike_trials(metric: str, before: Answered, after: Answered, *, walks: bool) -> str | None:
    """Why trials that are there are no pairs; `walks` says whether they are walks of histories."""
    if metric in before.lost | after.lost:
        return _OTHER_TRIALS
    decide = _ALWAYS + _CHAT + (_WALKS if walks else ())
    if not walks or kind_of(metric, before.terms.get("histories")) != UNIFORM:
        decide += ("sequences",)
    for name in decide:
        one, other = (each.terms.get(name) for each in (before, after))
        if name == "histories":
            one, other = (kind_of(metric, kind) for kind in (one, other))
        if one != other:
            return _differ(name)
    if not before.outcomes[metric].same_questions(after.outcomes[metric]):
        return "trials of one number ask different things"
    return None
