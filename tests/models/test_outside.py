"""Models of somebody else's, opened because they are named: what is passed on, what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nerode.errors import InvalidParameter, MissingFile, ModelMismatch, UnknownName
from nerode.models.baselines.simple import NoisyOracle
from nerode.models.outside import own_model
from nerode.models.registry import check_name, open_model
from nerode.worlds.cayley import Cayley

WORLD = Cayley(3)
CODE = """
from nerode.models.baselines.simple import NoisyOracle, Uniform
from nerode.worlds.cayley import Cayley

def noisy(world, share=0.5, seed=0):
    return NoisyOracle(world, share, seed)

def nothing(world):
    return None

def other(world):
    return Uniform(Cayley(4).alphabet)

def torn(world):
    raise PermissionError("no such disk")

table = {}
print("loaded")
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "guest.py").write_text(CODE)
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.delitem(sys.modules, "nerode_user_guest", raising=False)
    return str(tmp_path / "guest.py")


def test_a_function_is_called_with_the_world_and_its_parameters(file: str) -> None:
    assert open_model(f"{file}:noisy?share=0.25&seed=7", WORLD) == NoisyOracle(WORLD, 0.25, 7)
    assert open_model(f"{file}:noisy", WORLD) == NoisyOracle(WORLD, 0.5, 0)


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("nothing", InvalidParameter, "a Model with name, alphabet, .* without name, alphabet"),
        ("other", ModelMismatch, r"4 symbols of cayley:n=3, got others \(5\)"),
        ("table", UnknownName, "a class or function that is there"),
        ("gone", UnknownName, "a class or function that is there"),
        ("noisy?loud=true", InvalidParameter, "parameters of noisy.*unexpected keyword"),
        ("noisy?share", InvalidParameter, "NAME=VALUE"),
        ("torn", RuntimeError, "torn raised an error while it was opened"),
    ],
)
def test_what_is_no_model_is_refused_in_one_line(
    file: str, name: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        open_model(f"{file}:{name}", WORLD)
    assert "\n" not in str(caught.value)


def test_a_name_is_checked_without_a_line_of_its_code_being_run(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    check_name(f"{file}:noisy", WORLD)
    assert capsys.readouterr().out == ""
    with pytest.raises(MissingFile, match="which is not there"):
        check_name("nowhere.py:Model", WORLD)
    open_model(f"{file}:noisy", WORLD)
    assert capsys.readouterr().out == "loaded\n"


def test_a_dtype_or_first_token_is_for_folders_alone(file: str) -> None:
    with pytest.raises(InvalidParameter, match="which is float32 always"):
        open_model(f"{file}:noisy", WORLD, dtype="bfloat16")
    with pytest.raises(InvalidParameter, match="none to choose"):
        open_model(f"{file}:noisy", WORLD, first_token="none")  # noqa: S106


def test_folders_and_built_in_models_are_not_taken_for_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert own_model("weights:v2") is not None
    (tmp_path / "weights:v2").mkdir()
    assert own_model("weights:v2") is None
    for name in ("ngram:3", "./some/folder", "untrained:layers=2", "no-such-model"):
        assert own_model(name) is None
