"""Simulated answers: the baselines of every run, and models of known scores for tests.

Each is a function from a question to an answer that follows from the question's key and a seed
alone, as if a model answered every prompt the same way for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b

from nerode.chat.narration.narration import Narration
from nerode.chat.plan import CHOICE, NO, YES, Question
from nerode.errors import InvalidParameter

Answerer = Callable[[Question], str | None]
"""Answers in canonical form (`yes`, `no`, `3`), None for what cannot be understood."""

SOLVER = "solver"
ALWAYS_YES = "always-yes"
ALWAYS_NO = "always-no"
COIN = "coin"
CHAT_BASELINES: Mapping[str, Callable[[Narration, int], Answerer]] = {
    SOLVER: lambda _narration, _seed: solver,
    ALWAYS_YES: lambda _narration, _seed: always_yes,
    ALWAYS_NO: lambda _narration, _seed: always_no,
    COIN: lambda narration, seed: coin(narration.places, seed),
}
"""Those shown beside every model, given the narration and a seed."""


def solver(question: Question) -> str:
    """The truth: exactly 1 in everything, disagreement 0."""
    return question.truth


def always_yes(question: Question) -> str:
    """Yes to everything, and place 1: compression 1, recall 0, a precision that is undefined."""
    return YES if question.kind == CHOICE else "1"


def always_no(question: Question) -> str:
    """No to everything, and place 1: as `always_yes`, compression 1 and recall 0."""
    return NO if question.kind == CHOICE else "1"


def coin(places: int, seed: int = 0) -> Answerer:
    """Yes or no, or any of the places, each as probable as the others."""

    def answer(question: Question) -> str:
        if question.kind == CHOICE:
            return YES if _uniform(question, seed, "coin") < 1 / 2 else NO
        return str(1 + int(places * _uniform(question, seed, "coin")))

    return answer


def flipping(probability: float, places: int, seed: int = 0) -> Answerer:
    """The solver, every answer of which is wrong with a probability, each by itself.

    Wrong is the other one of yes and no; any of the other places, each as probable as the others.
    Raises InvalidParameter for a probability outside 0 to 1.
    """
    if not 0 <= probability <= 1:
        message = f"expected a probability from 0 to 1, got {probability}"
        raise InvalidParameter(message)

    def answer(question: Question) -> str:
        if _uniform(question, seed, "flipped") >= probability:
            return question.truth
        if question.kind == CHOICE:
            return NO if question.truth == YES else YES
        further = 1 + int((places - 1) * _uniform(question, seed, "place"))
        return str((int(question.truth) - 1 + further) % places + 1)

    return answer


def _uniform(question: Question, seed: int, what: str) -> float:
    """A number from [0, 1) that belongs to the question; another one for every `what`."""
    digest = blake2b(f"{seed} {what} {question.key}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)
