"""The policy-oracle: its distribution is the one that its policy draws from, symbol by symbol."""

from __future__ import annotations

from statistics import fmean
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nerode.errors import ModelMismatch
from nerode.evaluation.evaluation import evaluate
from nerode.metrics.distinction import DISTINCTION
from nerode.models import open_model
from nerode.models.baselines.habits import Habit, RandomPlay
from nerode.models.baselines.policy_oracle import PolicyContexts, PolicyOracle
from nerode.models.baselines.simple import Oracle
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.boundaries import boundary
from nerode.worlds.cayley import Cayley
from nerode.worlds.registry import open_world
from nerode.worlds.streets.policies import reweighted
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import World
from tests.metrics.conftest import as_dicts, setting_of
from tests.models.baselines.test_simple import a_batch
from tests.sequences.maps import grid

TOWN: StreetMap = grid(3, 4)  # with a dead end, in which random walks get stuck
SEED = 3
BINS = np.array([0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0001])


def read_along(model: Any, sequences: SequenceBatch) -> tuple[NDArray[np.float64], list[Any]]:
    """The row before every symbol of some sequences, and the symbols."""
    contexts, reading, column = model.read([()] * len(sequences)), np.arange(len(sequences)), 0
    rows, symbols = [], []
    while reading.size:
        came = np.array([sequences[at][column] for at in reading.tolist()])
        rows.append(contexts.probabilities.astype(np.float64))
        symbols.append(came)
        column += 1
        on = np.flatnonzero(sequences.lengths[reading] > column)
        contexts, reading = contexts.extend(on, came[on]), reading[on]
    return np.concatenate(rows), np.concatenate(symbols).tolist()


def deviations(rows: NDArray[np.float64], symbols: list[Any]) -> NDArray[np.float64]:
    """By how many standard errors what came differs from what was expected.

    One number for the symbols whose probability lies in each bin, and one for the log-likelihood.
    Given what came before, every symbol is drawn afresh: the differences are a martingale's, and
    their sums are near normal where the distribution is the true one.
    """
    hit = np.zeros_like(rows)
    hit[np.arange(len(rows)), symbols] = 1
    inside = np.digitize(rows, BINS) - 1
    inside[rows == 0] = 0
    off = np.bincount(inside.ravel(), (hit - rows).ravel(), len(BINS) - 1)
    spread = np.bincount(inside.ravel(), (rows * (1 - rows)).ravel(), len(BINS) - 1)
    log = np.log(np.where(rows > 0, rows, 1.0))
    entropy = -(rows * log).sum(axis=1)
    likely = (log * hit).sum() + entropy.sum()
    varies = ((rows * log**2).sum(axis=1) - entropy**2).sum()
    # Where nothing is left to chance, rounding is all that there is.
    return np.append(off / np.sqrt(spread + 1), likely / np.sqrt(varies + 1))


CASES = [
    ("town", "shortest", 100),
    ("town", "noisy", 4000),
    ("town", "random", 2000),
    ("town", "wandering", 4000),
    ("othello:size=4", "random", 200),
    ("cayley:n=3", "random", 200),
    pytest.param("othello:size=6", "strong", 200, marks=pytest.mark.long),
    pytest.param("midtown", "noisy", 2000, marks=pytest.mark.long),
    pytest.param("midtown", "random", 600, marks=pytest.mark.long),
    pytest.param("midtown", "wandering", 2000, marks=pytest.mark.long),
]


def world_of(name: str) -> World[Any]:
    return TOWN if name == "town" else open_world(name)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "policy", "count"), CASES)
def test_it_is_what_the_policy_draws_from(name: str, policy: str, count: int) -> None:
    world = world_of(name)
    sequences = draw_sequences(world, policy, count, SEED)
    rows, symbols = read_along(PolicyOracle(world, policy, SEED), sequences)
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)
    assert (rows[np.arange(len(rows)), symbols] > 0).all()
    assert np.abs(deviations(rows, symbols)).max() < 4


def some_histories(world: StreetMap, rng: np.random.Generator, most: int) -> list[list[int]]:
    """Prompts and what follows them: of walks that go anywhere, and that need not arrive."""
    histories = []
    for _ in range(150):
        at, destination = rng.integers(len(world.names), size=2).tolist()
        history = [world.first_node + at, world.first_node + destination]
        for _ in range(int(rng.integers(0, most))):
            turns = np.flatnonzero(world.turns[at] >= 0)
            if not turns.size:
                break
            history.append(int(rng.choice(turns)))
            at = int(world.turns[at, history[-1]])
        histories.append(history)
    return histories


