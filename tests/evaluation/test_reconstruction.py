"""`nerode reconstruct`: what it prints, what it leaves in its folder, and what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nerode.errors import (
    FormatError,
    InvalidParameter,
    MissingFile,
    ModelMismatch,
    RunMismatch,
    WorkerUnfit,
)
from nerode.evaluation.reconstruction import ReconstructionOptions, run_reconstruction, summary
from nerode.metrics.reconstruction.algorithm import Rules, reconstruct
from nerode.metrics.reconstruction.noise import corrupt
from nerode.runs import RESULT, TERMS
from nerode.sequences.dataset import draw_sequences, open_sequences, write_sequences
from nerode.sequences.text import write_text
from nerode.worlds.cayley import Cayley
from nerode.worlds.elsewhere import Workers, WorldByName
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import World
from tests.engine.recipes import Backwards
from tests.report.from_json import read_record
from tests.terminal import Nerode, runner
from tests.test_bad_input import assert_refused

COUNTS = ["sequences", "valid", "illegal_step", "wrong_destination", "malformed", "symbols"]
COUNTS += ["new", "true", "unused", "given_up", "impossible", "longer", "off_bearing", "crossing"]


@pytest.fixture
def nerode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    return runner(monkeypatch, capsys)


@pytest.fixture(scope="module")
def text(town: StreetMap, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty sequences with slips."""
    world = town.with_unused_symbols()  # slips go in all directions
    batch = corrupt(draw_sequences(world, "shortest", 50, 0), 0.1, np.random.default_rng(0))
    path = tmp_path_factory.mktemp("sequences") / "slips.txt"
    write_text(batch, world, path)
    return path


