"""Contradictions as dialogues: one situation in two paraphrases, one question, two answers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from nerode.chat.plan import CHOICE, NO, YES, Question, TrialPlan
from nerode.metrics.walk.summary import MOST_WITNESSES

MOST_LETTERS = 2_000
"""Of a reply that is longer, begin and end are shown."""

_Size = tuple[int, int]


class ShortestDialogues:
    """Keeps the shortest contradictions of a stream of trial records.

    Those of fewest symbols in both histories, of these the ones of fewest characters; of equally
    short ones the earlier stay. Two histories contradict each other once, in whichever order.
    """

    def __init__(self, plan: TrialPlan) -> None:
        self._plan = plan
        self._sizes: list[_Size] = []
        self._kept: list[dict[str, Any]] = []

    def see(self, record: dict[str, Any]) -> None:
        """Look at the record of one trial."""
        if "witness" not in record:
            return
        found = {"histories": record["histories"], **record["witness"]}
        size = self._size(found)
        pair = set(found["histories"])
        if any(set(kept["histories"]) == pair for kept in self._kept):
            return
        place = bisect_right(self._sizes, size)
        if place < MOST_WITNESSES:
            self._sizes.insert(place, size)
            self._kept.insert(place, found)
            del self._sizes[MOST_WITNESSES:], self._kept[MOST_WITNESSES:]

    def _size(self, found: dict[str, Any]) -> _Size:
        histories = [self._plan.world.encode(text) for text in found["histories"]]
        characters = sum(len(self._plan.narration.situation(history)) for history in histories)
        return sum(map(len, histories)), characters

    @property
    def kept(self) -> tuple[dict[str, Any], ...]:
        """The shortest so far, in order: {"histories", "continuation", "answers"} in symbols."""
        return tuple(self._kept)


def dialogue(plan: TrialPlan, found: dict[str, Any], reply: Callable[[str], str]) -> dict[str, Any]:
    """A contradiction in the words of its narration.

    {"tellings": [text, text], "continuation": sentences, "answers": ["yes", "no"], "truth": "yes",
     "replies": [text, text], "symbols": found}

    `reply` gives what the model wrote, by the key of a question.
    """
    world, narration = plan.world, plan.narration
    histories = [world.encode(text) for text in found["histories"]]
    string = world.encode(found["continuation"])
    state = world.run(histories[0])
    prompts = (narration.ask_continuation(history, string) for history in histories)
    keys = [Question.of(prompt, CHOICE, "").key for prompt in prompts]
    return {
        "tellings": [narration.situation(history) for history in histories],
        "continuation": " ".join(narration.sentence(symbol) for symbol in string),
        "answers": found["answers"],
        "truth": YES if world.accepts(string, state) else NO,
        "replies": [abridged(reply(key)) for key in keys],
        "symbols": found,
    }


def abridged(text: str) -> str:
    """A reply with its middle left out where it is long: reasons come first, the answer last."""
    if len(text) <= MOST_LETTERS:
        return text
    half = MOST_LETTERS // 2
    return f"{text[:half].rstrip()} [...] {text[-half:].lstrip()}"