def after_a_random_walk(world: StreetMap, history: list[int]) -> NDArray[np.float64]:
    """How likely each symbol is: every length of the walk tried in turn, by powers of its steps."""
    visited, destination = world.trace(history), history[1] - world.first_node
    made, at = len(visited) - 1, visited[-1]
    steps = np.zeros((len(world.names), len(world.names)))
    for node, _, to in world.streets:
        steps[node, to] += 1 / sum(start == node for start, _, _ in world.streets)
    row = np.zeros(len(world.alphabet))
    for turns in range(max(3, made), 97):
        if turns == made:
            row[world.end or 0] += at == destination
            continue
        ends = np.linalg.matrix_power(steps, turns - made - 1)[:, destination]
        leaving = [(label, to) for node, label, to in world.streets if node == at]
        for label, to in leaving:
            row[world.index[label]] += ends[to] / len(leaving)
    shares: NDArray[np.float64] = row / max(row.sum(), 1e-300)
    return shares


@pytest.mark.slow
@pytest.mark.parametrize("most", [6, 120])
def test_random_walks_by_every_length(most: int) -> None:
    histories = some_histories(TOWN, np.random.default_rng(most), most)
    rows = PolicyOracle(TOWN, "random").read(histories).probabilities
    for row, history in zip(rows, histories, strict=True):
        np.testing.assert_allclose(row, after_a_random_walk(TOWN, history), atol=1e-6)
    assert {0, 1} <= set(rows.sum(axis=1).round(4).tolist())


def after_a_wandering_walk(world: StreetMap, history: list[int]) -> NDArray[np.float64]:
    """How likely each symbol is: by powers of the chain that stays where it has arrived."""
    visited, destination = world.trace(history), history[1] - world.first_node
    made, at = len(visited) - 1, visited[-1]
    row = np.zeros(len(world.alphabet))
    if made > 96:
        return row
    if at == destination:
        row[world.end or 0] = 1
        return row
    ways = world.routes.to(destination).turn
    steps = np.zeros((len(world.names), len(world.names)))
    steps[destination, destination] = 1
    chances: dict[tuple[int, str], float] = {}
    for node, label, to in world.streets:
        others = sum(start == node for start, _, _ in world.streets)
        has_way = ways[node] > 0
        chance = (0.2 if has_way else 1.0) / others
        chance += 0.8 * (has_way and world.alphabet[ways[node]] == label)
        chances[node, label] = chance
        if node != destination:
            steps[node, to] += chance
    arrives = np.linalg.matrix_power(steps, 96 - made - 1)[:, destination] if made < 96 else row
    for node, label, to in world.streets:
        if node == at and made < 96:
            row[world.index[label]] = chances[node, label] * arrives[to]
    shares: NDArray[np.float64] = row / max(row.sum(), 1e-300)
    return shares


@pytest.mark.slow
@pytest.mark.parametrize("most", [6, 120])
def test_wandering_walks_by_every_length(most: int) -> None:
    histories = some_histories(TOWN, np.random.default_rng(most), most)
    rows = PolicyOracle(TOWN, "wandering").read(histories).probabilities
    for row, history in zip(rows, histories, strict=True):
        np.testing.assert_allclose(row, after_a_wandering_walk(TOWN, history), atol=1e-6)


@pytest.mark.slow
def test_noisy_ways_by_every_reweighting() -> None:
    """Of the 50 ways from origin to destination, those that begin as the history does."""
    world = grid(5, 6)
    model = PolicyOracle(world, "noisy", SEED)
    ways = [reweighted(world, SEED, number) for number in range(50)]
    several = 0
    for sequence in draw_sequences(world, "noisy", 150, SEED):
        for at in range(2, len(sequence)):
            history = sequence[:at].tolist()
            origin, destination = world.trace(history)[0], int(history[1]) - world.first_node
            expected = np.zeros(len(world.alphabet))
            for routes in ways:
                node, begun = int(origin), history[:2]
                while node != destination:
                    begun.append(int(routes.to(destination).turn[node]))
                    node = int(world.turns[node, begun[-1]])
                begun.append(0)
                if begun[:at] == history:
                    expected[begun[at]] += 1
            several += int(np.count_nonzero(expected) > 1)
            (row,) = model.read([history]).probabilities
            np.testing.assert_allclose(row, expected / expected.sum(), atol=1e-6)
    assert several > 100


