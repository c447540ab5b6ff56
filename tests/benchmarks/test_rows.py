"""The benchmark's frame: what is asked for is measured, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.rows import Missing, Options, Row, Unavailable, measured
from benchmarks.table import HEADER, line, machine, record
from nerode.errors import MissingExtra

ROW = Row("walks", "pairs/s", rate=61_300_000.0, naive=500_000.0, floor=122_600_000.0)


def test_a_row_knows_its_ratio_and_its_share_of_the_floor() -> None:
    assert ROW.ratio == pytest.approx(122.6)
    assert ROW.share_of_floor == pytest.approx(0.5)
    assert Row("walks", "pairs/s", 3.0).ratio is None
    assert Row("walks", "pairs/s", 3.0).share_of_floor is None


def test_only_rows_that_are_asked_for_are_made_and_each_when_its_turn_comes() -> None:
    made: list[str] = []

    def make(name: str) -> Row:
        made.append(name)
        return Row(name, "pairs/s", 1.0)

    makers = {name: (lambda name=name: make(name)) for name in ("one walk", "two", "a walk")}
    found = measured(Options(only=("walk", "nothing")), makers)
    assert made == []
    assert next(found).name == "one walk"
    assert made == ["one walk"]
    assert [row.name for row in found] == ["a walk"]
    assert made == ["one walk", "a walk"]
    assert len(list(measured(Options(), makers))) == 3


def test_what_cannot_be_measured_is_told_with_its_reason(tmp_path: Path) -> None:
    options = Options(data=tmp_path)

    def without_gpu() -> Row:
        raise Unavailable("no GPU")

    def without_torch() -> Row:
        raise MissingExtra("pip install 'nerode[torch]'")

    def without_map() -> Row:
        return Row(options.map("shortest"), "pairs/s", 1.0)

    def broken() -> Row:
        raise ZeroDivisionError

    makers = {"gpu": without_gpu, "torch": without_torch, "map": without_map}
    rows = list(measured(options, makers))
    assert [row.name for row in rows] == ["gpu", "torch", "map"]
    assert [isinstance(row, Missing) for row in rows] == [True] * 3
    assert line(rows[0]).endswith("not measured: no GPU")
    assert "nerode[torch]" in line(rows[1])
    assert str(tmp_path) in line(rows[2])
    with pytest.raises(ZeroDivisionError):
        list(measured(options, {"broken": broken}))


def test_a_map_that_is_there_is_opened_by_its_folder(tmp_path: Path) -> None:
    (tmp_path / "shortest").mkdir()
    assert Options(data=tmp_path).map("shortest") == f"street-map:{tmp_path / 'shortest'}"


def test_lines_keep_to_the_columns() -> None:
    shown = line(ROW)
    assert shown.split() == [
        "walks",
        "61.3",
        "M",
        "500",
        "k",
        "123",
        "x",
        "123",
        "M",
        "50",
        "%",
        "pairs/s",
    ]
    assert shown.index("pairs/s") == HEADER.index("unit")
    bare = line(
        Row("walks", "pairs/s", 0.1234, details={"pairs": 12_345, "share": 0.5, "at": 2.5e9})
    )
    assert bare.split("\n")[0].split() == ["walks", "0.123", "-", "-", "-", "-", "pairs/s"]
    assert bare.split("\n")[1].strip() == "pairs 12,345, share 0.5, at 2.5 G"


def test_the_record_is_json_and_names_the_machine() -> None:
    rows: list[Row | Missing] = [ROW, Missing("gpu", "no GPU")]
    kept = json.loads(json.dumps(record(rows, Options(quick=True))))
    assert kept["quick"] is True
    assert kept["machine"] == machine()
    assert kept["machine"]["processor"]
    assert kept["rows"][0]["ratio"] == pytest.approx(122.6)
    assert kept["rows"][0]["share_of_floor"] == pytest.approx(0.5)
    assert kept["rows"][1] == {"name": "gpu", "reason": "no GPU"}
