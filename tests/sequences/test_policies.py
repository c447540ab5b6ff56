"""Policies: what they draw is legal, from the right distribution, and reproducible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chisquare

from nerode.errors import InvalidParameter, UnknownName
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.policies import Draw, stream
from nerode.sequences.split import Split, held_out_mask
from nerode.worlds.automata.table import table
from nerode.worlds.cayley import Cayley
from nerode.worlds.connect_four import ConnectFour
from nerode.worlds.streets import routes as street_routes
from nerode.worlds.streets.policies import REWEIGHTINGS, reweighted
from nerode.worlds.streets.street_map import StreetMap
from tests.sequences.maps import grid

TOWN = grid(4, 5)
OF_STREETS = ("shortest", "noisy", "random", "wandering")


def rows(batch: SequenceBatch) -> list[tuple[int, ...]]:
    return [tuple(sequence.tolist()) for sequence in batch]


def shortest_lengths(world: StreetMap, lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Floyd-Warshall: the least length between any two intersections."""
    distances = np.full((len(world.names), len(world.names)), np.inf)
    np.fill_diagonal(distances, 0)
    for node, turn in zip(*np.nonzero(world.turns >= 0), strict=True):
        to = world.turns[node, turn]
        distances[node, to] = min(distances[node, to], lengths[node, turn])
    for middle in range(len(distances)):
        distances = np.minimum(distances, distances[:, [middle]] + distances[[middle]])
    return distances


def travelled(world: StreetMap, sequence: Sequence[int], lengths: NDArray[np.int64]) -> int:
    nodes = world.trace(sequence)
    return sum(int(lengths[node, turn]) for node, turn in zip(nodes, sequence[2:-1], strict=False))


@pytest.mark.parametrize("policy", OF_STREETS)
@pytest.mark.parametrize("split", [None, "train", "held_out"])
def test_sequences_are_legal_complete_and_on_their_side(policy: str, split: str | None) -> None:
    batch = draw_sequences(TOWN, policy, 30, 5, split=split, held_out=0.4)
    assert len(batch) == 30
    for sequence in rows(batch):
        assert TOWN.accepts(sequence)
        assert sequence[-1] == TOWN.end
        assert len(sequence) <= 99
    mask = Split.of(TOWN, 5, 0.4).held_out(batch, 2)
    if split is not None:
        assert (mask == (split == "held_out")).all()
    else:
        assert 0 < mask.sum() < 30


def test_no_pair_is_on_both_sides_whatever_the_policy_and_the_seed() -> None:
    def pairs(split: str) -> set[tuple[int, ...]]:
        drawn = [
            draw_sequences(TOWN, policy, 100, seed, split=split, held_out=0.3, split_seed=11)
            for policy in OF_STREETS
            for seed in (1, 2)
        ]
        return {row[:2] for batch in drawn for row in rows(batch)}

    assert not pairs("train") & pairs("held_out")


@pytest.mark.slow
@pytest.mark.parametrize("policy", OF_STREETS)
@pytest.mark.parametrize("split", [None, "train"])
def test_the_same_seed_gives_the_same_whatever_the_blocks(policy: str, split: str | None) -> None:
    count = 600 if policy == "noisy" else 120  # for several blocks under each reweighting
    draw = Draw(policy, count, 3, Split(3, 0.2), split)
    whole = rows(SequenceBatch.concat(list(stream(TOWN, draw))))
    pieces = list(stream(TOWN, draw, block=7))
    assert max(len(piece) for piece in pieces) <= 7
    assert rows(SequenceBatch.concat(pieces)) == whole
    other = Draw(policy, count, 4, Split(3, 0.2), split)
    assert rows(SequenceBatch.concat(list(stream(TOWN, other)))) != whole


def test_shortest_takes_every_pair_once_by_a_shortest_way() -> None:
    distances = shortest_lengths(TOWN, TOWN.lengths)
    nodes = len(TOWN.names)
    joined = {(i, d) for i, d in np.ndindex(nodes, nodes) if 0 < distances[i, d] < np.inf}
    batch = draw_sequences(TOWN, "shortest", len(joined), 1)
    pairs = [(row[0] - TOWN.first_node, row[1] - TOWN.first_node) for row in rows(batch)]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == joined
    for pair, row in zip(pairs, rows(batch), strict=True):
        assert travelled(TOWN, row, TOWN.lengths) == distances[pair]
    assert rows(draw_sequences(TOWN, "shortest", 9, 1)) == rows(batch)[:9]


@pytest.mark.slow
def test_the_order_of_pairs_is_random() -> None:
    """Over many seeds, every pair comes first equally often."""
    first = Counter(rows(draw_sequences(TOWN, "shortest", 1, seed))[0][:2] for seed in range(1600))
    pairs = 20 * 20  # the dead end is no origin
    assert len(first) > pairs * 0.9
    counts = [*first.values(), *[0] * (pairs - len(first))]
    assert chisquare(counts).pvalue > 1e-4


def test_more_shortest_ways_than_there_are_is_an_error_unless_fewer_will_do() -> None:
    with pytest.raises(InvalidParameter, match="only 400"):
        draw_sequences(TOWN, "shortest", 401, 1)
    assert len(draw_sequences(TOWN, "shortest", 401, 1, fewer=True)) == 400
    with pytest.raises(InvalidParameter):
        draw_sequences(TOWN, "shortest", 1, 1, split="held_out", held_out=0.0, fewer=True)


