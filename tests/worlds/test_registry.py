from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nerode.errors import InvalidParameter, MissingFile, UnknownName
from nerode.worlds import check_world, open_world, worlds

FOLDER = Path(__file__).parents[2] / ".." / "shared" / "data" / "manhattan" / "shortest"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("connect-four", "connect-four:rows=6"),
        ("connect-four:rows=1000", "connect-four:rows=1000"),
        ("cayley", "cayley:n=5"),
        ("cayley:n=3", "cayley:n=3"),
        ("othello", "othello:size=8"),
        ("othello:size=6", "othello:size=6"),
        ("seating", "seating:seats=3"),
        ("seating:seats=6", "seating:seats=6"),
        ("cups", "cups:n=4"),
        ("cups:n=3", "cups:n=3"),
        ("manhattan", "manhattan"),
        ("midtown", "midtown"),
        ("regex:(left right)*", "regex:(left right)*"),
    ],
)
def test_names_round_trip(spec: str, name: str) -> None:
    world = open_world(spec)
    assert world.name == name
    again = open_world(world.name)
    assert type(again) is type(world)
    assert (again.name, again.alphabet, again.start) == (name, world.alphabet, world.start)


@pytest.mark.slow
def test_a_street_map_round_trips() -> None:
    if not FOLDER.is_dir():
        pytest.skip("the street tables of the paper are not here (../shared/data)")
    world = open_world(f"street-map:{FOLDER}")
    assert len(world.alphabet) == 9 + 4_579
    again = open_world(world.name)
    assert (again.name, again.alphabet) == (world.name, world.alphabet)


def test_a_folder_may_hold_a_colon(tmp_path: Path) -> None:
    folder = tmp_path / "a:b=c"
    folder.mkdir()
    (folder / "nodes.csv").write_text("osmid,lat,lon\n1,40.7,-74.0\n2,40.8,-74.0\n")
    (folder / "edges.csv").write_text("node,direction,neighbor\n1,N,2\n2,S,1\n")
    world = open_world(f"street-map:{folder}")
    assert world.alphabet[3:] == ("1", "2")
    check_world(world)


@pytest.mark.slow
def test_midtown_passes_check() -> None:
    check_world(open_world("midtown"), states=100)


@pytest.mark.parametrize(
    ("spec", "near"),
    [
        ("", ""),
        ("chess", ""),
        ("connect_four", " (did you mean connect-four?)"),
        ("Manhattan", " (did you mean manhattan?)"),
        (":rows=6", ""),
    ],
)
def test_unknown_names_are_answered_with_the_list(spec: str, near: str) -> None:
    with pytest.raises(UnknownName) as caught:
        open_world(spec)
    assert str(caught.value) == (
        "expected one of the worlds street-map, manhattan, midtown, town, connect-four, cayley, "
        "othello, seating, cups, automaton, regex, tomita, dyck, modular, lattice, group, lights, "
        "hands, stack, openspiel, relabelled, closed, "
        f"FILE.py:CLASS or PACKAGE.MODULE:CLASS, got {spec!r}{near}"
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("connect-four:", "expected connect-four:rows=N, got connect-four:"),
        ("connect-four:6", "expected connect-four:rows=N, got connect-four:6"),
        ("connect-four:columns=7", "expected connect-four:rows=N, got connect-four:columns=7"),
        ("connect-four:rows", "a whole number in connect-four:rows=N, got ''"),
        ("connect-four:rows=six", "a whole number in connect-four:rows=N, got 'six'"),
        ("connect-four:rows=6,rows=7", "expected connect-four:rows=N, got connect-four:rows=6,r"),
        ("connect-four:rows=-1", "a whole number .* got '-1'"),
        ("connect-four:rows=6.0", "a whole number .* got '6.0'"),
        ("connect-four:rows=٣", "a whole number .* got"),
        ("connect-four:rows=0", "rows from 1 to 10000 in connect-four, got 0"),
        ("cayley:rows=3", "expected cayley:n=N, got cayley:rows=3"),
        ("cayley:n=7", "n from 3 to 6 in cayley, got 7"),
        ("seating:n=3", "expected seating:seats=N, got seating:n=3"),
        ("seating:seats=7", "seats from 3 to 6 in seating, got 7"),
        ("cups:n=2", "n from 3 to 6 in cups, got 2"),
        ("manhattan:", "expected manhattan without parameters, got 'manhattan:'"),
        ("midtown:rows=3", "expected midtown without parameters"),
        ("street-map", "expected street-map:FOLDER, got no folder"),
        ("street-map:", "expected street-map:FOLDER, got no folder"),
    ],
)
def test_bad_parameters_are_named(spec: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        open_world(spec)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="nowhere"):
        open_world(f"street-map:{tmp_path / 'nowhere'}")


@pytest.mark.slow
def test_the_list_is_complete_and_its_defaults_open() -> None:
    assert [entry.name for entry in worlds()] == [
        "street-map", "manhattan", "midtown", "town", "connect-four", "cayley", "othello",
        "seating", "cups", "automaton", "regex", "tomita", "dyck", "modular", "lattice", "group",
        "lights", "hands", "stack", "openspiel", "relabelled",
        "closed",
    ]  # fmt: skip
    for entry in worlds():
        assert entry.summary
        assert "\n" not in entry.summary
        if entry.default or not entry.parameters:
            assert open_world(entry.usage).name == entry.usage


@pytest.mark.slow
def test_importing_worlds_is_light() -> None:
    heavy = "{'torch', 'transformers', 'plotly', 'numba'}"
    code = f"import sys, nerode.worlds; print({heavy} & set(sys.modules))"
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == "set()"
