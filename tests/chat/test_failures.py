"""What providers say, and the cause that it is counted by."""

from __future__ import annotations

from typing import Any

import pytest

from nerode.chat.failures import (
    CONTEXT,
    FILTERED,
    LONGEST_MESSAGE,
    NO_CONNECTION,
    NO_REPLY,
    QUOTA,
    TIMED_OUT,
    ReplyError,
    failure_of,
    in_a_line,
    message_in,
    stored_error,
    words_of,
)


class StatusError(Exception):
    """An error as the clients of OpenAI and Anthropic raise it."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(f"Error code: {status} - {body}")
        self.status_code = status
        self.body = body


def said(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


PER_DAY = {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
PER_MINUTE = {"violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel"}]}
GEMINI = "You exceeded your current quota, please check your plan and billing details."

CAUSES: list[tuple[int, Any, str]] = [
    (400, said("filtered by the content management policy", code="content_filter"), FILTERED),
    (400, said("Content Exists Risk"), FILTERED),
    (400, said("Input data may contain inappropriate content.", code="data_inspection"), FILTERED),
    (403, said("Your chosen model requires moderation and your input was flagged"), FILTERED),
    (400, said("x", innererror={"code": "ResponsibleAIPolicyViolation"}), FILTERED),
    (400, said("This model's maximum context length is 4096 tokens."), CONTEXT),
    (400, said("the request exceeds the available context size"), CONTEXT),
    (400, said("prompt is too long: 210000 tokens > 200000 maximum"), CONTEXT),
    (413, said("Prompt too long"), CONTEXT),
    (422, said("`inputs` tokens + `max_new_tokens` must be <= 4096."), CONTEXT),
    (400, said("The input token count (9) exceeds the maximum number of tokens allowed"), CONTEXT),
    (429, said("You exceeded your current quota", code="insufficient_quota"), QUOTA),
    (429, said("You exceeded your current quota, please check your plan."), QUOTA),
    (400, said("Billing hard limit has been reached", code="billing_hard_limit_reached"), QUOTA),
    (400, said("Your credit balance is too low to access the Anthropic API."), QUOTA),
    (402, said("Insufficient Balance"), QUOTA),
    (403, said("Your account balance is insufficient"), QUOTA),
    (403, said("Your team has either used all available credits or reached its limit"), QUOTA),
    (429, said(GEMINI, status="RESOURCE_EXHAUSTED", details=[PER_DAY]), QUOTA),
    (429, [said(GEMINI, status="RESOURCE_EXHAUSTED", details=[PER_DAY])], QUOTA),
    (429, said(GEMINI, status="RESOURCE_EXHAUSTED", details=[PER_MINUTE]), "rate limit"),
    (429, said("Rate limit reached for requests per day (RPD): Limit 200."), "rate limit"),
    (429, said("Too many tokens, please wait before trying again."), "rate limit"),
    (500, said("ouch"), "server error (status 500)"),
    (503, said("context length exceeded"), "server error (status 503)"),
    (400, said("bad request"), "refused by the provider (status 400)"),
    (403, said("Country, region, or territory not supported"), "refused by the provider (status"),
]


@pytest.mark.parametrize(("status", "body", "cause"), CAUSES)
def test_errors_are_counted_by_their_cause(status: int, body: Any, cause: str) -> None:
    assert failure_of(StatusError(status, body)).cause.startswith(cause)


class ConnectTimeout(Exception):
    """As httpx calls it."""


class APIConnectionError(Exception):
    """As OpenAI's client calls it."""


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ConnectTimeout("x"), TIMED_OUT),
        (TimeoutError(), TIMED_OUT),
        (APIConnectionError("x"), NO_CONNECTION),
        (ConnectionRefusedError("x"), NO_CONNECTION),
        (KeyError("choices"), NO_REPLY),
        (ReplyError("a reply without choices"), NO_REPLY),
        (ReplyError({"message": "upstream", "code": 502}), "server error (status 502)"),
        (ReplyError({"message": "slow", "code": "429"}), "rate limit (status 429)"),
        (ReplyError({"message": "flagged by moderation"}), FILTERED),
    ],
)
def test_errors_without_a_status(error: Exception, cause: str) -> None:
    assert failure_of(error).cause == cause


