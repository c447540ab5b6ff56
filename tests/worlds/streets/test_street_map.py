"""Street maps: the rules, the exact states, the shortest ways, the histories."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nerode.errors import FormatError, IllegalSymbol, MissingFile, NoTrial, WorldError
from nerode.worlds.check.check import check_world
from nerode.worlds.streets.limits import LONGEST
from nerode.worlds.streets.street_map import Place, StreetMap
from nerode.worlds.world import HasGoal, SamplesHistories, SamplesStates

LABELS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
MANHATTAN = Path(__file__).parents[3].parent / "shared" / "data" / "manhattan"
real = pytest.mark.skipif(not MANHATTAN.is_dir(), reason="no ../shared/data/manhattan here")

Streets = list[tuple[int, str, int]]


def build(count: int, streets: Streets) -> StreetMap:
    """A map whose intersections lie scattered, yet always in the same manner."""
    rng = np.random.default_rng(count)
    names = [f"n{node}" for node in range(count)]
    lat, lon = 40 + rng.random(count) / 100, -74 + rng.random(count) / 100
    return StreetMap(names, lat, lon, streets, name="test")


def torus(rows: int, columns: int) -> StreetMap:
    streets: Streets = []
    for row in range(rows):
        for column in range(columns):
            here = row * columns + column
            streets.append((here, "E", row * columns + (column + 1) % columns))
            streets.append((here, "N", (row + 1) % rows * columns + column))
    return build(rows * columns, streets)


@st.composite
def maps(draw: st.DrawFn) -> StreetMap:
    """Small maps with dead ends, self-loops, merges and islands; often with twins."""
    count = draw(st.integers(1, 6))
    labels = LABELS[: draw(st.integers(1, 2))]
    places = st.integers(-1, count - 1)
    streets = [
        (node, label, to) for node in range(count) for label in labels if (to := draw(places)) >= 0
    ]
    return build(count, streets)


def minimised(world: StreetMap) -> dict[tuple[int, int], int]:
    """Class of every raw state, by refining the whole automaton until nothing changes.

    Raw states: (-1, -1) the start, (i, -1), every (i, d), and (-2, -2) the end.
    """
    count = len(world.names)
    arrows: dict[tuple[int, int], dict[int, tuple[int, int]]] = {(-2, -2): {}}
    arrows[-1, -1] = {world.first_node + node: (node, -1) for node in range(count)}
    for node in range(count):
        arrows[node, -1] = {world.first_node + to: (node, to) for to in range(count)}
    ways = [(node, world.index[label], to) for node, label, to in world.streets]
    for destination in range(count):
        for node in range(count):
            arrows[node, destination] = {
                turn: (to, destination) for origin, turn, to in ways if origin == node
            }
        arrows[destination, destination][0] = (-2, -2)
    classes = dict.fromkeys(arrows, 0)
    while True:
        signs = {
            state: (classes[state], *sorted((a, classes[to]) for a, to in out.items()))
            for state, out in arrows.items()
        }
        numbers = {sign: number for number, sign in enumerate(dict.fromkeys(signs.values()))}
        refined = {state: numbers[sign] for state, sign in signs.items()}
        if len(numbers) == len(set(classes.values())):
            return refined
        classes = refined


def assert_states_exact(world: StreetMap) -> None:
    classes = minimised(world)
    states = {raw: Place(*raw) if min(raw) < 0 else world.place(*raw) for raw in classes}
    by_class: dict[int, set[Place]] = {}
    for raw, state in states.items():
        by_class.setdefault(classes[raw], set()).add(state)
    assert all(len(merged) == 1 for merged in by_class.values())
    assert len(set(states.values())) == len(by_class)


@pytest.mark.slow
@given(maps())
@settings(max_examples=400)
def test_states_are_equal_exactly_where_the_minimised_automaton_merges_them(
    world: StreetMap,
) -> None:
    assert_states_exact(world)


@pytest.mark.parametrize(("rows", "columns"), [(1, 5), (2, 3), (3, 4)])
def test_on_a_torus_only_the_displacement_counts(rows: int, columns: int) -> None:
    world = torus(rows, columns)
    assert_states_exact(world)
    places = {world.place(i, d) for i in range(len(world.names)) for d in range(len(world.names))}
    assert len(places) == rows * columns


def test_two_one_way_streets_that_merge_are_one_state_unless_one_is_the_destination() -> None:
    world = build(4, [(0, "N", 2), (1, "N", 2), (2, "E", 3), (3, "S", 0), (3, "W", 1)])
    assert world.place(0, 3) == world.place(1, 3)
    assert world.place(0, 0) != world.place(1, 0)
    assert world.place(0, 1) != world.place(1, 0)
    lengths = world.lengths
    assert lengths[0, 1] == lengths[1, 1], "states with equal futures must have equal costs"
    assert_states_exact(world)


@pytest.mark.slow
@given(maps(), st.data())
@settings(max_examples=100)
def test_legal_agrees_with_step(world: StreetMap, data: st.DataObject) -> None:
    state = world.start
    for _ in range(8):
        legal = world.legal(state)
        assert list(legal) == sorted(set(legal))
        for symbol in range(-2, len(world.alphabet) + 2):
            if symbol in legal:
                hash(world.step(state, symbol))
            else:
                with pytest.raises(IllegalSymbol):
                    world.step(state, symbol)
        if not legal:
            break
        state = world.step(state, data.draw(st.sampled_from(legal)))


def test_a_sequence_follows_the_streets_and_ends_at_its_destination() -> None:
    world = build(3, [(0, "N", 1), (1, "E", 2), (2, "W", 1), (1, "S", 0)])
    assert world.alphabet == ("end", "N", "E", "S", "W", "n0", "n1", "n2")
    assert world.with_unused_symbols().alphabet == ("end", *LABELS, "n0", "n1", "n2")
    assert world.accepts(world.encode("n0 n2 N E end"))
    assert world.accepts(world.encode("n0 n2 N E W E end"))
    assert world.accepts(world.encode("n0 n0 end"))
    assert not world.accepts(world.encode("n0 n2 N end"))
    assert not world.accepts(world.encode("n0 n2 N E end N"))
    assert not world.accepts(world.encode("n0 n2 N E end end"))
    assert not world.accepts(world.encode("n0 N"))
    assert world.trace(world.encode("n0 n2 N E end")) == [0, 1, 2]
    assert world.trace(world.encode("n0 n2 N N E")) == [0, 1]
    assert world.trace(world.encode("n0 N E")) == [0]


def floyd_warshall(world: StreetMap) -> NDArray[np.float64]:
    distances = np.full((len(world.names), len(world.names)), np.inf)
    np.fill_diagonal(distances, 0)
    for node, label, to in world.streets:
        length = world.lengths[node, world.index[label]]
        distances[node, to] = min(distances[node, to], length)
    for middle in range(len(distances)):
        through = distances[:, middle, None] + distances[None, middle]
        distances = np.minimum(distances, through)
    return distances


@pytest.mark.slow
@given(maps())
@settings(max_examples=100)
def test_the_way_to_the_goal_is_shortest_and_its_parts_agree(world: StreetMap) -> None:
    distances = floyd_warshall(world)
    for origin, destination in np.ndindex(distances.shape):
        state = world.place(origin, destination)
        if np.isinf(distances[origin, destination]):
            assert world.toward_goal(state) is None
            assert world.steps_to_goal(state) is None
            assert world.cost_to_goal(state) is None
            continue
        assert world.cost_to_goal(state) == distances[origin, destination]
        steps, cost = 0, 0
        while (symbol := world.toward_goal(state)) is not None:
            assert (
                world.steps_to_goal(state)
                == (world.steps_to_goal(world.place(origin, destination)) or 0) - steps
            )
            cost += world.cost(state, symbol)
            steps += 1
            state = world.step(state, symbol)
        assert world.legal(state) == ()
        assert steps == world.steps_to_goal(world.place(origin, destination))
        assert cost == distances[origin, destination]


def test_of_equally_short_ways_the_first_turn_in_the_alphabet_is_taken() -> None:
    square = [(0, "E", 1), (0, "N", 2), (1, "N", 3), (2, "E", 3), (3, "S", 0), (3, "W", 0)]
    world = StreetMap("abcd", [0, 0, 1, 1], [0, 0, 0, 0], square, name="square")
    tied = world.place(3, 0)
    assert world.toward_goal(tied) == world.index["S"]
    with pytest.raises(IllegalSymbol):
        world.cost(tied, world.index["N"])
    degree = 6371008.8 * 1000 * np.pi / 180
    assert world.cost(tied, world.index["S"]) == round(degree)
    assert world.cost(world.place(0, 3), world.index["E"]) == 1, "no street is shorter than 1 mm"


def dumb_history(
    world: StreetMap, nodes: list[tuple[int, int]], turns: int, rng: np.random.Generator
) -> tuple[int, ...] | None:
    """The reversed random walk in its plainest form."""
    node, destination = nodes[rng.integers(len(nodes))]
    history: list[int] = []
    for _ in range(turns):
        into = [(i, world.index[label]) for i, label, to in world.streets if to == node]
        if not into:
            return None
        node, turn = into[rng.integers(len(into))]
        history.insert(0, turn)
    return (world.first_node + node, world.first_node + destination, *history)


def test_histories_reach_their_state_and_are_distributed_like_the_plain_walk() -> None:
    # 0 and 1 merge into 2 with one turn; 4 is entered from nowhere.
    streets = [(0, "N", 2), (1, "N", 2), (2, "E", 3), (3, "S", 0), (3, "W", 1), (3, "E", 2)]
    world = build(5, [*streets, (4, "N", 3)])
    state = world.place(1, 3)
    assert state == Place(0, 3)
    fast, slow = np.random.default_rng(1), np.random.default_rng(2)
    drawn = Counter(world.sample_history(state, 5, fast) for _ in range(4000))
    assert all(world.run(history) == state and len(history) == 5 for history in drawn)
    dumb: Counter[tuple[int, ...]] = Counter()
    while sum(dumb.values()) < 4000:
        history = dumb_history(world, [(0, 3), (1, 3)], 3, slow)
        if history is not None:
            dumb[history] += 1
    assert set(drawn) == set(dumb)
    assert len(drawn) > 4
    for history, count in dumb.items():
        assert abs(drawn[history] - count) < 6 * np.sqrt(count)


def test_lengths_of_histories_leave_room_for_the_way_and_are_possible() -> None:
    world = build(4, [(0, "N", 1), (1, "N", 2), (2, "N", 1), (2, "E", 3)])
    assert list(world.history_lengths(world.place(1, 3))) == list(range(3, LONGEST - 4 - 2 + 3))
    assert list(world.history_lengths(world.place(0, 3))) == [], "no street leads to 0"
    assert list(world.history_lengths(world.start)) == []
    rng = np.random.default_rng(0)
    for place in (world.start, world.place(3, 0)):
        with pytest.raises(NoTrial):
            world.sample_history(place, 5, rng)
    with pytest.raises(NoTrial):
        world.sample_history(world.place(0, 3), 3, rng)


def test_a_state_of_two_intersections_has_the_histories_of_both() -> None:
    world = build(4, [(0, "N", 2), (1, "N", 2), (2, "E", 3), (3, "W", 1)])
    state = world.place(0, 3)
    assert state == world.place(1, 3)
    assert 5 in world.history_lengths(state), "no street leads to 0, but one leads to 1"
    assert world.run(world.sample_history(state, 5, np.random.default_rng(0))) == state


def test_states_and_trips_are_drawn_uniformly_over_pairs_in_reach() -> None:
    world = build(4, [(0, "N", 1), (1, "N", 2), (2, "N", 0), (2, "E", 3)])
    rng = np.random.default_rng(3)
    states = Counter(world.sample_state(rng) for _ in range(3600))
    trips = Counter(world.sample_trip(rng) for _ in range(3600))
    pairs = [(i, d) for i in range(3) for d in range(4) if i != d]
    assert set(states) == set(pairs)
    assert set(trips) == {(world.first_node + i, world.first_node + d) for i, d in pairs}
    for counts in (states.values(), trips.values()):
        assert all(abs(count - 400) < 5 * 20 for count in counts)
    with pytest.raises(NoTrial):
        build(2, []).sample_state(rng)
    with pytest.raises(NoTrial):
        build(2, []).sample_trip(rng)


@pytest.mark.slow
def test_trips_keep_to_the_length_budget() -> None:
    count = 150
    world = build(count, [(node, "N", (node + 1) % count) for node in range(count)])
    rng = np.random.default_rng(4)
    steps = [world.steps_to_goal(world.run(world.sample_trip(rng))) for _ in range(500)]
    assert 90 < max(step for step in steps if step is not None) <= world.steps_allowed(()) == 97
    lengths = [world.history_lengths(world.sample_state(rng)) for _ in range(500)]
    assert min(len(one) for one in lengths) >= 1
    assert max(one[-1] for one in lengths) == LONGEST - 4 - 1 + 2


def test_the_protocols_are_offered() -> None:
    world = torus(2, 2)
    assert isinstance(world, SamplesStates)
    assert isinstance(world, SamplesHistories)
    assert isinstance(world, HasGoal)


GOOD_NODES = "osmid,lat,lon\na,40.0,-74.0\nb,40.1,-74.0\n"
GOOD_EDGES = "node,direction,neighbor\na,N,b\nb,S,a\n"


def folder(path: Path, nodes: str | bytes, edges: str | bytes) -> Path:
    for name, text in (("nodes.csv", nodes), ("edges.csv", edges)):
        (path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_folder_is_read(tmp_path: Path) -> None:
    nodes = "\ufefflat,extra,osmid,lon\r\n40.0,x,a,-74.0\r\n\r\n40.1,y,b,-74.0\r\n"
    world = StreetMap.from_folder(folder(tmp_path, nodes, GOOD_EDGES))
    assert world.names == ("a", "b")
    assert world.streets == ((0, "N", 1), (1, "S", 0))
    assert world.name == f"street-map:{tmp_path}"
    assert world.lat.tolist() == [40.0, 40.1]


@pytest.mark.parametrize(
    ("nodes", "edges", "where"),
    [
        (GOOD_NODES, GOOD_EDGES + "a,E,c\n", "edges.csv:4"),
        (GOOD_NODES, "node,direction,neighbor\nc,E,a\n", "edges.csv:2"),
        (GOOD_NODES, GOOD_EDGES + "a,N,a\n", "edges.csv:4"),
        (GOOD_NODES, GOOD_EDGES + "a,north,b\n", "edges.csv:4"),
        (GOOD_NODES, GOOD_EDGES + "a,S\n", "edges.csv:4"),
        (GOOD_NODES, "node,direction\na,N\n", "edges.csv:1"),
        (GOOD_NODES, "", "edges.csv:1"),
        (GOOD_NODES, "node,direction,neighbor\n", "edges.csv:1"),
        (GOOD_NODES, b"node,direction,neighbor\na,N,b\n\xff,N,a\n", "edges.csv:3"),
        (GOOD_NODES, 'node,direction,neighbor\n"a"x,N,a\n', "edges.csv:2"),
        ("", GOOD_EDGES, "nodes.csv:1"),
        ("osmid,lat\na,40\n", GOOD_EDGES, "nodes.csv:1"),
        (GOOD_NODES + "c,40,x\n", GOOD_EDGES, "nodes.csv:4"),
        (GOOD_NODES + "c,nan,-74\n", GOOD_EDGES, "nodes.csv:4"),
        (GOOD_NODES + "c,91,-74\n", GOOD_EDGES, "nodes.csv:4"),
        (GOOD_NODES + "a,40,-74\n", GOOD_EDGES, "nodes.csv:4"),
        (GOOD_NODES + "end,40,-74\n", GOOD_EDGES, "nodes.csv:4"),
        (GOOD_NODES + "NW,40,-74\n", GOOD_EDGES, "nodes.csv:4"),
        (GOOD_NODES + "x y,40,-74\n", GOOD_EDGES, "nodes.csv:4"),
        (GOOD_NODES + ",40,-74\n", GOOD_EDGES, "nodes.csv:4"),
    ],
)
def test_bad_files_are_named_with_the_line(
    tmp_path: Path, nodes: str | bytes, edges: str | bytes, where: str
) -> None:
    with pytest.raises(FormatError) as caught:
        StreetMap.from_folder(folder(tmp_path, nodes, edges))
    assert where in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="nowhere"):
        StreetMap.from_folder(tmp_path / "nowhere")
    (tmp_path / "nodes.csv").write_text(GOOD_NODES)
    with pytest.raises(MissingFile, match=r"edges\.csv"):
        StreetMap.from_folder(tmp_path)


@pytest.mark.parametrize(
    ("names", "lat", "streets"),
    [
        ([], [], []),
        (["a", "a"], [0, 0], []),
        (["a", "N"], [0, 0], []),
        (["a", "b"], [0], []),
        (["a", "b"], [0, 91], []),
        (["a", "b"], [0, 0], [(0, "N", 2)]),
        (["a", "b"], [0, 0], [(-1, "N", 0)]),
        (["a", "b"], [0, 0], [(0, "up", 1)]),
        (["a", "b"], [0, 0], [(0, "N", 1), (0, "N", 0)]),
    ],
)
def test_what_makes_no_map_is_refused(names: list[str], lat: list[float], streets: Streets) -> None:
    with pytest.raises(WorldError):
        StreetMap(names, lat, [0.0] * len(lat), streets, name="bad")


def test_the_conformance_test_is_passed() -> None:
    for world in (torus(2, 3), build(5, [(0, "N", 1), (1, "E", 2), (2, "W", 0), (2, "N", 3)])):
        assert check_world(world).undecided == 0


def test_labels_are_the_crossings_from_the_prompt_on() -> None:
    world = build(4, [(0, "N", 1), (1, "E", 2), (2, "W", 0), (2, "N", 3)])
    way = world.encode("n0 n3 N E N end")
    assert world.features == ("crossing",)
    assert world.classes == world.names
    assert world.labels(way).tolist() == [[0], [1], [2], [3]]
    assert world.labels(way[:4]).tolist() == [[0], [1]]
    assert world.labels(way[:2]).shape == (0, 1)
    with pytest.raises(IllegalSymbol):
        world.labels(world.encode("n0 n3 W E N end"))


@real
@pytest.mark.slow
def test_the_real_streets_pass_the_conformance_test() -> None:
    check_world(StreetMap.from_folder(MANHATTAN / "shortest"))


@pytest.mark.slow
@real
def test_the_real_streets() -> None:
    world = StreetMap.from_folder(MANHATTAN / "shortest")
    assert len(world.names) == 4579
    assert len(world.streets) == 9705
    assert sum(node == to for node, _, to in world.streets) == 6
    dead_ends = [node for node in range(4579) if not (world.turns[node] >= 0).any()]
    assert len(dead_ends) == 17
    assert {world.place(node, node) for node in dead_ends} == {Place(dead_ends[0], dead_ends[0])}
    rng = np.random.default_rng(5)
    for _ in range(30):
        state = world.sample_state(rng)
        length = int(rng.choice(world.history_lengths(state)))
        history = world.sample_history(state, length, rng)
        assert len(history) == length
        assert world.run(history) == state
        assert world.trace(history)[-1] in {
            node
            for node in range(4579)
            if world.place(node, history[1] - world.first_node) == state
        }
