"""What the tests with a server on the loopback share."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any

from nerode.chat.options import GenerationOptions
from nerode.chat.plan import Question, TrialPlan
from nerode.chat.run import ChatConfig, ChatResult, chat
from nerode.worlds.registry import open_world
from tests.chat.server import KEY, MODEL, ChatServer, Reply

WORLD = "seating:seats=3"
PATIENT = 60.0


def plan_of(telling: ChatConfig, world: str = WORLD) -> TrialPlan:
    return telling.plan(open_world(world))


def said(plan: TrialPlan, answer: str) -> str:
    """A reply with an answer, as a model of the narration's language would end it."""
    words = {"yes": plan.narration.yes[0], "no": plan.narration.no[0]}
    return f"Yes and no. No.\n\n{plan.narration.marker} {words.get(answer, answer)}"


def replying(
    plan: TrialPlan, answer: Callable[[Question], str | None]
) -> Callable[[str, int], Reply]:
    """A server's side of a plan."""
    questions = {question.prompt: question for question in plan.questions()}

    def reply(prompt: str, _times: int) -> Reply:
        return Reply(said(plan, str(answer(questions[prompt]))))

    return reply


@contextmanager
def serving(reply: Callable[[str, int], Reply]) -> Iterator[ChatServer]:
    """A server, and the environment in which it is found."""
    with ChatServer(reply) as server:
        before = {name: os.environ.get(name) for name in server.environment}
        os.environ.update(server.environment)
        try:
            yield server
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def ask_all(telling: ChatConfig, out: Path, *, model: str = MODEL, **options: Any) -> ChatResult:
    return chat(open_world(WORLD), model, telling, out=out, options=GenerationOptions(**options))


def texts_in(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file of a run with its text, Inspect's logs unpacked."""
    read_eval_log = import_module("inspect_ai.log").read_eval_log
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".eval":
            yield path.name, read_eval_log(str(path)).model_dump_json()
        elif path.is_file():
            yield path.name, path.read_text(encoding="utf-8")


def keyless(folder: Path) -> None:
    """No file of a run has the key, and one of them is a log of Inspect's."""
    names = []
    for name, text in texts_in(folder):
        names.append(name)
        assert KEY not in text, name
    assert any(name.endswith(".eval") for name in names)


def command(*words: object, server: ChatServer) -> Popen[str]:
    """`nerode chat` in a process of its own, which heeds Ctrl-C.

    Where the tests run in a shell's background it would inherit that Ctrl-C is ignored.
    """
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    main = f"{heeding}; from nerode.cli import main; main()"
    line = [sys.executable, "-c", main, "chat", *map(str, words), "--model", MODEL]
    environment = {**os.environ, **server.environment}
    return Popen(line, env=environment, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, text=True)


def until(true: Callable[[], bool]) -> None:
    """Wait for it; a test that waits in vain fails."""
    ends = time.monotonic() + PATIENT
    while not true():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)
