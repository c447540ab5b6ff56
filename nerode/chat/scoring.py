"""Score answers: a record per trial, estimates with bounds, contradictions.

Seating puzzles (docs/paper.md, section 2) under the definitions of section 1 there:

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

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from nerode.chat.clusters import QuestionClusters
from nerode.chat.dialogues import ShortestDialogues
from nerode.chat.plan import (
    NO,
    RIDDLE,
    YES,
    CapabilityCase,
    CompressionCase,
    DistinctionCase,
    Query,
    Question,
    Skipped,
    TrialPlan,
)
from nerode.chat.simulated import Answerer
from nerode.errors import NoTrial
from nerode.schema.chat import InSymbols
from nerode.schema.trial import PlainTrial as Record
from nerode.stats.estimate import Estimate
from nerode.worlds.boundaries import String

UNANSWERED = "a question has no answer"
"""Why a trial is skipped where the provider failed to answer."""

Said = Mapping[Query, str | None]
"""The answers of one trial."""
Ran = CapabilityCase | CompressionCase | DistinctionCase

SCORE_KEYS: Mapping[str, Mapping[str, str]] = {
    "capability": {"accuracy": "right"},
    "compression": {"precision": "agree", "disagreement": "disagreement"},
    "distinction": {"precision": "precision", "recall": "recall"},
}
"""The scores of each metric, and where a record holds them; see `scores_of`."""


@dataclass(frozen=True)
class MetricScore:
    """Summary of all trials of a metric.

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
        In symbols, the shortest first; one per pair of histories.
    by_length
        Recall of boundary strings of one length alone, by that length in symbols; of distinction.
    """

    estimates: Mapping[str, Estimate]
    bounds: Mapping[str, tuple[float | None, float | None]]
    unparsed: int
    skipped: Mapping[str, int]
    contradictions: tuple[InSymbols, ...]
    by_length: Mapping[str, Estimate] = field(default_factory=dict)


def scores_of(plan: TrialPlan, metric: str) -> Mapping[str, str]:
    """What is measured by a plan: no precision where not all continuations of one symbol are asked.

    It is then not undefined, but not there.
    """
    scores = SCORE_KEYS[metric]
    left_out = metric == "distinction" and not plan.listed
    return {name: at for name, at in scores.items() if not (left_out and name == "precision")}


def by_key(answers: Mapping[str, str | None]) -> Answerer:
    """Answers that were collected by the questions' keys; NoTrial for what has none."""

    def answer(question: Question) -> str | None:
        if question.key not in answers:
            raise NoTrial(UNANSWERED)
        return answers[question.key]

    return answer


def measure(plan: TrialPlan, metric: str, answerer: Answerer) -> Iterator[Record]:
    """One record per trial of a metric, in order: see `measure_all`."""
    return (record for _, record in measure_all(plan, metric, {"": answerer}))


def measure_all(
    plan: TrialPlan, metric: str, answerers: Mapping[str, Answerer]
) -> Iterator[tuple[str, Record]]:
    """One record per trial of a metric, in order, and per answerer, with its name.

    {"trial", "state", "histories" or "question", scores, "best": scores}; "state" is the number of
    the first trial in that state (in capability: of that question), "recall_by_length" has the
    recall of strings of one length by that length (in distinction), "unparsed" lists the keys of
    questions whose answer could not be parsed, "witness" tells a contradiction. A trial that could
    not be run, or a question of which has no answer, is {"trial", "skipped": reason}.
    """
    met: dict[Hashable, int] = {}
    for number, trial in enumerate(plan.trials[metric]):
        if isinstance(trial, Skipped):
            yield from ((name, {"trial": number, "skipped": trial.reason}) for name in answerers)
            continue
        same = {"trial": number, "state": str(met.setdefault(_situation(trial), number))}
        questions = plan.questions_of(trial)
        for name, answerer in answerers.items():
            try:
                yield name, {**same, **_record(plan, trial, questions, answerer)}
            except NoTrial as error:
                yield name, {"trial": number, "skipped": str(error)}


def _situation(trial: Ran) -> Hashable:
    """The cluster of a trial: trials of one cluster are not independent."""
    if isinstance(trial, CapabilityCase):
        return trial.riddle
    state: Hashable = trial.state if isinstance(trial, CompressionCase) else trial.states[0]
    return state


def _record(
    plan: TrialPlan, trial: Ran, questions: Mapping[Query, Question], answerer: Answerer
) -> Record:
    said = {what: answerer(question) for what, question in questions.items()}
    unparsed = [questions[what].key for what, answer in said.items() if answer is None]
    gaps = {"unparsed": unparsed} if unparsed else {}
    if isinstance(trial, CapabilityCase):
        text = f"{plan.world.decode(trial.riddle.history)} ? {trial.riddle.subject}"
        return {"question": text, **_capability(questions[RIDDLE].truth, said[RIDDLE]), **gaps}
    histories = [plan.world.decode(history) for history in trial.histories]
    if isinstance(trial, CompressionCase):
        found = _compression(trial, said)
        if "witness" in found:
            string = found["witness"]["continuation"]
            found["witness"]["continuation"] = plan.world.decode(string)
    else:
        legal = {what: question.truth == YES for what, question in questions.items()}
        found = _distinction(trial, plan.listed, said, legal)
    return {"histories": histories, **found, **gaps}


