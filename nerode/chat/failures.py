"""Why a question has no answer: a cause that is counted, and the server's own words.

Whether a failure ends a whole run is told in nerode/chat/refusals.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import shorten

CONTEXT = "context length exceeded"
FILTERED = "content filter"
QUOTA = "quota or credit used up"
TIMED_OUT = "no reply in time"
NO_CONNECTION = "no connection"
NO_REPLY = "no usable reply"
QUESTION_CAUSES = frozenset({CONTEXT, FILTERED})
"""Causes that lie in one question: others may be answered."""

LONGEST_MESSAGE = 500
"""Characters of a server's words that are shown: its point often stands in the last sentence."""

RATE_LIMIT = 429
_SERVER_ERROR = 500

_QUOTA = re.compile(
    r"insufficient[ _](?:user[ _])?(?:quota|balance|credits?|funds|account balance)"
    r"|exceeded_current_quota|billing[ _](?:hard[ _]limit|not[ _]active|limit reached)"
    r"|balance (?:is )?(?:too low|insufficient|not enough)|used all [^.]{0,40}credits"
    r"|(?:out of|no (?:more|remaining)) credits|spending limit|arrearage|account ?overdue"
    r"|余额不足|perday",
    re.IGNORECASE,
)
"""Gemini names the limit that was met ("...PerDay..."): the same status stands for a minute's."""
_PLAN = re.compile(r"exceeded your current quota", re.IGNORECASE)
"""OpenAI's sentence for an empty account, which Gemini uses for the limit of a minute, too."""
_GEMINI = re.compile(r"RESOURCE_EXHAUSTED|quota exceeded for metric|generativelanguage")
_FILTERED = re.compile(
    r"content[ _-]?(?:filter|policy|management policy|moderation)|responsible ?ai|flagged"
    r"|content exists risk|inappropriate content|data_inspection|moderation|guardrail"
    r"|prohibited[ _]content|invalid_prompt|(?:bio|cyber)_policy|usage polic|敏感",
    re.IGNORECASE,
)
_CONTEXT = re.compile(
    r"context[ _-]?(?:length|window|size)|maximum context|context the overflows"
    r"|(?:prompt|input)(?: is)? too long|input length|input token count|too many (?:input )?tokens"
    r"|max_model_len|exceed_context|string_above_max_length|`?max_new_tokens`? must be <="
    r"|maximum (?:prompt|input|sequence) length",
    re.IGNORECASE,
)


_INSPECTS_TIMEOUT = re.compile(r"attempt_timeout '([0-9]+)' exceeded\.")


@dataclass(frozen=True)
class Failure:
    """Why one question has no answer.

    Attributes
    ----------
    cause
        In a few words that many failures share: they are counted by it.
    words
        What the server said, in its own words.
    """

    cause: str
    words: str


class ReplyError(Exception):
    """A reply with status 200 that holds an error, or nothing, instead of an answer.

    `body` is what the server sent of the error; `status_code` is there where the body names one.
    """

    def __init__(self, body: object) -> None:
        super().__init__(message_in(body) or "the reply holds no answer")
        code = body.get("code") if isinstance(body, Mapping) else None
        self.body = body
        self.status_code = _status(code)
        self.passing = self.status_code is not None and _passes(self.status_code)
        """Whether it may be gone at the next attempt."""


def _status(code: object) -> int | None:
    """A code as a status of HTTP, if it is one: 502 or "502"."""
    text = str(code)
    return int(text) if re.fullmatch("[1-5][0-9][0-9]", text) else None


def _passes(status: int) -> bool:
    return status >= _SERVER_ERROR or status in (408, 409, 425, RATE_LIMIT)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that led to it."""
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def root_of(error: BaseException) -> BaseException:
    """The provider's own error, without what Inspect and its retries wrap around it."""
    attempt = getattr(error, "last_attempt", None)  # of a question that was asked again in vain
    last = None if attempt is None else attempt.exception()
    if isinstance(last, BaseException):
        return root_of(last)
    if hasattr(error, "provider_message") and error.__cause__ is not None:
        return error.__cause__  # Inspect's own repeats the whole request
    return error


def status_of(error: BaseException) -> int | None:
    """The HTTP status by which a provider said no; None where there was none."""
    for each in _chain(root_of(error)):
        for place in (each, getattr(each, "response", None)):
            for name in ("status_code", "status", "code"):
                value = getattr(place, name, None)
                if isinstance(value, int):
                    return value
    return None


