"""Models that come with the library are opened by their names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nerode.errors import ModelMismatch, UnknownName
from nerode.models import bundled
from nerode.models.registry import check_name, open_model
from nerode.worlds.registry import open_world
from tests.terminal import runner

MODELS = (
    "midtown-random",
    "midtown-shortest",
    "midtown-wandering",
    "othello6-random",
    "othello6-strong",
)


def test_the_list_is_what_the_command_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bundled.bundled() == MODELS
    said = runner(monkeypatch, capsys)("models")
    assert said.code == 0
    lines = [line.split()[:2] for line in said.out.splitlines()[1 : 1 + len(MODELS)]]
    assert lines == [[name, bundled.described(name).world] for name in MODELS]


@pytest.mark.slow
def test_a_name_opens_the_bundled_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    world = open_world("othello:size=6")
    model: Any = open_model("othello6-random", world)
    by_path: Any = open_model(str(bundled.folder_of("othello6-random")), world)
    assert model.name == "othello6-random"
    assert model.fingerprint == by_path.fingerprint
    assert model.trained_on["policy"] == "random"
    assert bundled.which_was_opened("othello6-random") == (
        "othello6-random: the bundled model (nerode models)"
    )
    with pytest.raises(ModelMismatch):
        check_name("othello6-random", open_world("midtown"))
    for name in ("./othello6-random", "othello7-random"):
        with pytest.raises(UnknownName, match="nerode models"):
            check_name(name, world)
        assert bundled.which_was_opened(name) is None


def test_a_folder_of_that_name_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert bundled.opens_bundled("midtown-random")
    (tmp_path / "midtown-random").mkdir()
    assert not bundled.opens_bundled("midtown-random")
    told = bundled.which_was_opened("midtown-random")
    assert told is not None
    assert f"the folder {tmp_path / 'midtown-random'}, not the bundled" in told
    with pytest.raises(Exception, match="midtown-random"):  # it is empty, and no model
        check_name("midtown-random", open_world("midtown"))
