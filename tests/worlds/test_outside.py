"""Worlds of one's own, named on the command line: what opens, what is told, what never loads."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from nerode.errors import InvalidParameter, MissingFile, UnknownName
from nerode.evaluation.evaluation import evaluate
from nerode.report.page import write_report
from nerode.sequences.dataset import open_sequences, write_sequences
from nerode.training.data import open_training_data
from nerode.worlds import outside
from nerode.worlds.registry import open_listed, open_world, worlds
from tests.terminal import runner

LIFT = '''
from pathlib import Path

import buttons
from nerode.worlds import World

Path(__file__).with_name("loaded").touch()


class Lift(World[int]):
    """Up and down between floors."""

    def __init__(self, floors: int = 3, start: int = 0, label: str = "lift", open_: bool = True):
        self.floors, self.start, self.open_ = floors, start, open_
        self.name = f"{label}:floors={floors}"
        self.alphabet = buttons.NAMES

    def legal(self, state):
        return tuple(a for a, to in enumerate((state + 1, state - 1)) if 0 <= to < self.floors)

    def step(self, state, symbol):
        if symbol not in self.legal(state):
            raise self.illegal(state, symbol)
        return state + (1, -1)[symbol]


class Stuck(Lift):
    def __init__(self):
        raise KeyError("stuck")


class Lost(Lift):
    def __init__(self):
        open("no-such-file")


class Nameless(Lift):
    def __init__(self):
        self.alphabet = ("up",)


class Half(World[int]):
    def legal(self, state):
        return ()


class Stairs:
    pass
'''


@pytest.fixture
def lift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with worlds, and one beside it that it imports."""
    (tmp_path / "lift.py").write_text(LIFT)
    (tmp_path / "buttons.py").write_text('NAMES = ("up", "down")\n')
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    for name in ("buttons", "lift", "nerode_user_lift"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path / "lift.py"


@pytest.mark.parametrize("place", ["lift.py", "./lift.py", "lift"])
def test_a_class_is_opened_by_its_file_or_its_module(lift: Path, place: str) -> None:
    world = open_world(f"{place}:Lift?floors=9&start=2&label=express&open_=false")
    assert (world.name, world.start) == ("express:floors=9", 2)
    assert vars(world)["open_"] is False
    assert open_world(f"{lift}:Lift").name == "lift:floors=3"


def test_a_package_announces_a_world(lift: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lift.is_file()
    entry = EntryPoint("elevator", "lift:Lift", "nerode.worlds")
    monkeypatch.setattr(outside, "entry_points", lambda **_: [entry])
    monkeypatch.syspath_prepend(str(lift.parent))
    assert outside.announced() == (entry,)
    assert not (lift.parent / "loaded").exists()  # a list loads nothing
    assert open_world("elevator?floors=4").name == "lift:floors=4"
    assert open_world("elevator").name == "lift:floors=3"
    with pytest.raises(UnknownName):
        open_listed("elevator")


@pytest.mark.parametrize(
    ("spec", "error", "says"),
    [
        ("lift", UnknownName, "FILE.py:CLASS"),
        ("elevator?floors=4", UnknownName, "FILE.py:CLASS"),
        ("gone.py:Lift", MissingFile, "'gone.py', which is not there"),
        ("gone.rooms:Lift", UnknownName, "a module that can be imported"),
        ("lift.py:Elevator", UnknownName, r"\(Lift, Stuck, Lost, Nameless, Half\)"),
        ("lift.py:Stairs", InvalidParameter, "derived from nerode.worlds.World"),
        ("lift.py:LIFT", UnknownName, "a class that is there"),
        ("lift.py:buttons", InvalidParameter, "derived from nerode.worlds.World"),
        ("lift.py:Half", InvalidParameter, "the methods step"),
        ("lift.py:Nameless", InvalidParameter, "without name, start"),
        ("lift.py:Lift?storeys=4", InvalidParameter, "unexpected keyword argument 'storeys'"),
        ("lift.py:Lift?floors", InvalidParameter, "NAME=VALUE"),
        ("lift.py:Lift?floors=1&floors=2", InvalidParameter, "different names"),
    ],
)
def test_what_is_wrong_is_told(lift: Path, spec: str, error: type[Exception], says: str) -> None:
    assert lift.is_file()
    with pytest.raises(error, match=says) as caught:
        open_world(spec)
    assert "\n" not in str(caught.value)


def test_errors_in_the_users_code_are_raised_as_they_are(lift: Path) -> None:
    with pytest.raises(KeyError, match="stuck"):
        open_world("lift.py:Stuck")
    with pytest.raises(RuntimeError, match=r"lift\.py:Lost raised") as caught:
        open_world("lift.py:Lost")
    assert isinstance(caught.value.__cause__, FileNotFoundError)
    lift.write_text("def broken(:\n")
    with pytest.raises(SyntaxError):
        open_world("lift.py:Lift")
    lift.write_text("import no_such_module\n")
    with pytest.raises(ModuleNotFoundError):
        open_world("lift.py:Lift")


@pytest.mark.slow
def test_the_command_line_shows_the_users_line(lift: Path) -> None:
    code = [sys.executable, "-c", "from nerode.cli import main; main()"]
    (lift.parent / "walk.txt").write_text("up up\n")
    ends = {"Lift": 0, "Stuck": 1, "Stairs": 2}
    said = {}
    for name, end in ends.items():
        command = [*code, "score", f"lift.py:{name}", "walk.txt"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == end, done.stderr
        said[name] = done.stderr
    line = 1 + LIFT.splitlines().index('        raise KeyError("stuck")')
    assert f'lift.py", line {line}' in said["Stuck"]
    assert said["Stuck"].endswith("KeyError: 'stuck'\n")
    assert said["Stairs"].startswith("error: expected a class derived from")
    assert said["Stairs"].count("\n") == 1


def test_names_in_files_never_load_code(lift: Path, tmp_path: Path) -> None:
    world = open_world("lift.py:Lift")
    write_sequences(world, "random", 50, 0, tmp_path / "rides")
    loaded = tmp_path / "loaded"
    loaded.unlink()
    sys.modules.pop("nerode_user_lift")
    # A manifest that names the file itself, as no world does: somebody else wrote it.
    manifest = tmp_path / "rides" / "manifest.json"
    told = json.loads(manifest.read_text()) | {"world": "lift.py:Lift"}
    manifest.write_text(json.dumps(told))
    assert open_sequences(tmp_path / "rides").manifest.world == "lift.py:Lift"
    with pytest.raises(UnknownName, match=r"--world FILE\.py:CLASS"):
        open_training_data(tmp_path / "rides")
    with pytest.raises(UnknownName, match="expected one of the worlds"):
        open_listed("lift.py:Lift")
    assert not loaded.exists()
    assert lift.is_file()


@pytest.mark.slow
def test_a_report_of_ones_own_world_needs_no_code(
    lift: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = open_world("lift.py:Lift")
    evaluate(world, "uniform", ["compression"], trials=4, baselines=[], out=tmp_path / "run")
    record = tmp_path / "run" / "evaluation.json"
    record.write_text(record.read_text().replace(world.name, "lift.py:Lift"))
    (tmp_path / "loaded").unlink()
    lift.unlink()
    monkeypatch.setattr(outside, "open_outside", lambda _: pytest.fail("loads code"))
    write_report([tmp_path / "run"], tmp_path / "page.html")
    assert "lift.py:Lift" in (tmp_path / "page.html").read_text()
    assert not (tmp_path / "loaded").exists()


def test_names_of_listed_worlds_mean_these() -> None:
    for entry in worlds():
        assert outside.spec_of(entry.name) is None
    assert open_world("cayley:n=3").name == "cayley:n=3"


def test_the_command_line_checks_a_world(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lift: Path, tmp_path: Path
) -> None:
    nerode = runner(monkeypatch, capsys)
    said = nerode("worlds", "cayley:n=3")
    assert (said.code, "no promise broken in 7 states" in said.out) == (0, True)
    source = lift.read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.py"
    wrong.write_text(source + '\n\nclass Wrong(Lift):\n    legal = lambda *_: ("up",)\n', "utf-8")
    said = nerode("worlds", f"{wrong}:Wrong")
    assert said.code == 2
    assert "expected" in said.err
    assert "Traceback" not in said.err
