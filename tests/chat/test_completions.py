"""Completions of servers that deviate from OpenAI's form."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("openai", reason="chat models need nerode[chat]")

from openai.types.chat import ChatCompletion

from nerode.chat.completions import as_openai
from nerode.chat.failures import ReplyError


def completion(**fields: Any) -> Any:
    """As OpenAI's client makes it of what a server sent: nothing is checked."""
    return ChatCompletion.construct(**{"model": "m", **fields})


def choice(content: Any = "x", finish: Any = "stop", **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return {"index": 0, "finish_reason": finish, "message": message, **more}


def read(content: Any = "x", finish: Any = "stop", **more: Any) -> Any:
    found = completion(choices=[choice(content, finish, **more)])
    as_openai(found)
    return found.choices[0]


def test_what_openai_sends_stays() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    found = completion(choices=[choice()], usage=usage)
    before = found.model_dump()
    as_openai(found)
    assert found.model_dump() == before


@pytest.mark.parametrize(
    ("content", "text", "thought"),
    [
        ([{"type": "text", "text": "ANSWER: yes"}], "ANSWER: yes", None),
        (
            [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                {"type": "text", "text": "ANSWER: "},
                {"type": "text", "text": "yes"},
            ],
            "ANSWER: yes",
            "hm",
        ),
        ([{"type": "reasoning", "text": "ANSWER: no"}], None, "ANSWER: no"),
        ([{"text": "a"}, "b", {"type": "output_text", "text": "c"}], "abc", None),
        ([{"type": "image_url"}, 7, None, {"type": "text"}], None, None),
        ([], None, None),
        ({"type": "text", "text": "ANSWER: yes"}, "ANSWER: yes", None),
        ({"answer": "yes"}, None, None),
        (3, None, None),
    ],
)
def test_the_text_of_a_content_in_parts(
    content: Any, text: str | None, thought: str | None
) -> None:
    message = read(content).message
    assert message.content == text
    assert getattr(message, "reasoning_content", None) == thought


@pytest.mark.parametrize(
    ("finish", "told"),
    [
        ("length", "length"),
        ("MAX_TOKENS", "length"),
        ("model_context_window_exceeded", "length"),
        ("sensitive", "content_filter"),
        ("content_filter: SAFETY", "content_filter"),
        ("stop", "stop"),
        ("eos_token", "eos_token"),
        (None, None),
    ],
)
def test_other_words_for_why_a_reply_ended(finish: str | None, told: str | None) -> None:
    assert read("x", finish).finish_reason == told


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"choices": []}, "a reply without choices"),
        ({"choices": None}, "a reply without choices"),
        ({"choices": None, "error": {"message": "upstream error", "code": 502}}, "upstream error"),
        ({"object": "error", "message": "loading", "code": 503}, "loading"),
        ({"detail": "nope"}, "nope"),
        ({"error": "Unexpected endpoint or method."}, "Unexpected endpoint or method."),
        ({"choices": [choice()], "error": {"message": "broken"}}, "broken"),
        ({"choices": [choice(error={"message": "busy", "code": 429})]}, "busy"),
        ({"choices": [choice(finish="error")]}, "the reply ended with finish_reason 'error'"),
        ({"choices": [choice(finish="abort")]}, "the reply ended with finish_reason 'abort'"),
        ({"choices": [{"index": 0, "finish_reason": "stop"}]}, "a reply without a message"),
    ],
)
def test_what_holds_no_reply_is_an_error_in_the_servers_words(
    fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(ReplyError) as raised:
        as_openai(completion(**{"choices": None, **fields}))
    assert str(raised.value) == words


def test_what_is_missing_is_made_up_for() -> None:
    bare = {"finish_reason": "stop", "message": {"role": "assistant", "content": "x"}}
    found = ChatCompletion.construct(choices=[bare], usage={"prompt_tokens": None})
    as_openai(found)
    assert found.model == ""
    assert found.usage is None
    assert found.choices[0].index == 0
