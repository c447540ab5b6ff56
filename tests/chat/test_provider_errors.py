"""Servers that block, cut off, or reply with errors: none of it is taken for the model's answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nerode.chat.failures import CONTEXT, FILTERED
from nerode.chat.plan import TrialPlan
from nerode.chat.run import ChatConfig, chat
from nerode.errors import Unreachable
from nerode.runs import read_json
from nerode.worlds.registry import open_world
from tests.chat.loopback import WORLD, ask_all, keyless, plan_of, replying, serving, texts_in
from tests.chat.server import KEY, MODEL, Reply
from tests.report.from_json import read_record
from tests.terminal import runner

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("swept"),
    pytest.mark.filterwarnings("ignore"),  # Inspect has warnings of its own
]

TELLING = ChatConfig(trials=2, metrics=["compression"])
COUNT = 20
SOON = {"retry-after-ms": "1"}
POLICY = "The response was filtered due to the content management policy."
LENGTH = "This model's maximum context length is 100 tokens."


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inspect's pauses before it asks again are not made."""

    async def pause(_seconds: float) -> None:
        return

    monkeypatch.setattr("inspect_ai.model._retry._sleep", pause)


@pytest.fixture(scope="module")
def plan() -> TrialPlan:
    plan = plan_of(TELLING)
    assert sum(1 for _ in plan.questions()) == COUNT
    return plan


Right = Callable[[str, int], Reply]


@pytest.fixture(scope="module")
def right(plan: TrialPlan) -> Right:
    return replying(plan, lambda question: question.truth)


def prompts_of(plan: TrialPlan) -> list[str]:
    return [question.prompt for question in plan.questions()]


BLOCKED = {
    "status 400": (Reply(POLICY, status=400, code="content_filter"), FILTERED, POLICY),
    "finish_reason": (Reply("ANSWER: yes", finish="content_filter"), FILTERED, "content_filter"),
    "too long": (Reply(LENGTH, status=400, code="context_length_exceeded"), CONTEXT, LENGTH),
    "too long, no code": (Reply(LENGTH, status=400), CONTEXT, LENGTH),
}


@pytest.mark.long
@pytest.mark.parametrize("how", list(BLOCKED))
def test_what_the_provider_blocks_is_a_failure_with_its_cause(
    tmp_path: Path, plan: TrialPlan, right: Right, how: str
) -> None:
    reply, cause, words = BLOCKED[how]
    blocked = set(prompts_of(plan)[3:6])
    with serving(lambda prompt, n: reply if prompt in blocked else right(prompt, n)):
        found = ask_all(TELLING, tmp_path, retries=0)
    assert found.failed == {cause: 3}
    assert words in found.words[cause]
    assert found.answered == COUNT - 3
    assert found.record["failed"] == {cause: 3}
    assert found.record["unparsed"] == {"compression": 0}
    assert found.record["cut_off"] == 0
    assert found.record["metrics"]["compression"]["precision"]["skipped"] == 1
    assert read_record(tmp_path) == found.record
    with serving(right) as healthy:
        again = ask_all(TELLING, tmp_path)
    assert set(healthy.answered()) == blocked
    assert (again.failed, again.record["failed"]) == ({}, {})
    assert again.record["metrics"]["compression"]["precision"]["value"] == 1


def test_where_all_is_blocked_the_run_is_given_up_and_can_be_repeated(
    tmp_path: Path, right: Right
) -> None:
    with (
        serving(lambda *_: Reply(POLICY, status=400, code="content_filter")) as server,
        pytest.raises(Unreachable, match=rf"20 questions in a row.* content filter \({POLICY}"),
    ):
        ask_all(TELLING, tmp_path)
    assert len(server.begun) == COUNT
    assert not (tmp_path / "answers.jsonl").read_text()
    with serving(right):
        assert ask_all(TELLING, tmp_path).answered == COUNT


