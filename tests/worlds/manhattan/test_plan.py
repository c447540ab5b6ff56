"""The built-in street plan of Manhattan against what everybody knows of it, and the real map."""

from __future__ import annotations

import csv
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from nerode.worlds.manhattan.avenues import AVENUES
from nerode.worlds.manhattan.grid import _crossings, _levels, _path, _streets, grid
from nerode.worlds.manhattan.plan import manhattan_plan, midtown_plan
from nerode.worlds.manhattan.streets import EXCEPTIONS, GAPS, PARK_CROSSINGS
from nerode.worlds.streets.files import LABELS
from nerode.worlds.streets.map_plan import MapPlan

REAL = Path(__file__).parents[3].parent / "shared" / "data" / "manhattan" / "shortest"
METRES_PER_DEGREE = 6371008.8 * np.pi / 180

Floats = NDArray[np.float64]


@cache
def plan_of(world: str) -> MapPlan:
    return {"manhattan": manhattan_plan, "midtown": midtown_plan}[world]()


@pytest.fixture(params=["manhattan", "midtown"])
def plan(request: pytest.FixtureRequest) -> MapPlan:
    return plan_of(request.param)


@cache
def ways() -> dict[tuple[str, str], str]:
    plan = plan_of("manhattan")
    return {(plan.names[a], plan.names[b]): label for a, label, b in plan.streets}


def direction_on(first: str, last: str) -> str:
    """How one gets along between two neighbouring crossings: ">", "<", "=" or ""."""
    forth, back = (first, last) in ways(), (last, first) in ways()
    return "=" if forth and back else ">" if forth else "<" if back else ""


def flat(lat: Floats, lon: Floats) -> Floats:
    """Metres north and east of a corner of Manhattan, (places, 2)."""
    scale = METRES_PER_DEGREE * np.cos(np.radians(40.78))
    return np.column_stack([(lat - 40.7) * METRES_PER_DEGREE, (lon + 74.0) * scale])


def spot(lat: float, lon: float) -> Floats:
    return flat(np.array([lat]), np.array([lon])).ravel()


def place(name: str) -> tuple[float, float]:
    plan = plan_of("manhattan")
    number = plan.names.index(name)
    return float(plan.lat[number]), float(plan.lon[number])


@pytest.mark.slow
def test_sizes() -> None:
    assert 1800 <= len(plan_of("manhattan").names) <= 2600
    assert 400 <= len(plan_of("midtown").names) <= 600


def test_midtown_lies_in_manhattan() -> None:
    manhattan, midtown = plan_of("manhattan"), plan_of("midtown")
    where = {
        name: (lat, lon)
        for name, lat, lon in zip(manhattan.names, manhattan.lat, manhattan.lon, strict=True)
    }
    for name, lat, lon in zip(midtown.names, midtown.lat, midtown.lon, strict=True):
        assert where[name] == (lat, lon)
    for a, label, b in midtown.streets:
        assert ways()[midtown.names[a], midtown.names[b]] == label


def test_names_are_symbols(plan: MapPlan) -> None:
    assert len(set(plan.names)) == len(plan.names) == len(plan.lat) == len(plan.lon)
    for name in plan.names:
        assert name
        assert name.split() == [name]
        assert name not in {"end", *LABELS}


def test_coordinates_have_seven_decimals(plan: MapPlan) -> None:
    for degrees in (plan.lat, plan.lon):
        assert degrees.dtype == np.float64
        assert np.array_equal(degrees, degrees.round(7))


def test_streets_join_different_known_crossings_in_a_fixed_order(plan: MapPlan) -> None:
    known = range(len(plan.names))
    assert all(a in known and b in known and a != b for a, _, b in plan.streets)
    assert len({(a, b) for a, _, b in plan.streets}) == len(plan.streets)
    keys = [(a, LABELS.index(label)) for a, label, _ in plan.streets]
    assert all(first < second for first, second in pairwise(keys)), "a label twice, or no order"


def test_labels_are_the_nearest_eighth_of_the_compass(plan: MapPlan) -> None:
    lat, lon = np.radians(plan.lat), np.radians(plan.lon)
    for a, label, b in plan.streets:
        # The initial bearing of the great circle, from the textbook.
        ahead = lon[b] - lon[a]
        east = np.sin(ahead) * np.cos(lat[b])
        north = np.cos(lat[a]) * np.sin(lat[b]) - np.sin(lat[a]) * np.cos(lat[b]) * np.cos(ahead)
        bearing = np.degrees(np.arctan2(east, north))
        off = (bearing - 45 * LABELS.index(label) + 180) % 360 - 180
        assert abs(off) <= 22.51, (plan.names[a], label, plan.names[b], bearing)


