"""The parser over a corpus of replies, and against an adversary who composes others."""

# ruff: noqa: RUF001 - Russian letters, and marks that look like others, are meant

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerode.chat.narration.narration import Narration
from nerode.chat.narration.registry import open_narration
from nerode.chat.parse.answer import parse
from nerode.worlds.seating import Seating
from tests.chat.replies import replies

NARRATIONS = {language: open_narration(Seating(5), language) for language in ("en", "ru")}
EN = NARRATIONS["en"]
OTHER = {"yes": "no", "no": "yes"} | {str(n): str(n % 5 + 1) for n in range(1, 6)}


def kind_of(answer: str) -> str:
    return "choice" if answer in ("yes", "no") else "place"


@pytest.mark.parametrize("kind", ["choice", "place"])
def test_every_reply_of_the_corpus_is_read_as_people_read_it(kind: str) -> None:
    told = replies(kind)
    assert len(told) > 150
    assert 1 / 3 < sum(reply.reading is None for reply in told) / len(told) < 2 / 3
    wrong = [
        (reply.text, reply.reading, found)
        for reply in told
        if (found := parse(reply.text, kind, NARRATIONS[reply.language])) != reply.reading
    ]
    assert wrong == []


# Rewritings that do not change what a person reads, a layer after the other: @ is the answer, % the
# other one.

FACES = ["@", "**@**", "`@`", "*@*", "__@__", "<@>", '"@"', "«@»", "(@)", "[@]", "@."]
FACES += [
    "@。",
    "@!",
    "$\\text{@}$",
    "\\boxed{@}",
    "$\\boxed{\\textbf{@}}$",
    "<b>@</b>",
]
FACES += ["\u200b@\u00a0", "@ 🎉", "👉 @", "the answer is @", "definitely @"]
LINES = [
    "ANSWER: @",
    "**ANSWER:** @",
    "Answer: @",
    "ANSWER:\n@",
    "### Answer\n\n@",
    "> ANSWER: @",
]
LINES += [
    "ANSWER：@",
    "Final answer: @",
    "- ANSWER: @",
    "The answer is @",
    "So the answer is: @",
]
LINES += ["<answer>@</answer>", "```\nANSWER: @\n```", "answer = @", "ОТВЕТ: @", "Ответ — @"]
LINES += ["Final Answer: The final answer is @", "<ANSWER: @>", "(ANSWER: @)"]
BEFORE = [
    "",
    "They sit in a row.\n",
    "Anna is not in seat 2.\n\n",
    "Is seat 3 free? Yes.\n",
    "\n\n",
]
BEFORE += [
    "If Boris moves, seat 1 is free; no, it is not.\n\n",
    "1. Seat 4 is taken.\n2. So is 5.\n",
]
THOUGHTS = ["@", "<think>ANSWER: %</think>\n@", "ANSWER: %</think>@", "[THINK]%[/THINK]@"]
THOUGHTS += ["<reasoning>\nThe answer is %.\n</reasoning>\n@", "<thinking></thinking>@"]
THOUGHTS += [
    "<|channel|>analysis<|message|>ANSWER: %<|end|><|start|>assistant<|channel|>final<|message|>@",
    "analysisSo ANSWER: %assistantfinal@",
    "<|im_start|>assistant\n@",
]
AFTER = ["", "\n", "  \r\n", "<|im_end|>", "</s>", "<|eot_id|>", "<end_of_turn>", "<|return|>"]
AFTER += ["\n\nUser: Really?\nAssistant: ANSWER: %", "<|endoftext|>ANSWER: %", "<eos>\n<eos>"]
AFTER += ["\n\nHuman: And now?\n\nAssistant: ANSWER: %", "<|im_end|>\n<|im_start|>user\n%"]


def dressed(answer: str, face: str, line: str, before: str, thought: str, after: str) -> str:
    other = OTHER[answer]
    text = thought.replace("@", before + line.replace("@", face)) + after
    return text.replace("@", answer).replace("%", other)


@pytest.mark.slow
@given(
    st.sampled_from([*OTHER]),
    *map(st.sampled_from, (FACES, LINES, BEFORE, THOUGHTS, AFTER)),
)
def test_dress_does_not_change_what_is_read(
    answer: str, face: str, line: str, before: str, thought: str, after: str
) -> None:
    text = dressed(answer, face, line, before, thought, after)
    assert parse(text, kind_of(answer), EN) == answer


@pytest.mark.slow
@given(st.sampled_from([*OTHER]), st.sampled_from(LINES), st.sampled_from(["@", "@.", "**@**"]))
def test_case_and_width_do_not_change_it(answer: str, line: str, face: str) -> None:
    text = line.replace("@", face).replace("@", answer)
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in text)
    for each in (text.upper(), text.title(), wide):
        if "<" not in text:  # full-width letters are no tag's
            assert parse(each, kind_of(answer), EN) == answer


# An adversary who would have an answer read that nobody gave.

