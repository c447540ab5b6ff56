"""Streets that are closed, and corners that have one another's names."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from nerode.errors import InvalidParameter, UnknownName
from nerode.worlds.check.check import check_world
from nerode.worlds.registry import open_world, whole_world_name
from nerode.worlds.streets.parts import close_street, neighbours_of
from nerode.worlds.streets.street_map import StreetMap

MIDTOWN = open_world("midtown")
assert isinstance(MIDTOWN, StreetMap)


def opened(name: str) -> StreetMap:
    world = open_world(name)
    assert isinstance(world, StreetMap)
    return world


def joined(world: StreetMap) -> set[frozenset[int]]:
    return {frozenset((a, b)) for a, _, b in world.streets}


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_a_share_of_streets_is_closed_and_nothing_else_changes(share: float) -> None:
    world = opened(f"closed:midtown?share={share},seed=3")
    assert isinstance(MIDTOWN, StreetMap)
    assert world.alphabet == MIDTOWN.alphabet
    assert world.names == MIDTOWN.names
    assert set(world.streets) < set(MIDTOWN.streets)
    gone = len(joined(MIDTOWN)) - len(joined(world))
    assert gone == round(share * len(joined(MIDTOWN)))
    both_ways = {street for street in joined(world) if len(street) == 2}
    kept = [each for each in MIDTOWN.streets if frozenset((each[0], each[2])) in both_ways]
    assert sorted(world.streets) == sorted(kept), "a street is closed in both directions"


def test_everything_can_be_reached_still() -> None:
    world = opened("closed:midtown?share=0.3")
    pairs = np.array([(a, b) for a, _, b in world.streets])
    count = len(world.names)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (count, count))
    assert connected_components(graph, connection="strong")[0] == 1


def test_a_seed_says_which() -> None:
    first, again, other = (opened(f"closed:midtown?seed={seed}").streets for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert opened("closed:midtown").name == "closed:midtown?share=0.05,seed=1"


def test_a_street_without_a_way_around_stays() -> None:
    neighbours = neighbours_of(np.array([(0, 1), (1, 0), (1, 2), (2, 0)]), 3)
    assert close_street(neighbours, 1, 0)
    assert neighbours == [{1}, {2}, {0}]
    assert not close_street(neighbours, 0, 1)
    assert neighbours == [{1}, {2}, {0}]


def test_corners_have_one_anothers_names() -> None:
    world = opened("relabelled:midtown?seed=4")
    assert isinstance(MIDTOWN, StreetMap)
    assert world.names != MIDTOWN.names
    assert sorted(world.names) == sorted(MIDTOWN.names)
    assert (world.streets, world.directions) == (MIDTOWN.streets, MIDTOWN.directions)
    assert world.lat.tolist() == MIDTOWN.lat.tolist()


@pytest.mark.parametrize("name", ["othello:size=4", "tomita:n=6", "cups:n=3", "cayley:n=3"])
def test_other_worlds_are_the_same_but_for_names(name: str) -> None:
    base, world = open_world(name), open_world(f"relabelled:{name}")
    assert sorted(world.alphabet) == sorted(base.alphabet)
    assert world.alphabet != base.alphabet
    assert world.end == base.end
    assert world.name == f"relabelled:{name}?seed=1"
    rng = np.random.default_rng(0)
    state, other = base.start, world.start
    for _ in range(30):
        assert base.legal(state) == world.legal(other)
        if not base.legal(state):
            break
        symbol = int(rng.choice(base.legal(state)))
        state, other = base.step(state, symbol), world.step(other, symbol)
    assert [world.index[each] for each in world.alphabet] == list(range(len(world.alphabet)))
    check_world(world, states=100)


def test_variants_of_variants_and_of_paths() -> None:
    name = "closed:relabelled:town:crossings=30,seed=2?seed=5?share=0.1,seed=1"
    assert opened(name).name == name
    assert whole_world_name("closed:midtown?seed=2") == "closed:midtown?seed=2"
    with pytest.raises(UnknownName):
        open_world("closed:lift.py:Lift?seed=1")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("closed:othello", "expected closed: with a street map, got othello"),
        ("closed:midtown?share=0.0", "a share above 0 and below 1"),
        ("closed:midtown?share=1", "a share above 0 and below 1"),
        ("closed:midtown?share=some", "expected a number in closed:share=NUMBER, got 'some'"),
        ("closed:midtown?seed=0.5", "expected a whole number in closed:seed=N, got '0.5'"),
        ("closed:midtown?streets=3", "expected closed:share=NUMBER,seed=N, got closed:streets=3"),
        ("closed", "got no world"),
        ("relabelled:", "got no world"),
    ],
)
def test_other_parameters_are_refused(name: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        open_world(name)