def test_strongly_connected(plan: MapPlan) -> None:
    origins, _, ends = zip(*plan.streets, strict=True)
    count = len(plan.names)
    graph = coo_array((np.ones(len(origins)), (origins, ends)), (count, count))
    assert connected_components(graph, connection="strong")[0] == 1


def test_no_two_crossings_are_nearly_one(plan: MapPlan) -> None:
    assert KDTree(flat(plan.lat, plan.lon)).query_pairs(30.0) == set()


def test_little_is_lost_to_labels_and_dead_ends() -> None:
    crossings, all_ways = grid()
    assert len(crossings) == len(plan_of("manhattan").names)
    lost = sorted(set(all_ways) - set(ways()))
    # Two pairs of streets leave a corner in one direction; of each the longer one is left out.
    assert lost == [
        ("AmsterdamAv_144St", "HamiltonPl_143St"),
        ("MorningsideDr_121St", "AmsterdamAv_122St"),
    ]


def test_every_gap_and_every_exception_concerns_a_block() -> None:
    levels = _levels()
    paths = [_path(index, avenue, levels) for index, avenue in enumerate(AVENUES)]
    middles = {
        street.number: [(a.east + b.east) / 2 for a, b in pairwise(_crossings(street, paths))]
        for street in _streets(levels)
    }
    spans = [*GAPS, *(exception[:3] for exception in EXCEPTIONS)]
    for streets, west, east in spans:
        assert any(west < middle < east for number in streets for middle in middles[number]), (
            f"nothing between {west} and {east} on streets {streets}"
        )


@pytest.mark.parametrize("number", range(47, 57))
def test_even_streets_go_east_and_odd_ones_west(number: int) -> None:
    expected = "<" if number % 2 else ">"
    assert direction_on(f"LexingtonAv_{number}St", f"3Av_{number}St") == expected
    assert direction_on(f"8Av_{number}St", f"Broadway_{number}St") == expected
    assert direction_on(f"Broadway_{number}St", f"7Av_{number}St") == expected


@pytest.mark.parametrize(
    ("west", "east", "numbers"),
    [
        ("2Av", "1Av", (14, 23, 34, 42, 57, 72, 79, 86, 96, 106, 110, 116, 125)),
        ("FredDouglass", "AdamCPowell", (135, 145)),
        ("RiversideDr", "Broadway", (155,)),
    ],
)
def test_wide_streets_go_both_ways(west: str, east: str, numbers: tuple[int, ...]) -> None:
    for number in numbers:
        assert direction_on(f"{west}_{number}St", f"{east}_{number}St") == "=", number


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("5Av_42St", "MadisonAv_42St", "="),
        ("5Av_43St", "MadisonAv_43St", "<"),
        ("5Av_44St", "MadisonAv_44St", ">"),
        ("1Av_50St", "1Av_51St", ">"),
        ("2Av_50St", "2Av_51St", "<"),
        ("3Av_50St", "3Av_51St", ">"),
        ("LexingtonAv_50St", "LexingtonAv_51St", "<"),
        ("ParkAv_50St", "ParkAv_51St", "="),
        ("MadisonAv_50St", "MadisonAv_51St", ">"),
        ("5Av_50St", "5Av_51St", "<"),
        ("6Av_50St", "6Av_51St", ">"),
        ("7Av_50St", "7Av_51St", "<"),
        ("Broadway_50St", "Broadway_51St", "<"),
        ("8Av_50St", "8Av_51St", ">"),
        ("9Av_50St", "9Av_51St", "<"),
        ("10Av_50St", "10Av_51St", ">"),
        ("11Av_50St", "11Av_51St", "<"),
        ("12Av_50St", "12Av_51St", "="),
        ("Broadway_90St", "Broadway_91St", "="),
        ("WestEndAv_90St", "WestEndAv_91St", "="),
        ("AmsterdamAv_90St", "AmsterdamAv_91St", ">"),
        ("ColumbusAv_90St", "ColumbusAv_91St", "<"),
        ("CentralParkW_90St", "CentralParkW_91St", "="),
        ("YorkAv_80St", "YorkAv_81St", "="),
        ("LenoxAv_130St", "LenoxAv_131St", "="),
        ("AvB_3St", "AvB_4St", "="),
    ],
)
def test_one_way_facts(first: str, last: str, expected: str) -> None:
    assert direction_on(first, last) == expected


def test_uptown_is_north_east_and_crosstown_east_is_south_east() -> None:
    assert ways()["6Av_50St", "6Av_51St"] == "NE"
    assert ways()["5Av_44St", "MadisonAv_44St"] == "SE"
    assert ways()["Broadway_28St", "Broadway_27St"] == "S"


