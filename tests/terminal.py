"""The command line, run as a user runs it: in this process, or on a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from nerode.cli import main


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


class Nerode(Protocol):
    """Runs `nerode` with these words."""

    def __call__(self, *words: Any) -> Said: ...


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    def run(*words: Any) -> Said:
        monkeypatch.setattr("sys.argv", ["nerode", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as done:
            main()
        said = capsys.readouterr()
        assert isinstance(done.value.code, int)
        return Said(done.value.code, said.out, said.err)

    return run


def on_a_terminal(*words: Any, columns: int = 100) -> Said:
    """Run `nerode` in a new process whose standard error is a terminal, colours taken off."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    command = [sys.executable, "-c", "from nerode.cli import main; main()", *map(str, words)]
    terms = {"TERM": "xterm", "COLUMNS": str(columns)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, text=True, env=os.environ | terms
    ) as started:
        os.close(theirs)
        shown = b""
        while part := _read(ours):
            shown += part
        os.close(ours)
        out = started.stdout.read() if started.stdout else ""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    return Said(started.returncode, out, text)


def _read(terminal: int) -> bytes:
    """What stands on a terminal; nothing once the other side has gone (Linux says EIO)."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""
