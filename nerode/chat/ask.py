"""Put questions to a chat model through Inspect, and store each answer as it arrives.

A sample of Inspect's is one question. Questions go to Inspect some hundred at a time: it holds
all samples of one call in memory, and a run may have any number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import inspect_ai
from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig, Model, get_model
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer
from inspect_ai.solver import TaskState

from nerode.chat.asker import Asker, parse_reply
from nerode.chat.callbacks import DoneCallback, RetryCallback
from nerode.chat.failures import in_a_line
from nerode.chat.narration.narration import Narration
from nerode.chat.options import GenerationOptions, check_address
from nerode.chat.plan import Question
from nerode.chat.provider import prepare_provider
from nerode.chat.replies import failure_in, was_cut_off
from nerode.chat.result import AskResult
from nerode.chat.store import AnswerStore
from nerode.errors import InvalidParameter, Unreachable

QUESTIONS_AT_ONCE = 500
"""Questions in one call of Inspect's: enough to hide what a call costs, few enough for memory."""
LOGS = "logs"
RIGHT, WRONG = "C", "I"
"""Scores as Inspect shows them."""

_MARKUP = re.compile(r"\[/?[a-z]+\]")


def open_model(name: str, options: GenerationOptions) -> Model:
    """A model of Inspect's by its name, `provider/model`, whose keys stay out of all logs.

    Raises InvalidParameter, in one line, where the name, the key or a package is missing.
    """
    settings = {key: value for key, value in options.config().items() if value is not None}
    try:
        model = get_model(
            name, base_url=options.base_url, config=GenerateConfig(**settings), memoize=False
        )
    except Exception as error:  # noqa: BLE001 - providers raise what they like
        message = in_a_line(_MARKUP.sub("", str(error)).removeprefix("ERROR: "))
        raise InvalidParameter(f"expected a chat model to ask, got {name}: {message}") from None
    if model.api.base_url:
        check_address(model.api.base_url)
    prepare_provider(model)
    return model


def ask(
    questions: Iterable[Question],
    answers: AnswerStore,
    narration: Narration,
    model: Model,
    on_done: DoneCallback | None = None,
    on_retry: RetryCallback | None = None,
) -> AskResult:
    """Ask what has no answer yet; every answer is in the store as soon as it is there.

    Raises Unreachable, in one line, where the provider refuses (a wrong key) or does not answer
    any more, and KeyboardInterrupt after Ctrl-C; what was answered is kept.
    """
    asker = Asker(answers, narration, model, on_done, on_retry)
    left = (question for question in questions if question.key not in answers)
    with asker.attempts.watching(model):
        while part := list(islice(left, QUESTIONS_AT_ONCE)):
            logs = inspect_ai.eval(
                _task(asker, part, narration),
                model=model,
                log_dir=str(answers.folder / LOGS),
                display="none",
                log_realtime=False,
                log_model_api=False,
                log_header_only=True,
                ctl_server=False,
                score_display=False,
                fail_on_error=True,
            )
            if asker.ended is not None:
                raise Unreachable(f"{model}: {asker.ended}{_kept(answers)}")
            if asker.broken is not None:
                raise asker.broken
            _check(logs)
    return asker.result


def _kept(answers: AnswerStore) -> str:
    """How many answers are kept, as the end of a message; empty where there are none."""
    count = len(answers)
    many = "answers are" if count > 1 else "answer is"
    return f"; {count:,} {many} kept: the same command asks the rest" if count else ""


def _task(asker: Asker, part: list[Question], narration: Narration) -> Task:
    return Task(
        dataset=MemoryDataset(list(samples(part))),
        solver=asker.solver(),
        scorer=right(narration),
        name=narration.world.name.replace(":", "-").replace("=", "-"),
    )


def _check(logs: Sequence[EvalLog]) -> None:
    """Raise an error where Inspect failed or was cancelled: it returns normally then."""
    if not logs or logs[0].status == "cancelled":
        raise KeyboardInterrupt
    log = logs[0]
    if log.status != "success":
        reason = log.error.message if log.error else log.status
        raise Unreachable(f"expected Inspect to ask all questions, got {in_a_line(reason)}")


def samples(questions: Iterable[Question]) -> Iterator[Sample]:
    """Questions as Inspect's samples, whose `id` is the question's key."""
    for question in questions:
        yield Sample(
            input=question.prompt,
            target=question.truth,
            id=question.key,
            metadata={"kind": question.kind},
        )


@scorer(metrics=[accuracy()], name="nerode_right")
def right(narration: Narration) -> Scorer:
    """Scorer: whether the parsed reply is the true answer."""

    async def score(state: TaskState, target: Target) -> Score:
        failure = failure_in(state.output)
        if failure is not None:
            return Score.unscored(explanation=f"{failure.cause}: {failure.words}")
        answer = parse_reply(state, narration)
        reason = None
        if answer is None:
            cut_off = was_cut_off(state.output)
            reason = "the reply was cut off" if cut_off else "the answer could not be parsed"
        return Score(
            value=RIGHT if answer == target.text else WRONG, answer=answer, explanation=reason
        )

    return score