def test_many_questions_that_are_too_long_do_not_end_a_run(tmp_path: Path) -> None:
    """They are failures of their own: what is left may be short enough."""
    telling = ChatConfig(trials=8, metrics=["compression"])
    longer = plan_of(telling)
    answering = replying(longer, lambda question: question.truth)
    prompts = prompts_of(longer)
    assert len(prompts) > 60
    reply = Reply(LENGTH, status=400, code="context_length_exceeded")
    short = {*prompts[:5], *prompts[-5:]}
    with serving(lambda prompt, n: answering(prompt, n) if prompt in short else reply):
        found = ask_all(telling, tmp_path, max_connections=2)
    assert found.answered == 10
    assert found.failed == {CONTEXT: len(prompts) - 10}


def test_a_reply_that_was_cut_off_is_no_answer(tmp_path: Path) -> None:
    with serving(lambda *_: Reply("Let me think. If ANSWER: yes", finish="length")):
        found = ask_all(TELLING, tmp_path)
    assert found.record["unparsed"]["compression"] == COUNT
    assert found.record["cut_off"] == COUNT
    assert found.record["metrics"]["compression"]["precision"]["value"] == 0
    line = json.loads((tmp_path / "answers.jsonl").read_text().splitlines()[0])
    assert (line["answer"], line["stop_reason"], line["cut_off"]) == (None, "max_tokens", True)


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached"])
def test_an_account_that_is_used_up_ends_the_run_at_once(tmp_path: Path, code: str) -> None:
    reply = Reply(f"No more for {KEY}.", status=429, code=code, headers=SOON)
    with (
        serving(lambda *_: reply) as server,
        pytest.raises(Unreachable, match="quota or credit is used up") as raised,
    ):
        ask_all(TELLING, tmp_path)
    assert "\n" not in str(raised.value)
    assert "kept" not in str(raised.value)
    # One question, which the provider's own client asks three times.
    assert len(server.begun) == 3
    assert KEY not in str(raised.value)
    keyless(tmp_path)


def test_an_account_that_runs_out_keeps_what_was_answered(tmp_path: Path, right: Right) -> None:
    lock, left = threading.Lock(), [7]

    def some(prompt: str, times: int) -> Reply:
        with lock:
            left[0] -= 1
            return right(prompt, times) if left[0] >= 0 else Reply("Pay first", status=402)

    with serving(some), pytest.raises(Unreachable, match=r"unpaid.*7 answers are kept"):
        ask_all(TELLING, tmp_path, max_connections=1)
    with serving(right) as server:
        assert ask_all(TELLING, tmp_path).answered == COUNT - 7
    assert len(server.begun) == COUNT - 7


def test_a_plain_rate_limit_is_asked_again(tmp_path: Path, right: Right) -> None:
    limit = Reply("Rate limit reached", status=429, code="rate_limit_exceeded", headers=SOON)
    with serving(lambda prompt, n: limit if n < 4 else right(prompt, n)):
        assert ask_all(TELLING, tmp_path).answered == COUNT


@pytest.mark.long
@pytest.mark.parametrize("name", ["max_tokens", "temperature"])
def test_a_parameter_that_is_not_taken_is_left_out(tmp_path: Path, right: Right, name: str) -> None:
    message = f"Unsupported parameter: '{name}' is not supported. Use 'max_completion_tokens'."

    def picky(prompt: str, times: int) -> Reply:
        sent = name in server.bodies[prompt]
        return Reply(message, status=400) if sent else right(prompt, times)

    with serving(picky) as server:
        option = f"--{name.replace('_', '-')} none"
        with pytest.raises(Unreachable, match=option) as raised:
            ask_all(TELLING, tmp_path)
        assert "Use 'max_completion_tokens'." in str(raised.value)
        assert len(server.begun) == 1
        # A run without an answer goes on under other terms.
        without: dict[str, Any] = {name: None}
        assert ask_all(TELLING, tmp_path, **without).answered == COUNT
    assert read_json(tmp_path / "run.json")[name] is None


