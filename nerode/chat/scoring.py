"""What answers come to: a record per trial, estimates with bounds, contradictions.

PAPER.md section 2, seating puzzles, under the definitions of section 1:

    capability   accuracy      1 where the place named is right
    compression  precision     1 where both histories are answered alike on all continuations
                 disagreement  share of continuations on which they are not
    distinction  recall        share of the world's boundary strings to which the model says yes
                               after the one history and no after the other
                 precision     share of the model's boundary strings of one symbol that are the
                               world's; where all continuations of one symbol were asked about

In distinction a score is the mean over the two directions in which it is defined.

An answer that cannot be parsed (None) counts against the model in every score: as wrong, as a
disagreement, as a boundary string that is not the world's. It never raises one. "best" tells what
the trial would have come to, had all such answers been the best for the model; no other answers
would have led beyond.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nerode.chat.clusters import clusters
from nerode.chat.dialogues import Shortest
from nerode.chat.plan import (
    NO,
    YES,
    CapabilityTrial,
    CompressionTrial,
    DistinctionTrial,
    Plan,
    Question,
    Skipped,
)
from nerode.chat.simulated import Answerer
from nerode.errors import NoTrial
from nerode.metrics.estimate import Estimate, estimate
from nerode.metrics.fields import HISTORIES, SHARES, TEXT, Field
from nerode.worlds.boundary import String

Record = dict[str, Any]
"""A trial as it stands in trials.jsonl. Scores are lists of one value, as of one threshold."""

UNANSWERED = "a question has no answer"
"""Why a trial is skipped where the provider failed to answer."""

Ran = CapabilityTrial | CompressionTrial | DistinctionTrial

SCORES: Mapping[str, Mapping[str, str]] = {
    "capability": {"accuracy": "right"},
    "compression": {"precision": "agree", "disagreement": "disagreement"},
    "distinction": {"precision": "precision", "recall": "recall"},
}
"""The scores of each metric, and where a record holds them."""

FIELDS: Mapping[str, Mapping[str, Field]] = {
    "capability": {"state": TEXT, "question": TEXT, "right": SHARES},
    "compression": {"state": TEXT, "histories": HISTORIES, "agree": SHARES, "disagreement": SHARES},
    "distinction": {"state": TEXT, "histories": HISTORIES, "precision": SHARES, "recall": SHARES},
}
"""What a record of each metric holds that was not skipped."""


@dataclass(frozen=True)
class Score:
    """What all trials of a metric came to.

    Attributes
    ----------
    bounds
        By score: between what and what it would lie, whatever had been said where nothing could be
        parsed. (None, None) where it is undefined.
    unparsed
        How many different questions had an answer that could not be parsed.
    skipped
        Trials that could not be run, by reason.
    contradictions
        {"histories", "continuation", "answers"} in symbols; one per pair of histories.
    """

    estimates: Mapping[str, Estimate]
    bounds: Mapping[str, tuple[float | None, float | None]]
    unparsed: int
    skipped: Mapping[str, int]
    contradictions: tuple[Record, ...]


def by_key(answers: Mapping[str, str | None]) -> Answerer:
    """Answers that were collected by the questions' keys; NoTrial for what has none."""

    def answer(question: Question) -> str | None:
        if question.key not in answers:
            raise NoTrial(UNANSWERED)
        return answers[question.key]

    return answer


def measure(plan: Plan, metric: str, answerer: Answerer) -> Iterator[Record]:
    """One record per trial of a metric, in order.

    {"trial", "state", "histories" or "question", scores, "best": scores}; "state" is the number of
    the first trial in that state (in capability: of that question), "unparsed" lists the keys of
    questions whose answer could not be parsed, "witness" tells a contradiction. A trial that could
    not be run, or a question of which has no answer, is {"trial", "skipped": reason}.
    """
    met: dict[Any, int] = {}
    for number, trial in enumerate(plan.trials[metric]):
        if isinstance(trial, Skipped):
            yield {"trial": number, "skipped": trial.reason}
            continue
        same = {"state": str(met.setdefault(_situation(trial), number))}
        try:
            yield {"trial": number, **same, **_record(plan, trial, answerer)}
        except NoTrial as error:
            yield {"trial": number, "skipped": str(error)}


def _situation(trial: Ran) -> Any:
    """What trials have in common that are not independent."""
    if isinstance(trial, CapabilityTrial):
        return trial.riddle
    return trial.state if isinstance(trial, CompressionTrial) else trial.states[0]


def _record(plan: Plan, trial: Ran, answerer: Answerer) -> Record:
    unparsed: list[str] = []

    def answer(question: Question) -> str | None:
        said = answerer(question)
        if said is None:
            unparsed.append(question.key)
        return said

    if isinstance(trial, CapabilityTrial):
        record = _capability(plan, trial, answer)
    elif isinstance(trial, CompressionTrial):
        record = _compression(plan, trial, answer)
    else:
        record = _distinction(plan, trial, answer)
    return record | ({"unparsed": list(dict.fromkeys(unparsed))} if unparsed else {})


