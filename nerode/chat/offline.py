"""Replies without a provider: `--model simulated/solver` answers as a simulated model would.

Nobody is asked and nothing is sent. Replies are written in the words of the narration and parsed as
those of any model, so that a run shows whether a new world or language can be answered at all.
"""

from __future__ import annotations

from collections.abc import Iterable

from nerode.chat.callbacks import DoneCallback
from nerode.chat.narration.narration import Narration
from nerode.chat.parse.answer import parse
from nerode.chat.plan import NO, YES, Question
from nerode.chat.result import AskResult
from nerode.chat.simulated import CHAT_BASELINES, Answerer, flipping
from nerode.chat.store import AnswerStore, Reply
from nerode.errors import InvalidParameter

PREFIX = "simulated/"
"""What the names of these models begin with."""
FLIPPING = "flipping"


def is_simulated(model: str) -> bool:
    """Whether a model's name is that of a simulated one."""
    return model.startswith(PREFIX)


def open_simulated(model: str, narration: Narration, seed: int) -> Answerer:
    """The simulated model of a name.

    Parameters
    ----------
    model
        `simulated/` and `solver`, `always-yes`, `always-no`, `coin`, or `flipping:P`: the solver,
        every answer of which is wrong with probability P.
    seed
        Decides the coin, and which answers are wrong.

    Raises
    ------
    InvalidParameter
        For another name, and what is no probability.
    """
    name, _, share = model.removeprefix(PREFIX).partition(":")
    if name == FLIPPING:
        try:
            return flipping(float(share), narration.places, seed)
        except ValueError as error:
            if isinstance(error, InvalidParameter):
                raise
            message = f"expected a probability in {PREFIX}{FLIPPING}:P, got {model!r}"
            raise InvalidParameter(message) from None
    if share or name not in CHAT_BASELINES:
        known = ", ".join(f"{PREFIX}{each}" for each in (*CHAT_BASELINES, f"{FLIPPING}:P"))
        raise InvalidParameter(f"expected a simulated model out of {known}, got {model!r}")
    return CHAT_BASELINES[name](narration, seed)


def answer_all(
    questions: Iterable[Question],
    answers: AnswerStore,
    narration: Narration,
    answerer: Answerer,
    on_done: DoneCallback | None = None,
) -> AskResult:
    """Answer all questions that have no answer yet; each reply is in the store at once."""
    words = {YES: narration.yes[0], NO: narration.no[0]}
    result = AskResult()
    for question in questions:
        if question.key in answers:
            continue
        answer = str(answerer(question))
        text = f"{narration.marker} {words.get(answer, answer)}"
        parsed = parse(text, question.kind, narration)
        answers.append(question.key, Reply(text, parsed, stop_reason="stop"))
        result.answered += 1
        if on_done is not None:
            on_done(result.answered)
    return result
