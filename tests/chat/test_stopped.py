"""A run that was killed, and one that was stopped: nothing is asked again."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nerode.chat.run import ChatConfig
from nerode.runs import read_json
from tests.chat.loopback import WORLD, ask_all, command, keyless, plan_of, replying, serving, until
from tests.chat.server import Reply

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("swept"),
    pytest.mark.filterwarnings("ignore"),  # Inspect has warnings of its own
]

TELLING = ChatConfig(trials=6, metrics=["compression"])
WORDS = (WORLD, "--trials", 6, "--metrics", "compression", "--quiet")


@dataclass
class Portioned:
    """Answers so many prompts, then keeps all others waiting, and hangs up on them when told."""

    left: int = 0
    told: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def more(self, count: int) -> None:
        with self.lock:
            self.told.set()
            self.told, self.left = threading.Event(), count

    def may(self) -> Reply | None:
        with self.lock:
            self.left -= 1
            return Reply(wait=self.told, close=True) if self.left < 0 else None


@pytest.mark.long
def test_nothing_is_asked_again_after_kill_and_after_ctrl_c(tmp_path: Path) -> None:
    plan = plan_of(TELLING)
    right = replying(plan, lambda question: question.truth)
    prompts = sorted(question.prompt for question in plan.questions())
    portions = Portioned()
    folder = tmp_path / "stopped"
    lines = folder / "answers.jsonl"

    def kept() -> int:
        return lines.read_bytes().count(b"\n") if lines.exists() else 0

    with serving(lambda prompt, times: portions.may() or right(prompt, times)) as server:
        portions.more(15)
        with command(*WORDS, "--out", folder, server=server) as killed:
            until(lambda: kept() == 15 or killed.poll() is not None)
            killed.kill()
        assert killed.returncode == -signal.SIGKILL
        assert kept() == 15
        lines.write_bytes(lines.read_bytes() + b'{"key": "torn')

        portions.more(10)
        with command(*WORDS, "--out", folder, server=server) as stopped:
            until(lambda: kept() == 25 or stopped.poll() is not None)
            stopped.send_signal(signal.SIGINT)
            out, error = stopped.communicate(timeout=60)
        assert stopped.returncode == 130
        there = f"25 answers are in {folder}; the same command asks for the rest"
        assert error == f"stopped; {there}\n"
        assert out == ""
        assert kept() == 25

        portions.more(len(prompts))
        found = ask_all(TELLING, folder)
        assert found.answered == len(prompts) - 25
        # The server's own log: every prompt was answered once, none twice.
        assert sorted(server.answered()) == prompts
    assert found.record["metrics"]["compression"]["precision"]["value"] == 1
    keyless(folder)
    with serving(right):
        ask_all(TELLING, tmp_path / "whole")
    assert found.record == read_json(tmp_path / "whole" / "evaluation.json")
