"""An evaluation in parts: joined, they are the run that was made in one go."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerode.errors import InvalidParameter, MissingFile, NotMeasured, RunMismatch
from nerode.evaluation.blocks import Shard
from nerode.evaluation.shards import merge
from nerode.runs import SHARD, TERMS
from tests.run_folders import lines, result
from tests.terminal import Nerode, runner

WORDS: tuple[object, ...] = (
    *("evaluate", "cayley:n=5", "noisy-oracle:0.1", "--baselines", "ngram:2", "--samples", 3),
    *("--length", 8, "--metrics", "next_symbol,compression,distinction", "--quiet"),
)

Part = Callable[..., Path]


@pytest.fixture
def nerode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    return runner(monkeypatch, capsys)


@pytest.fixture
def part(nerode: Nerode, tmp_path: Path) -> Part:
    """Measures one part; the folder of it."""

    def measure(shard: str, *more: Any, trials: int = 100, name: str = "") -> Path:
        out = tmp_path / (name or shard.replace("/", "-of-"))
        words = (*WORDS, "--trials", trials, *more)
        said = nerode(*words, "--shard", shard, "--out", out)
        assert said.code == 0, said.err
        return out

    return measure


@pytest.mark.slow
@pytest.mark.parametrize("of", [1, 2, pytest.param(7, marks=pytest.mark.long)])
def test_parts_joined_are_the_run_in_one_go(
    of: int, part: Part, nerode: Nerode, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    assert nerode(*WORDS, "--trials", 100, "--out", whole, "--fresh").code == 0
    parts = [part(f"{number}/{of}") for number in range(1, of + 1)]
    own = [set(lines(each)) for each in parts]
    assert sum(map(len, own)) == len(lines(whole)), "no trial is measured twice"
    said = nerode("merge", *reversed(parts), "--out", tmp_path / "joined", "--quiet")
    assert said.code == 0, said.err
    assert result(tmp_path / "joined") == result(whole)
    assert set(lines(tmp_path / "joined")) == set(lines(whole))


@pytest.mark.long
def test_a_part_that_comes_twice_changes_nothing(part: Part, tmp_path: Path) -> None:
    one, two = part("1/2"), part("2/2")
    merge([one, two], tmp_path / "first")
    merge([one, two, one], tmp_path / "second")
    assert result(tmp_path / "first") == result(tmp_path / "second")
    before = lines(tmp_path / "second")
    merge([two], tmp_path / "second")
    assert lines(tmp_path / "second") == before


@pytest.mark.long
def test_a_part_that_was_stopped_goes_on(part: Part, tmp_path: Path) -> None:
    one, two = part("1/2"), part("2/2")
    whole = lines(one)
    (one / "trials.jsonl").write_bytes(b"".join(whole[: len(whole) // 2]) + whole[-1][:10])
    with pytest.raises(NotMeasured, match=r"too few: shard 1/2 is missing or not finished"):
        merge([one, two], tmp_path / "early")
    assert part("1/2") == one
    assert sorted(lines(one)) == sorted(whole)
    merge([one, two], tmp_path / "joined")
    assert merge([one], tmp_path / "early").record, "the parts that came before are still there"


@pytest.mark.slow
def test_what_is_missing_is_named(part: Part, tmp_path: Path) -> None:
    with pytest.raises(NotMeasured, match=r"shards 1/3, 3/3 are missing"):
        merge([part("2/3")], tmp_path / "joined")


def change(folder: Path, file: str, **terms: Any) -> None:
    held = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps(held | terms))


@pytest.mark.slow
def test_parts_of_different_evaluations_are_not_joined(part: Part, tmp_path: Path) -> None:
    one = part("1/2")
    for number, (name, word, more) in enumerate(
        (("seed", "1", ("--seed", 1)), ("samples", "4", ("--samples", 4)))
    ):
        other = part("2/2", *more, name=f"other-{number}")
        with pytest.raises(RunMismatch, match=rf"\({name} .\), got {name} {word}$"):
            merge([one, other], tmp_path / "joined")
    with pytest.raises(RunMismatch, match=r"number of shards 2\), got number of shards 3"):
        merge([one, part("2/3")], tmp_path / "joined")
    two = part("2/2")
    change(two, TERMS, weights="other")
    with pytest.raises(RunMismatch, match=r"got weights other"):
        merge([one, two], tmp_path / "joined")
    assert not (tmp_path / "joined").exists()


@pytest.mark.slow
def test_a_part_is_of_one_shard(part: Part, nerode: Nerode) -> None:
    one = part("1/2")
    said = nerode(*WORDS, "--trials", 100, "--shard", "2/2", "--out", one)
    assert said.code == 2
    assert "expected the shard that this part was begun with (1/2), got 2/2" in said.err
    said = nerode(*WORDS, "--trials", 200, "--shard", "1/2", "--out", one)
    assert "expected the trials that this part was begun with (100), got 200" in said.err
    said = nerode("report", one, "--out", one / "page.html")
    assert said.code == 2
    assert "one part of a run: `nerode merge` joins parts" in said.err


@pytest.mark.slow
def test_parts_and_runs_are_not_mixed(part: Part, nerode: Nerode, tmp_path: Path) -> None:
    one, whole = part("1/2", trials=40), tmp_path / "whole"
    before = lines(one)
    assert "one part of a run" in nerode(*WORDS, "--trials", 40, "--out", one).err
    assert nerode(*WORDS, "--trials", 40, "--out", whole).code == 0
    said = nerode(*WORDS, "--trials", 40, "--shard", "1/2", "--out", whole)
    assert f"expected a new folder or a part of a run, got the run {whole}" in said.err
    said = nerode("merge", one, "--out", one)
    assert "expected another folder than those of the parts" in said.err
    assert lines(one) == before
    (tmp_path / "file").touch()
    said = nerode("merge", one, "--out", tmp_path / "file")
    assert "expected a folder to write, got the file" in said.err


@pytest.mark.slow
def test_a_part_may_be_empty(nerode: Nerode, tmp_path: Path) -> None:
    said = nerode(*WORDS, "--trials", 40, "--shard", "90/99", "--out", tmp_path / "part")
    assert said.code == 0
    assert "shard 90/99 is empty: there are 12 blocks to share out" in said.out


@pytest.mark.slow
@pytest.mark.parametrize("text", ["2", "0/2", "3/2", "1/0", "a/b", "-1/2", "1/2/3", "½/2"])
def test_a_shard_that_makes_no_sense_is_refused(text: str, nerode: Nerode, tmp_path: Path) -> None:
    said = nerode(*WORDS, "--shard", text, "--out", tmp_path / "part")
    assert said.code == 2
    assert said.err.startswith("error: expected a shard ")
    assert said.err.count("\n") == 1


@pytest.mark.slow
def test_what_is_no_part_is_refused(part: Part, nerode: Nerode, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="one or more parts"):
        merge([], tmp_path / "joined")
    with pytest.raises(MissingFile, match=r"got no .*shard\.json"):
        merge([tmp_path], tmp_path / "joined")
    one = part("1/2")
    (one / SHARD).write_text('{"shard": 0}')
    said = nerode("merge", one, "--out", tmp_path / "joined")
    assert said.code == 2
    assert "shard.json: expected a part of an evaluation" in said.err
    said = nerode(*WORDS, "--shard", "1/2")
    assert "expected a folder for shard 1/2 (--out), got none" in said.err


SWITCH = """
from nerode.worlds import World


