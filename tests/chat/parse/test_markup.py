"""What of a reply is left for the reader."""
# ruff: noqa: RUF001 - marks that look like others are meant

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerode.chat.parse.markup import CROSS, TICK, plain_lines


def words(text: str) -> list[list[str]]:
    return [line.split() for line in plain_lines(text)]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", []),
        ("a\r\n\n  b\rc", ["a", "b", "c"]),
        ("<think>a</think>b", ["b"]),
        ("a</think>b", ["b"]),
        ("a<think>b", []),
        ("<think>a</think>b<think>c</think>d", ["d"]),
        ("<|channel|>analysis<|message|>a<|end|><|channel|>final<|message|>b<|return|>", ["b"]),
        ("<|channel|>analysis<|message|>a", []),
        ("a<|im_end|>b", ["a"]),
        ("<|im_start|>assistant\na<|im_end|>\n<|im_start|>user\nb", ["a"]),
        ("a\nUser: b\nAssistant: c", ["a"]),
        ("Assistant: a", ["a"]),
        ("User: a\nAssistant: b", []),
        ("Users: a", ["Users: a"]),
        ("**a** _b_ `c` #d", ["a b c d"]),
        ("it's", ["it's"]),
        ("<b>a</b><br>b", ["a", "b"]),
        ("<seat 2>", ["seat 2"]),
        ("a~~b~~c", ["a c"]),
        (r"\boxed{\text{a}}", ["ANSWER: a"]),
        (r"\neg a", ["not a"]),
        ("<answer>a</answer>", ["ANSWER: a"]),
        ('{"answer": "a"}', ["ANSWER: a"]),
        ('{"thought": "a"}', []),
        ("x | Answer\n--|--\n1 | a\n2 | b", ["ANSWER: a. ANSWER: b"]),
        ("ａ：b。", ["a:b."]),
        ("a\u200bb 3\ufe0f\u20e3", ["ab 3"]),
        ("✅ ❌ 🎉 🤔", [f"{TICK} {CROSS} ?"]),
        ("&lt;think&gt;a&lt;/think&gt;b&nbsp;c", ["b c"]),
    ],
)
def test_what_is_left(text: str, left: list[str]) -> None:
    assert words(text) == [line.split() for line in left]


@given(st.text(alphabet="aб <>/|[]{}\\~*:.\n\"'`thinkanswerUser:_-=0", max_size=200))
def test_nothing_makes_it_raise_and_no_line_is_blank(text: str) -> None:
    assert all(line.strip() for line in plain_lines(text))
