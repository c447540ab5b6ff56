"""Replies of servers that speak OpenAI's API, brought into the form in which OpenAI sends them.

Many servers deviate from it: an error inside a reply of status 200, a text in parts, other words
for why a reply ended. Inspect's providers expect OpenAI's form. A reply that holds nothing else
than an error becomes an exception in the server's own words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any

from inspect_ai.model import ModelAPI
from openai.types.chat import ChatCompletion

from nerode.chat.failures import ReplyError, message_in

_REASONS = {
    **dict.fromkeys(
        (
            "length",
            "max_tokens",
            "max_output_tokens",
            "max_completion_tokens",
            "max_length",
            "model_length",
            "model_context_window_exceeded",
            "truncated",
            "incomplete",
        ),
        "length",
    ),
    **dict.fromkeys(
        (
            "content_filter",
            "content_filtered",
            "content_policy",
            "guardrail_intervened",
            "safety",
            "recitation",
            "prohibited_content",
            "blocklist",
            "spii",
            "sensitive",
        ),
        "content_filter",
    ),
}
"""Other servers' words for why a reply ended, and OpenAI's."""
_BROKEN = frozenset(
    {"error", "abort", "aborted", "cancelled", "network_error", "insufficient_system_resource"}
)
"""Why a reply ended where the server failed on the way: what is there is no answer."""

_Complete = Callable[..., Awaitable[Any]]


def lenient(api: ModelAPI) -> None:
    """Let a provider of Inspect's understand servers that deviate; may be called again."""
    complete: _Complete | None = getattr(api, "_generate_completion", None)
    if complete is None or hasattr(complete, "_nerode_lenient"):
        return

    @wraps(complete)
    async def understood(*args: Any, **named: Any) -> Any:
        completion = await complete(*args, **named)
        if isinstance(completion, ChatCompletion):
            as_openai(completion)
        return completion

    vars(understood).update(_nerode_lenient=True)
    vars(api).update(_generate_completion=understood)


def as_openai(completion: Any) -> None:
    """Bring a completion into OpenAI's form, in place. Raises ReplyError where it holds none."""
    error = getattr(completion, "error", None)
    if error or not completion.choices:
        more = completion.model_extra or {}  # {"message": ..., "code": ...} without an "error"
        reason = more if message_in(more) else "a reply without choices"
        raise ReplyError(error or reason)
    for at, choice in enumerate(completion.choices):
        _choice(choice)
        choice.index = choice.index if isinstance(getattr(choice, "index", None), int) else at
    completion.model = str(getattr(completion, "model", None) or "")
    usage = completion.usage
    counts = ("prompt_tokens", "completion_tokens", "total_tokens")
    if usage is not None and not all(isinstance(getattr(usage, n, None), int) for n in counts):
        completion.usage = None


def _choice(choice: Any) -> None:
    reason = str(getattr(choice, "finish_reason", None)).casefold()
    error = getattr(choice, "error", None)
    if error or reason in _BROKEN:
        raise ReplyError(error or f"the reply ended with finish_reason {reason!r}")
    message = getattr(choice, "message", None)
    if message is None:
        raise ReplyError("a reply without a message")
    # "content_filter: SAFETY" is how Gemini's OpenAI-like API tells it.
    reason = "content_filter" if reason.startswith("content_filter:") else reason
    choice.finish_reason = _REASONS.get(reason, choice.finish_reason)
    if not isinstance(message.content, str | None):
        text, thought = _joined(message.content)
        message.content = text or None
        if thought and not getattr(message, "reasoning_content", None):
            message.reasoning_content = thought


def _joined(content: Any) -> tuple[str, str]:
    """The text of a content that is a list of parts, and what the model thought before it."""
    said: list[str] = []
    thought: list[str] = []
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            said.append(part)
        elif isinstance(part, Mapping):
            kind = part.get("type", "text")
            if kind in ("text", "output_text") and isinstance(part.get("text"), str):
                said.append(part["text"])
            elif kind in ("thinking", "reasoning"):
                inner = part.get(kind) or part.get("text")
                thought.append(_joined(inner)[0] if isinstance(inner, list) else str(inner or ""))
    return "".join(said), "".join(thought)
