"""What the README shows runs: its Python as it stands, its commands with smaller numbers."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# What the README shows, and what the test runs in its place: smaller, and Ray on this machine.
SMALLER = [
    ("--count 20000", "--count 300"),
    ("--minutes 30", "--epochs 1 --layers 1 --width 16"),
    ("--cluster HOST:6379 --out run", "--cluster local --out by-ray"),
]


def blocks(language: str) -> list[str]:
    parts = re.split(r"^```(\w*)$", README, flags=re.MULTILINE)
    # parts: text, "python", block, "", text, ...: every other fence opens one
    return [parts[at + 1] for at in range(1, len(parts) - 1, 4) if parts[at] == language]


@pytest.mark.long
def test_the_python_examples_run() -> None:
    examples = blocks("python")
    assert len(examples) == 2
    for example in examples:
        subprocess.run([sys.executable, "-c", example], check=True, timeout=200)


@pytest.mark.long
def test_the_commands_run_one_after_the_other(tmp_path: Path) -> None:
    (commands,) = [block for block in blocks("") if "nerode worlds" in block]
    (tmp_path / "sequences.txt").write_text("0 1 N end\n")
    city = tmp_path / "FOLDER"
    city.mkdir()
    (city / "nodes.csv").write_text("osmid,lat,lon\n0,40.75,-73.98\n1,40.76,-73.98\n")
    (city / "edges.csv").write_text("node,direction,neighbor\n0,N,1\n1,S,0\n")
    ran = []
    for line in commands.strip().splitlines():
        command = re.split(r"\s{2,}", line)[0]
        for shown, small in SMALLER:
            command = command.replace(shown, small)
        if command.startswith("nerode evaluate"):
            command += " --trials 4 --samples 4"
        words = shlex.split(command)
        code = [sys.executable, "-c", "from nerode.cli import main; main()"]
        done = subprocess.run(
            [*code, *words[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
        ran.append(words[1])
    twice = [word for word in ("train", "evaluate") for _ in range(2)]
    assert ran == ["worlds", "sequences", *twice, "report", "score", "reconstruct"]
    one, other = (
        json.loads((tmp_path / run / "evaluation.json").read_text())["metrics"]
        for run in ("run", "by-ray")
    )
    assert one == other
    assert (tmp_path / "report.html").stat().st_size > 10_000
