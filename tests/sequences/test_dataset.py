"""Sequences on disk: what is written is what was drawn, and broken folders are named."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nerode.errors import FormatError, InvalidParameter, MissingFile, UnknownName
from nerode.sequences import store
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences, open_sequences, write_sequences
from nerode.sequences.split import Split
from nerode.worlds.automata.table import table
from nerode.worlds.othello.othello import Othello
from tests.sequences.maps import grid

TOWN = grid(4, 5)


def test_what_is_read_is_what_was_drawn(tmp_path: Path) -> None:
    heard: list[int] = []
    manifest = write_sequences(
        TOWN, "random", 500, 3, tmp_path / "a", held_out=0.2, progress=heard.append
    )
    drawn = draw_sequences(TOWN, "random", 500, 3)
    mask = Split.of(TOWN, 3, 0.2).held_out(drawn, 2)
    opened = open_sequences(tmp_path / "a")
    assert opened.manifest == manifest
    assert opened.read("train") == drawn.take(~mask)
    assert opened.read("held_out") == drawn.take(mask)
    assert (manifest.train, manifest.held_out_count) == ((~mask).sum(), mask.sum())
    assert manifest.symbols == len(drawn.symbols)
    assert manifest.longest == drawn.lengths.max()
    assert heard == [500]
    with pytest.raises(UnknownName):
        opened.read("test")


def test_other_tools_read_the_shards(tmp_path: Path) -> None:
    manifest = write_sequences(TOWN, "shortest", 100, 3, tmp_path)
    column = pq.read_table(tmp_path / "train-00000.parquet").column("symbols").to_pylist()
    assert len(column) == manifest.train
    assert all(TOWN.accepts(row) for row in column)
    content = json.loads((tmp_path / "manifest.json").read_text())
    assert content["format_version"] == 1
    assert content["alphabet"] == list(TOWN.alphabet)
    assert content["world"] == TOWN.name
    assert content["prompt_length"] == 2


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["shortest", "noisy", "random", "wandering"])
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, policy: str) -> None:
    for name in ("a", "b"):
        write_sequences(TOWN, policy, 200, 7, tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["held_out-00000.parquet", "manifest.json", "train-00000.parquet"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_many_sequences_fill_several_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SHARD_ROWS", 30)
    write_sequences(TOWN, "random", 100, 3, tmp_path, held_out=0.0)
    assert sorted(path.name for path in tmp_path.glob("*.parquet")) == [
        f"train-0000{number}.parquet" for number in range(4)
    ]
    opened = open_sequences(tmp_path)
    assert opened.read("train") == draw_sequences(TOWN, "random", 100, 3)
    assert opened.read("held_out") == SequenceBatch.of([])


def test_a_world_without_prompts_is_split_by_whole_sequences(tmp_path: Path) -> None:
    coin = table({"q": {"a": "q", "b": "r"}, "r": {"a": "q"}}, start="q")
    write_sequences(coin, "random", 100, 3, tmp_path, held_out=0.5)
    opened = open_sequences(tmp_path)
    train, held_out = (
        {tuple(row.tolist()) for row in opened.read(split)} for split in ("train", "held_out")
    )
    assert train
    assert held_out
    assert not train & held_out


def test_finished_sequences_are_not_overwritten(tmp_path: Path) -> None:
    write_sequences(TOWN, "random", 10, 3, tmp_path / "a")
    with pytest.raises(InvalidParameter, match=r"manifest\.json"):
        write_sequences(TOWN, "random", 10, 4, tmp_path / "a")
    assert open_sequences(tmp_path / "a").manifest.seed == 3
    (tmp_path / "file").touch()
    with pytest.raises(InvalidParameter, match="file"):
        write_sequences(TOWN, "random", 10, 4, tmp_path / "file")


def test_what_an_attempt_before_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "train-00007.parquet").write_bytes(b"left by an attempt before")
    write_sequences(TOWN, "random", 10, 3, tmp_path)
    assert len(open_sequences(tmp_path).read("train")) == open_sequences(tmp_path).manifest.train


def test_a_request_that_cannot_be_met_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="only 400"):
        write_sequences(TOWN, "shortest", 500, 3, tmp_path / "a")
    assert list((tmp_path / "a").iterdir()) == []
    with pytest.raises(UnknownName):
        write_sequences(TOWN, "fast", 500, 3, tmp_path / "b")
    assert not (tmp_path / "b").exists()


FULL_DISK = """
import resource, signal, sys
from nerode.sequences.dataset import write_sequences
from tests.sequences.maps import grid
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    write_sequences(grid(4, 5), "random", 20_000, 3, sys.argv[1])
except OSError as error:
    print("OSError", error.errno is not None)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="no limit on file sizes here")