def test_all_pairs_that_a_way_joins_are_as_likely() -> None:
    """Drawn without replacement, all of them: then frequencies are the probabilities."""
    every = draw_sequences(TOWN, "shortest", 10_000, 0, fewer=True)
    pairs = [(int(sequence[0]), int(sequence[1])) for sequence in every]
    assert len(set(pairs)) == len(pairs)
    model = PolicyOracle(TOWN, "shortest")
    (row,) = model.read([()]).probabilities
    for origin in range(TOWN.first_node, len(TOWN.alphabet)):
        ends = [destination for start, destination in pairs if start == origin]
        assert row[origin] == pytest.approx(len(ends) / len(pairs))
        (then,) = model.read([(origin,)]).probabilities
        assert set(np.flatnonzero(then).tolist()) == set(ends)
        assert float(then.sum()) == pytest.approx(1 if ends else 0)
    assert row.min() == 0  # the dead end is nobody's origin


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "other"), [("random", "noisy"), ("noisy", "random"), ("wandering", "shortest")]
)
def test_another_policy_is_told_apart(policy: str, other: str) -> None:
    """What the test above would see."""
    sequences = draw_sequences(TOWN, policy, 500, SEED)
    rows, symbols = read_along(PolicyOracle(TOWN, other, SEED), sequences)
    impossible = (rows[np.arange(len(rows)), symbols] == 0).any()
    assert impossible or np.abs(deviations(rows, symbols)).max() > 8


@pytest.mark.slow
def test_noisy_ways_of_another_seed_are_told_apart() -> None:
    sequences = draw_sequences(TOWN, "noisy", 4000, SEED)
    rows, symbols = read_along(PolicyOracle(TOWN, "noisy", SEED + 1), sequences)
    assert np.abs(deviations(rows, symbols)).max() > 4


def test_a_plain_random_walk_is_told_apart() -> None:
    """Who forgets that the walk is bound for where it ends."""
    sequences = draw_sequences(TOWN, "random", 500, SEED)
    rows, symbols = read_along(Oracle(TOWN), sequences)
    assert np.abs(deviations(rows, symbols)).max() > 8


@pytest.mark.slow
@given(st.integers(0, 2**32), st.sampled_from(["shortest", "noisy", "random", "wandering"]))
@settings(max_examples=40, deadline=None)
def test_extending_is_reading_the_longer_history(seed: int, policy: str) -> None:
    rng = np.random.default_rng(seed)
    model, histories = PolicyOracle(TOWN, policy, SEED), a_batch(TOWN, rng)
    rows = rng.integers(len(histories), size=30)
    symbols = rng.integers(len(TOWN.alphabet), size=30)
    before: PolicyContexts = model.read(histories)
    longer = [(*histories[row], int(symbol)) for row, symbol in zip(rows, symbols, strict=True)]
    extended = before.extend(rows, symbols)
    np.testing.assert_array_equal(extended.probabilities, model.read(longer).probabilities)
    assert model.read([]).probabilities.shape == (0, len(TOWN.alphabet))


@pytest.mark.slow
def test_shortest_takes_the_shortest_way_wherever_it_is_led() -> None:
    walks = draw_sequences(TOWN, "random", 40, 1)
    model, led = PolicyOracle(TOWN, "shortest"), 0
    for walk in walks:
        for at in range(2, len(walk)):
            history = walk[:at].tolist()
            toward = TOWN.toward_goal(TOWN.run(history))
            (row,) = model.read([history]).probabilities
            expected = np.zeros(len(TOWN.alphabet))
            if toward is not None:
                expected[toward] = 1
            led += toward != walk[at]
            assert row.tolist() == expected.tolist()
    assert led > 20


def way_from(world: StreetMap, state: Any) -> tuple[int, ...]:
    """The canonical way from a state, END included."""
    way: list[int] = []
    while (symbol := world.toward_goal(state)) is not None:
        way.append(symbol)
        state = world.step(state, symbol)
    return tuple(way)


def seen_by_the_driver(world: StreetMap, states: list[Any]) -> tuple[float | None, float | None]:
    """Precision and recall of who expects one string only, the way from each of two states.

    Of the world's boundary strings it expects the one that begins its way, if any; of its own
    boundary, the beginning of its way that is no beginning of the other, it is right where that
    cannot be driven from the other state.
    """
    ways = [way_from(world, state) for state in states]
    precisions, recalls = [], []
    for one, other in ((0, 1), (1, 0)):
        strings = list(boundary(world, states[one], states[other], 5).strings())
        begun = [ways[one][: len(string)] == string for string in strings]
        recalls += [fmean(begun)] if begun else []
        parted = [a != b for a, b in zip(*ways, strict=False)]
        if any(parted):
            string = ways[one][: parted.index(True) + 1]
            precisions.append(not world.accepts(string, states[other]))
    return fmean(precisions) if precisions else None, fmean(recalls) if recalls else None


