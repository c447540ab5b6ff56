"""Contradictions as dialogues: one situation in two paraphrases, one question, two answers."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable

from nerode.chat.plan import CHOICE, NO, YES, Question, TrialPlan
from nerode.metrics.walk.summary import MOST_WITNESSES
from nerode.schema.chat import Dialogue, InSymbols
from nerode.schema.decoding import decoded, encoded
from nerode.schema.trial import PlainTrial as Record

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
        self._kept: list[tuple[_Size, InSymbols]] = []

    def see(self, record: Record) -> None:
        """Look at the record of one trial."""
        if "witness" not in record:
            return
        found = decoded(encoded({"histories": record["histories"], **record["witness"]}), InSymbols)
        pair = set(found.histories)
        if any(set(kept.histories) == pair for _, kept in self._kept):
            return
        insort(self._kept, (self._size(found), found), key=lambda each: each[0])
        del self._kept[MOST_WITNESSES:]

    def _size(self, found: InSymbols) -> _Size:
        histories = [self._plan.world.encode(text) for text in found.histories]
        characters = sum(len(self._plan.narration.situation(history)) for history in histories)
        return sum(map(len, histories)), characters

    @property
    def kept(self) -> tuple[InSymbols, ...]:
        """The shortest so far, in order."""
        return tuple(found for _, found in self._kept)


def dialogue(plan: TrialPlan, found: InSymbols, reply: Callable[[str], str]) -> Dialogue:
    """A contradiction in the words of its narration.

    `reply` gives what the model wrote, by the key of a question.
    """
    world, narration = plan.world, plan.narration
    first, second = (world.encode(text) for text in found.histories)
    string = world.encode(found.continuation)
    state = world.run(first)

    def reply_after(history: tuple[int, ...]) -> str:
        prompt = narration.ask_continuation(history, string)
        return abridged(reply(Question.of(prompt, CHOICE, "").key))

    return Dialogue(
        tellings=(narration.situation(first), narration.situation(second)),
        continuation=" ".join(narration.sentence(symbol) for symbol in string),
        answers=found.answers,
        truth=YES if world.accepts(string, state) else NO,
        replies=(reply_after(first), reply_after(second)),
        symbols=found,
    )


def abridged(text: str) -> str:
    """A reply with its middle left out where it is long: reasons come first, the answer last."""
    if len(text) <= MOST_LETTERS:
        return text
    half = MOST_LETTERS // 2
    return f"{text[:half].rstrip()} [...] {text[-half:].lstrip()}"
