"""`nerode map import`: what it prints, what it refuses, and what becomes of the map."""

from __future__ import annotations

import json
import os
import pickle
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from nerode.maps.paper import TABLE, TURNS_FILE
from tests.maps.cities import STREET, grid_places, grid_streets, grid_ways, osm_xml, streets_of
from tests.terminal import Nerode, Said, runner

pytest.importorskip("osmnx", reason="needs nerode[maps]")


@pytest.fixture
def nerode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    return runner(monkeypatch, capsys)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """The grid, a second street between two of its corners, and two islands."""
    places = grid_places() | {1: (40.9, -73.9), 2: (40.9, -73.8), 3: (40.7495, -73.98)}
    ways = [
        *grid_ways(),
        ([1, 2], {"highway": "residential", "oneway": "yes"}),
        ([100, 3, 104], {"highway": "residential", "oneway": "yes"}),
        ([102, 107, 999], STREET),
    ]
    (tmp_path / "town.osm").write_text(osm_xml(places, ways))
    return tmp_path / "town.osm"


def refused(said: Said, *told: object) -> None:
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    for words in told:
        assert str(words) in said.err


@pytest.mark.slow
def test_help_is_told_for_every_source(nerode: Nerode) -> None:
    assert "import" in nerode("map", "--help").out
    listed = nerode("map", "import", "--help").out
    options = {
        "place": ["--nominatim", "--overpass"],
        "osm": [],
        "graphml": [],
        "paper": ["--nodes"],
    }
    for source, more in options.items():
        assert source in listed
        said = nerode("map", "import", source, "--help")
        assert said.code == 0
        for option in ("--out", "--strongly-connected", "--json", *more):
            assert option in said.out
    assert nerode("map").code == nerode("map", "import").code == 2


def test_what_was_left_out_is_told(nerode: Nerode, town: Path, tmp_path: Path) -> None:
    out = tmp_path / "map"
    said = nerode("map", "import", "osm", town, "--out", out)
    diagonal = {("102", "NE", "107"), ("107", "SW", "102")}
    assert streets_of(out) == grid_streets() | diagonal | {("1", "E", "2")}
    count = len(grid_streets()) + 3
    assert said.err == ""
    first, same, cut = said.out.splitlines()
    assert first.startswith(f"street-map:{out}: 18 intersections, {count} streets, © OpenStreetMap")
    assert same.split(maxsplit=1) == [
        "1",
        "streets left out: a longer one has the same label (1 of them to the same intersection)",
    ]
    assert cut.split(maxsplit=1) == ["1", "ways cut: they go beyond the file's area"]


def test_the_same_as_json(nerode: Nerode, town: Path, tmp_path: Path) -> None:
    out = tmp_path / "map"
    said = nerode("map", "import", "osm", town, "--out", out, "--strongly-connected", "--json")
    assert json.loads(said.out) == {
        "world": f"street-map:{out}",
        "attribution": "© OpenStreetMap contributors, ODbL 1.0",
        "intersections": 16,
        "streets": len(grid_streets()) + 2,
        "same_label": 1,
        "parallel": 1,
        "self_loops": 0,
        "without_streets": 0,
        "not_connected": 2,
        "cut": 1,
    }


@pytest.mark.slow
def test_the_oracle_is_right_on_the_map(nerode: Nerode, town: Path, tmp_path: Path) -> None:
    words = ("osm", town, "--out", tmp_path / "map", "--strongly-connected")
    world = json.loads(nerode("map", "import", *words, "--json").out)["world"]
    more = ("--trials", 20, "--samples", 5, "--baselines", "none", "--json")
    said = nerode("evaluate", world, "oracle", *more)
    assert said.code == 0, said
    scores = json.loads(said.out)["metrics"]
    assert scores["traversal"]["valid"]["value"] == 1
    assert scores["compression"]["precision"]["value"] == 1
    assert scores["distinction"]["precision"]["value"] == 1
    assert scores["distinction"]["recall"]["value"] == 1


def test_a_name_for_which_there_is_no_server(
    nerode: Nerode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    words = ("place", "Midtown, New York", "--out", tmp_path / "map")
    said = nerode("map", "import", *words, "--nominatim", "http://no-such-host.invalid")
    refused(said, "http://no-such-host.invalid", "is there a network?")


def test_the_papers_files(nerode: Nerode, tmp_path: Path) -> None:
    paper = tmp_path / "paper"
    paper.mkdir()
    (paper / TABLE).write_bytes(pickle.dumps({(5, "N"): 7, (7, "S"): 5}))
    (paper / TURNS_FILE).write_bytes(pickle.dumps(defaultdict(list, {5: ["N"], 7: ["S"]})))
    words = ("map", "import", "paper", paper, "--out", tmp_path / "map")
    refused(nerode(*words), "--nodes FILE", paper / "nodes.csv")
    (tmp_path / "places.csv").write_text("osmid,lat,lon\n5,1,2\n7,2,2\n")
    said = nerode(*words, "--nodes", tmp_path / "places.csv")
    assert said.code == 0
    assert "2 intersections, 2 streets" in said.out
    assert streets_of(tmp_path / "map") == {("5", "N", "7"), ("7", "S", "5")}


def test_a_hostile_pickle_is_refused_and_not_run(nerode: Nerode, tmp_path: Path) -> None:
    class Call:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "proof"),)

    (tmp_path / TABLE).write_bytes(pickle.dumps({(5, "N"): Call()}))
    said = nerode("map", "import", "paper", tmp_path, "--out", tmp_path / "map")
    refused(said, tmp_path / TABLE, "posix.mkdir")
    assert not (tmp_path / "proof").exists()
    assert not (tmp_path / "map").exists()


def test_files_that_are_none_and_folders_that_are_in_use(
    nerode: Nerode, town: Path, tmp_path: Path
) -> None:
    out = ("--out", tmp_path / "map")
    refused(nerode("map", "import", "osm", tmp_path / "none", *out), tmp_path / "none")
    refused(nerode("map", "import", "graphml", town, *out), town, "<graphml>", "<osm>")
    refused(nerode("map", "import", "osm", town, "--out", town), "got the file", town)
    refused(nerode("map", "import", "osm", town, "--out", "/proc/nowhere"), "/proc/nowhere")
    assert nerode("map", "import", "osm", town, *out).code == 0
    refused(nerode("map", "import", "osm", town, *out), tmp_path / "map" / "nodes.csv")


def test_without_the_extra_the_line_that_installs_it_is_told(
    nerode: Nerode, town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "osmnx", None)
    for words in (("osm", town), ("place", "Midtown")):
        said = nerode("map", "import", *words, "--out", tmp_path / "map")
        refused(said, "pip install 'nerode[maps]'")
