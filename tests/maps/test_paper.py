"""The paper's pickles become the street map that they tell of."""

from __future__ import annotations

import pickle
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from nerode.errors import FormatError, InvalidParameter, MissingFile
from nerode.maps.paper import TABLE, TURNS_FILE, import_paper
from nerode.maps.save import OPENSTREETMAP
from nerode.worlds.streets.files import read_streets
from nerode.worlds.streets.street_map import StreetMap

MANHATTAN = Path(__file__).parents[2].parent / "shared" / "data" / "manhattan"
real = pytest.mark.skipif(not MANHATTAN.is_dir(), reason="no ../shared/data/manhattan here")

SMALL = {(5, "N"): 7, (7, "S"): 5, (7, "N"): 7, (7, "SE"): 11}
NODES = "osmid,lat,lon\n5,40.0,-74.0\n7,40.1,-74.0\n9,0,0\n11,40.0,-73.9\n"


def turns_of(table: dict[tuple[int, str], int]) -> dict[int, list[str]]:
    turns: dict[int, list[str]] = defaultdict(list)
    for node, label in table:
        turns[node].append(label)
    return turns


def written(
    folder: Path, table: Any, turns: Any = None, nodes: str | None = NODES, protocol: int = 4
) -> Path:
    folder.mkdir(exist_ok=True)
    told = turns_of(table) if turns is None else turns
    (folder / TABLE).write_bytes(pickle.dumps(table, protocol))
    (folder / TURNS_FILE).write_bytes(pickle.dumps(told, protocol))
    if nodes is not None:
        (folder / "nodes.csv").write_text(nodes)
    return folder


@pytest.mark.slow
@real
@pytest.mark.parametrize(
    "which", ["shortest", pytest.param("noisy_random", marks=pytest.mark.slow)]
)
def test_the_real_table_is_the_map_of_its_csv(tmp_path: Path, which: str) -> None:
    plan = read_streets(MANHATTAN / which)
    streets = [(int(plan.names[a]), label, int(plan.names[b])) for a, label, b in plan.streets]
    table = {(a, label): b for a, label, b in sorted(streets, key=lambda street: -street[2])}
    folder = written(tmp_path / "paper", table, nodes=None)
    told = import_paper(folder, tmp_path / "map", nodes=MANHATTAN / which / "nodes.csv")
    assert read_streets(tmp_path / "map") == plan._replace(attribution=OPENSTREETMAP)
    for name in ("nodes.csv", "edges.csv"):
        ours = (tmp_path / "map" / name).read_text().split()
        assert ours == (MANHATTAN / which / name).read_text().split()
    assert (told.intersections, told.streets, told.left_out()) == (4579, 9705, [])


@pytest.mark.parametrize("protocol", range(6))
def test_a_small_table(tmp_path: Path, protocol: int) -> None:
    turns = turns_of(SMALL)
    turns[7].append("end")
    turns[11] = []
    told = import_paper(written(tmp_path, SMALL, turns, protocol=protocol), tmp_path / "map")
    world = StreetMap.from_folder(tmp_path / "map")
    assert world.names == ("5", "7", "11"), "no street touches 9"
    assert world.streets == ((0, "N", 1), (1, "N", 1), (1, "S", 0), (1, "SE", 2))
    assert world.lon.tolist() == [-74.0, -74.0, -73.9]
    assert told.attribution == world.attribution == OPENSTREETMAP
    part = import_paper(tmp_path, tmp_path / "part", strongly_connected=True)
    assert (part.intersections, part.streets, part.not_connected) == (2, 3, 1)


def test_where_intersections_lie_must_be_told(tmp_path: Path) -> None:
    folder = written(tmp_path / "paper", SMALL, nodes=None)
    with pytest.raises(MissingFile, match=r"do not say where .* osmid,lat,lon \(--nodes FILE\)"):
        import_paper(folder, tmp_path / "map")
    places = tmp_path / "places.csv"
    places.write_text(NODES.replace("11,", "12,"))
    with pytest.raises(FormatError, match=r"expected all 3 .* got none of 1, 11 for one"):
        import_paper(folder, tmp_path / "map", nodes=places)
    places.write_text(NODES.replace("40.1", "north"))
    with pytest.raises(FormatError, match=r"places\.csv:3: expected a latitude"):
        import_paper(folder, tmp_path / "map", nodes=places)
    with pytest.raises(MissingFile, match="nowhere"):
        import_paper(folder, tmp_path / "map", nodes=tmp_path / "nowhere")
    assert not (tmp_path / "map").exists()
    places.write_text(NODES)
    assert import_paper(folder, tmp_path / "map", nodes=places).streets == 4


DEEP: list[Any] = []
for _ in range(60):
    DEEP = [DEEP, DEEP]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({}, "empty"),
        ([], "got list"),
        (5, "got int"),
        ({5: 7}, "expected (number, label) -> number"),
        ({(5, "N"): "7"}, "expected (number, label) -> number"),
        ({(5, "N"): 7.0}, "expected (number, label) -> number"),
        ({(5, "N"): True}, "expected (number, label) -> number"),
        ({(5, "N"): DEEP}, "expected (number, label) -> number"),
        ({("5", "N"): 7}, "expected (number, label) -> number"),
        ({(5, 1): 7}, "expected (number, label) -> number"),
        ({(5,): 7}, "expected (number, label) -> number"),
        ({(5, "N", 1): 7}, "expected (number, label) -> number"),
        ({(5, "north"): 7}, "got 'north'"),
        ({(5, "end"): 7}, "got 'end'"),
        ({(10**5000, "N"): 7}, "below 2^63"),
        ({(5, "N"): -(10**20)}, "below 2^63"),
    ],
)
def test_a_table_of_something_else(tmp_path: Path, table: Any, told: str) -> None:
    written(tmp_path, table, {})
    with pytest.raises(FormatError) as caught:
        import_paper(tmp_path, tmp_path / "map")
    assert told in str(caught.value)
    assert str(tmp_path / TABLE) in str(caught.value)


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        ({5: ["N"]}, "expected the turns of node_and"),
        ({5: ["N"], 7: ["S", "N", "SE", "W"]}, "expected the turns of node_and"),
        ({5: ["N"], 7: ["S", "N"], 11: ["SE"]}, "expected the turns of node_and"),
        ([], "got list"),
        ({"5": ["N"]}, "expected number -> labels"),
        ({5: "N"}, "expected number -> labels"),
        ({5: [("N",)]}, "expected number -> labels"),
        ({5: None}, "expected number -> labels"),
    ],
)
def test_turns_of_something_else(tmp_path: Path, turns: Any, told: str) -> None:
    written(tmp_path, SMALL, turns)
    with pytest.raises(FormatError) as caught:
        import_paper(tmp_path, tmp_path / "map")
    assert told in str(caught.value)
    assert str(tmp_path / TURNS_FILE) in str(caught.value)


def test_files_and_folders_that_are_not_there_or_are_in_use(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="got no folder"):
        import_paper(tmp_path / "nowhere", tmp_path / "map")
    written(tmp_path, SMALL)
    with pytest.raises(InvalidParameter, match=r"nodes\.csv"):
        import_paper(tmp_path, tmp_path)
    (tmp_path / TURNS_FILE).unlink()
    with pytest.raises(MissingFile, match=TURNS_FILE):
        import_paper(tmp_path, tmp_path / "map")
