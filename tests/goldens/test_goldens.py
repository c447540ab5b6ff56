"""Every number of some thirty runs is what it was."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.goldens.cases import (
    CASES,
    EXACT,
    FILE,
    NETWORKS,
    PROBE_STEPS,
    chat_command,
    flat,
    numbers,
)
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
        compare(name, numbers(name, run))
        return
    monkeypatch.setattr("nerode.metrics.probe.probe.STEPS", PROBE_STEPS)
    nerode = runner(monkeypatch, capsys)
    words = [word.format(sequences=sequences) for word in CASES[name]]
    if str(sequences) in words and not sequences.exists():
        assert nerode(*CASES["sequences"], "--out", sequences, "--quiet").code == 0
    said = nerode(*words, "--out", run, "--quiet")
    assert said.code == 0, said.err
    compare(name, numbers(name, run))


def compare(name: str, found: dict[str, Any]) -> None:
    """Assert that numbers are those that are kept, as exactly as the case allows."""
    leaves, golden = flat(found), flat(GOLDEN[name])
    assert leaves.keys() == golden.keys()
    exact = NETWORKS.get(name, EXACT)
    for path, value in golden.items():
        if isinstance(value, float):
            assert leaves[path] == pytest.approx(value, rel=exact, abs=1e-12), path
        else:
            assert leaves[path] == value, path


def test_a_number_that_differs_is_seen() -> None:
    golden = GOLDEN["cups"]
    compare("cups", golden)
    text = json.dumps(golden)
    value = golden["metrics"]["compression"]["disagreement"]["value"]
    changed = json.loads(text.replace(str(value), str(value * (1 + 1e-7))))
    with pytest.raises(AssertionError):
        compare("cups", changed)
