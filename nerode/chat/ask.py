"""Questions are put to a model by Inspect, and answers are kept as they come.

A sample of Inspect's is one question. Questions go to Inspect some hundred at a time: it holds
all samples of one call in memory, and a run may have any number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from textwrap import shorten
from typing import Any

import inspect_ai
from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog
from inspect_ai.model import ChatMessageAssistant, GenerateConfig, Model, ModelOutput, get_model
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from nerode.chat.answers import parse
from nerode.chat.failures import LONGEST, REFUSED, status_of, told_of
from nerode.chat.narration import Narration
from nerode.chat.options import Options, check_address
from nerode.chat.plan import Question
from nerode.chat.secrets import guarded
from nerode.chat.store import Answered, Answers
from nerode.errors import InvalidParameter, Unreachable

AT_ONCE = 500
"""Questions in one call of Inspect's: enough to hide what a call costs, few enough for memory."""
PATIENCE = 20
"""Questions that may fail in a row, without one that is answered, before a run is given up."""
LOGS = "logs"
CUT_OFF = ("max_tokens", "model_length")
"""Why a reply ended, as Inspect calls it, where it was to be longer."""
RIGHT, WRONG = "C", "I"
"""Scores as Inspect shows them."""

_MARKUP = re.compile(r"\[/?[a-z]+\]")

Heard = Callable[[int], object]
"""Hears how many questions are done."""


@dataclass
class Asked:
    """What came of asking: how many answers are new, how many questions failed, by reason."""

    answered: int = 0
    failed: dict[str, int] = field(default_factory=dict)


class _Stopped(Exception):
    """No further question is to be asked."""


def open_model(name: str, options: Options) -> Model:
    """A model of Inspect's by its name, `provider/model`, whose keys stay out of all logs.

    Raises InvalidParameter, in one line, where the name, the key or a package is missing.
    """
    settings = {key: value for key, value in options.config().items() if value is not None}
    try:
        model = get_model(
            name, base_url=options.base_url, config=GenerateConfig(**settings), memoize=False
        )
    except Exception as error:  # noqa: BLE001 - providers raise what they like
        message = shorten(_MARKUP.sub("", str(error)).removeprefix("ERROR: "), 4 * LONGEST)
        raise InvalidParameter(f"expected a chat model to ask, got {name}: {message}") from None
    if model.api.base_url:
        check_address(model.api.base_url)
    guarded(model)
    return model


def ask(
    questions: Iterable[Question],
    answers: Answers,
    narration: Narration,
    model: Model,
    heard: Heard | None = None,
) -> Asked:
    """Ask what has no answer yet; every answer is in the store as soon as it is there.

    Raises Unreachable, in one line, where the provider refuses (a wrong key) or does not answer
    any more, and KeyboardInterrupt after Ctrl-C; what was answered is kept.
    """
    asker = _Asker(answers, narration, heard)
    left = (question for question in questions if question.key not in answers)
    while part := list(islice(left, AT_ONCE)):
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
            raise Unreachable(f"{model}: {asker.ended}; what was answered so far is kept")
        if asker.broken is not None:
            raise asker.broken
        _check(logs)
    return asker.asked


def _task(asker: _Asker, part: list[Question], narration: Narration) -> Task:
    return Task(
        dataset=MemoryDataset(list(samples(part))),
        solver=asker.solver(),
        scorer=right(narration),
        name=narration.world.name.replace(":", "-").replace("=", "-"),
    )


def _check(logs: Sequence[EvalLog]) -> None:
    """Raise what Inspect does not: it returns, whatever happened."""
    if not logs or logs[0].status == "cancelled":
        raise KeyboardInterrupt
    log = logs[0]
    if log.status != "success":
        told = log.error.message if log.error else log.status
        raise Unreachable(f"expected Inspect to ask all questions, got {shorten(told, LONGEST)}")


def samples(questions: Iterable[Question]) -> Iterator[Sample]:
    """Questions as Inspect's samples, whose `id` is the question's key."""
    for question in questions:
        yield Sample(
            input=question.prompt,
            target=question.truth,
            id=question.key,
            metadata={"kind": question.kind},
        )


class _Asker:
    """Asks one question of a sample, unless the store has its answer."""

    def __init__(self, answers: Answers, narration: Narration, heard: Heard | None) -> None:
        self.asked = Asked()
        self.ended: str | None = None
        self.broken: OSError | None = None
        self._answers = answers
        self._narration = narration
        self._heard = heard
        self._in_a_row = 0

    def solver(self) -> Solver:
        """The solver of Inspect's that does it."""

        @solver(name="nerode_ask")
        def asking() -> Solver:
            async def solve(state: TaskState, generate: Generate) -> TaskState:
                return await self._solve(state, generate)

            return solve

        return asking()

    async def _solve(self, state: TaskState, generate: Generate) -> TaskState:
        key = str(state.sample_id)
        if key in self._answers:
            text = self._answers[key].text
            state.output = ModelOutput.from_content(str(state.model), text)
            state.messages.append(ChatMessageAssistant(content=text))
            return state
        if self.ended is not None or self.broken is not None:
            raise _Stopped
        try:
            state = await generate(state)
        except Exception as error:  # noqa: BLE001 - whatever a provider raises is an answer missing
            self._failed(error, state)
        else:
            self._keep(key, state)
        return state

    def _keep(self, key: str, state: TaskState) -> None:
        text = state.output.completion
        usage = state.output.usage
        sent, came = (None, None) if usage is None else (_input(usage), usage.output_tokens)
        answer = parse(text, state.metadata["kind"], self._narration)
        cut_off = state.output.stop_reason in CUT_OFF
        try:
            self._answers.append(key, Answered(text, answer, sent, came, cut_off))
        except OSError as error:
            self.broken = error
            raise _Stopped from None
        self._in_a_row = 0
        self.asked.answered += 1
        self._tell()

    def _failed(self, error: Exception, state: TaskState) -> None:
        """Count a question that failed in the end; stop all where others would fail alike."""
        status, told = status_of(error), told_of(error)
        refused = REFUSED.get(status or 0)
        if refused is not None:
            self.ended = f"the provider refuses {refused} (status {status}: {told})"
            raise _Stopped(self.ended) from None
        self.asked.failed[told] = self.asked.failed.get(told, 0) + 1
        self._in_a_row += 1
        if self._in_a_row >= PATIENCE:
            self.ended = f"{PATIENCE} questions in a row had no answer, the last for this: {told}"
            raise _Stopped(self.ended) from None
        state.output = ModelOutput(model=str(state.model), error=told)
        self._tell()

    def _tell(self) -> None:
        if self._heard is not None:
            self._heard(self.asked.answered + sum(self.asked.failed.values()))


def _input(usage: Any) -> int:
    """All tokens that were sent, whether the provider had seen them before or not."""
    cached = (usage.input_tokens_cache_read or 0) + (usage.input_tokens_cache_write or 0)
    return int(usage.input_tokens + cached)


@scorer(metrics=[accuracy()], name="nerode_right")
def right(narration: Narration) -> Scorer:
    """Whether the reply, as it is understood, is what the world says."""

    async def score(state: TaskState, target: Target) -> Score:
        if state.output.error is not None:
            return Score.unscored(explanation=state.output.error)
        answer = parse(state.output.completion, state.metadata["kind"], narration)
        told = None if answer is not None else "the answer could not be parsed"
        return Score(
            value=RIGHT if answer == target.text else WRONG, answer=answer, explanation=told
        )

    return score