@pytest.mark.slow
def test_the_perfect_driver_is_at_its_ceiling_in_every_trial() -> None:
    world = open_world("midtown")
    assert isinstance(world, StreetMap)
    setting = setting_of(world, trials=60, length=97, depth=5)
    model = PolicyOracle(world, "shortest")
    checked = 0
    for record in as_dicts(DISTINCTION)(setting, model, range(60)):
        states = [world.run(world.encode(history)) for history in record["histories"]]
        precision, recall = seen_by_the_driver(world, states)
        main = setting.acceptance.main
        assert record["precision"][main] == pytest.approx(precision)
        if recall is not None:  # else the world's boundary is taken at a greater depth
            assert record["recall"][main] == pytest.approx(recall)
            checked += 1
    assert checked > 50


@pytest.mark.long
def test_the_perfect_driver_of_midtown_at_its_ceiling() -> None:
    """A perfect map with one habit: nothing contradicts itself, most differences go unseen."""
    for histories, recall, precision in (("uniform", 0.233, 0.612), ("on-policy", 0.204, 0.583)):
        found = evaluate(
            open_world("midtown"),
            "policy-oracle:shortest",
            ["traversal", "compression", "distinction", "detours"],
            trials=200,
            seed=1,  # these shares are of 1,000 trials of seed 0
            histories=histories,
            baselines=(),
            curve=False,
        )
        assert found.estimate("compression", "precision").value == 1
        assert found.estimate("compression", "disagreement").value == 0
        assert found.estimate("traversal", "optimal").value == 1
        assert found.estimate("detours", "survival", "adversarial", "6+").value == 1
        for name, expected in (("recall", recall), ("precision", precision)):
            seen = found.estimate("distinction", name)
            assert seen.low is not None
            assert seen.high is not None
            assert seen.low < expected < seen.high


@pytest.mark.slow
def test_random_walks_of_one_length_go_on_alike() -> None:
    """The number of turns made is all that tells two walks to one state apart."""
    terms: dict[str, Any] = {"trials": 30, "baselines": (), "curve": False}
    names = ["compression"]
    paper = evaluate(TOWN, "policy-oracle:random", names, protocol="paper", **terms)
    assert paper.estimate("compression", "precision").value == 1
    exact = evaluate(TOWN, "policy-oracle:random", names, **terms)
    assert (exact.estimate("compression", "precision").value or 0) < 0.5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "policy", "words"),
    [
        ("cayley:n=3", "shortest", "known in cayley:n=3, got 'shortest'"),
        ("cayley:n=3", "noisy", "got 'noisy'"),
        ("midtown", "strong", "got 'strong'"),
        (
            "midtown",
            "shortest, 0.1 of it random",
            "out of shortest, noisy, random, strong, wandering",
        ),
        ("othello:size=4", "championship", "got 'championship'"),
    ],
)
def test_a_policy_that_does_not_fit(name: str, policy: str, words: str) -> None:
    with pytest.raises(ModelMismatch) as caught:
        PolicyOracle(open_world(name), policy)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_it_is_opened_for_what_a_model_was_trained_on() -> None:
    trained_on = {"world": TOWN.name, "policy": "noisy", "sequences_seed": 7}
    model = open_model("policy-oracle", TOWN, trained_on=trained_on)
    assert model == PolicyOracle(TOWN, "noisy", 7)
    assert model.name == "policy-oracle"
    named = open_model("policy-oracle:random", TOWN, seed=4)
    assert isinstance(named, PolicyOracle)
    assert (named.policy, named.seed, named.name) == ("random", 4, "policy-oracle:random")
    with pytest.raises(ModelMismatch, match="no model here says what it was trained on in grid"):
        open_model("policy-oracle", TOWN, trained_on=trained_on | {"world": "midtown"})


def test_random_play_stops_where_sequences_do() -> None:
    habit: Habit = RandomPlay(Cayley(3))
    assert habit.expects((Cayley(3).start, 99)).sum() == pytest.approx(1)
    assert not habit.expects((Cayley(3).start, 100)).any()
