"""A server on the loopback that speaks OpenAI's chat API, says what it is told to say, and
remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

KEY = "sk-loopback-0123456789abcdef"
MODEL = "openai-api/loopback/parrot"


@dataclass(frozen=True)
class Reply:
    """What the server does about one question."""

    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    finish: str = "stop"
    wait: threading.Event | None = None
    """Answers only after this."""
    close: bool = False
    """Hangs up instead of answering."""
    raw: bytes | None = None
    """A body that is sent as it is."""
    message: dict[str, Any] | None = None
    """The model's message, where it is more than a text."""
    code: str | None = None
    """The code of an error, beside its message."""


@dataclass(frozen=True)
class Received:
    """One request as it came, and the status it was answered with (0: not at all)."""

    prompt: str
    body: dict[str, Any]
    key: str
    status: int


class ChatServer(ThreadingHTTPServer):
    """`reply(prompt, times)` decides; `times` says how often the prompt came before."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, reply: Callable[[str, int], Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = reply
        self.received: list[Received] = []
        self.begun: list[str] = []
        self.bodies: dict[str, dict[str, Any]] = {}
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """Where Inspect's `openai-api/loopback/...` finds server and key."""
        return {"LOOPBACK_API_KEY": KEY, "LOOPBACK_BASE_URL": self.url}

    def answered(self) -> list[str]:
        """Prompts that were answered with status 200, in that order."""
        return [each.prompt for each in self.received if each.status == 200]

    def handle_error(self, *_: object) -> None:
        """A client that went away is no news."""

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ChatServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        # OpenAI's newer API, /v1/responses, has another word for it.
        prompt = body.get("messages", body.get("input"))[-1]["content"]
        prompt = prompt if isinstance(prompt, str) else prompt[-1]["text"]
        key = self.headers.get("authorization", "").removeprefix("Bearer ")
        with self.server.lock:
            times = self.server.begun.count(prompt)
            self.server.begun.append(prompt)
            self.server.bodies[prompt] = body
        reply = self.server.reply(prompt, times)
        if reply.wait is not None and not reply.wait.wait(30):
            return
        if reply.close:
            self.close_connection = True
        else:
            self._send(reply, body["model"])
        with self.server.lock:
            status = 0 if reply.close else reply.status
            self.server.received.append(Received(prompt, body, key, status))

    def _send(self, reply: Reply, model: str) -> None:
        said = {"role": "assistant", "content": reply.text, **(reply.message or {})}
        whole = {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": model,
            "choices": [{"index": 0, "finish_reason": reply.finish, "message": said}],
            "usage": {"prompt_tokens": 50, "completion_tokens": 7, "total_tokens": 57},
        }
        error = {"error": {"message": reply.text, "type": "error", "code": reply.code}}
        sent = json.dumps(whole if reply.status == 200 else error).encode()
        sent = sent if reply.raw is None else reply.raw
        self.send_response(reply.status)
        for name, value in {"content-type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""