OPEN = ["not @", "@ or %", "% or @", "@ and %", "either @ or %", "neither @ nor %"]
OPEN += [
    "maybe @",
    "@, %",
    "@/%",
    "<@ or %>",
    "@ if Boris moves",
    "@, unless Boris moves",
]
OPEN += [
    "@?",
    "@, or %",
    "@, maybe %",
    "@. No, wait, %",
    "@. Or %.",
    "$\\neg$ @",
    "!= @",
]
OPEN += ["\\boxed{@} or \\boxed{%}", "<s>x</s> not @", "~~@~~", "❌ @ ✅", "perhaps @"]
OPENED = [
    "If seat 2 is free, @",
    "If @",
    "Unless Boris moves, @",
    "Suppose that @",
    "Whether @",
]
OPENED += ["It is not true that @", "I cannot say: @", "Someone might say: @", "If so:\n@"]
OPENED += [
    "For example, @",
    "Either @ or",
    "@\nWait, that is wrong.",
    "@\nActually, I was wrong.",
]
OPENED += [
    "<think>@",
    "<think>@</think>",
    "<reasoning>@</reasoning>",
    "~~@~~",
    "@\n<think>Or is",
]
OPENED += [
    "<|channel|>analysis<|message|>@<|end|>",
    "analysisSo @",
    "User: @",
    "I do not know.\nUser: @",
]
OPENED += [
    "End with the line @ or the line ANSWER: %.",
    "- @\n- ANSWER: %",
    "@\nor\nANSWER: %",
]
OPENED += ["@\nNo, %.", "@\n%", "@\nSorry, %.", "@\nThe answer is %."]


@pytest.mark.slow
@given(
    st.sampled_from([*OTHER]),
    *map(st.sampled_from, (OPEN, LINES, BEFORE, THOUGHTS, AFTER)),
)
def test_what_is_left_open_is_never_an_answer(
    answer: str, form: str, line: str, before: str, thought: str, after: str
) -> None:
    text = dressed(answer, form, line, before, thought, after)
    assert parse(text, kind_of(answer), EN) is None


@given(
    st.sampled_from([*OTHER]),
    *map(st.sampled_from, (OPENED, ["ANSWER: @", "**ANSWER:** @", "the answer is @"], AFTER)),
)
def test_an_answer_that_is_taken_back_or_conditioned_is_none(
    answer: str, form: str, line: str, after: str
) -> None:
    text = form.replace("@", line) + after
    said = text.replace("@", answer).replace("%", OTHER[answer])
    assert parse(said, kind_of(answer), EN) is None


NEUTRAL = [
    "Anna sits in seat 2.",
    "There is no contradiction.",
    "Let us see.",
    "Seat 3 is not free.",
]
ENDS = ["Wait, that is wrong.", "Actually, I was mistaken.", "Let me reconsider."]
UNCLEAR = ["ANSWER: yes or no", "ANSWER: not yes", "If so, ANSWER: no", "ANSWER:  maybe"]
MARKED = {"ANSWER: yes": "yes", "**ANSWER: no**": "no"}


def careful(lines: list[str]) -> str | None:
    """What a reader makes of lines each of which is clear by itself: the last answer, if ..."""
    said = [at for at, line in enumerate(lines) if line in MARKED or line in UNCLEAR]
    if not said or lines[said[-1]] in UNCLEAR:
        return None
    value = MARKED[lines[said[-1]]]
    if any(line in ENDS for line in lines[said[-1] + 1 :]):
        return None
    others = [at for at in said if MARKED.get(lines[at], value) != value]
    if not others:
        return value
    between = lines[others[-1] + 1 : said[-1]]
    plain = any(line in NEUTRAL + ENDS for line in between)
    return value if plain and not any(line in UNCLEAR for line in between) else None


@pytest.mark.slow
@given(st.lists(st.sampled_from([*NEUTRAL, *ENDS, *UNCLEAR, *MARKED]), min_size=1, max_size=7))
def test_the_last_clear_answer_decides_as_for_a_careful_reader(lines: list[str]) -> None:
    assert parse("\n".join(lines), "choice", EN) == careful(lines)


@pytest.mark.slow
@given(st.sampled_from([*OTHER]), st.sampled_from(LINES), st.data())
def test_a_reply_that_was_cut_off_is_never_another_answer(
    answer: str, line: str, data: st.DataObject
) -> None:
    thought = f"They sit in a row. If seat 2 is free, ANSWER: {OTHER[answer]}."
    text = f"{thought}\n{line.replace('@', answer)}"
    end = data.draw(st.integers(0, len(text)))
    assert parse(text[:end], kind_of(answer), EN) in (None, answer)


@pytest.mark.parametrize("narration", NARRATIONS.values())
def test_a_prompt_that_is_told_again_answers_nothing(narration: Narration) -> None:
    choice = narration.ask_continuation((0, 1), (2,))
    assert parse(choice, "choice", narration) is None
    assert (
        parse(f"{narration.marker} yes\n{choice}\n{narration.marker} no", "choice", narration)
        is None
    )
