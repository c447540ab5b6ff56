"""Parse the answer of a chat model's reply.

Prompts ask for a last line `ANSWER: yes`. Replies come in many dresses, so reading goes in stages:

1. markup.py leaves the lines that are meant for the reader, in plain words: no thoughts, no next
   turn, no type faces; a box or an `<answer>` tag has become the marker `ANSWER:`.
2. claims.py finds the lines that say what the answer is: *answer lines*, which count wherever they
   stand, and *sentences* ("so the answer is yes"), which may be a step on the way and count at the
   end of the reply only.
3. wording.py reads what stands behind a marker: an answer first, nothing that negates, doubts or
   conditions it, no other answer with it.
4. Here the last claim decides, where nothing speaks against it.

Of two different answer lines the later one counts: prompts ask for the answer at the end, and
models do correct themselves. It does not where nothing was said in between (a list of both
options), nor where the form was only repeated there (the prompt, told again).

In doubt there is no answer. That counts against the model: no guess can raise a score.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from nerode.chat.parse.claims import Claim, claims_of, marker_of
from nerode.chat.parse.grammar import (
    AnswerGrammar,
    alone,
    goes_on,
    grammar_of,
    is_conditional,
    speaks_against,
)
from nerode.chat.parse.markup import plain_lines

_NEXT_QUESTION = re.compile(
    r"[\W_]*(?:next |new |another |following |следующий |новый |следующая |новая )?"
    r"(?:q|question|problem|puzzle|riddle|exercise|example|task|вопрос|задача|загадка|задание|"
    r"пример) ?\d{0,3} ?[:.)]",
    re.IGNORECASE,
)


class _Spoken(Protocol):
    """What is needed of a narration (nerode/chat/narration/narration.py)."""

    @property
    def yes(self) -> tuple[str, ...]: ...
    @property
    def no(self) -> tuple[str, ...]: ...
    @property
    def marker(self) -> str: ...
    @property
    def places(self) -> int: ...


def parse(text: str, kind: str, narration: _Spoken) -> str | None:
    """The answer in a reply: "yes" or "no", or a number such as "3"; None where that is unclear.

    `kind` is that of the question: "choice" or "place" (a number from 1 to `narration.places`).
    Takes time in proportion to the length of the reply, and raises nothing.
    """
    grammar = grammar_of(kind, narration.yes, narration.no, narration.places)
    lines = plain_lines(text)
    claims = claims_of(lines, marker_of(narration.marker), grammar)
    end = _end_of_answer(lines, claims, grammar)
    lines, claims = lines[:end], [claim for claim in claims if claim.last < end]
    last = _last_claim(lines, claims, grammar)
    return None if last is None or _is_opposed(lines, claims, last, grammar) else last.value


def _last_claim(
    lines: Sequence[str], claims: Sequence[Claim], grammar: AnswerGrammar
) -> Claim | None:
    """The last answer line; where there is none, the last line, if it says what the answer is."""
    answer_lines = [claim for claim in claims if claim.line]
    if answer_lines:
        return answer_lines[-1]
    at = len(lines) - 1
    if claims and claims[-1].last == at:
        return claims[-1]
    value = alone(lines[at], grammar) if lines else None
    return None if value is None else Claim(at, at, value, line=False, as_prompted=False, rest="")


def _end_of_answer(lines: Sequence[str], claims: Sequence[Claim], grammar: AnswerGrammar) -> int:
    """The number of lines up to a next question that the model made up and answered, too.

    A question belongs to the answer, too, as long as none was given: models repeat it, or split it
    up. What was asked for (in capitals) is the answer to ours; others may be to theirs.
    """
    if len(lines) > 1 and alone(lines[0], grammar) and _NEXT_QUESTION.match(lines[1]):
        return 1
    for at, line in enumerate(lines):
        before = [claim for claim in claims if claim.last < at and claim.line]
        if not before or not _NEXT_QUESTION.match(line):
            continue
        after = [claim for claim in claims if claim.first >= at and claim.line]
        if before[-1].as_prompted or not after:
            return at
    return len(lines)


def _is_opposed(
    lines: Sequence[str], claims: Sequence[Claim], last: Claim, grammar: AnswerGrammar
) -> bool:
    """Whether something in the reply speaks against the claim that was to decide."""
    if last.value is None or {each.value for each in claims if each.first > last.last} - {
        last.value
    }:
        return True
    if any(speaks_against(line, last.value, grammar) for line in lines[last.last + 1 :]):
        return True
    if not last.as_prompted and _is_step(lines, last):
        return True
    before = [claim for claim in claims if claim.first < last.first]
    others = [claim for claim in before if claim.value not in (None, last.value)]
    return bool(others) and not _corrects(lines, others[-1], last, before)


def _is_step(lines: Sequence[str], claim: Claim) -> bool:
    """Whether `Answer: yes` answers a question of the model's own, on its way to the end."""
    after = [claim.rest, *lines[claim.last + 1 :]]
    own_question = claim.first > 0 and lines[claim.first - 1].rstrip().endswith("?")
    return goes_on(" ".join(after[:2])) or (own_question and len(after) > 1)


def _corrects(lines: Sequence[str], other: Claim, last: Claim, before: Sequence[Claim]) -> bool:
    """Whether an answer corrects an earlier one, rather than standing beside it."""
    claimed = {at for claim in before for at in range(claim.first, claim.last + 1)}
    between = [lines[at] for at in range(other.last + 1, last.first) if at not in claimed]
    said = any(len(line.split()) > 1 and not is_conditional(line) for line in between)
    # Between them one that says nothing: the form of an answer, as prompts have it.
    form = any(other.last < claim.first and claim.value is None for claim in before)
    own_questions = not last.as_prompted and any(_NEXT_QUESTION.match(line) for line in between)
    return (said or bool(other.rest.strip())) and not form and not own_questions
