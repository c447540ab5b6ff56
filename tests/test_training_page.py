"""What docs/training.md shows: its Python runs, and its commands have the options that it names."""

from __future__ import annotations

import inspect
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from nerode.cli.app import app
from nerode.models.hf.random_network import random_network
from nerode.models.hf.shape import Shape
from nerode.models.hf.tokenizer import tokenizer
from nerode.series.series import Series
from nerode.worlds.registry import open_world

PAGE = (Path(__file__).parent.parent / "docs" / "training.md").read_text(encoding="utf-8")


@pytest.mark.long
def test_the_loop_of_one_s_own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(from nerode import open_world.*?)```", PAGE, re.DOTALL)
    # A small world and few trials: the code is that of the page.
    code = code.replace('"midtown"', '"cups:n=3"').replace("trials=200", "trials=6, length=5")
    assert "cups:n=3" in code
    assert "trials=6" in code
    world = open_world("cups:n=3")
    given: dict[str, Any] = {
        "batches": range(501),
        "train_step": lambda _network, batch: 1.0 / (1 + batch),
        "network": random_network("gpt2", world.alphabet, Shape(1, 16, 2), 64, 0),
        "tokenizer": tokenizer(world.alphabet),
    }
    exec(compile(code, "docs/training.md", "exec"), given)  # noqa: S102 - our own page
    series = given["series"]
    assert isinstance(series, Series)
    assert series.steps == [0, 500]
    assert series.folder.steps()[500].values == {"loss": 1.0 / 501}


def test_options_of_its_commands_exist() -> None:
    commands = re.findall(r"^    nerode (.+?)(?:  +.*)?$", PAGE, re.MULTILINE)
    assert len(commands) >= 4
    known = {
        command.name or (command.callback.__name__ if command.callback else ""): command
        for command in app.registered_commands
    }
    for line in commands:
        name, *words = shlex.split(line)
        assert name in known, line
        callback = known[name].callback
        assert callback is not None
        parameters = {each.replace("_", "-") for each in inspect.signature(callback).parameters}
        for word in words:
            if word.startswith("--"):
                assert word[2:] in parameters, line
