"""The record of a chat run: `evaluation.json` with additions.

What it holds is said field by field in nerode/schema/chat.py. There are no curves and no
contradictions in symbols: a chat model is not read at a threshold.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from importlib import metadata
from typing import Any, Final, Unpack

from nerode import runs
from nerode.chat.dependence import yes_shares
from nerode.chat.dialogues import dialogue
from nerode.chat.options import GenerationTerms
from nerode.chat.plan import STRINGS, Question, TrialPlan
from nerode.chat.scoring import MetricScore, by_key, lengths_of, measure_all, summarise
from nerode.chat.simulated import CHAT_BASELINES, SOLVER, Answerer, solver
from nerode.chat.store import AnswerStore
from nerode.errors import FormatError
from nerode.evaluation.record import versions
from nerode.schema.chat import (
    ChatParameters,
    ChatRecord,
    OfLength,
    Usage,
    YesSharesWithBaselines,
    decoded_record,
)
from nerode.schema.decoding import DamageError, encoded
from nerode.schema.record import SCHEMA
from nerode.schema.run import ChatTerms
from nerode.schema.scores import Scores
from nerode.schema.trial import PlainTrial as Record

RUN_KIND: Final = "chat"

JsonObject = dict[str, Any]
"""An object of a JSON file."""


def run_terms(
    plan: TrialPlan, model: str, *, obfuscate: bool, **settings: Unpack[GenerationTerms]
) -> JsonObject:
    """What must be equal for a stopped run to go on; it may have more trials, and other metrics.

    `settings`: how the model is asked (`GenerationOptions.terms`).
    """
    terms = ChatTerms(
        world=plan.world.name,
        model=model,
        protocol=plan.protocol,
        language=plan.narration.language,
        obfuscate=obfuscate,
        continuations=plan.continuations,
        most_listed=plan.most_listed,
        seed=plan.seed,
        **settings,
    )
    return dict(encoded(terms))


def trials_of(record: Mapping[str, object], where: str) -> dict[str, int]:
    """How many trials each metric of a record has, those that could not be run among them.

    Raises FormatError, which says `where` it stands, for what is no record of a chat run.
    """
    try:
        found = decoded_record(record)
        first = {name: next(iter(scores.values())) for name, scores in found.metrics.items()}
        return {name: int(each.n + each.skipped) for name, each in first.items()}
    except (AttributeError, DamageError, StopIteration):
        message = f"{where}: expected the result of a chat run, got another file; remove it"
        raise FormatError(message) from None


def write_result(plan: TrialPlan, answers: AnswerStore, begun: JsonObject) -> Record:
    """Score the answers of a run folder and write trials and record to it; the record.

    `begun` are the terms of the run. Trials follow from answers, which are what must not be lost:
    they are written anew each time.
    """
    (answers.folder / runs.TRIALS).unlink(missing_ok=True)
    with runs.Run(answers.folder, dict(begun)) as run:
        record: Record = encoded(chat_record(plan, answers, begun, run))
    runs.write_json(answers.folder / runs.RESULT, record)
    return record


def chat_record(
    plan: TrialPlan, answers: AnswerStore, begun: JsonObject, run: runs.Run
) -> ChatRecord:
    """The record of all answers; trials of the model and of the baselines go to `run`."""
    model = str(begun["model"])
    answerers = {model: by_key(answers.parsed)}
    answerers |= {name: make(plan.narration, plan.seed) for name, make in CHAT_BASELINES.items()}
    found, questions = _scored(plan, run, answerers)
    scores = found.pop(model)
    shares = yes_shares(plan, answerers)
    own = shares.pop(model)
    apart = [each for score in scores.values() for each in score.contradictions]
    return ChatRecord(
        schema=SCHEMA,
        kind=RUN_KIND,
        world=plan.world.name,
        model=model,
        protocol=plan.protocol,
        histories="uniform",
        seed=plan.seed,
        parameters=ChatParameters(
            trials=max(map(len, plan.trials.values())),
            continuations=plan.continuations,
            strings=STRINGS,
            depth=plan.depth,
            most_listed=plan.most_listed,
            **{name: value for name, value in begun.items() if name not in _ELSEWHERE},
        ),
        versions=_versions(),
        metrics=_estimates(scores),
        baselines={name: _estimates(each) for name, each in found.items()},
        skipped={metric: dict(score.skipped) for metric, score in scores.items()},
        bounds={metric: dict(score.bounds) for metric, score in scores.items()},
        unparsed={metric: score.unparsed for metric, score in scores.items()},
        questions=questions,
        statements=_strings(plan, scores),
        answers=YesSharesWithBaselines(
            yes=own.yes, yes_if_yes=own.yes_if_yes, yes_if_no=own.yes_if_no, baselines=shares
        ),
        cost=Usage(
            questions=len(answers),
            input_tokens=answers.tokens[0],
            output_tokens=answers.tokens[1],
        ),
        cut_off=answers.cut_off,
        only_reasoning=answers.only_reasoning,
        failed=answers.failed,
        dialogues=[dialogue(plan, each, lambda key: answers[key].text) for each in apart],
        drawing=None,
    )


_ELSEWHERE = (
    "format",
    RUN_KIND,
    "world",
    "model",
    "protocol",
    "seed",
    "continuations",
    "most_listed",
)
"""Terms that stand elsewhere in the record."""


def _scored(
    plan: TrialPlan, run: runs.Run, answerers: Mapping[str, Answerer]
) -> tuple[dict[str, dict[str, MetricScore]], dict[str, int]]:
    """Every metric of every model, its trials written to the run; different questions by metric."""
    found: dict[str, dict[str, MetricScore]] = {name: {} for name in answerers}
    questions: dict[str, int] = {}
    for metric, trials in plan.trials.items():
        keys: set[bytes] = set()

        def noted(question: Question, keys: set[bytes] = keys) -> str:
            keys.add(bytes.fromhex(question.key))
            return solver(question)

        # The solver is asked everything, too; the model's answers may have gaps.
        for name, record in measure_all(plan, metric, {**answerers, SOLVER: noted}):
            run.append((name, metric), [record])
        for name, scores in found.items():
            scores[metric] = summarise(plan, metric, run.records((name, metric), len(trials)))
        questions[metric] = len(keys)
    return found, questions


def _estimates(scores: Mapping[str, MetricScore]) -> dict[str, Scores]:
    return {metric: Scores(score.estimates) for metric, score in scores.items()}


def _strings(plan: TrialPlan, scores: Mapping[str, MetricScore]) -> dict[str, OfLength]:
    """Boundary strings by their number of symbols; nothing where none were asked about."""
    if "distinction" not in scores:
        return {}
    counts = lengths_of(plan, "distinction")
    total = sum(counts.values())
    return {
        length: OfLength(
            count=count, share=count / total, recall=scores["distinction"].by_length[length]
        )
        for length, count in counts.items()
    }


def _versions() -> dict[str, str]:
    found = versions()
    with contextlib.suppress(metadata.PackageNotFoundError):
        found["inspect-ai"] = metadata.version("inspect-ai")
    return found