STRANGE = {
    "no choices": ({"choices": []}, "a reply without choices"),
    "null choices": ({"choices": None, "error": {"message": "it is upstream"}}, "it is upstream"),
    "an error alone": ({"error": "Unexpected endpoint or method."}, "Unexpected endpoint"),
    "a broken choice": (
        {"choices": [{"finish_reason": "error", "error": {"message": f"no {KEY}"}}]},
        "no [key]",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("how", list(STRANGE))
def test_an_error_in_a_reply_is_told_in_the_servers_words(
    tmp_path: Path, plan: TrialPlan, right: Right, how: str
) -> None:
    body, words = STRANGE[how]
    first = prompts_of(plan)[0]
    reply = Reply(raw=json.dumps(body).encode())
    with serving(lambda prompt, n: reply if prompt == first else right(prompt, n)):
        found = ask_all(TELLING, tmp_path, retries=0)
    assert found.answered == COUNT - 1
    assert [words in said for said in found.words.values()] == [True]
    failures = (tmp_path / "failures.jsonl").read_text()
    assert words in json.loads(failures)["words"]
    keyless(tmp_path)


def test_an_upstreams_error_in_a_reply_is_asked_again(tmp_path: Path, right: Right) -> None:
    reply = Reply(raw=b'{"choices": null, "error": {"message": "bad gateway", "code": 502}}')
    with serving(lambda prompt, n: reply if n < 1 else right(prompt, n)) as server:
        assert ask_all(TELLING, tmp_path).answered == COUNT
    assert len(server.begun) == 2 * COUNT


def test_a_content_in_parts_is_read(tmp_path: Path, right: Right) -> None:
    def parts(prompt: str, times: int) -> Reply:
        text = right(prompt, times).text
        thought = {"type": "thinking", "thinking": [{"type": "text", "text": "ANSWER: no"}]}
        return Reply(message={"content": [thought, {"type": "text", "text": text}]})

    with serving(parts):
        found = ask_all(TELLING, tmp_path)
    assert found.record["metrics"]["compression"]["precision"]["value"] == 1
    assert found.record["unparsed"]["compression"] == 0


def test_an_answer_in_the_reasoning_alone_is_none_and_counted(tmp_path: Path) -> None:
    message = {"content": None, "reasoning_content": "I think.\nANSWER: yes"}
    with serving(lambda *_: Reply(message=message)):
        found = ask_all(TELLING, tmp_path)
    assert found.record["only_reasoning"] == COUNT
    assert found.record["unparsed"]["compression"] == COUNT
    assert found.record["failed"] == {}


@pytest.mark.long
@pytest.mark.parametrize("by", ["option", "environment"])
def test_a_local_server_that_is_asked_by_openais_own_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    nowhere = Reply(raw=b'{"detail":"Not Found"}', status=404)
    with serving(lambda *_: nowhere) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        base = server.url if by == "option" else None
        with pytest.raises(Unreachable, match="openai-api/NAME/MODEL") as raised:
            ask_all(TELLING, tmp_path, model="openai/llama-3", base_url=base)
    assert "NAME_BASE_URL" in str(raised.value)
    assert "404" in str(raised.value)
    assert "of this name" not in str(raised.value)


def test_questions_that_wait_are_told_with_the_servers_words(
    tmp_path: Path, plan: TrialPlan, right: Right
) -> None:
    busy = Reply(f"busy, {KEY}", status=503, headers=SOON)
    waiting: list[tuple[int, str]] = []
    late = set(prompts_of(plan)[:4])
    with serving(lambda p, n: busy if p in late and n < 4 else right(p, n)):
        found = chat(
            open_world(WORLD),
            MODEL,
            TELLING,
            out=tmp_path,
            on_retry=lambda count, words: waiting.append((count, words)),
        )
    assert found.answered == COUNT
    assert waiting[0] == (1, "busy, [key]")
    assert max(count for count, _ in waiting) <= 4
    assert waiting[-1][0] == 0
    assert KEY not in str(waiting)


def test_one_question_goes_alone_until_it_is_known_how_it_fares(
    tmp_path: Path, right: Right
) -> None:
    alone: list[int] = []
    lock = threading.Lock()

    def first(prompt: str, times: int) -> Reply:
        with lock:
            if not alone:
                seen.wait(1)
                alone.append(len(server.begun))
        return right(prompt, times)

    seen = threading.Event()
    with serving(first) as server:
        ask_all(TELLING, tmp_path)
    assert alone == [1]


def test_errors_that_an_older_run_stored_as_answers_are_asked_again(
    tmp_path: Path, right: Right
) -> None:
    with serving(right):
        whole = ask_all(TELLING, tmp_path).record
    lines = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    for line in lines:
        del line["stop_reason"], line["only_reasoning"]
    nothing = {"answer": None, "input_tokens": None, "output_tokens": None}
    lines[2] |= {"text": POLICY, **nothing}
    lines[5] |= {"text": LENGTH, **nothing, "cut_off": True}
    lines[7] |= {"text": "If ANSWER: yes", "answer": "yes", "cut_off": True}
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    with serving(right) as server:
        found = ask_all(TELLING, tmp_path)
    assert len(server.begun) == found.answered == 2
    assert found.record["failed"] == {}
    assert found.record["cut_off"] == found.record["unparsed"]["compression"] == 1
    assert found.record["questions"] == whole["questions"]


def test_new_messages_hold_no_key(tmp_path: Path, plan: TrialPlan, right: Right) -> None:
    echoes = [
        Reply(f"{POLICY} {KEY}", status=400, code="content_filter"),
        Reply(f"{LENGTH} {KEY}", status=400, code="context_length_exceeded"),
        Reply(f"bad {KEY}", status=400),
        Reply(raw=json.dumps({"error": {"message": KEY}}).encode()),
        Reply(f"ouch {KEY}", status=500, headers=SOON),
    ]
    failing = dict(zip(prompts_of(plan)[3:8], echoes, strict=True))
    with serving(lambda prompt, n: failing.get(prompt) or right(prompt, n)):
        found = ask_all(TELLING, tmp_path, retries=1)
    assert sum(found.failed.values()) == len(echoes)
    assert KEY not in str(found)
    assert sum("[key]" in words for words in found.words.values()) == len(echoes)
    files = dict(texts_in(tmp_path))
    assert files["failures.jsonl"].count("[key]") == len(echoes)
    keyless(tmp_path)


def test_the_command_tells_failures_by_their_cause(
    tmp_path: Path,
    plan: TrialPlan,
    right: Right,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    nerode = runner(monkeypatch, capsys)
    what: list[Any] = ["chat", WORLD, "--model", MODEL, "--trials", 2, "--metrics", "compression"]
    words = [*what, "--out", tmp_path / "run", "--max-tokens", "none", "--retries", 1]
    busy = Reply("we are busy", status=503, headers=SOON)
    blocked = Reply(POLICY, status=400, code="content_filter")
    with serving(lambda *_: Reply("no credit", status=402)):
        ended = nerode(*words)
    assert (ended.code, ended.out) == (2, "")
    assert [line for line in ended.err.splitlines() if not line.startswith("[")] == [
        f"error: {MODEL}: the provider refuses to go on unpaid (status 402: no credit)"
    ]
    unfinished = nerode("report", tmp_path / "run", "--out", tmp_path / "page.html")
    assert unfinished.code == 2
    assert "not finished: repeat the command (`nerode chat ...`)" in unfinished.err
    some = dict.fromkeys(prompts_of(plan)[:2], blocked) | {prompts_of(plan)[2]: busy}
    with serving(lambda prompt, n: some.get(prompt) or right(prompt, n)) as server:
        said = nerode(*words)
        assert "max_tokens" not in server.received[-1].body
    assert said.code == 1
    *log, last = said.err.splitlines()
    waits = [line for line in log if "asked again" in line]
    assert [line.rpartition(", ")[2] for line in waits] == [
        "1 will be asked again after a pause: we are busy"
    ]
    assert f"3 of the questions failed: 2 content filter ({POLICY})" in last
    assert "1 server error (status 503) (we are busy)" in last
    assert "3 questions have no answer" in " ".join(said.out.split())
    with serving(right) as server:
        whole = nerode(*words, "--json")
    assert whole.code == 0
    assert all(line.startswith("[") for line in whole.err.splitlines()), "a log, no errors"
    assert len(server.begun) == 3
    assert json.loads(whole.out)["runs"][0]["failed"] == {}
    assert nerode("report", tmp_path / "run", "--out", tmp_path / "page.html").code == 0