def message_in(body: object) -> str:
    """The message in an error's body, whichever of the usual forms it has; "" where none is."""
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return next(filter(None, map(message_in, body)), "")
    if not isinstance(body, Mapping):
        return ""
    names = ("error", "message", "detail", "msg", "error_message", "errors")
    said = next(filter(None, (message_in(body.get(name)) for name in names)), "")
    # OpenRouter's "Provider returned error" keeps what that provider said apart.
    metadata = body.get("metadata")
    raw = message_in(metadata.get("raw")) if isinstance(metadata, Mapping) else ""
    return f"{said}: {raw}" if raw else said


def words_of(error: BaseException) -> str:
    """What a provider said, in its own words and in one line that a terminal can show."""
    error = root_of(error)
    bodies = (getattr(error, name, None) for name in ("body", "details"))
    said = next(filter(None, map(message_in, bodies)), "") or str(error)
    said = _INSPECTS_TIMEOUT.sub(r"no reply within \1 seconds (--timeout)", said)
    return in_a_line(said) or type(error).__name__


def in_a_line(text: str) -> str:
    """A text without tags, line breaks and characters that steer a terminal, cut where it is long.

    >>> in_a_line("<h1>Bad gateway</h1>   try later")
    'Bad gateway try later'
    """
    text = re.sub(r"</?[a-zA-Z!][^<>]{0,200}>", " ", text)
    text = "".join(each if each.isprintable() else " " for each in text)
    return shorten(text, LONGEST_MESSAGE, placeholder=" ...")


def whole_text(error: BaseException) -> str:
    """All that a provider's error says, codes and types included: what a cause is read from."""
    error = root_of(error)
    bodies = (getattr(error, name, None) for name in ("body", "details"))
    return " ".join([str(error), *(str(body) for body in bodies if body is not None)])


def failure_of(error: BaseException) -> Failure:
    """The failure that an exception stands for."""
    return Failure(_cause(error), words_of(error))


def _cause(error: BaseException) -> str:
    status, text = status_of(error), whole_text(error)
    if used_up(status, text):
        return QUOTA
    if status in (400, 403, 413, 422, 451) or (status is None and _in_reply(error)):
        if _FILTERED.search(text):
            return FILTERED
        if status != 403 and _CONTEXT.search(text):  # noqa: PLR2004 - forbidden
            return CONTEXT
    return _by_status(status) if status is not None else _by_kind(error)


def _in_reply(error: BaseException) -> bool:
    return isinstance(root_of(error), ReplyError)


def used_up(status: int | None, text: str) -> bool:
    """Whether an account can go on only after somebody has paid, or tomorrow.

    A plain rate limit is none: it is over in a minute.
    """
    if status not in (None, 400, 402, 403, RATE_LIMIT):
        return False
    if _QUOTA.search(text):
        return True
    return bool(_PLAN.search(text)) and not _GEMINI.search(text)


def _by_status(status: int) -> str:
    if status == RATE_LIMIT:
        return f"rate limit (status {status})"
    if status >= _SERVER_ERROR:
        return f"server error (status {status})"
    return f"refused by the provider (status {status})"


def _by_kind(error: BaseException) -> str:
    kinds = " ".join(type(each).__name__ for each in _chain(root_of(error)))
    if "Timeout" in kinds:
        return TIMED_OUT
    if isinstance(root_of(error), OSError) or "Connect" in kinds or "Protocol" in kinds:
        return NO_CONNECTION
    return NO_REPLY


_STORED = re.compile(
    r"content management policy|content filtering policy|usage policies|content_filter"
    r"|^Sorry, but I am unable to help with that request\.$",
    re.IGNORECASE,
)
"""How providers begin to say that they block a prompt, and what Inspect says in their place."""
_STORED_CONTEXT = re.compile(
    r"maximum context length|context_length_exceeded|prompt is too long|input is too long"
    r"|input length|exceeds the available context|context window",
    re.IGNORECASE,
)
_LONGEST_ERROR = 2000
"""Characters: replies that reason about a riddle may be longer, errors are not."""


def stored_error(text: str) -> Failure | None:
    """The provider's error that an older run stored as a model's reply; None where it is a reply.

    Only of lines without a count of tokens: whoever replied has counted some.
    """
    if len(text) > _LONGEST_ERROR:
        return None
    for cause, words in ((FILTERED, _STORED), (CONTEXT, _STORED_CONTEXT)):
        if words.search(text):
            return Failure(cause, in_a_line(text))
    return None
