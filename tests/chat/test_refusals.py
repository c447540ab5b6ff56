"""What ends a run, and the option that its user is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nerode.chat.failures import CONTEXT, NO_CONNECTION, NO_REPLY, Failure
from nerode.chat.refusals import Refusal, Sent, hint_of, refusal_of

SENT = Sent("openai-api/local/qwen", "http://127.0.0.1:1/v1", 0.0, 2048, None)
OPENAI = Sent("openai/llama-3", "http://127.0.0.1:1/v1", 0.0, 2048, None)


def refused(status: int, message: str, sent: Sent = SENT, path: str = "", **more: Any) -> Refusal:
    error = Exception(f"Error code: {status}")
    request = SimpleNamespace(url=SimpleNamespace(path=path))
    body = {"message": message, **more}
    response = SimpleNamespace(request=request)
    vars(error).update(status_code=status, body=body, response=response, param=more.get("param"))
    found = refusal_of(error, sent)
    assert found is not None
    assert "\n" not in found.why
    assert message in found.why
    return found


def accepted(status: int, message: str, sent: Sent = SENT) -> bool:
    error = Exception(message)
    vars(error).update(status_code=status, body={"message": message})
    return refusal_of(error, sent) is None


@pytest.mark.parametrize(
    ("status", "what"), [(401, "the key"), (402, "to go on unpaid"), (403, "access")]
)
def test_refusals_by_status(status: int, what: str) -> None:
    found = refused(status, "no")
    assert f"refuses {what} (status {status}: no)" in found.why
    assert found.surely


def test_an_account_that_is_used_up() -> None:
    found = refused(429, "You exceeded your current quota", code="insufficient_quota")
    assert "quota or credit is used up (status 429" in found.why
    assert found.surely


@pytest.mark.parametrize(
    "message",
    [
        "The model `gpt-9` does not exist or you do not have access to it.",
        'model "qwen" not found, try pulling it first',
        "qwen: no such thing",
        "The API deployment for this resource does not exist.",
        "No endpoints found for it.",
    ],
)
def test_a_404_about_the_name(message: str) -> None:
    assert "a model of this name" in refused(404, message).why


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize("message", ["Not Found", "File Not Found", "404 page not found", "qwent"])
def test_a_404_about_the_address(status: int, message: str) -> None:
    why = refused(status, message, path="/chat/completions").why
    assert "expected a chat API at http://127.0.0.1:1/v1" in why
    assert "for /chat/completions" in why
    assert "of this name" not in why
    assert "ends in /v1" in why


def test_openais_own_api_is_not_what_local_servers_speak() -> None:
    why = refused(404, "Not Found", OPENAI, "/v1/responses").why
    for part in ("/v1/responses", "openai-api/NAME/MODEL", "NAME_API_KEY", "NAME_BASE_URL", "vLLM"):
        assert part in why
    assert "of this name" not in why
    azure = Sent("openai/azure/mine", "https://mine.example", 0.0, 2048, None)
    assert "vLLM" not in refused(404, "Resource not found", azure).why


PARAMETERS = [
    ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max-tokens"),
    ("property 'temperature' is unsupported", "temperature"),
    ("temperature is deprecated for this model, and so is max_tokens", "temperature"),
    ("max_tokens is too large: 2048, whatever the temperature", "max-tokens"),
]


@pytest.mark.parametrize(("message", "option"), PARAMETERS)
@pytest.mark.parametrize("status", [400, 422])
def test_a_parameter_that_a_server_does_not_take(status: int, message: str, option: str) -> None:
    found = refused(status, message)
    assert found.why.endswith(f"; --{option} none leaves it to the provider")
    assert not found.surely


def test_the_parameter_that_is_named_counts_before_the_text() -> None:
    why = refused(400, "max_tokens and temperature", param="temperature").why
    assert "--temperature none" in why
    effort = Sent("openai/x", None, None, None, "high")
    assert "leave out --reasoning-effort" in refused(400, "no reasoning_effort here", effort).why


def test_what_was_not_sent_is_not_to_be_left_out() -> None:
    for message, _ in PARAMETERS:
        assert accepted(400, message, Sent("a/b", None, None, None, None))


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "bad request"),
        (400, "maximum context length is 4096; you requested max_tokens 5000"),
        (400, "blocked by the content policy, whatever the temperature"),
        (403, "flagged by moderation"),
        (429, "Rate limit reached"),
        (500, "temperature of the machine"),
    ],
)
def test_other_questions_may_fare_better(status: int, message: str) -> None:
    assert accepted(status, message)


def test_hints() -> None:
    long = Failure(CONTEXT, "you requested 5000 tokens (200 in the messages, 4800 in completion)")
    assert "smaller --max-tokens" in hint_of(long, SENT)
    assert hint_of(long, Sent("a/b")) == ""
    assert hint_of(Failure(CONTEXT, "prompt is too long"), SENT) == ""
    down = Failure(NO_CONNECTION, "Connection error.")
    assert hint_of(down, SENT) == "is a server running at http://127.0.0.1:1/v1?"
    assert hint_of(down, Sent("openai/gpt-4o")) == ""
    assert "openai-api/NAME/MODEL" in hint_of(Failure(NO_REPLY, "x"), OPENAI)
    assert hint_of(Failure(NO_REPLY, "x"), SENT) == ""