def _capability(plan: Plan, trial: CapabilityTrial, answer: Answerer) -> Record:
    question = plan.riddle(trial)
    said = answer(question)
    right = said == question.truth
    return {
        "question": f"{plan.world.decode(trial.riddle.history)} ? {trial.riddle.subject}",
        "right": [right],
        "best": {"right": [right or said is None]},
    }


def _compression(plan: Plan, trial: CompressionTrial, answer: Answerer) -> Record:
    answers = {
        string: [answer(plan.may_follow(trial.state, h, string)) for h in trial.histories]
        for string in trial.continuations
    }
    # Both unparsed could have been the same answer, but are no agreement.
    apart = [None in said or said[0] != said[1] for said in answers.values()]
    surely = [None not in said and said[0] != said[1] for said in answers.values()]
    record = {
        "histories": [plan.world.decode(history) for history in trial.histories],
        "agree": [not any(apart)],
        "disagreement": [sum(apart) / len(apart)],
        "best": {"agree": [not any(surely)], "disagreement": [sum(surely) / len(surely)]},
    }
    if any(surely):
        string = trial.continuations[surely.index(True)]
        record["witness"] = {
            "continuation": plan.world.decode(string),
            "answers": answers[string],
        }
    return record


@dataclass
class _Shares:
    """A ratio in each of the two directions, as answers come."""

    hits: list[int]
    all: list[int]

    def mean(self) -> float | None:
        """Mean over the directions in which the ratio is defined; None where in neither."""
        ratios = [hit / all_ for hit, all_ in zip(self.hits, self.all, strict=True) if all_]
        return sum(ratios) / len(ratios) if ratios else None


def _distinction(plan: Plan, trial: DistinctionTrial, answer: Answerer) -> Record:
    def said(string: String) -> tuple[str | None, ...]:
        ways = zip(trial.states, trial.histories, strict=True)
        return tuple(answer(plan.may_follow(state, h, string)) for state, h in ways)

    recall, recall_best = _Shares([0, 0], [0, 0]), _Shares([0, 0], [0, 0])
    for way, strings in enumerate(trial.strings):
        for string in strings:
            seen, may_be = _in_boundary(said(string), way)
            _count(recall, way, hit=seen)
            _count(recall_best, way, hit=may_be)
    precision, precision_best = _Shares([0, 0], [0, 0]), _Shares([0, 0], [0, 0])
    for string in plan.listed:
        answers = said(string)
        legal = [plan.world.accepts(string, state) for state in trial.states]
        for way in (0, 1):
            real = legal[way] and not legal[1 - way]
            seen, may_be = _in_boundary(answers, way)
            if may_be:
                _count(precision, way, hit=seen and real)
            if seen or (may_be and real):
                _count(precision_best, way, hit=real)
    return {
        "histories": [plan.world.decode(history) for history in trial.histories],
        "precision": [precision.mean()],
        "recall": [recall.mean()],
        "best": {"precision": [precision_best.mean()], "recall": [recall_best.mean()]},
    }


def _in_boundary(answers: tuple[str | None, ...], way: int) -> tuple[bool, bool]:
    """Whether the model says yes after the one history and no after the other.

    And whether it may have meant to, where answers could not be parsed.
    """
    first, second = answers[way], answers[1 - way]
    return first == YES and second == NO, first in (YES, None) and second in (NO, None)


def _count(shares: _Shares, way: int, *, hit: bool) -> None:
    shares.all[way] += 1
    shares.hits[way] += hit


def summarise(plan: Plan, metric: str, records: Iterable[Record]) -> Score:
    """What the records of a metric come to. Goes over them once and keeps numbers only.

    Trials that may share questions, and so answers, are a cluster (nerode/chat/clusters.py).
    """
    values: dict[str, list[float | None]] = {name: [] for name in SCORES[metric]}
    best: dict[str, list[float | None]] = {name: [] for name in SCORES[metric]}
    labels = clusters(plan, metric)
    kept: list[int] = []
    unparsed: set[bytes] = set()
    skipped: dict[str, int] = {}
    shortest = Shortest(plan)
    for record in records:
        if "skipped" in record:
            skipped[record["skipped"]] = skipped.get(record["skipped"], 0) + 1
            continue
        kept.append(labels[record["trial"]])
        for name, key in SCORES[metric].items():
            values[name].append(record[key][0])
            best[name].append(record["best"][key][0])
        unparsed.update(bytes.fromhex(key) for key in record.get("unparsed", ()))
        shortest.see(record)
    lost = sum(skipped.values())
    found = {name: estimate(v, clusters=kept, skipped=lost) for name, v in values.items()}
    return Score(
        estimates=found,
        bounds={name: _bounds(found[name].value, best[name]) for name in found},
        unparsed=len(unparsed),
        skipped=skipped,
        contradictions=shortest.kept,
    )


def _bounds(value: float | None, best: list[float | None]) -> tuple[float | None, float | None]:
    """The score and the best that it could have been, the lower one first.

    Where at best there is nothing to score, no other answers would have led beyond the value.
    """
    if value is None:
        return None, None
    defined = [each for each in best if each is not None]
    reached = float(np.mean(defined)) if defined else value
    return min(value, reached), max(value, reached)
