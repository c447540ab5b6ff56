"""Reconstruction: the published code's own results, a dumb version, and cases told by hand."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import InvalidParameter
from nerode.metrics.reconstruction.algorithm import (
    STREET_KINDS,
    MapBuilder,
    ReconstructedMap,
    Rules,
    ranks,
    reconstruct,
)
from nerode.metrics.reconstruction.judge import judge
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.text import read_text
from nerode.worlds.streets.files import LABELS
from nerode.worlds.streets.street_map import StreetMap
from tests.metrics.dumb_reconstruction import DumbMap

DATA = Path(__file__).parents[4] / "shared" / "data" / "manhattan"
needs_manhattan = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"needs the real Manhattan, not found at {DATA}"
)
PUBLISHED_KINDS = ("true", "new", "true_unused")


@pytest.fixture(scope="module")
def cities() -> dict[str, StreetMap]:
    return {name: StreetMap.from_folder(DATA / name) for name in ("shortest", "noisy_random")}


def rows_of(world: StreetMap, made: ReconstructedMap) -> list[tuple[str, str, str, str]]:
    """Streets as the published code's table has them: u, v, direction, edge_type."""
    columns = (made.origin.tolist(), made.to.tolist(), made.label.tolist(), made.kind.tolist())
    return [
        (world.names[u], world.names[v], world.alphabet[label], PUBLISHED_KINDS[kind])
        for u, v, label, kind in zip(*columns, strict=True)
    ]


@pytest.mark.slow
@needs_manhattan
def test_the_published_thousand_come_out_street_for_street(cities: dict[str, StreetMap]) -> None:
    folder, world = DATA / "reconstruction", cities["shortest"]
    made = reconstruct(world, [read_text(folder / "shortest_1000.sequences.txt", world)])
    published = json.loads((folder / "shortest_1000.json").read_text())
    assert made.counts == {
        "sequences": published["sequences"],
        "valid": published["valid"],
        "illegal_step": published["path_failures"],
        "wrong_destination": published["destination_failures"],
        "malformed": 0,
        "symbols": 48_067,
        "new": published["new"],
        "true": published["true"],
        "unused": published["unused"],
        "given_up": published["reconstruction_failures"],
    }
    with (folder / "shortest_1000.edges.csv").open(newline="") as file:
        assert rows_of(world, made) == [tuple(row) for row in list(csv.reader(file))[1:]]


# The published code itself (mapping/reconstruction.py of the paper's repository, networkx 3.6.1),
# run on slices of the paper's generated sequences with the true streets of each crossing in the
# order of their ends: counts, and a digest of its table of streets.
GOLDEN: list[tuple[Any, ...]] = [
    ("shortest", "shortest", 0, 600, 4, 0.5, 293, 5964, 3741, 67, "a7337a1eb8ec4787"),
    ("shortest", "shortest", 1000, 1500, 8, 1, 251, 5658, 4047, 41, "f203a972275645e8"),
    ("shortest", "shortest", 2000, 2500, 3, 0.25, 329, 5525, 4180, 114, "a6edadd02a03cd0e"),
    ("shortest", "shortest", 3000, 3300, 1, 0.5, 598, 3042, 6663, 267, "7448a9726ebf5d51"),
    ("shortest", "shortest", 3000, 3300, 2, 1, 323, 4446, 5259, 78, "e83d8ff5f649583a"),
    ("noisy", "noisy_random", 0, 500, 4, 0.5, 432, 5603, 4102, 77, "a1ce67e54901583f"),
    ("noisy", "noisy_random", 1000, 1400, 8, 0.25, 371, 5296, 4409, 90, "fb49d259739bdb4e"),
    ("noisy", "noisy_random", 2000, 2400, 3, 1, 341, 5312, 4393, 34, "b8d15504c735e305"),
    ("noisy", "noisy_random", 3000, 3300, 4, 3, 246, 4795, 4910, 8, "d4d522b443c4a535"),
]


@pytest.mark.slow
@needs_manhattan
@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case[0]}-{case[2]}-{case[4:6]}")
def test_other_slices_degrees_and_distances_too(
    case: tuple[Any, ...], cities: dict[str, StreetMap]
) -> None:
    file, city, begin, end, degree, miles, *counts, digest = case
    world = cities[city]
    batch = read_text(DATA / "generated" / f"{file}.txt", world).part(begin, end)
    made = reconstruct(world, [batch], Rules(degree, miles))
    found = made.counts
    assert [found[name] for name in ("new", "true", "unused", "given_up")] == counts
    text = "".join(",".join(row) + "\n" for row in rows_of(world, made))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == digest