@pytest.mark.slow
def test_a_full_disk_is_an_os_error_and_leaves_no_manifest(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    # A limit on the size of files stands in for a full disk. Compiled loops cannot be
    # stored under it, so they are stored before.
    draw_sequences(TOWN, "random", 1, 1)
    out = tmp_path / "out"
    out.mkdir()
    (out / "train-00000.parquet").write_bytes(b"left by an attempt before")
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(out)],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
    )
    assert done.stdout.strip() == "OSError True", done.stderr
    assert list(out.iterdir()) == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_sequences(TOWN, "random", 50, 3, tmp_path)
    return tmp_path


def test_missing_files_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="nowhere"):
        open_sequences(tmp_path / "nowhere")
    (folder / "train-00000.parquet").unlink()
    with pytest.raises(MissingFile, match="train-00000"):
        open_sequences(folder).read("train")
    (folder / "manifest.json").unlink()
    with pytest.raises(MissingFile, match=r"manifest\.json"):
        open_sequences(folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "where"),
    [
        ("{", "manifest.json:1"),
        ("[]", "format_version"),
        ('{"format_version": 2}', "format_version"),
        ('{"format_version": 1}', "world"),
        ('"train": "many"', "train"),
        ('"alphabet": "abc"', "alphabet"),
        ('"alphabet": ["a"]', "symbols below 1"),
        ('"train": 7', "7 train sequences"),
        ('"held_out": 1.5', "held_out: expected a number from 0 to below 1"),
        (f'"held_out": {"9" * 400}', "held_out: expected a number from 0 to below 1"),
        ('"held_out": NaN', "held_out: expected a number from 0 to below 1"),
        ('"split_rule": "colour"', "split_rule: expected prompt or symmetry class, got 'colour'"),
        ('"split_rule": 1', "split_rule"),
        ('{"format_version": 1, "train": ' + "9" * 4400 + "}", "expected JSON, got Exceeds"),
        ("[" * 100_000, "expected JSON"),
    ],
)
def test_broken_manifests_are_named(folder: Path, change: str, where: str) -> None:
    path = folder / "manifest.json"
    if change.startswith('"'):
        change = json.dumps({**json.loads(path.read_text()), **json.loads(f"{{{change}}}")})
    path.write_text(change)
    with pytest.raises(FormatError) as caught:
        open_sequences(folder).read("train")
    assert where in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "shard",
    [
        b"no parquet",
        pa.table({"tokens": pa.array([[1]], pa.list_(pa.int32()))}),
        pa.table({"symbols": pa.array(["a b"])}),
        pa.table({"symbols": pa.array([[1], None], pa.list_(pa.int32()))}),
        pa.table({"symbols": pa.array([[-1]], pa.list_(pa.int32()))}),
    ],
)
def test_broken_shards_are_named(folder: Path, shard: bytes | pa.Table) -> None:
    path = folder / "train-00000.parquet"
    if isinstance(shard, bytes):
        path.write_bytes(shard)
    else:
        pq.write_table(shard, path)
    with pytest.raises(FormatError, match="train-00000"):
        open_sequences(folder).read("train")


@pytest.mark.parametrize("name", [b"symb\xffls", b"\xff\xfe\xfd\xfc\xfb\xfa\xf9", b"s\xc3\x28bols"])
def test_names_of_columns_that_are_no_text_are_told(folder: Path, name: bytes) -> None:
    path = folder / "train-00000.parquet"
    path.write_bytes(path.read_bytes().replace(b"symbols", name))
    with pytest.raises(FormatError, match=r"train-00000\.parquet: expected") as caught:
        open_sequences(folder).read("train")
    assert "\n" not in str(caught.value)


def test_a_manifest_without_a_rule_is_older_and_keeps_its_split(tmp_path: Path) -> None:
    world = Othello(4)
    new = write_sequences(world, "random", 60, 3, tmp_path / "new", held_out=0.3)
    assert new.split_rule == "symmetry class"
    content = json.loads((tmp_path / "new" / "manifest.json").read_text())
    assert content.pop("split_rule") == "symmetry class"
    (tmp_path / "new" / "manifest.json").write_text(json.dumps(content))
    old = open_sequences(tmp_path / "new")
    assert old.manifest.split_rule == "prompt"
    assert len(old.read("held_out")) == new.held_out_count
    assert write_sequences(TOWN, "random", 9, 3, tmp_path / "town").split_rule == "prompt"