def test_nothing_crosses_central_park_but_its_transverses() -> None:
    plan = plan_of("manhattan")
    corner, east, north = (spot(*place(n)) for n in ("8Av_59St", "5Av_59St", "CentralParkW_110St"))
    sides = np.column_stack([east - corner, north - corner])
    share = np.linalg.solve(sides, (flat(plan.lat, plan.lon) - corner).T)
    inside = np.all((share > 0.03) & (share < 0.97), axis=0)
    assert {plan.names[number] for number in np.flatnonzero(inside)} == set(PARK_CROSSINGS)
    across = {
        (plan.names[a], plan.names[b])
        for a, _, b in plan.streets
        if share[0, a] < 0.03 and share[0, b] > 0.97 and 0.03 < share[1, a] < 0.97
    }
    assert across == {("CentralParkW_81St", "5Av_79St")}


def test_the_four_transverses() -> None:
    for way in (
        ("CentralParkW_65St", "Transverse66_West", "Transverse66_East", "5Av_65St"),
        ("5Av_66St", "Transverse66_East", "Transverse66_West", "CentralParkW_66St"),
        ("5Av_79St", "CentralParkW_81St", "5Av_79St"),
        ("CentralParkW_86St", "Transverse86_East", "5Av_84St"),
        ("5Av_85St", "Transverse86_East", "CentralParkW_86St"),
        ("CentralParkW_96St", "Transverse97_West", "Transverse97_East", "5Av_96St"),
        ("5Av_97St", "Transverse97_East", "Transverse97_West", "CentralParkW_97St"),
    ):
        assert set(pairwise(way)) <= set(ways())


@pytest.mark.parametrize(
    ("name", "lat", "lon"),
    [
        ("5Av_42St", 40.7536, -73.9810),  # the Public Library
        ("7Av_42St", 40.7559, -73.9870),  # Times Square
        ("8Av_59St", 40.7681, -73.9819),  # Columbus Circle
        ("5Av_59St", 40.7645, -73.9730),  # Grand Army Plaza
        ("LenoxAv_125St", 40.8079, -73.9454),
        ("1Av_14St", 40.7314, -73.9826),
    ],
)
def test_famous_corners(name: str, lat: float, lon: float) -> None:
    assert np.linalg.norm(spot(*place(name)) - spot(lat, lon)) < 60.0


def test_park_avenue_passes_over_42nd_street() -> None:
    assert "ParkAv_42St" not in plan_of("manhattan").names
    assert direction_on("ParkAv_41St", "ParkAv_46St") == "="


def test_broadway_runs_the_length_of_the_island() -> None:
    # Where Broadway meets an avenue the corner bears the avenue's name.
    route = [
        "Broadway_14St", "Broadway_22St", "Broadway_27St", "6Av_34St", "Broadway_35St",
        "7Av_45St", "Broadway_50St", "8Av_59St", "AmsterdamAv_71St", "Broadway_90St",
        "Broadway_155St",
    ]  # fmt: skip
    assert set(route) <= set(plan_of("manhattan").names)
    lats = [place(name)[0] for name in route]
    assert lats == sorted(lats)
    assert ("Broadway_35St", "6Av_34St") in ways()
    assert ("Broadway_72St", "AmsterdamAv_71St") in ways()


@pytest.mark.slow
def test_same_plan_every_time(plan: MapPlan) -> None:
    again = midtown_plan() if len(plan.names) < 1000 else manhattan_plan()
    assert again.names == plan.names
    assert again.streets == plan.streets
    assert np.array_equal(again.lat, plan.lat)
    assert np.array_equal(again.lon, plan.lon)


def real_map() -> tuple[Floats, list[set[str]]]:
    """Places of the real crossings and the labels of the streets that leave each."""
    if not REAL.is_dir():
        pytest.skip(f"no street map to compare with at {REAL}")
    with (REAL / "nodes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    number = {row["osmid"]: index for index, row in enumerate(rows)}
    lat = np.array([float(row["lat"]) for row in rows])
    lon = np.array([float(row["lon"]) for row in rows])
    labels: list[set[str]] = [set() for _ in rows]
    with (REAL / "edges.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            labels[number[row["node"]]].add(row["direction"])
    return flat(lat, lon), labels


def test_crossings_lie_where_the_real_ones_do(plan: MapPlan) -> None:
    real, _ = real_map()
    distances, _ = KDTree(real).query(flat(plan.lat, plan.lon))
    assert np.median(distances) <= 10.0
    assert np.quantile(distances, 0.99) <= 40.0


def test_streets_go_where_the_real_ones_do(plan: MapPlan) -> None:
    real, labels = real_map()
    # A real avenue of two roadways has two crossings where the plan has one.
    pairs = KDTree(flat(plan.lat, plan.lon)).query_ball_tree(KDTree(real), 40.0)
    found = [any(label in labels[node] for node in pairs[a]) for a, label, _ in plan.streets]
    assert np.mean(found) >= 0.95