@st.composite
def small_maps(draw: st.DrawFn) -> StreetMap:
    """Up to seven crossings a few hundred metres apart, under names of either kind."""
    count = draw(st.integers(1, 7))
    numbers = draw(st.permutations(range(8, 8 + count)))
    names = [f"{'' if draw(st.booleans()) else 'c'}{number}" for number in numbers]
    if draw(st.booleans()):
        names = [str(number) for number in numbers]
    place = st.integers(0, 12).map(lambda step: step / 800)
    lat = [40 + draw(place) for _ in names]
    lon = [-74 + draw(place) for _ in names]
    node = st.integers(0, count - 1)
    ways = draw(st.dictionaries(st.tuples(node, st.sampled_from(LABELS)), node, max_size=24))
    streets = [(u, label, v) for (u, label), v in ways.items()]
    return StreetMap(names, lat, lon, streets, name="map").with_unused_symbols()


def sequences_on(world: StreetMap) -> st.SearchStrategy[list[list[int]]]:
    """Well-formed ones, mostly of turns, with other symbols between."""
    node = st.integers(world.first_node, len(world.alphabet) - 1)
    label = st.integers(1, 8) | st.integers(1, 3) | st.integers(0, len(world.alphabet) - 1)
    body = st.lists(label, min_size=1, max_size=9)
    written = st.tuples(node, node, body).map(lambda parts: [*parts[:2], *parts[2], 0])
    return st.lists(written, min_size=1, max_size=12)


@pytest.mark.slow
@settings(max_examples=100)
@given(st.data())
def test_streets_are_those_of_the_dumb_version(data: st.DataObject) -> None:
    world = data.draw(small_maps())
    sequences = data.draw(sequences_on(world))
    rules = Rules(data.draw(st.integers(1, 4)), data.draw(st.sampled_from([0.1, 0.3, 0.5, 2.0])))
    dumb = DumbMap(world, rules.degree, rules.miles)
    for number, sequence in enumerate(sequences):
        dumb.add(number, sequence)
    cut = data.draw(st.integers(0, len(sequences)))
    batches = [SequenceBatch.of(sequences[:cut]), SequenceBatch.of(sequences[cut:])]
    made = reconstruct(world, batches, rules)
    kinds = [STREET_KINDS[kind] for kind in made.kind.tolist()]
    columns = (made.origin, made.to, made.label, kinds, made.first, made.uses)
    assert list(zip(*columns, strict=True)) == dumb.table()
    assert np.flatnonzero(made.gave_up).tolist() == dumb.given_up


NEAR = 0.001  # degrees: 111 m to the north


def line_of(count: int, names: list[str] | None = None) -> StreetMap:
    """Crossings 111 m apart, one-way north."""
    lat = [40 + NEAR * place for place in range(count)]
    streets = [(place, "N", place + 1) for place in range(count - 1)]
    given = names or [f"c{place}" for place in range(count)]
    return StreetMap(given, lat, [-74.0] * count, streets, name="line", directions=LABELS)


def made_of(world: StreetMap, *texts: str, degree: int = 4, miles: float = 0.5) -> ReconstructedMap:
    batch = SequenceBatch.of([world.encode(text) for text in texts])
    return reconstruct(world, [batch], Rules(degree, miles))


def new_streets(world: StreetMap, made: ReconstructedMap) -> list[tuple[str, str, str]]:
    return [row[:3] for row in rows_of(world, made) if row[3] == "new"]


def test_one_label_left_leads_to_the_destination_if_that_is_near_enough() -> None:
    world = line_of(9)
    made = made_of(world, "c0 c3 N E end", "c0 c8 E end")  # c8 is 0.55 miles from c0
    assert new_streets(world, made) == [("c1", "c3", "E")]
    assert made.gave_up.tolist() == [False, True]
    assert made.counts["true"] == 1


def test_of_equally_good_crossings_the_one_of_lowest_number_is_taken() -> None:
    for names, expected in (
        (["10", "9", "8", "100"], "9"),  # from 8 less can be walked
        (["d", "c", "b", "a"], "c"),
    ):
        world = line_of(4, names)
        text = f"{names[0]} {names[3]} E N N end"
        assert new_streets(world, made_of(world, text)) == [(names[0], expected, "E")]
    world = line_of(4, ["10", "9", "8", "7"])
    # From 10, 9 and 8 one more label can be walked.
    made = made_of(world, "10 10 E N W end")
    assert new_streets(world, made) == [("7", "10", "W"), ("10", "8", "E")]


def test_a_crossing_that_is_full_takes_no_new_street() -> None:
    world = line_of(4)
    texts = ("c0 c1 N end", "c0 c1 E end")
    assert made_of(world, *texts, degree=1).gave_up.tolist() == [False, True]
    assert made_of(world, *texts, degree=2).gave_up.tolist() == [False, False]