def _capability(truth: str, said: str | None) -> Record:
    right = said == truth
    return {"right": [right], "best": {"right": [right or said is None]}}


def _compression(trial: CompressionCase, said: Said) -> Record:
    pairs = [(said[0, string], said[1, string]) for string in trial.continuations]
    # Both unparsed could have been the same answer, but are no agreement.
    apart = [None in pair or pair[0] != pair[1] for pair in pairs]
    surely = [None not in pair and pair[0] != pair[1] for pair in pairs]
    record: Record = {
        "agree": [not any(apart)],
        "disagreement": [sum(apart) / len(apart)],
        "best": {"agree": [not any(surely)], "disagreement": [sum(surely) / len(surely)]},
    }
    if any(surely):
        first = surely.index(True)
        record["witness"] = {
            "continuation": trial.continuations[first],
            "answers": list(pairs[first]),
        }
    return record


@dataclass
class _Shares:
    """A ratio in each of the two directions, as answers come."""

    hits: list[int]
    all: list[int]

    @classmethod
    def none(cls) -> _Shares:
        """Before any answer."""
        return cls([0, 0], [0, 0])

    def mean(self) -> float | None:
        """Mean over the directions in which the ratio is defined; None where in neither."""
        ratios = [hit / all_ for hit, all_ in zip(self.hits, self.all, strict=True) if all_]
        return sum(ratios) / len(ratios) if ratios else None


def _distinction(
    trial: DistinctionCase, listed: tuple[String, ...], said: Said, legal: Mapping[Query, bool]
) -> Record:
    recall, recall_best = _Shares.none(), _Shares.none()
    by_length: dict[int, _Shares] = {}
    for way, strings in enumerate(trial.strings):
        for string in strings:
            seen, may_be = _in_boundary(said, string, way)
            _count(recall, way, hit=seen)
            _count(recall_best, way, hit=may_be)
            _count(by_length.setdefault(len(string), _Shares.none()), way, hit=seen)
    precision, precision_best = _Shares.none(), _Shares.none()
    for string in listed:
        for way in (0, 1):
            real = legal[way, string] and not legal[1 - way, string]
            seen, may_be = _in_boundary(said, string, way)
            if may_be:
                _count(precision, way, hit=seen and real)
            if seen or (may_be and real):
                _count(precision_best, way, hit=real)
    return {
        "precision": [precision.mean()],
        "recall": [recall.mean()],
        "recall_by_length": {str(n): by_length[n].mean() for n in sorted(by_length)},
        "best": {"precision": [precision_best.mean()], "recall": [recall_best.mean()]},
    }


def _in_boundary(said: Said, string: String, way: int) -> tuple[bool, bool]:
    """Whether the model says yes after the one history and no after the other.

    And whether it may have meant to, where answers could not be parsed.
    """
    first, second = said[way, string], said[1 - way, string]
    return first == YES and second == NO, first in (YES, None) and second in (NO, None)


def _count(shares: _Shares, way: int, *, hit: bool) -> None:
    shares.all[way] += 1
    shares.hits[way] += hit


def summarise(plan: TrialPlan, metric: str, records: Iterable[Record]) -> MetricScore:
    """Summarise the records of a metric in one pass, keeping numbers only.

    Trials that share questions, and so answers, are not independent (nerode/chat/clusters.py).
    """
    scores = scores_of(plan, metric)
    values: dict[str, list[float | None]] = {name: [] for name in scores}
    best: dict[str, list[float | None]] = {name: [] for name in scores}
    by_length: dict[str, list[float | None]] = {name: [] for name in lengths_of(plan, metric)}
    shared = QuestionClusters(plan, metric)
    kept: list[int] = []
    unparsed: set[bytes] = set()
    skipped: dict[str, int] = {}
    shortest = ShortestDialogues(plan)
    for record in records:
        if "skipped" in record:
            skipped[record["skipped"]] = skipped.get(record["skipped"], 0) + 1
            continue
        kept.append(record["trial"])
        for name, key in scores.items():
            values[name].append(record[key][0])
            best[name].append(record["best"][key][0])
        for length, recalls in by_length.items():
            recalls.append(record["recall_by_length"].get(length))
        unparsed.update(bytes.fromhex(key) for key in record.get("unparsed", ()))
        shortest.see(record)
    lost = sum(skipped.values())
    found = {name: shared.estimate(v, kept, lost) for name, v in values.items()}
    return MetricScore(
        estimates=found,
        bounds={name: _bounds(found[name].value, best[name]) for name in found},
        unparsed=len(unparsed),
        skipped=skipped,
        contradictions=shortest.kept,
        by_length={name: shared.estimate(v, kept, lost) for name, v in by_length.items()},
    )


def lengths_of(plan: TrialPlan, metric: str) -> dict[str, int]:
    """How many boundary strings of each length, in symbols, the trials of a metric ask about."""
    found = Counter(
        len(string)
        for trial in plan.trials[metric]
        if isinstance(trial, DistinctionCase)
        for strings in trial.strings
        for string in strings
    )
    return {str(length): found[length] for length in sorted(found)}


def _bounds(value: float | None, best: list[float | None]) -> tuple[float | None, float | None]:
    """The score and the best that it could have been, the lower one first.

    Where at best there is nothing to score, no other answers would have led beyond the value.
    """
    if value is None:
        return None, None
    defined = [each for each in best if each is not None]
    reached = float(np.mean(defined)) if defined else value
    return min(value, reached), max(value, reached)
