"""Put one question to a model, and store its reply or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import anyio
from inspect_ai.model import ChatMessageAssistant, Model, ModelOutput, ModelUsage, StopReason
from inspect_ai.solver import Generate, Solver, TaskState, solver

from nerode.chat.attempts import Attempts
from nerode.chat.callbacks import DoneCallback, RetryCallback
from nerode.chat.failures import QUESTION_CAUSES, Failure, failure_of
from nerode.chat.narration.narration import Narration
from nerode.chat.parse.answer import parse
from nerode.chat.provider import prepare_provider
from nerode.chat.refusals import Sent, hint_of, refusal_of
from nerode.chat.replies import failure_in, only_reasoned, was_cut_off
from nerode.chat.result import AskResult
from nerode.chat.store import AnswerStore, Reply

PATIENCE = 20
"""Questions that may fail in a row, without one that is answered, before a run is given up."""


class _Stopped(Exception):
    """Raised inside Inspect so that no further question is put."""


class Asker:
    """Solver for one question: generates a reply and stores it, unless the store has one."""

    def __init__(
        self,
        answers: AnswerStore,
        narration: Narration,
        model: Model,
        on_done: DoneCallback | None,
        on_retry: RetryCallback | None,
    ) -> None:
        self.result = AskResult()
        self.ended: str | None = None
        self.broken: OSError | None = None
        self._secrets = prepare_provider(model)
        self.attempts = Attempts(self._secrets, self._retried)
        self._answers = answers
        self._narration = narration
        self._sent = _sent(model)
        self._on_done = on_done
        self._on_retry = on_retry
        self._in_a_row = 0
        self._first: anyio.Event | None = None

    def solver(self) -> Solver:
        """The same as a solver of Inspect's."""

        @solver(name="nerode_ask")
        def asking() -> Solver:
            async def solve(state: TaskState, generate: Generate) -> TaskState:
                return await self._solve(state, generate)

            return solve

        return asking()

    async def _solve(self, state: TaskState, generate: Generate) -> TaskState:
        key = str(state.sample_id)
        if key in self._answers:
            return _with_answer(state, self._answers[key])
        await self._after_the_first()
        if self.ended is not None or self.broken is not None:
            raise _Stopped
        missing: Exception | None = None
        try:
            state = await generate(state)
        except Exception as error:  # noqa: BLE001 - whatever a provider raises is an answer missing
            missing = error
        finally:
            self.attempts.ended()
            self._others_may_go()
        if missing is None:
            self._replied(key, state)
        else:
            self._raised(key, missing, state)
        return state

    async def _after_the_first(self) -> None:
        """Wait until the first question has come back: a wrong key is met once, not by all of them.

        The others follow when it is answered, has failed, or waits to be asked again.
        """
        if self._first is None:
            self._first = anyio.Event()
        elif not self._first.is_set():
            await self._first.wait()

    def _others_may_go(self) -> None:
        if self._first is not None:
            self._first.set()

    def _retried(self) -> None:
        """Called when an attempt failed that will be made again."""
        self._others_may_go()
        self._tell()

    def _replied(self, key: str, state: TaskState) -> None:
        """Keep a reply, or why it is none."""
        failure = failure_in(state.output)
        if failure is not None:
            self._failed(key, failure, state)
            return
        usage = state.output.usage
        sent, came = (None, None) if usage is None else (_input(usage), usage.output_tokens)
        with self._writing():
            self._answers.append(
                key,
                Reply(
                    state.output.completion,
                    parse_reply(state, self._narration),
                    sent,
                    came,
                    cut_off=was_cut_off(state.output),
                    stop_reason=state.output.stop_reason,
                    only_reasoning=only_reasoned(state.output),
                ),
            )
        self._in_a_row = 0
        self.result.answered += 1
        self._tell()

    def _raised(self, key: str, error: Exception, state: TaskState) -> None:
        """Count a question that failed in the end; stop all where others would fail alike."""
        refusal = refusal_of(error, self._sent)
        if refusal is not None and (refusal.surely or not len(self._answers)):
            self._stop(refusal.why)
        self._failed(key, failure_of(error), state)

    def _failed(self, key: str, failure: Failure, state: TaskState) -> None:
        failure = Failure(failure.cause, self._secrets.hide(failure.words))
        with self._writing():
            self._answers.fail(key, failure)
        self.result.failed[failure.cause] = self.result.failed.get(failure.cause, 0) + 1
        self.result.words[failure.cause] = failure.words
        # Many questions may be too long, or blocked, where others are answered.
        own = failure.cause in QUESTION_CAUSES and len(self._answers) > 0
        self._in_a_row += not own
        if self._in_a_row >= PATIENCE:
            why = f"{PATIENCE} questions in a row had no answer, the last for this: {failure.cause}"
            hint = hint_of(failure, self._sent)
            self._stop(f"{why} ({failure.words})" + (f"; {hint}" if hint else ""))
        state.output = ModelOutput(model=str(state.model), error=failure.words)
        self._tell()

    def _stop(self, why: str) -> NoReturn:
        """Ask nothing more; the first reason counts."""
        self.ended = self.ended or self._secrets.hide(why)
        raise _Stopped(self.ended) from None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Stop where the disk is full, say: what is answered but not written would be lost."""
        try:
            yield
        except OSError as error:
            self.broken = error
            raise _Stopped from None

    def _tell(self) -> None:
        if self._on_retry is not None:
            self._on_retry(self.attempts.waiting, self.attempts.last_error)
        if self._on_done is not None:
            self._on_done(self.result.answered + sum(self.result.failed.values()))


def _sent(model: Model) -> Sent:
    """Settings that are sent with every question."""
    config = model.config
    return Sent(
        str(model),
        model.api.base_url,
        config.temperature,
        config.max_tokens,
        config.reasoning_effort,
    )


def _with_answer(state: TaskState, reply: Reply) -> TaskState:
    """A sample whose question was answered before."""
    reason: StopReason = "max_tokens" if reply.cut_off else "stop"
    state.output = ModelOutput.from_content(str(state.model), reply.text, stop_reason=reason)
    state.messages.append(ChatMessageAssistant(content=reply.text))
    return state


def parse_reply(state: TaskState, narration: Narration) -> str | None:
    """The answer in a reply; None where none can be parsed, and of every reply that was cut off."""
    if was_cut_off(state.output):
        return None
    return parse(state.output.completion, state.metadata["kind"], narration)


def _input(usage: ModelUsage) -> int:
    """Input tokens of a reply, those that the provider had cached included."""
    cached = (usage.input_tokens_cache_read or 0) + (usage.input_tokens_cache_write or 0)
    return int(usage.input_tokens + cached)