def test_streets_of_a_sequence_that_is_given_up_stay_used() -> None:
    world = line_of(12)
    made = made_of(world, "c0 c11 N N N E end", miles=0.1)
    assert made.gave_up.tolist() == [True]
    assert made.counts["true"] == 3
    assert made.first.max() == 0
    assert made.uses.sum() == 3


def test_a_new_street_takes_the_label_of_a_true_one_that_nobody_used() -> None:
    world = line_of(4)
    # One label is left at c0, whose true street leads elsewhere: c0 N leads to c2 from now on.
    made = made_of(world, "c0 c2 N end", "c0 c1 N end")
    assert new_streets(world, made) == [("c0", "c2", "N")]
    assert made.gave_up.tolist() == [False, True]
    assert made.counts["unused"] == 3


def test_a_street_needed_twice_in_one_sequence_counts_once() -> None:
    square = [(0, "E", 1), (1, "W", 0)]
    world = StreetMap(
        ["a", "b"], [40, 40], [-74, -74 + NEAR], square, name="two", directions=LABELS
    )
    made = made_of(world, "a b E W E end", "b a W end")
    assert dict(zip(made.label.tolist(), made.uses.tolist(), strict=True)) == {3: 1, 7: 2}
    assert made.first.tolist() == [0, 0]


@pytest.mark.parametrize(
    "text", ["c0 c1 N", "c0 c1 end", "c0 end", "end", "N c1 N end", "c0 N N end", "c0 c1 N end N"]
)
def test_what_is_malformed_is_counted_and_left_out(text: str) -> None:
    world = line_of(3)
    made = made_of(world, text, "c0 c2 N N end")
    assert made.verdict.tolist() == [3, 0]
    assert made.counts["malformed"] == 1
    assert made.counts["symbols"] == 2
    assert made.first.max() == 1, "sequences are numbered as they stand, malformed ones too"
    assert not made.gave_up.any()


def test_symbols_that_are_no_turns_are_labels_too() -> None:
    world = line_of(5)
    made = made_of(world, "c0 c2 c4 N end", "c0 c2 c4 N end", "c0 c1 c3 end", "c0 c1 end end")
    assert new_streets(world, made) == [
        ("c0", "c1", "c4"),
        ("c0", "c1", "c3"),
        ("c0", "c1", "end"),
    ]
    assert made.counts["illegal_step"] == 4
    assert made.uses.max() == 2


def test_verdicts_are_those_of_the_true_map_however_many_streets_are_new() -> None:
    world = line_of(4)
    texts = ["c0 c2 E end"] * 3 + ["c0 c1 N N end", "c0 c2 N N end"]
    assert made_of(world, *texts).verdict.tolist() == [1, 1, 1, 2, 0]


@pytest.mark.parametrize("miles", [1e-7, 0.0691, 0.0692, 5_000, 12_436, 20_000])
def test_distance_is_the_published_formula_at_every_scale(miles: float) -> None:
    lat, lon = [40.0, 40.0 + NEAR, -39.9, 0.0, 90.0], [-74.0, -74.0, 106.1, 180.0, 3.0]
    world = StreetMap([*"abcde"], lat, lon, [(0, "N", 1)], name="globe", directions=LABELS)
    dumb = DumbMap(world, 4, miles)
    for here in range(5):
        for there in range(5):
            text = f"{world.names[here]} {world.names[there]} E end"
            assert made_of(world, text, miles=miles).gave_up[0] != dumb.near(here, there)


def test_numbers_are_compared_as_numbers_and_names_are_not() -> None:
    assert ranks(["10", "9", "08"]).tolist() == [2, 1, 0]
    assert ranks(["10", "9", "x"]).tolist() == [0, 1, 2]


def test_a_drawing_can_go_on_after_it_was_looked_at() -> None:
    world = line_of(5)
    builder = MapBuilder(world, Rules())
    first, second = (
        SequenceBatch.of([world.encode(text)]) for text in ("c0 c3 E end", "c1 c3 E end")
    )
    builder.add(first, judge(world, first))
    before = builder.result()
    builder.add(second, judge(world, second))
    assert (before.counts["new"], builder.result().counts["new"]) == (1, 2)


@pytest.mark.parametrize(("degree", "miles"), [(0, 0.5), (4, 0.0), (4, -1.0), (4, float("nan"))])
def test_rules_that_make_no_sense_are_refused(degree: int, miles: float) -> None:
    with pytest.raises(InvalidParameter, match="expected"):
        Rules(degree, miles)
