"""The command line, run as a user runs it but in this process."""

from __future__ import annotations

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
