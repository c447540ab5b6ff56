from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nerode.cli.app import app
from nerode.demo import DEMOS, run_demo
from nerode.errors import UnknownName
from nerode.models.bundled import folder_of
from nerode.models.registry import open_model
from nerode.worlds.registry import open_world

BUNDLED = [(demo.world, name) for demo in DEMOS.values() for name in demo.checkpoints]


@pytest.mark.slow
@pytest.mark.parametrize(("world", "name"), BUNDLED)
def test_bundled_models_are_small_and_speak_of_their_world(world: str, name: str) -> None:
    folder = folder_of(name)
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 4_000_000
    model: Any = open_model(str(folder), open_world(world))
    assert model.trained_on["world"] == world
    assert str(model.network.dtype) == "torch.float32"  # whatever they are stored in


def test_a_demonstration_that_there_is_not_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="out of midtown, othello, got 'chess'"):
        run_demo(tmp_path / "out", "chess")
    assert not (tmp_path / "out").exists()


@pytest.mark.long
def test_the_demonstration_of_othello_measures_both_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = {name: replace(demo, trials=2) for name, demo in DEMOS.items()}
    monkeypatch.setattr("nerode.demo.DEMOS", short)
    shown = CliRunner().invoke(app, ["demo", "othello", "--out", str(tmp_path)])
    assert shown.exit_code == 0, shown.output
    for name in DEMOS["othello"].checkpoints:
        record = json.loads((tmp_path / name / "evaluation.json").read_text(encoding="utf-8"))
        assert record["model"] == name
        assert set(record["depths"]) == {"compression"}
        assert record["games"]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert all(name in page for name in DEMOS["othello"].checkpoints)