class Switch(World[bool]):
    name, alphabet, start = "switch", ("press", "wait", "burn"), False

    def legal(self, state):
        return (0, 1, 2) if state else (0, 1)

    def step(self, state, symbol):
        return state ^ (symbol == 0)
"""


@pytest.mark.slow
def test_no_file_loads_code_of_the_users(nerode: Nerode, tmp_path: Path) -> None:
    code = tmp_path / "switch_of_mine.py"
    code.write_text(SWITCH)
    words = (
        "evaluate",
        f"{code}:Switch",
        "oracle",
        "--trials",
        10,
        "--baselines",
        "none",
        "--quiet",
    )
    out = tmp_path / "part"
    said = nerode(*words, "--shard", "1/1", "--out", out)
    assert said.code == 0, said.err
    code.write_text("raise AssertionError('loaded')")
    said = nerode("merge", out, "--out", tmp_path / "joined")
    assert said.code == 2
    assert "which no file may load: parts are joined in" in said.err
    code.write_text(SWITCH)
    before = lines(tmp_path / "joined")
    said = nerode(*words, "--out", tmp_path / "joined")
    assert said.code == 0, said.err
    assert lines(tmp_path / "joined") == before, "nothing was measured again"
    assert result(tmp_path / "joined")


@given(st.integers(1, 40), st.integers(0, 300))
def test_every_block_is_of_one_shard(of: int, blocks: int) -> None:
    shards = [Shard(number, of) for number in range(1, of + 1)]
    held = [[place for place in range(blocks) if shard.holds(place)] for shard in shards]
    assert sorted(place for each in held for place in each) == list(range(blocks))
    sizes = [len(each) for each in held]
    assert all(one - two in (0, 1) for one, two in pairwise(sizes)), "as even as may be"
