"""Sequences drawn in pieces: the same batches and the same files, whoever draws them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from nerode.engine.engine import Engine
from nerode.engine.processes import ForkedProcesses
from nerode.errors import TooFewSequences, UnknownName, WorkerUnfit
from nerode.sequences import pieces
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import write_sequences
from nerode.sequences.mixed import write_mixed
from nerode.sequences.pieces import engine_for, stream_in_pieces
from nerode.sequences.policies import Draw, stream
from nerode.sequences.split import Split
from nerode.worlds.elsewhere import Workers, WorldByName
from nerode.worlds.registry import open_world
from tests.engine.recipes import Backwards

DRAWN = [("othello:size=6", "random"), ("cayley:n=3", "random"), ("cups", "random")]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several pieces in a block, several blocks in a window, several windows."""
    monkeypatch.setattr(pieces, "PIECE", 16)
    monkeypatch.setattr(pieces, "WINDOW", 128)


def workers(name: str, engine: Engine) -> Workers:
    return Workers(engine, WorldByName.of(name, open_world(name)))


def as_lists(batches: Iterable[SequenceBatch]) -> list[list[list[int]]]:
    return [[sequence.tolist() for sequence in batch] for batch in batches]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "policy"), DRAWN)
@pytest.mark.parametrize("side", [None, "held_out"])
def test_batches_are_those_of_one_stream(name: str, policy: str, side: str | None) -> None:
    world = open_world(name)
    draw = Draw(policy, 300, 7, Split.of(world, 7, 0.4), side)
    expected = as_lists(stream(world, draw, 64))
    assert [len(batch) for batch in expected] == [64, 64, 64, 64, 44]
    engine = Backwards()
    assert as_lists(stream_in_pieces(world, draw, workers(name, engine), 64)) == expected
    assert engine.items == 19
    assert as_lists(stream_in_pieces(world, draw, None, 64)) == expected


@pytest.mark.slow
def test_files_are_the_same_whoever_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "othello:size=6"
    world, engine = open_world(name), Backwards()
    write_sequences(world, "random", 300, 3, tmp_path / "alone")
    write_sequences(world, "random", 300, 3, tmp_path / "there", workers=workers(name, engine))
    monkeypatch.setattr(pieces, "cores", lambda: 2)
    draw = Draw("random", 300, 3, Split.of(world, 3, 0.1))
    assert isinstance(engine_for(world, draw, None), ForkedProcesses)
    heard: list[int] = []
    write_sequences(world, "random", 300, 3, tmp_path / "forked", progress=heard.append)
    assert files(tmp_path / "alone") == files(tmp_path / "there") == files(tmp_path / "forked")
    assert heard == sorted(heard)
    assert heard[-1] == 300


def test_mixed_ones_too(tmp_path: Path) -> None:
    name = "connect-four"
    world, engine = open_world(name), Backwards()
    write_mixed(world, "shortest", 60, 3, tmp_path / "alone", 0.5)
    write_mixed(world, "shortest", 60, 3, tmp_path / "there", 0.5, workers=workers(name, engine))
    assert files(tmp_path / "alone") == files(tmp_path / "there")
    assert engine.items == 2 * 2


def test_who_answers_whole_requests_is_not_cut(tmp_path: Path) -> None:
    engine, world = Backwards(), open_world("midtown")
    write_sequences(world, "shortest", 50, 3, tmp_path / "a", workers=workers("midtown", engine))
    assert engine.items == 0


@pytest.mark.slow
def test_what_is_wrong_is_said_at_once_or_by_the_worker(tmp_path: Path) -> None:
    name = "connect-four"
    engine, world = Backwards(), open_world(name)
    with pytest.raises(UnknownName, match="expected a policy of connect-four"):
        write_sequences(world, "best", 9, 0, tmp_path / "a", workers=workers(name, engine))
    assert engine.items == 0
    other = Workers(engine, WorldByName(name="cayley:n=3", plan="0" * 64))
    with pytest.raises(WorkerUnfit, match=r"^on there: expected the streets or symbols of the "):
        write_sequences(world, "shortest", 9, 0, tmp_path / "b", workers=other)
    assert not list((tmp_path / "b").iterdir())
    none = Draw("shortest", 9, 0, Split.of(world, 0, 0.0), "held_out")
    with pytest.raises(TooFewSequences, match="on there: expected 9 sequences"):
        list(stream_in_pieces(world, none, workers(name, engine)))
