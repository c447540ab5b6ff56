"""The order in which sequences are walked, told by hand, by all permutations and by simulation."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from nerode.errors import InvalidParameter
from nerode.metrics.reconstruction.algorithm import Rules, reconstruct
from nerode.metrics.reconstruction.config import ReconstructionConfig
from nerode.metrics.reconstruction.judge import MALFORMED, VALID, judge
from nerode.metrics.reconstruction.noise import corrupt, joined_pairs, noise_controls, true_ways
from nerode.metrics.reconstruction.order import arrange, map_order, order_of
from nerode.metrics.reconstruction.plane import Plane
from nerode.metrics.reconstruction.record import reconstruct_with_noise
from nerode.metrics.reconstruction.score import Range, ranges_of, score_of
from nerode.metrics.reconstruction.walks import (
    JudgedSequences,
    of_parts,
    over_orders,
    part_sizes,
    seeds,
)
from nerode.schema.decoding import encoded
from nerode.sequences.batch import SequenceBatch
from nerode.worlds.streets.street_map import StreetMap
from tests.metrics.reconstruction.test_algorithm import line_of, sequences_on, small_maps
from tests.sequences.maps import grid

RULES = Rules(4, 0.2)


@pytest.fixture(scope="module")
def city() -> StreetMap:
    return grid(12, 12)


def written_by(city: StreetMap, count: int, share: float, seed: int) -> JudgedSequences:
    """So many trips of a model that knows the city, and whose pen slips."""
    rng = np.random.default_rng(seed)
    prompts = rng.integers(len(city.names), size=(count, 2)).astype(np.int32)
    true = SequenceBatch.concat(list(true_ways(city, joined_pairs(city, prompts, rng))))
    return JudgedSequences.of(city, [corrupt(true, share, rng)], RULES)


def test_orders_by_hand() -> None:
    verdict = np.array([1, 0, 3, 0, 2, 0], dtype=np.int8)
    assert arrange(verdict, "given").tolist() == [0, 1, 2, 3, 4, 5]
    assert arrange(verdict, "valid-first").tolist() == [1, 3, 5, 0, 2, 4]
    chance = arrange(verdict, "mean", np.random.default_rng(0)).tolist()
    assert chance != sorted(chance)
    assert sorted(chance) == [0, 1, 2, 3, 4, 5]
    assert [map_order(order_of(name)) for name in ("given", "valid-first", "mean")] == [
        "given",
        "valid-first",
        "valid-first",
    ]
    with pytest.raises(InvalidParameter, match=r"expected an order out of given, .* got 'random'"):
        order_of("random")


def test_an_invented_street_is_kept_from_taking_the_place_of_a_true_one() -> None:
    """c0 N leads to c1; whoever walks first decides whether it does so in the map."""
    world = line_of(4)
    batch = SequenceBatch.of([world.encode(text) for text in ("c0 c2 N end", "c0 c1 N end")])
    as_given = reconstruct(world, [batch], Rules())
    assert (as_given.counts["new"], as_given.gave_up.tolist()) == (1, [False, True])
    first = reconstruct(world, [batch], Rules(), "valid-first")
    # In the order of walking: the valid one, then the other, for which the label is taken.
    assert (first.counts["new"], first.gave_up.tolist()) == (0, [False, True])
    assert first.verdict.tolist() == [0, 2]
    assert first.prompt.tolist() == [[0, 1], [0, 2]]


@pytest.mark.parametrize("seed", range(8))
def test_valid_sequences_that_come_first_need_nothing(city: StreetMap, seed: int) -> None:
    written = written_by(city, 300, 0.03, seed)
    made = written.draw_map("valid-first")
    valid = made.verdict == VALID
    assert valid.tolist() == sorted(valid, reverse=True)
    assert made.new_streets[valid].sum() == 0
    assert not made.gave_up[valid].any()
    assert made.new_streets[~valid].sum() > 0
    as_given = written.draw_map("given")
    assert as_given.gave_up[as_given.verdict == VALID].any(), "elsewhere they are given up"


def test_it_is_the_map_of_the_sequences_in_that_order(city: StreetMap) -> None:
    written = written_by(city, 200, 0.03, 1)
    rows = list(written.batch)
    good = [row for row, verdict in zip(rows, written.verdict, strict=True) if not verdict]
    bad = [row for row, verdict in zip(rows, written.verdict, strict=True) if verdict]
    by_hand = reconstruct(city, [SequenceBatch.of([*good, *bad])], RULES)
    found = reconstruct(city, [written.batch.part(0, 70), written.batch.part(70, 200)], RULES)
    assert found.counts == written.draw_map("given").counts
    for made in (
        written.draw_map("valid-first"),
        reconstruct(
            city, [written.batch.part(0, 70), written.batch.part(70, 200)], RULES, "valid-first"
        ),
    ):
        assert made.counts == by_hand.counts
        assert made.to.tolist() == by_hand.to.tolist()
        assert made.first.tolist() == by_hand.first.tolist()
    assert found.counts["new"] != by_hand.counts["new"]


@pytest.mark.slow
def test_the_mean_is_that_over_all_permutations() -> None:
    texts = [
        "c0 c2 N end",
        "c0 c1 N end",
        "c0 c3 N N end",
        "c0 c3 N N N end",
        "c0 c4 N N E end",
    ]
    world = line_of(5)
    batch = SequenceBatch.of([world.encode(text) for text in texts])
    plane = Plane(world)
    scores = [
        score_of(reconstruct(world, [batch.take(list(order))], Rules()), plane).numbers
        for order in permutations(range(len(texts)))
    ]
    found = over_orders(JudgedSequences.of(world, [batch], Rules()), 2000, seed=3)
    for name in ("new", "given_up", "precision", "recall", "new_per_1000", "valid"):
        each = np.array([numbers[name] for numbers in scores], dtype=np.float64)
        error = 4 * each.std() / np.sqrt(2000) + 1e-12
        assert found[name]["mean"] == pytest.approx(each.mean(), abs=error), name
        assert (found[name]["low"], found[name]["high"]) == pytest.approx(
            (np.percentile(each, 2.5), np.percentile(each, 97.5)), abs=0.2 * (np.ptp(each) + 1e-9)
        )
    assert found["new"]["low"] != found["new"]["high"]


def mean_new(city: StreetMap, share: float, seed: int) -> float:
    """New streets of one fresh set of sequences, averaged over orders."""
    mean = over_orders(written_by(city, 150, share, seed), 12, seed=seed)["new"]["mean"]
    assert mean is not None
    return mean


@pytest.mark.slow
def test_equal_models_have_numbers_of_one_distribution(city: StreetMap) -> None:
    """Disjoint sets of one model's sequences, half of them called another's."""
    one = [mean_new(city, 0.01, seed) for seed in range(40)]
    other = [mean_new(city, 0.01, seed) for seed in range(100, 140)]
    worse = [mean_new(city, 0.02, seed) for seed in range(200, 240)]
    assert ks_2samp(one, other).pvalue > 0.05
    assert ks_2samp(one, worse).pvalue < 1e-6


def test_orders_and_parts_depend_on_the_seed_alone(city: StreetMap) -> None:
    written = written_by(city, 100, 0.03, 0)
    assert over_orders(written, 5, seed=1) == over_orders(written, 5, seed=1)
    assert over_orders(written, 5, seed=1) != over_orders(written, 5, seed=2)
    assert of_parts(written, "mean", 3, seed=1) == of_parts(written, "mean", 3, seed=1)
    assert of_parts(written, "mean", 3, seed=1) != of_parts(written, "mean", 3, seed=2)


@pytest.mark.parametrize("order", ["given", "valid-first", "mean"])
def test_noise_is_walked_in_the_same_order(city: StreetMap, order: str) -> None:
    made = written_by(city, 120, 0.02, 4).draw_map("valid-first")
    chosen = order_of(order)
    config = ReconstructionConfig(RULES, order=chosen, shares=(0.05,), draws=3, seed=6)
    found = noise_controls(city, made, config)[0]
    world = city.with_unused_symbols()
    pairs = joined_pairs(world, made.prompt, np.random.default_rng(seeds(6, "pairs")))
    true = SequenceBatch.concat(list(true_ways(world, pairs)))
    scores = []
    for draw in range(3):
        rng = np.random.default_rng(seeds(6, "turns", 0, draw))
        batch = corrupt(true, 0.05, rng)
        numbers = arrange(judge(world, batch), chosen, rng)
        scores.append(score_of(reconstruct(world, [batch.take(numbers)], RULES), Plane(world)))
    assert found.ranges == ranges_of(scores)


@pytest.mark.slow
def test_the_map_and_its_numbers_are_of_the_stated_order(city: StreetMap) -> None:
    written = written_by(city, 160, 0.03, 2)
    terms = {"draws": 2, "orders": 9, "seed": 5}
    over = over_orders(written, 9, seed=5)
    for order, drawn in (("given", "given"), ("valid-first", "valid-first"), ("mean", None)):
        config = ReconstructionConfig(RULES, order=order_of(order), **terms)  # type: ignore[arg-type]
        found = encoded(reconstruct_with_noise(city, [written.batch], config).as_field())
        made = written.draw_map(map_order(order_of(order)))
        assert found["counts"]["new"] == made.counts["new"]
        assert found["orders"] == {"draws": 9, **over}
        assert (found["parameters"]["order"], found["parameters"]["orders"]) == (order, 9)
        assert found["gave_up"] == np.flatnonzero(made.gave_up).tolist()
        rate, lost = (found["score"][name]["value"] for name in ("new_per_1000", "given_up"))
        if drawn is None:
            assert rate == pytest.approx(over["new_per_1000"]["mean"])
            assert lost == over["given_up"]["mean"]
            assert found["score"]["precision"] == over["precision"]["mean"]
            assert found["growth"][-1]["new"] == over["new"]
        else:
            assert rate == pytest.approx(1000 * made.counts["new"] / made.counts["symbols"])
            assert lost == made.counts["given_up"] / 160
            assert found["growth"][-1]["new"]["mean"] == made.counts["new"]
        for score in found["score"].values():
            assert isinstance(score, float) or (score["low"], score["high"]) == (None, None)


def test_parts_are_an_eighth_a_quarter_and_a_half() -> None:
    assert part_sizes(1000) == [125, 250, 500]
    assert part_sizes(8) == [1, 2, 4]
    assert part_sizes(7) == []


def middle(numbers: Range) -> float:
    assert numbers["mean"] is not None
    return numbers["mean"]


@pytest.mark.slow
def test_numbers_grow_with_the_sequences(city: StreetMap) -> None:
    made = reconstruct_with_noise(
        city, [written_by(city, 400, 0.03, 3).batch], ReconstructionConfig(RULES)
    )
    rows = encoded(made.as_field())["growth"]
    assert [row["sequences"] for row in rows] == [50, 100, 200, 400]
    for name in ("new", "given_up"):
        for part in (rows, [row["noise"] for row in rows]):
            each = [middle(row[name]) for row in part]
            assert each == sorted(each)
            assert each[0] < each[-1]


@pytest.mark.slow
def test_parts_are_those_of_as_many_sequences(city: StreetMap) -> None:
    """A part of a set needs what a fresh set of that size does."""
    written = written_by(city, 400, 0.02, 8)
    parts = of_parts(written, "valid-first", 60, seed=0)
    for size, part in zip(part_sizes(400), parts, strict=True):
        fresh = [
            float(written_by(city, size, 0.02, seed).draw_map("valid-first").new_streets.sum())
            for seed in range(1000, 1040)
        ]
        error = 3 * np.std(fresh) * np.sqrt(1 / 40 + size / 400)
        assert middle(part["new"]) == pytest.approx(np.mean(fresh), abs=error)


def test_malformed_sequences_are_in_no_part_and_need_nothing(city: StreetMap) -> None:
    written = written_by(city, 40, 0.02, 8)
    rows = [row.tolist() for row in written.batch] + [[0], [5]] * 30
    more = JudgedSequences.of(city, [SequenceBatch.of(rows)], RULES)
    assert (more.verdict == MALFORMED).sum() == 60
    assert of_parts(more, "given", 4) == of_parts(written, "given", 4)
    assert (
        more.draw_map("valid-first").counts["new"] == written.draw_map("valid-first").counts["new"]
    )
    made = reconstruct_with_noise(
        city, [SequenceBatch.of([[0]])], ReconstructionConfig(RULES, draws=2)
    )
    nothing = encoded(made.as_field())
    assert nothing["growth"] == [
        {
            "sequences": 0,
            "new": {"mean": 0.0, "low": 0.0, "high": 0.0},
            "given_up": {"mean": None, "low": None, "high": None},
        }
    ]


@pytest.mark.slow
@settings(max_examples=100)
@given(st.data())
def test_whatever_the_map_valid_sequences_that_come_first_need_nothing(data: st.DataObject) -> None:
    """As long as more streets may leave a crossing than do."""
    world = data.draw(small_maps())
    sequences = data.draw(sequences_on(world))
    for _ in range(data.draw(st.integers(0, 6))):  # hardly any of those is valid
        node = start = data.draw(st.integers(0, len(world.names) - 1))
        way = []
        for _ in range(data.draw(st.integers(1, 6))):
            turns = np.flatnonzero(world.turns[node] >= 0).tolist()
            if not turns:
                break
            way.append(data.draw(st.sampled_from(turns)))
            node = int(world.turns[node, way[-1]])
        sequences.append([world.first_node + start, world.first_node + node, *way, 0])
    made = reconstruct(world, [SequenceBatch.of(sequences)], Rules(8, 2.0), "valid-first")
    valid = made.verdict == VALID
    assert valid.tolist() == sorted(valid, reverse=True)
    assert made.new_streets[valid].sum() == 0
    assert not made.gave_up[valid].any()
    for number, sequence in enumerate(sequences):
        verdict = judge(world, SequenceBatch.of([sequence]))[0]
        walks = len(sequence) > 3  # some turn lies between prompt and END
        assert (verdict == VALID) == (walks and world.accepts(sequence)), number
