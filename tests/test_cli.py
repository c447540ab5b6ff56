"""The commands, and what they print."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nerode import __version__
from nerode.evaluation.evaluation import evaluate
from nerode.models.registry import open_model
from nerode.sequences.corpus import fresh_corpus
from nerode.sequences.dataset import (
    Sequences,
    draw_into_memory,
    open_sequences,
)
from nerode.sequences.policies import Draw
from nerode.sequences.text import read_text
from nerode.worlds.registry import open_world, worlds
from nerode.worlds.world import World
from tests.terminal import Nerode, runner

PUBLISHED = Path(__file__).parents[1].parent / "shared" / "data" / "manhattan"
SMALL = ("--samples", 3, "--baselines", "uniform", "--quiet")
MAIN = "from nerode.cli import main; main()"


@pytest.fixture
def nerode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    return runner(monkeypatch, capsys)


@pytest.mark.slow
def test_help_is_told_for_every_command(nerode: Nerode) -> None:
    said = nerode("--help")
    assert said.code == 0
    commands = (
        "demo",
        "worlds",
        "sequences",
        "train",
        "evaluate",
        "score",
        "reconstruct",
        "report",
        "schema",
    )
    for command in commands:
        assert command in said.out
        assert nerode(command, "--help").code == 0
    words = {
        "demo": ["--out"],
        "sequences": ["--policy", "--count", "--seed", "--out"],
        "train": ["--out", "--layers", "--width", "--heads", "--minutes", "--epochs", "--seed"],
        "evaluate": ["--metrics", "--trials", "--samples", "--epsilon", "--protocol", "--dtype"],
        "score": ["--json"],
        "reconstruct": [
            *("--degree", "--miles", "--limit", "--noise", "--order", "--orders"),
            *("--seed", "--out", "--json"),
        ],
        "report": ["--out"],
    }
    for command, options in words.items():
        for option in options:
            assert option in nerode(command, "--help").out
    for option in ("--histories", "--sequences", "--seed", "--out", "--json"):
        assert option in nerode("evaluate", "--help").out
    assert "--resume" in nerode("train", "--help").out


@pytest.mark.slow
def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from nerode.cli import main\n"
        "sys.argv = ['nerode', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'transformers', 'plotly', 'numpy', 'numba', 'scipy', 'pyarrow'}\n"
        "sys.stderr.write(str(sorted(heavy & set(sys.modules))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]"


def test_the_version(nerode: Nerode) -> None:
    said = nerode("--version")
    assert (said.code, said.out, said.err) == (0, f"{__version__}\n", "")


def test_without_a_command_help_is_told(nerode: Nerode) -> None:
    said = nerode()
    assert (said.code, said.err) == (2, "")
    assert said.out == nerode("--help").out


def test_every_world_is_listed(nerode: Nerode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    said = nerode("worlds")
    assert said.code == 0
    for entry in worlds():
        assert entry.name in said.out
        assert entry.parameters in said.out


def test_sequences_are_written_and_told(nerode: Nerode, tmp_path: Path, town: World[Any]) -> None:
    out, text = tmp_path / "s", tmp_path / "train.txt"
    words = ("--policy", "random", "--count", 60, "--seed", 3, "--out", out, "--text", text)
    said = nerode("sequences", town.name, *words)
    written = open_sequences(out)
    train, held_out = written.manifest.train, written.manifest.held_out_count
    assert (said.code, said.err) == (0, "")
    assert said.out == f"{out}: {train} training and {held_out} held-out sequences\n"
    assert train + held_out == 60
    assert read_text(text, town) == written.read("train")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "folder", "counts"),
    [
        ("shortest.txt", "shortest", (6400, 4651, 1315, 434, 0)),
        ("noisy.txt", "noisy_random", (6400, 4077, 1463, 850, 10)),
    ],
)
def test_the_published_sequences_are_scored(
    nerode: Nerode, name: str, folder: str, counts: tuple[int, ...]
) -> None:
    if not PUBLISHED.is_dir():
        pytest.skip(f"the published sequences are not there: {PUBLISHED}")
    text = PUBLISHED / "generated" / name
    said = nerode("score", f"street-map:{PUBLISHED / folder}", text, "--json")
    names = ("sequences", "valid", "illegal_step", "wrong_destination", "malformed")
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out) == dict(zip(names, counts, strict=True))


def test_scores_are_told_in_words_too(nerode: Nerode, tmp_path: Path, town: World[Any]) -> None:
    (tmp_path / "a.txt").write_text("c0 c1 E end\nc0 c2 E end\nc0 c1 N\n")
    said = nerode("score", town.name, tmp_path / "a.txt")
    assert [line.split() for line in said.out.splitlines()] == [
        ["sequences", "3"],
        ["valid", "1"],
        ["illegal", "step", "0"],
        ["wrong", "destination", "1"],
        ["malformed", "1"],
    ]


@pytest.mark.slow
def test_an_evaluation_as_json_is_one_object_and_nothing_else(
    nerode: Nerode, town: World[Any]
) -> None:
    words = ("--trials", 6, "--seed", 2, *SMALL, "--json")
    said = nerode("evaluate", town.name, "noisy-oracle:0.2", *words)
    assert (said.code, said.err) == (0, "")
    assert said.out.count("\n") == 1
    printed = json.loads(said.out)
    assert list(printed) == ["world", "model", "protocol", "seed", "metrics", "baselines"]
    model = open_model("noisy-oracle:0.2", town, seed=2)
    expected = evaluate(town, model, trials=6, seed=2, samples=3, baselines=("uniform",))
    assert printed == expected.summary()


def test_every_option_arrives(nerode: Nerode, tmp_path: Path, town: World[Any]) -> None:
    folder = tmp_path / "s"
    assert nerode(
        "sequences", town.name, "--policy", "shortest", "--count", 80, "--out", folder
    ).code == 0  # fmt: skip
    said = nerode(
        *("evaluate", town.name, "ngram:2", "--metrics", "compression, next_symbol"),
        *("--trials", 5, "--samples", 2, "--epsilon", 0.05, "--protocol", "paper"),
        *("--histories", "on-policy", "--sequences", folder, "--baselines", "none"),
        *("--depth", 3, "--length", 50, "--seed", 4, "--out", tmp_path / "run", "--quiet"),
    )
    assert (said.code, said.err) == (0, "")
    record = json.loads((tmp_path / "run" / "evaluation.json").read_text())
    assert record["parameters"] == {
        "trials": 5,
        "samples": 2,
        "epsilon": 0.05,
        "depth": 3,
        "length": 50,
        "dtype": None,
        "sequences": str(folder),
        "met_in": 12,
    }
    told = {name: record[name] for name in ("model", "protocol", "histories", "seed", "baselines")}
    assert told == {
        "model": "ngram:2",
        "protocol": "paper",
        "histories": "on-policy",
        "seed": 4,
        "baselines": {},
    }
    assert list(record["metrics"]) == ["next_symbol", "compression"]


def test_an_n_gram_is_fitted_on_the_folder_or_on_fresh_sequences(
    nerode: Nerode, tmp_path: Path, town: World[Any]
) -> None:
    assert nerode(
        "sequences", town.name, "--policy", "random", "--count", 300, "--out", tmp_path / "s"
    ).code == 0  # fmt: skip
    words = ("--metrics", "next_symbol", "--trials", 20, "--baselines", "none", "--json")
    fresh = json.loads(nerode("evaluate", town.name, "ngram:2", *words).out)
    given = json.loads(
        nerode("evaluate", town.name, "ngram:2", *words, "--sequences", tmp_path / "s").out
    )
    terms: dict[str, Any] = {"metrics": ["next_symbol"], "trials": 20, "baselines": ()}
    model = open_model("ngram:2", town, sequences=fresh_corpus(town, 20, 0).train)
    assert fresh == evaluate(town, model, **terms).summary()
    model = open_model("ngram:2", town, sequences=open_sequences(tmp_path / "s").read("train"))
    assert given == evaluate(town, model, sequences=tmp_path / "s", **terms).summary()


@pytest.mark.slow
@pytest.mark.parametrize("given", [True, False])
def test_sequences_for_an_n_gram_are_drawn_or_read_once(
    nerode: Nerode, tmp_path: Path, town: World[Any], monkeypatch: pytest.MonkeyPatch, given: bool
) -> None:
    assert nerode(
        "sequences", town.name, "--policy", "random", "--count", 90, "--out", tmp_path / "s"
    ).code == 0  # fmt: skip
    asked: list[str] = []
    plain_draw, plain_read = draw_into_memory, Sequences.read

    def draw(world: World[Any], request: Draw) -> Any:
        asked.append(str(request.side))
        return plain_draw(world, request)

    def read(self: Sequences, split: str) -> Any:
        asked.append(split)
        return plain_read(self, split)

    monkeypatch.setattr("nerode.sequences.corpus.draw_into_memory", draw)
    monkeypatch.setattr(Sequences, "read", read)
    words = ("--metrics", "next_symbol", "--trials", 5, "--baselines", "ngram:3")
    more = ("--sequences", tmp_path / "s") if given else ()
    assert nerode("evaluate", town.name, "ngram:2", *words, *more).code == 0
    assert sorted(asked) == ["held_out", "train"]


@pytest.mark.slow
def test_an_evaluation_is_a_table_with_the_baselines_beside_it(
    nerode: Nerode, town: World[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    said = nerode("evaluate", town.name, "oracle", "--trials", 5, *SMALL)
    assert said.code == 0
    for word in ("oracle", "uniform", "compression", "distinction", "detours", "traversal"):
        assert word in said.out.lower()


@pytest.mark.slow
def test_a_run_goes_on_and_is_reported(nerode: Nerode, tmp_path: Path, town: World[Any]) -> None:
    run = tmp_path / "run"
    words = ("evaluate", town.name, "noisy-oracle:0.2", *SMALL, "--out", run, "--json")
    assert nerode(*words, "--trials", 4).code == 0
    longer = nerode(*words, "--trials", 9)
    assert longer.code == 0
    assert longer.out == nerode(*words[:-3], "--json", "--trials", 9).out
    page = tmp_path / "pages" / "report.html"
    said = nerode("report", run, "--out", page)
    assert (said.code, said.err) == (0, "")
    assert str(page) in said.out
    assert "noisy-oracle:0.2" in page.read_text()
    assert nerode("report", run, run, "--out", page).code == 0


def test_who_presses_control_c_is_promised_nothing_that_is_not_known(
    nerode: Nerode, town: World[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nerode.evaluation.evaluation.evaluate_with", stop)
    said = nerode("evaluate", town.name, "oracle")
    assert (said.code, said.out) == (130, "")
    assert said.err == "stopped\n"


@pytest.mark.slow
def test_whoever_stops_reading_hears_no_complaint(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1 2 3\n" * 10)
    words = ["score", "connect-four:rows=6", str(tmp_path / "a.txt")]
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as started:
        assert started.stdout is not None
        assert started.stderr is not None
        started.stdout.close()
        assert b"Traceback" not in started.stderr.read()


@pytest.mark.long
def test_the_whole_way_from_sequences_to_a_report(nerode: Nerode, tmp_path: Path) -> None:
    world = open_world("cayley:n=3")
    folders = [tmp_path / name for name in ("sequences", "model", "run")]
    sequences, model, run = folders
    steps: list[tuple[Any, ...]] = [
        ("sequences", world.name, "--policy", "random", "--count", 200, "--out", sequences),
        *[
            (
                *("train", sequences, "--out", model, "--layers", 1, "--width", 16, "--heads", 2),
                *("--epochs", 1, "--batch-size", 64, "--quiet"),
            )
        ],
        ("evaluate", world.name, model, "--trials", 4, *SMALL, "--out", run, "--json"),
        ("report", run, "--out", tmp_path / "report.html"),
    ]
    said = [nerode(*words) for words in steps]
    assert [step.code for step in said] == [0, 0, 0, 0], [step.err for step in said]
    assert [step.err for step in said] == [""] * 4
    printed = json.loads(said[2].out)
    assert printed["model"] == str(model)
    assert "<html" in (tmp_path / "report.html").read_text()