def test_too_long_ways_are_left_out() -> None:
    count = 110
    streets = [(node, "N", node + 1) for node in range(count - 1)]
    ladder = StreetMap(
        [f"c{node}" for node in range(count)],
        [40 + node / 1000 for node in range(count)],
        [0.0] * count,
        streets,
        name="ladder",
    )
    batch = draw_sequences(ladder, "shortest", 10_000, 1, fewer=True)
    assert len(batch) == sum(count - turns for turns in range(1, 97))
    assert batch.lengths.max() == 99
    for policy in ("noisy", "random", "wandering"):
        assert draw_sequences(ladder, policy, 500, 1).lengths.max() <= 99


@pytest.mark.parametrize("policy", ["shortest", "noisy"])
def test_maps_too_large_to_keep_all_next_turns_give_the_same(
    policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 300
    expected = rows(draw_sequences(grid(4, 5), policy, count, 8))
    monkeypatch.setattr(street_routes, "_TURNS_ROOM", 4 * len(TOWN.names))
    pieces = list(stream(grid(4, 5), Draw(policy, count, 8, Split(8, 0.1))))
    assert max(map(len, pieces)) <= 4
    assert rows(SequenceBatch.concat(pieces)) == expected


def test_noisy_ways_are_shortest_under_their_own_reweighting() -> None:
    count = 4 * REWEIGHTINGS
    batch = rows(draw_sequences(TOWN, "noisy", count, 6))
    detours = 0
    true = shortest_lengths(TOWN, TOWN.lengths)
    for number in range(REWEIGHTINGS):
        lengths = reweighted(TOWN, 6, number).lengths
        distances = shortest_lengths(TOWN, lengths)
        for row in batch[4 * number : 4 * number + 4]:
            pair = (row[0] - TOWN.first_node, row[1] - TOWN.first_node)
            assert travelled(TOWN, row, lengths) == distances[pair]
            detours += travelled(TOWN, row, TOWN.lengths) > true[pair]
    assert detours > 0, "some way that is shortest under noise is a detour in truth"


def test_reweighting_adds_a_gamma_of_the_length_in_metres() -> None:
    used = TOWN.turns >= 0
    metres = TOWN.lengths[used] / 1000
    added = np.stack(
        [reweighted(TOWN, 1, number).lengths[used] / 1000 - metres for number in range(400)]
    )
    assert (added > -0.001).all()
    # Gamma(shape W, scale 1) has mean W and variance W.
    standard = (added - metres) / np.sqrt(metres)
    assert abs(standard.mean()) < 5 / np.sqrt(standard.size)
    assert abs(standard.var() - 1) < 0.05


@pytest.mark.slow
def test_random_walks_are_uniform_in_start_length_and_turn() -> None:
    batch = rows(draw_sequences(TOWN, "random", 20_000, 2))
    starts, lengths = Counter(row[0] for row in batch), Counter(len(row) - 3 for row in batch)
    # Walks into the dead end are drawn anew, so only what is far from it is uniform; a
    # town without one is uniform throughout.
    assert min(lengths) == 3
    assert max(lengths) == 96
    assert TOWN.first_node + 20 not in starts
    ring = [(node, label, (node + step) % 5) for node in range(5) for label, step in STEPS.items()]
    world = StreetMap("abcde", [0.0] * 5, [0.0] * 5, ring, name="ring")
    batch = rows(draw_sequences(world, "random", 20_000, 2))
    starts, lengths = Counter(row[0] for row in batch), Counter(len(row) - 3 for row in batch)
    turns = Counter(turn for row in batch for turn in row[2:-1])
    assert set(lengths) == set(range(3, 97))
    for counts in (starts, lengths, turns):
        assert chisquare(list(counts.values())).pvalue > 1e-3
    pairs = Counter(row[2:4] for row in batch)
    assert len(pairs) == 9
    assert chisquare(list(pairs.values())).pvalue > 1e-3
    assert all(world.trace(row)[-1] == row[1] - world.first_node for row in batch)


STEPS = {"N": 1, "E": 2, "W": 4}


@pytest.mark.slow
def test_a_map_without_ways_gives_a_clear_error() -> None:
    island = StreetMap(["a", "b"], [0, 1], [0, 1], [], name="island")
    for policy in OF_STREETS:
        with pytest.raises(InvalidParameter, match="expected 3 sequences"):
            draw_sequences(island, policy, 3, 1)


def test_other_worlds_are_played_at_random() -> None:
    board = ConnectFour(rows=3)
    batch = rows(draw_sequences(board, "random", 300, 1))
    assert all(board.accepts(row) and len(row) == 21 for row in batch)
    assert chisquare(list(Counter(row[0] for row in batch).values())).pvalue > 1e-3
    train = draw_sequences(board, "random", 40, 1, split="train", held_out=0.5)
    assert not held_out_mask(train, 0, seed=1, share=0.5).any()
    with pytest.raises(InvalidParameter, match=r"\(shortest, random\), got 'noisy'"):
        draw_sequences(board, "noisy", 3, 1)
    loop = table({"q": {"a": "q", "b": "q"}}, start="q")
    assert draw_sequences(loop, "random", 2, 1).lengths.tolist() == [100, 100]
    with pytest.raises(InvalidParameter, match=r"\(random\), got 'shortest'"):
        draw_sequences(loop, "shortest", 3, 1)


def test_other_worlds_with_a_goal_are_led_there() -> None:
    world = Cayley(n=4)
    for split in (None, "train", "held_out"):
        for row in rows(draw_sequences(world, "shortest", 20, 1, split=split, held_out=0.5)):
            assert world.accepts(row)
            assert world.toward_goal(world.run(row)) is None


@pytest.mark.parametrize(
    ("policy", "count", "seed", "error"),
    [
        ("fast", 1, 1, UnknownName),
        ("random", 0, 1, InvalidParameter),
        ("random", 1, -1, InvalidParameter),
    ],
)
def test_requests_are_checked(policy: str, count: int, seed: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        draw_sequences(TOWN, policy, count, seed)
