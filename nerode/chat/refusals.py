"""Errors of a provider that every further question would meet, and what to do about each."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nerode.chat.failures import (
    CONTEXT,
    NO_CONNECTION,
    NO_REPLY,
    QUESTION_CAUSES,
    QUOTA,
    Failure,
    failure_of,
    root_of,
    status_of,
    whole_text,
)

_REFUSED = {401: "the key", 402: "to go on unpaid", 403: "access"}
"""Statuses that no later question would change, and what the provider refuses by them."""
_NOWHERE = (404, 405)
_MISFORMED = (400, 422)

_OF_MODEL = re.compile(r"model|deployment|engine|no endpoints found", re.IGNORECASE)
"""A 404 that speaks of these is about the name; any other is about the address."""
_LOCAL = (
    "servers such as vLLM, llama.cpp or Ollama are asked as --model openai-api/NAME/MODEL with "
    "NAME_API_KEY and NAME_BASE_URL (http://host:port/v1) in the environment, NAME being any word"
)
_ROOM = re.compile(r"max_(?:completion_|new_)?tokens|completion|requested", re.IGNORECASE)


@dataclass(frozen=True)
class Sent:
    """What a model is asked with, as far as a server may refuse it; None is not sent."""

    model: str
    base_url: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None


@dataclass(frozen=True)
class Refusal:
    """Why further questions would fail alike.

    `surely` is False where it is read out of a server's words, so that answers that are there
    already speak against it.
    """

    why: str
    surely: bool = True


_PARAMETERS = (
    ("max_tokens", re.compile(r"max[ _-]?(?:completion[ _-]?|output[ _-]?)?tokens", re.IGNORECASE)),
    ("temperature", re.compile(r"temperature", re.IGNORECASE)),
    ("reasoning_effort", re.compile(r"reasoning[ _.]?effort|\bthinking\b", re.IGNORECASE)),
)
_LEFT_OUT = {
    "max_tokens": "--max-tokens none leaves it to the provider",
    "temperature": "--temperature none leaves it to the provider",
    "reasoning_effort": "leave out --reasoning-effort",
}


def refusal_of(error: BaseException, sent: Sent) -> Refusal | None:
    """Why no other question would fare better than this one; None where others may."""
    status, failure = status_of(error), failure_of(error)
    reason = f"(status {status}: {failure.words})" if status is not None else f"({failure.words})"
    if failure.cause == QUOTA:
        return Refusal(f"the provider refuses to go on, quota or credit is used up {reason}")
    if failure.cause.startswith("refused") and status in _REFUSED:
        return Refusal(f"the provider refuses {_REFUSED[status]} {reason}")
    if status in _NOWHERE:
        return Refusal(_nowhere(error, reason, sent))
    named = _left_out(whole_text(error), getattr(root_of(error), "param", None), sent)
    if status in _MISFORMED and named and failure.cause not in QUESTION_CAUSES:
        return Refusal(f"the provider refuses how it is asked {reason}; {named}", surely=False)
    return None


def hint_of(failure: Failure, sent: Sent) -> str:
    """What its user can do where many questions fail alike; "" where nothing is known."""
    if failure.cause == CONTEXT and sent.max_tokens is not None and _ROOM.search(failure.words):
        return "a smaller --max-tokens leaves more room"
    if failure.cause == NO_CONNECTION and sent.base_url is not None:
        return f"is a server running at {sent.base_url}?"
    if failure.cause == NO_REPLY and sent.base_url is not None and _speaks_openais(sent):
        return _LOCAL
    return ""


def _left_out(text: str, parameter: str | None, sent: Sent) -> str:
    """The option that leaves out what a server names: its `param`, else what its text begins with.

    "" where it names nothing that was sent.
    """
    found = [
        (name != parameter, match.start(), name)
        for name, words in _PARAMETERS
        if getattr(sent, name) is not None and (match := words.search(text))
    ]
    return _LEFT_OUT[min(found)[2]] if found else ""


def _nowhere(error: BaseException, reason: str, sent: Sent) -> str:
    """A 404: of a model's name, or of an address where nobody answers chat requests."""
    name = re.escape(sent.model.rpartition("/")[2])
    text = failure_of(error).words
    if _OF_MODEL.search(text) or re.search(rf"(?<!\w){name}(?!\w)", text, re.IGNORECASE):
        return f"the provider refuses a model of this name {reason}"
    path = _path(error)
    at = f" for {path}" if path else ""
    place = sent.base_url or "its provider's address"
    why = f"expected a chat API at {place}, got nothing of the kind{at} {reason}"
    if _speaks_openais(sent):
        return f"{why}; `openai/...` expects all of OpenAI's own API there: {_LOCAL}"
    return f"{why}; such an address mostly ends in /v1"


def _speaks_openais(sent: Sent) -> bool:
    """Whether Inspect asks by OpenAI's newer API (/v1/responses), which few other servers have."""
    name = sent.model
    return name.startswith("openai/") and not name.startswith(("openai/azure/", "openai/bedrock/"))


def _path(error: BaseException) -> str:
    """The path that was asked for; "" where the provider's client does not say it."""
    request = getattr(getattr(root_of(error), "response", None), "request", None)
    path = getattr(getattr(request, "url", None), "path", "")
    return path if isinstance(path, str) else ""