@pytest.mark.parametrize(
    ("body", "passing"),
    [
        ({"code": 502}, True),
        ({"code": "429"}, True),
        ({"code": 400}, False),
        ({"code": 1301}, False),
        ({"code": "x"}, False),
        ("no endpoint", False),
        (None, False),
    ],
)
def test_an_upstreams_error_may_pass(body: object, passing: bool) -> None:
    assert ReplyError(body).passing is passing


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "a"}}, "a"),
        ({"error": "a"}, "a"),
        ({"message": "a", "code": 1}, "a"),
        ({"detail": "a"}, "a"),
        ({"detail": [{"loc": ["body"], "msg": "a"}]}, "a"),
        ([{"error": {"message": "a"}}], "a"),
        ({"message": "Provider error", "metadata": {"raw": "busy"}}, "Provider error: busy"),
        ("a", "a"),
        (None, ""),
        ({}, ""),
        (7, ""),
    ],
)
def test_the_message_is_found_in_bodies_of_all_forms(body: object, words: str) -> None:
    assert message_in(body) == words


def test_words_are_the_servers_own_and_end_with_its_point() -> None:
    message = "Unsupported parameter: 'max_tokens'. " + "So it is. " * 20 + "Use another one."
    assert words_of(StatusError(400, said(message))) == message
    assert words_of(ValueError()) == "ValueError"
    assert len(words_of(StatusError(400, said("word " * 1000)))) <= LONGEST_MESSAGE


def test_a_timeout_is_told_by_its_option() -> None:
    words = words_of(RuntimeError("attempt_timeout '300' exceeded."))
    assert words == "no reply within 300 seconds (--timeout)"


def test_words_do_not_steer_a_terminal() -> None:
    told = in_a_line("<html>\x1b[31mred\x1b[0m\r\n\u202eBad <b>gateway</b></html>")
    assert told.isprintable()
    assert "gateway" in told
    assert "<" not in told


class RetryError(Exception):
    """As tenacity raises it when all attempts were in vain."""

    def __init__(self, last: Exception) -> None:
        super().__init__("RetryError[<Future at 0x1>]")
        self.last_attempt = self
        self._last = last

    def exception(self) -> Exception:
        return self._last


class GenerateError(RuntimeError):
    """As Inspect raises it, with the whole request in its text."""

    provider_message = "bad"


def test_what_is_wrapped_around_an_error_is_taken_off() -> None:
    inner = StatusError(400, said("filtered by the content policy"))
    assert failure_of(RetryError(inner)).cause == FILTERED
    assert words_of(RetryError(inner)) == "filtered by the content policy"
    outer = GenerateError("Request: maximum context length ... moderation")
    outer.__cause__ = StatusError(400, said("no"))
    assert failure_of(outer).cause == "refused by the provider (status 400)"
    assert words_of(outer) == "no"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("The response was filtered due to Azure's content management policy.", FILTERED),
        ("Sorry, but I am unable to help with that request.", FILTERED),
        ("This model's maximum context length is 4096 tokens.", CONTEXT),
        ("prompt is too long: 210000 tokens > 200000 maximum", CONTEXT),
    ],
)
def test_errors_that_were_stored_as_replies_are_recognised(text: str, cause: str) -> None:
    found = stored_error(text)
    assert found is not None
    assert (found.cause, found.words) == (cause, text)


@pytest.mark.parametrize(
    "text", ["", "ANSWER: yes", "I cannot tell.", "maximum context length " * 200]
)
def test_replies_are_no_errors(text: str) -> None:
    assert stored_error(text) is None