@pytest.mark.slow
def test_a_run_holds_the_record_and_the_streets(
    town: StreetMap, text: Path, tmp_path: Path
) -> None:
    record = run_reconstruction(
        town, text, ReconstructionOptions(noise=(0.2,), seed=3), out=tmp_path / "run"
    )
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        RESULT,
        TERMS,
        "streets.csv",
    ]
    assert read_record(tmp_path / "run") == json.loads(json.dumps(record))
    found, counts = record["reconstruction"], record["reconstruction"]["counts"]
    assert list(counts) == COUNTS
    assert counts["sequences"] == 50
    with (tmp_path / "run" / "streets.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["u", "v", "direction", "edge_type"]
    kinds = {"true": "true", "new": "new", "unused": "true_unused"}
    streets = zip(*(found["streets"][n] for n in ("from", "to", "label", "kind")), strict=True)
    assert [tuple(row.values()) for row in rows] == [
        (town.names[u], town.names[v], label, kinds[kind]) for u, v, label, kind in streets
    ]
    assert record["model"] == str(text)
    metrics = record["metrics"]["reconstruction"]
    assert metrics["valid"]["value"] == counts["valid"] / 50
    assert metrics["new"]["value"] == counts["new"] / counts["symbols"]
    for name in ("given_up", "new"):
        assert (metrics[name]["low"], metrics[name]["high"]) == (None, None)
    assert found["noise"][0]["share"] == 0.2
    name, beside = next(iter(record["baselines"].items()))
    assert name == "noise 20 %"
    for key, scale in {"valid": 1, "given_up": 1, "new": 1000}.items():
        known = found["noise"][0]["new_per_1000" if key == "new" else key]
        estimate = beside["reconstruction"][key]
        numbers = [scale * estimate[bound] for bound in ("value", "low", "high")]
        assert numbers == pytest.approx(list(known.values()))


@pytest.mark.slow
def test_the_same_words_make_a_run_anew_and_others_are_refused(
    town: StreetMap, text: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    terms: dict[str, Any] = {"noise": None}
    run_reconstruction(town, text, ReconstructionOptions(**terms), out=out)
    before = (out / RESULT).read_bytes()
    (out / RESULT).unlink()
    run_reconstruction(town, text, ReconstructionOptions(**terms), out=out)
    assert (out / RESULT).read_bytes() == before
    for other in (
        {"degree": 3},
        {"miles": 1.0},
        {"limit": 9},
        {"seed": 1},
        {"noise": ()},
        {"order": "given"},
    ):
        with pytest.raises(RunMismatch, match=next(iter(other))):
            run_reconstruction(town, text, ReconstructionOptions(**(terms | other)), out=out)
    assert (out / RESULT).read_bytes() == before


@pytest.mark.slow
def test_other_peoples_folders_are_left_alone(
    town: StreetMap, text: Path, whole: Path, tmp_path: Path
) -> None:
    with pytest.raises(RunMismatch, match="another --out"):
        run_reconstruction(town, text, ReconstructionOptions(noise=None), out=whole)
    (tmp_path / "letter.txt").touch()
    with pytest.raises(FormatError, match=r"letter\.txt"):
        run_reconstruction(town, text, ReconstructionOptions(noise=None), out=tmp_path)
    with pytest.raises(InvalidParameter, match=r"letter\.txt"):
        run_reconstruction(
            town, text, ReconstructionOptions(noise=None), out=tmp_path / "letter.txt"
        )


@pytest.mark.slow
def test_folders_give_their_training_part_or_what_they_have(
    town: StreetMap, tmp_path: Path
) -> None:
    for name, held_out, split in (("most", 0.2, "train"), ("all", 0.999_999, "held_out")):
        write_sequences(town, "random", 60, 1, tmp_path / name, held_out=held_out)
        batches = open_sequences(tmp_path / name).batches(split)
        expected = reconstruct(town, batches, Rules()).counts
        record = run_reconstruction(town, tmp_path / name, ReconstructionOptions(noise=None))
        counts = record["reconstruction"]["counts"]
        assert {key: counts[key] for key in expected} == expected
        assert counts["sequences"] > 40


@pytest.mark.slow
@pytest.mark.parametrize("limit", [1, 7, 50, 1000])
def test_a_limit_takes_the_first_ones(
    town: StreetMap, text: Path, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerode.evaluation.reconstruction._BLOCK", 5)
    record = run_reconstruction(town, text, ReconstructionOptions(noise=None, limit=limit))
    assert record["reconstruction"]["counts"]["sequences"] == min(limit, 50)
    assert max(record["reconstruction"]["streets"]["first"]) < limit


def test_progress_counts_the_maps(town: StreetMap, text: Path) -> None:
    heard: list[tuple[int, int]] = []
    terms: dict[str, Any] = {"progress": lambda *told: heard.append(told)}
    run_reconstruction(town, text, ReconstructionOptions(noise=(), orders=7), **terms)
    every = 7 + 20 + 20  # orders, draws of parts, draws of the matched noise
    assert heard == [*((done, every) for done in range(every + 1)), (every, every)]
    heard.clear()
    run_reconstruction(town, text, ReconstructionOptions(noise=None, orders=0, limit=7), **terms)
    assert set(heard) == {(0, 0)}


@pytest.mark.slow
@pytest.mark.parametrize("order", ["given", "mean"])
def test_noise_is_the_same_whoever_draws_it(town: StreetMap, text: Path, order: str) -> None:
    engine, options = Backwards(), ReconstructionOptions(noise=(0.0, 0.05), order=order, orders=3)
    workers = Workers(engine, WorldByName.of(town.name, town))
    heard: list[tuple[int, int]] = []
    found = run_reconstruction(
        town, text, options, workers=workers, progress=lambda *told: heard.append(told)
    )
    assert found == run_reconstruction(town, text, options)
    assert engine.items == (60 if order == "mean" else 41), (
        "20 of each share; of none one is enough"
    )
    assert heard[-1] == (83, 83)
    other = WorldByName(name="midtown", plan="0" * 64)
    with pytest.raises(WorkerUnfit, match="expected the streets or symbols of the world 0000"):
        run_reconstruction(town, text, options, workers=Workers(engine, other))


@pytest.mark.slow
def test_json_is_one_object(nerode: Nerode, town: StreetMap, text: Path) -> None:
    said = nerode("reconstruct", town.name, text, "--json", "--noise", "0.05", "--seed", 2, "-q")
    assert (said.code, said.err) == (0, "")
    told = json.loads(said.out)
    more = ["order", "given_up_share", "new_per_1000", "precision", "recall", "orders", "noise"]
    assert list(told) == [*COUNTS, *more, "growth"]
    assert told == json.loads(
        json.dumps(
            summary(run_reconstruction(town, text, ReconstructionOptions(noise=(0.05,), seed=2)))
        )
    )
    assert [noise["matched"] for noise in told["noise"]] == [False, True]
    assert (
        json.loads(nerode("reconstruct", town.name, text, "--json", "--noise", "none").out)["noise"]
        == []
    )


@pytest.mark.slow
def test_the_table_can_be_read_and_leads_to_the_report(
    nerode: Nerode, town: StreetMap, text: Path, tmp_path: Path
) -> None:
    said = nerode("reconstruct", town.name, text, "--out", tmp_path / "run", "--degree", 5, "-q")
    assert (said.code, said.err) == (0, "")
    counts = read_record(tmp_path / "run")["reconstruction"]["counts"]
    assert f"{counts['impossible']} of {counts['new']} new streets cannot exist" in said.out
    assert "degree 5" in said.out
    for label in (
        "given up",
        "valid first",
        "100 random",
        "a street",
        "New streets: ",
        "per 1,000 symbols",
        "noise 1 %",
        "as many valid",
    ):
        assert label in said.out
    assert said.out.splitlines()[-1].endswith(f"`nerode report {tmp_path / 'run'}`")
    assert len(max(said.out.splitlines()[3:-1], key=len)) <= 80
    bare = nerode("reconstruct", town.name, text, "--noise", "none")
    assert "noise" not in bare.out
    assert "nerode report" not in bare.out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--degree", 0), "degree"),
        (("--miles", 0), "miles"),
        (("--miles", "nan"), "miles"),
        (("--limit", 0), "limit"),
        (("--seed", -1), "seed"),
        (("--noise", "much"), "noise"),
        (("--noise", "2"), "noise"),
        (("--order", "best"), "expected an order out of given, valid-first, mean, got 'best'"),
        (("--orders", -1), "0 or more random orders"),
        (("--orders", 0, "--order", "mean"), "1 or more random orders"),
    ],
)
def test_numbers_that_make_no_sense(
    nerode: Nerode, town: StreetMap, text: Path, options: tuple[Any, ...], told: str
) -> None:
    assert_refused(nerode("reconstruct", town.name, text, *options), told)


@pytest.mark.slow
def test_what_cannot_be_read(nerode: Nerode, town: World[Any], tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    (tmp_path / "odd.txt").write_text("down left\nup\n")
    for path, told in (
        (tmp_path / "nowhere", "nowhere"),
        (tmp_path / "empty.txt", "empty.txt:1"),
        (tmp_path / "odd.txt", "odd.txt:1"),
        (tmp_path, "manifest.json"),
    ):
        out = tmp_path / "run"
        assert_refused(nerode("reconstruct", town.name, path, "--out", out), told)
        assert not out.exists(), "a mistake leaves no run behind"
    write_sequences(Cayley(3), "random", 10, 0, tmp_path / "other")
    assert_refused(nerode("reconstruct", town.name, tmp_path / "other"), "cayley")
    assert_refused(nerode("reconstruct", "cayley:n=3", tmp_path / "other"), "street map")


@pytest.mark.slow
def test_a_line_that_cannot_be_read_is_malformed(
    nerode: Nerode, town: StreetMap, text: Path, tmp_path: Path
) -> None:
    lines = text.read_text().splitlines()
    (tmp_path / "odd.txt").write_text("\r".join(["<pad> " + lines[0], "", *lines, "", ""]))
    plain, odd = (
        run_reconstruction(town, path, ReconstructionOptions(noise=None))
        for path in (text, tmp_path / "odd.txt")
    )
    before, after = plain["reconstruction"], odd["reconstruction"]
    assert after["counts"] == before["counts"] | {
        "sequences": before["counts"]["sequences"] + 2,
        "malformed": before["counts"]["malformed"] + 2,
    }
    for name in ("precision", "recall"):
        assert after["score"][name] == before["score"][name]
    assert after["streets"]["to"] == before["streets"]["to"]
    assert after["gave_up"] == [number + 2 for number in before["gave_up"]]
    assert (after["unreadable"], after["first_unreadable"]) == (2, {"line": 1, "word": "<pad>"})
    assert "unreadable" not in before
    said = nerode("reconstruct", town.name, tmp_path / "odd.txt", "--noise", "none", "--json")
    assert json.loads(said.out)["first_unreadable"] == {"line": 1, "word": "<pad>"}
    said = nerode("reconstruct", town.name, tmp_path / "odd.txt", "--noise", "none")
    assert "2 of the malformed are not written in the world's symbols; the first is line 1: " in (
        " ".join(said.out.split())
    )
    (tmp_path / "foreign.txt").write_text("1 <pad>\n2\nc0 c1 N end\n")
    with pytest.raises(FormatError, match="unknown symbol '1'"):
        run_reconstruction(
            town, tmp_path / "foreign.txt", ReconstructionOptions(limit=2, noise=None)
        )


def test_errors_are_those_that_python_users_catch(town: StreetMap, tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        run_reconstruction(town, tmp_path / "nowhere")
    with pytest.raises(InvalidParameter):
        run_reconstruction(Cayley(3), tmp_path)
    write_sequences(Cayley(3), "random", 10, 0, tmp_path / "other")
    with pytest.raises(ModelMismatch):
        run_reconstruction(town, tmp_path / "other")
