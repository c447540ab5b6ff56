"""Alphabets without the directions that no street has, and folders from when they had them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nerode.errors import FormatError, ModelMismatch, WorldError
from nerode.sequences.corpus import folder_corpus
from nerode.sequences.dataset import draw_sequences, open_sequences, write_sequences
from nerode.sequences.scoring import score
from nerode.sequences.split import Split
from nerode.worlds.registry import open_world
from nerode.worlds.streets.files import LABELS
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import World
from tests.sequences.maps import grid

TOWN = grid(4, 5)
OLD = TOWN.with_unused_symbols()


@pytest.mark.slow
@pytest.mark.parametrize(
    "spec", ["cayley:n=4", "connect-four", "othello", "othello:size=4", "seating", "cups"]
)
def test_every_symbol_of_the_other_worlds_is_legal_somewhere(spec: str) -> None:
    world = open_world(spec)
    played = draw_sequences(world, "random", 400, 0)
    assert set(np.unique(played.symbols).tolist()) == set(range(len(world.alphabet)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["midtown", "manhattan"])
def test_every_symbol_of_the_built_in_plans_is_used(name: str) -> None:
    world = open_world(name)
    assert isinstance(world, StreetMap)
    assert set(world.directions) == {label for _, label, _ in world.streets}
    assert world.alphabet == ("end", *world.directions, *world.names)
    assert [*world.directions, *world.unused_symbols] == sorted(
        LABELS, key=lambda label: (label in world.unused_symbols, LABELS.index(label))
    )
    assert world.with_unused_symbols().alphabet == ("end", *LABELS, *world.names)


def test_a_map_on_disk_has_the_directions_that_its_streets_have(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text("osmid,lat,lon\na,40.7,-74.0\nb,40.8,-74.0\n")
    (tmp_path / "edges.csv").write_text("node,direction,neighbor\na,SE,b\nb,NE,a\n")
    world = StreetMap.from_folder(tmp_path)
    assert world.alphabet == ("end", "NE", "SE", "a", "b")
    assert world.accepts(world.encode("a b SE NE SE end"))
    assert world.unused_symbols == ("N", "E", "S", "SW", "W", "NW")
    (tmp_path / "nodes.csv").write_text("osmid,lat,lon\na,40.7,-74.0\nW,40.8,-74.0\n")
    with pytest.raises(FormatError, match="'W'"):
        StreetMap.from_folder(tmp_path)  # a direction is no name, used or not


def test_a_map_without_streets_has_no_directions() -> None:
    world = StreetMap("ab", [0, 0], [0, 0.001], [], name="apart")
    assert world.alphabet == ("end", "a", "b")
    assert world.accepts(world.encode("a a end"))


def test_directions_stand_in_their_order_and_hold_those_of_the_streets() -> None:
    streets = [(0, "N", 1)]
    for directions in (("S", "N"), ("N", "N"), ("up",), ("S",)):
        with pytest.raises(WorldError, match="expected"):
            StreetMap("ab", [0, 0], [0, 0.1], streets, name="x", directions=directions)


def test_the_split_is_that_of_the_whole_alphabet() -> None:
    """Or what a model of that time was trained on would be held out for it today."""
    drawn, old = (draw_sequences(world, "shortest", 300, 1) for world in (TOWN, OLD))
    assert [TOWN.decode(row) for row in drawn] == [OLD.decode(row) for row in old]
    masks = [Split.of(w, 5, 0.3).held_out(b, 2) for w, b in ((TOWN, drawn), (OLD, old))]
    assert masks[0].tolist() == masks[1].tolist()
    assert 50 < masks[0].sum() < 130
    one_by_one = [Split.of(TOWN, 5, 0.3).holds_out(row.tolist(), 2) for row in drawn]
    assert one_by_one == masks[0].tolist()


def texts(world: World[Any], folder: Path, split: str) -> list[str]:
    return [world.decode(row.tolist()) for row in open_sequences(folder, world).read(split)]


def test_folders_of_the_whole_alphabet_are_read_in_todays_symbols(tmp_path: Path) -> None:
    write_sequences(OLD, "random", 200, 1, tmp_path / "old")
    write_sequences(TOWN, "random", 200, 1, tmp_path / "new")
    assert json.loads((tmp_path / "old" / "manifest.json").read_text())["alphabet"][1:9] == [
        *LABELS
    ]
    for split in ("train", "held_out"):
        expected = texts(TOWN, tmp_path / "new", split)
        assert texts(TOWN, tmp_path / "old", split) == expected
        assert texts(OLD, tmp_path / "new", split) == expected
    old, new = (folder_corpus(tmp_path / name, TOWN, 0) for name in ("old", "new"))
    assert old.held_out == new.held_out
    assert old.training(20) == new.training(20)
    assert old.met == new.met


def test_a_folder_of_another_map_is_refused(tmp_path: Path) -> None:
    write_sequences(grid(3, 5), "random", 50, 1, tmp_path)
    with pytest.raises(ModelMismatch, match="whose symbols differ"):
        open_sequences(tmp_path, TOWN)


def test_a_street_that_is_gone_is_named(tmp_path: Path) -> None:
    """The map was written anew without its one street to the north-east."""
    write_sequences(TOWN, "random", 200, 1, tmp_path)
    streets = [street for street in TOWN.streets if street[1] != "NE"]
    world = StreetMap(TOWN.names, TOWN.lat, TOWN.lon, streets, name="grid")
    with pytest.raises(FormatError, match="expected symbols that grid allows, got NE"):
        open_sequences(tmp_path, world).read("train")


def test_directions_without_a_street_are_illegal_steps_in_texts(tmp_path: Path) -> None:
    text = tmp_path / "sampled.txt"
    way = "c0 c1 E end"
    assert TOWN.accepts(TOWN.encode(way))
    assert "SW" in TOWN.unused_symbols
    text.write_text(f"{way}\nc0 c1 SW end\nc0 c1 E\n")
    counts = score(TOWN, text)
    assert (counts.valid, counts.illegal_step, counts.malformed) == (1, 1, 1)


def test_lengths_and_ways_do_not_depend_on_the_alphabet() -> None:
    turns = [1 + LABELS.index(label) for label in TOWN.directions]
    assert np.array_equal(TOWN.lengths[:, 1:], OLD.lengths[:, turns])
    for destination in range(len(TOWN.names)):
        new, old = TOWN.routes.to(destination), OLD.routes.to(destination)
        assert new.length.tolist() == old.length.tolist()
        names = [[w.alphabet[t] for t in ways.turn] for w, ways in ((TOWN, new), (OLD, old))]
        assert names[0] == names[1]
