"""A true chat model, if a senseless one, behind `transformers serve`: nothing here is our own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from nerode.chat.run import ChatConfig
from tests.chat.loopback import ask_all, keyless, until
from tests.chat.server import KEY

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("swept"),
    pytest.mark.filterwarnings("ignore"),  # Inspect has warnings of its own
]

SERVE = "from transformers.cli.transformers import app; app()"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a model of random weights is served."""
    for needed in ("torch", "transformers", "fastapi", "uvicorn"):
        pytest.importorskip(needed)
    from tests.chat.tiny import save_tiny_chat_model  # noqa: PLC0415 - optional

    save_tiny_chat_model(tmp_path / "tiny")
    port = free_port()
    line = [sys.executable, "-c", SERVE, "serve", "tiny", "--device", "cpu", "--port", str(port)]
    offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    with (
        (tmp_path / "serve.log").open("w") as log,
        subprocess.Popen(
            line, env=os.environ | offline, cwd=tmp_path, stdout=log, stderr=log
        ) as server,
    ):

        def up() -> bool:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as reply:
                    return bool(reply.status == 200)
            except OSError:
                assert server.poll() is None, (tmp_path / "serve.log").read_text()
                return False

        try:
            until(up)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.kill()


@pytest.mark.long
def test_a_tiny_model_is_asked_and_says_nothing_that_can_be_parsed(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOPBACK_API_KEY", KEY)
    telling = ChatConfig(trials=2, metrics=["capability", "compression"])
    found = ask_all(
        telling,
        tmp_path / "run",
        model="openai-api/loopback/tiny",
        base_url=address,
        max_tokens=6,
        max_connections=1,
    )
    assert not found.failed
    record = found.record
    assert record["unparsed"] == record["questions"]
    assert record["metrics"]["capability"]["accuracy"]["value"] == 0
    assert record["bounds"]["capability"]["accuracy"] == [0, 1]
    assert record["cost"]["output_tokens"] <= 6 * found.answered
    assert record["cost"]["input_tokens"] > 100 * found.answered
    keyless(tmp_path / "run")
