"""Every number of some thirty runs is what it was."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.goldens.cases import CASES, FILE, NETWORKS, PROBE_STEPS, chat_command, flat, numbers
from tests.terminal import runner

pytestmark = pytest.mark.slow
GOLDEN = json.loads(FILE.read_text())
LONG = ("strong", "probe", "chat-seating", "chat-cups")


@pytest.fixture(scope="module")
def sequences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the case `sequences` writes, which others read."""
    return tmp_path_factory.mktemp("goldens") / "sequences"


def test_every_case_has_its_numbers() -> None:
    assert sorted(GOLDEN) == sorted(CASES)


@pytest.mark.long
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long) if name in LONG else name for name in CASES]
)
def test_numbers_are_what_they_were(
    name: str,
    sequences: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = tmp_path / "run"
    if CASES[name][0] == "chat":
        command, run = chat_command(CASES[name], run)
        subprocess.run(command, check=True, capture_output=True)
        assert numbers(name, run) == GOLDEN[name]
        return
    monkeypatch.setattr("nerode.metrics.probe.probe.STEPS", PROBE_STEPS)
    nerode = runner(monkeypatch, capsys)
    words = [word.format(sequences=sequences) for word in CASES[name]]
    if str(sequences) in words and not sequences.exists():
        assert nerode(*CASES["sequences"], "--out", sequences, "--quiet").code == 0
    said = nerode(*words, "--out", run, "--quiet")
    assert said.code == 0, said.err
    found, golden = flat(numbers(name, run)), flat(GOLDEN[name])
    if name in NETWORKS:
        assert found.keys() == golden.keys()
        for path, value in golden.items():
            if isinstance(value, float):
                assert found[path] == pytest.approx(value, rel=NETWORKS[name]), path
            else:
                assert found[path] == value, path
    else:
        assert found == golden
