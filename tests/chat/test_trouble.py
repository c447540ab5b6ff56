"""Servers that refuse, fail, hang, hang up or echo keys."""

from __future__ import annotations

import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from nerode.chat.run import ChatConfig, chat
from nerode.errors import InvalidParameter, Unreachable
from nerode.worlds.registry import open_world
from tests.chat.loopback import ask_all, keyless, plan_of, replying, serving, texts_in
from tests.chat.server import KEY, Reply

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("swept"),
    pytest.mark.filterwarnings("ignore"),  # Inspect has warnings of its own
]

RIDDLES = ChatConfig(trials=8, metrics=["capability"])


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that Inspect makes before it asks again, none of which is made."""
    retry = import_module("inspect_ai.model._retry")

    made: list[float] = []

    async def pause(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(retry, "_sleep", pause)
    return made


SOON = {"retry-after-ms": "1"}
TROUBLES = {
    "429": Reply("slow down", status=429, headers=SOON),
    "500": Reply("ouch", status=500, headers=SOON),
    "503": Reply("busy", status=503, headers=SOON),
    "nonsense": Reply(raw=b'"no completion"'),
    "hung up": Reply(close=True),
}


def test_what_passes_is_asked_again_with_pauses(tmp_path: Path, pauses: list[float]) -> None:
    plan = plan_of(RIDDLES)
    right = replying(plan, lambda question: question.truth)
    prompts = [question.prompt for question in plan.questions()]
    troubles = list(TROUBLES.values())

    def reply(prompt: str, times: int) -> Reply:
        # The provider's client tries three times by itself before Inspect pauses.
        trouble = troubles[prompts.index(prompt) % len(troubles)]
        return trouble if times < 4 else right(prompt, times)

    with serving(reply) as server:
        found = ask_all(RIDDLES, tmp_path)
    assert not found.failed
    assert found.record["metrics"]["capability"]["accuracy"]["value"] == 1
    answered = [each for each in server.received if each.status == 200 and each.prompt in prompts]
    assert len(set(server.begun)) == len(prompts)
    assert len(answered) >= len(prompts)
    assert len(pauses) >= len(prompts)
    assert min(pauses) >= 3


def test_what_fails_in_the_end_is_counted_and_asked_again(
    tmp_path: Path, pauses: list[float]
) -> None:
    plan = plan_of(RIDDLES)
    right = replying(plan, lambda question: question.truth)
    first, second, third = [question.prompt for question in plan.questions()][:3]
    never = threading.Event()
    fails = {
        first: Reply(f"bad request with {KEY}", status=400),
        second: Reply(wait=never),
        third: Reply("ouch", status=500, headers=SOON),
    }
    with serving(lambda prompt, times: fails.get(prompt) or right(prompt, times)) as server:
        found = ask_all(RIDDLES, tmp_path, timeout=1, retries=1)
        never.set()
    count = sum(1 for _ in plan.questions())
    assert found.answered == count - 3
    assert sum(found.failed.values()) == len(found.failed) == 3
    assert any("400" in reason for reason in found.failed)
    assert KEY not in str(found.failed)
    lost = found.record["metrics"]["capability"]["accuracy"]
    assert lost["value"] == 1
    assert lost["skipped"] >= 3
    # Bounded: of Inspect two attempts, each of up to three by the provider's client.
    assert server.begun.count(third) == 6
    assert len(pauses) == 2
    keyless(tmp_path)
    with serving(right) as healthy:
        assert not ask_all(RIDDLES, tmp_path).failed
    assert sorted(healthy.answered()) == sorted([first, second, third])


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_stops_everything_in_one_line(tmp_path: Path, status: int) -> None:
    telling = ChatConfig(trials=40, metrics=["compression"])
    count = sum(1 for _ in plan_of(telling).questions())
    echo = {"x-request-id": KEY}
    reply = Reply(f"Incorrect API key provided: {KEY}", status=status, headers=echo)
    with serving(lambda *_: reply) as server, pytest.raises(Unreachable) as raised:
        ask_all(telling, tmp_path)
    line = str(raised.value)
    assert str(status) in line
    assert "refuses" in line
    assert "\n" not in line
    assert KEY not in line
    assert len(server.begun) <= 25 < count
    keyless(tmp_path)


def test_a_server_that_only_fails_is_given_up(tmp_path: Path) -> None:
    telling = ChatConfig(trials=40, metrics=["compression"])
    with (
        serving(lambda *_: Reply("no", status=400)) as server,
        pytest.raises(Unreachable, match="20 questions in a row"),
    ):
        ask_all(telling, tmp_path)
    assert len(server.begun) <= 60


def test_a_key_that_comes_back_in_an_answer_is_not_written(tmp_path: Path) -> None:
    plan = plan_of(RIDDLES)
    right = replying(plan, lambda question: question.truth)

    def echo(prompt: str, times: int) -> Reply:
        return Reply(f"You sent {KEY}.\n{right(prompt, times).text}", headers={"request-id": KEY})

    with serving(echo):
        found = ask_all(RIDDLES, tmp_path)
    assert found.record["metrics"]["capability"]["accuracy"]["value"] == 1
    keyless(tmp_path)
    assert "You sent [key]." in dict(texts_in(tmp_path))["answers.jsonl"]


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("openai-api/nowhere/x", "NOWHERE_API_KEY"),
        ("nobody/x", "not recognized"),
        ("x", "should be in the format"),
    ],
)
def test_a_model_that_cannot_be_opened_leaves_nothing(
    tmp_path: Path, model: str, told: str
) -> None:
    with pytest.raises(InvalidParameter, match=told) as raised:
        chat(open_world("cups:n=3"), model, RIDDLES, out=tmp_path / "run")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "run").exists()


def test_secrets_in_the_environments_address_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {"API_KEY": KEY, "BASE_URL": "http://me:hunter2@127.0.0.1:1/v1"}
    for name, value in settings.items():
        monkeypatch.setenv(f"LOOPBACK_{name}", value)
    with pytest.raises(InvalidParameter, match="without a user") as raised:
        ask_all(RIDDLES, tmp_path / "run")
    assert "hunter2" not in str(raised.value)
