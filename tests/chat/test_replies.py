"""Which of Inspect's outputs are replies of the model's."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("inspect_ai", reason="chat models need nerode[chat]")

from inspect_ai.model import ContentReasoning, ContentText, ModelOutput, ModelUsage, StopDetails

from nerode.chat.failures import CONTEXT, FILTERED, NO_REPLY, Failure
from nerode.chat.replies import failure_in, only_reasoned, was_cut_off

COUNTED = ModelUsage(input_tokens=5, output_tokens=3, total_tokens=8)


def output(text: Any, reason: Any = "stop", *, counted: bool = True, **more: Any) -> ModelOutput:
    found = ModelOutput.from_content("m", text, stop_reason=reason, **more)
    found.usage = COUNTED if counted else None
    return found


def test_errors_that_inspect_turns_into_outputs() -> None:
    long = output("maximum context length is 5", "model_length", counted=False)
    assert failure_in(long) == Failure(CONTEXT, "maximum context length is 5")
    both = output("x", "model_length", error="prompt is too long")
    assert failure_in(both) == Failure(CONTEXT, "prompt is too long")
    blocked = output("was filtered", "content_filter", counted=False)
    assert failure_in(blocked) == Failure(FILTERED, "was filtered")
    assert failure_in(ModelOutput(model="m", error="no")) == Failure(NO_REPLY, "no")
    assert failure_in(ModelOutput(model="m")) == Failure(NO_REPLY, "a reply without choices")


def test_a_reply_that_was_blocked_is_none() -> None:
    details = StopDetails(type="refusal", explanation="Content filtered: violence (high)")
    found = failure_in(output("ANSWER: yes", "content_filter", stop_details=details))
    assert found == Failure(FILTERED, "Content filtered: violence (high)")
    found = failure_in(output("ANSWER: yes", "content_filter"))
    assert found is not None
    assert "content_filter" in found.words
    assert "yes" not in found.words


@pytest.mark.parametrize("reason", ["stop", "max_tokens", "unknown", "tool_calls"])
@pytest.mark.parametrize("counted", [True, False])
def test_replies(reason: str, counted: bool) -> None:
    assert failure_in(output("ANSWER: yes", reason, counted=counted)) is None


def test_replies_that_were_cut_off() -> None:
    assert was_cut_off(output("x", "max_tokens"))
    assert was_cut_off(output("x", "model_length"))
    assert failure_in(output("x", "model_length")) is None
    assert not was_cut_off(output("x"))
    assert not was_cut_off(output("x", "unknown"))


def test_replies_of_reasoning_alone() -> None:
    thought = ContentReasoning(reasoning="ANSWER: yes")
    assert only_reasoned(output([thought, ContentText(text="")]))
    assert not only_reasoned(output([thought, ContentText(text="ANSWER: yes")]))
    assert not only_reasoned(output([thought, ContentText(text="")], "max_tokens"))
    assert not only_reasoned(output(""))
