"""nerode chat without a provider: a server on the loopback stands in for a chat model.

It knows the world. As `solver` it is always right; as `errs-10-percent` one answer in ten,
decided by a hash of the question, is wrong. So the numbers say what the measures make of known
answers, and nothing about any model.

    python examples/chat_without_a_provider.py --out runs/chat --seats 3,5 --language en
    nerode report runs/chat/*/seats-* --out runs/chat/report.html
"""

from __future__ import annotations

import argparse
import json
import os
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from rich.console import Console

from nerode.chat.plan import Question
from nerode.chat.run import ChatConfig, chat
from nerode.chat.simulated import Answerer, flipping, solver
from nerode.report.table import print_table
from nerode.schema.chat import decoded_record
from nerode.worlds.registry import open_world

NAMES = ("solver", "errs-10-percent")


class StandIn(ThreadingHTTPServer):
    """Answers the questions of one plan, as OpenAI's chat API does."""

    daemon_threads = True
    replies: dict[str, dict[str, str]]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies = {}


class Handler(BaseHTTPRequestHandler):
    """One request: the reply that its model has for the last message."""

    protocol_version = "HTTP/1.1"
    server: StandIn

    def do_POST(self) -> None:
        """Answer as OpenAI's API does."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        text = self.server.replies[asked["model"]][asked["messages"][-1]["content"]]
        message = {"role": "assistant", "content": text}
        reply = {
            "id": "0",
            "object": "chat.completion",
            "created": 0,
            "model": asked["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        }
        body = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


def main() -> None:
    """Ask both about every size, and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/chat"))
    parser.add_argument("--seats", default="3,5")
    parser.add_argument("--cups", default="", help="numbers of cups, with commas between")
    parser.add_argument("--language", default="en")
    parser.add_argument("--trials", type=int, default=100)
    given = parser.parse_args()
    server = StandIn()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["STANDIN_API_KEY"] = "none is needed"
    os.environ["STANDIN_BASE_URL"] = f"http://127.0.0.1:{server.server_address[1]}/v1"
    telling = ChatConfig(given.language, trials=given.trials)
    sizes = [("seating", "seats", size) for size in given.seats.split(",") if size]
    sizes += [("cups", "n", size) for size in given.cups.split(",") if size]
    for game, key, size in sizes:
        world = open_world(f"{game}:{key}={size}")
        plan = telling.plan(world)
        marker, places = plan.narration.marker, plan.narration.places
        words = {"yes": plan.narration.yes[0], "no": plan.narration.no[0]}
        for name, answer in zip(NAMES, (solver, flipping(0.1, places)), strict=True):
            said = _replies(plan.questions(), answer, marker, words)
            server.replies[name] = said
            out = given.out / name / f"{'seats' if game == 'seating' else game}-{size}"
            record = chat(world, f"openai-api/standin/{name}", telling, out=out).record
            print_table(decoded_record(record), Console())


def _replies(
    questions: Iterable[Question], answer: Answerer, marker: str, words: dict[str, str]
) -> dict[str, str]:
    replies = {}
    for question in questions:
        found = str(answer(question))
        replies[question.prompt] = f"{marker} {words.get(found, found)}"
    return replies


if __name__ == "__main__":
    main()
