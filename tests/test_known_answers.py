"""What the metrics must say of models whose scores are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from itertools import permutations, product
from math import prod
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest

from nerode.evaluation.evaluation import Evaluation, evaluate
from nerode.metrics.compression import COMPRESSION
from nerode.metrics.distinction import DISTINCTION
from nerode.metrics.next_symbol import NEXT_SYMBOL
from nerode.metrics.setting import Setting
from nerode.metrics.traversal import TRAVERSAL
from nerode.models.baselines.simple import NoisyOracle, Oracle, Uniform
from nerode.models.registry import open_model
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.histories import uniform_histories
from nerode.stats.estimate import Estimate
from nerode.worlds.boundaries import boundary, separation
from nerode.worlds.cayley import Cayley
from nerode.worlds.connect_four import ConnectFour
from nerode.worlds.registry import open_world
from nerode.worlds.world import World

PUBLISHED = Path(__file__).parents[1].parent / "shared" / "data" / "manhattan" / "shortest"


def leaves(node: Any, at: str = "") -> Iterator[tuple[str, Estimate]]:
    """Every estimate of a record's metrics, with the words that lead to it."""
    if "value" in node:
        yield at, Estimate.of(node)
        return
    for name, part in node.items():
        yield from leaves(part, f"{at} {name}".strip())


def assert_perfect(evaluation: Evaluation) -> None:
    metrics = deepcopy(evaluation.record["metrics"])
    drawn = metrics.pop("reconstruction", None)
    if drawn is not None:
        # Sampled, it wanders until its symbols are used up; but never where there is no street.
        # Where more streets leave a crossing than may be used there, even it needs others.
        leaving = Counter(node for node, _, _ in evaluation.record["drawing"]["streets"])
        assert drawn["new"]["value"] == 0 or max(leaving.values()) > 4
        assert evaluation.record["reconstruction"]["counts"]["illegal_step"] == 0
        assert evaluation.record["reconstruction"]["counts"]["wrong_destination"] == 0
    # How many of its turns detours replace is the world's doing; whatever they meet, trips arrive.
    replaced = metrics["detours"]["replaced"]
    survival = metrics["detours"]["survival"]
    metrics["detours"] = {kind: metrics["detours"][kind] for kind in ("random", "adversarial")}
    for kind, groups in survival.items():
        assert {group["value"] for group in groups.values()} <= {1, None}
        assert groups["0"]["value"] == 1
        assert all(0 <= each["value"] < 1 for each in replaced[kind].values())
    within = {
        name: metrics[name].pop(key, {})
        for name in list(metrics)
        if name.startswith("compression")
        for key in ("slip", "disagree_within")
    }
    assert all(each["value"] == 0 for of in within.values() for each in of.values())
    found = dict(leaves(metrics))
    ends = "distinction end_recall" in found  # where a boundary string has END
    assert len(found) == 1 + 6 + 3 + 4 + ends + 10
    for name, estimate in found.items():
        none = name.split()[-1] in ("disagreement", "unexpected", "confused")
        assert estimate.value == (0 if none else 1), name
        assert estimate.n > 0
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low <= estimate.value <= estimate.high


def oracle_of(world: World[Any], trials: int, **terms: Any) -> Evaluation:
    return evaluate(world, Oracle(world), trials=trials, baselines=(), **terms)


@pytest.mark.long
@pytest.mark.parametrize("protocol", ["exact", "paper"])
@pytest.mark.parametrize(
    ("name", "trials"),
    [
        ("midtown", 12),
        pytest.param("manhattan", 8, marks=pytest.mark.slow),
        ("cayley:n=4", 15),
        pytest.param("cayley:n=5", 30, marks=pytest.mark.slow),
        ("connect-four:rows=6", 15),
        pytest.param("connect-four:rows=1000", 20, marks=pytest.mark.slow),
    ],
)
def test_the_oracle_is_perfect(name: str, trials: int, protocol: str) -> None:
    assert_perfect(oracle_of(open_world(name), trials, protocol=protocol))


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["exact", "paper"])
@pytest.mark.parametrize("histories", ["uniform", "on-policy"])
def test_the_oracle_is_perfect_where_streets_end_and_loop(
    town: World[Any], histories: str, protocol: str
) -> None:
    assert_perfect(oracle_of(town, 20, histories=histories, protocol=protocol))


@pytest.mark.parametrize(
    "name",
    ["midtown", "cayley:n=4", "connect-four:rows=6"],
)
@pytest.mark.long
def test_the_oracle_is_perfect_on_policy(name: str) -> None:
    assert_perfect(oracle_of(open_world(name), 30, histories="on-policy"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cayley:n=4", "midtown"])
def test_the_oracle_is_perfect_when_everything_is_followed(name: str) -> None:
    chosen = ("compression", "distinction")
    evaluation = oracle_of(open_world(name), 25, samples=0, depth=3, metrics=chosen)
    assert evaluation.estimate("compression", "precision").value == 1
    assert evaluation.estimate("compression", "disagreement").value == 0
    assert evaluation.estimate("distinction", "recall").value == 1
    # States that do not differ within three symbols give no value, the others give 1.
    assert evaluation.estimate("distinction", "precision").value == 1


@pytest.mark.slow
def test_the_oracle_is_perfect_on_the_published_streets() -> None:
    if not PUBLISHED.is_dir():
        pytest.skip(f"the published street table is not there: {PUBLISHED}")
    assert_perfect(oracle_of(open_world(f"street-map:{PUBLISHED}"), 8))


@pytest.mark.slow
def test_guessing_passes_the_usual_test_and_knows_nothing() -> None:
    world = ConnectFour(1000)
    evaluation = evaluate(
        world,
        Uniform(world.alphabet),
        ("next_symbol", "compression", "distinction"),
        trials=20,
        baselines=(),
    )
    legal = evaluation.estimate("next_symbol", "legal").value
    assert legal is not None
    assert legal >= 0.99
    assert evaluation.estimate("compression", "precision").value == 1
    assert evaluation.estimate("compression", "disagreement").value == 0
    assert evaluation.estimate("distinction", "precision") == Estimate(None, None, None, 0, 20)
    recall = evaluation.estimate("distinction", "recall")
    assert (recall.value, recall.n) == (0, 20)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "trials"),
    [pytest.param("midtown", 3, marks=pytest.mark.slow), ("cayley:n=4", 20)],
)
def test_a_model_that_accepts_all_or_nothing_has_no_boundary(name: str, trials: int) -> None:
    """1 / 600 lies below the threshold, 1 / 5 above it: both languages are the same always."""
    world = open_world(name)
    uniform = open_model("uniform", world)
    chosen = ("compression", "distinction")
    evaluation = evaluate(world, uniform, chosen, trials=trials, baselines=())
    assert evaluation.estimate("compression", "precision").value == 1
    assert evaluation.estimate("compression", "disagreement").value == 0
    assert evaluation.estimate("distinction", "precision").value is None
    assert evaluation.estimate("distinction", "recall").value == 0
    published = evaluate(world, uniform, chosen, trials=trials, baselines=(), protocol="paper")
    # Where nothing is above ε the published sampler keeps one symbol, which the other history
    # rejects like any other: a boundary string that is not the world's.
    assert published.estimate("distinction", "precision").value == (0 if name == "midtown" else 1)
    assert published.estimate("distinction", "precision").n == trials


# The noisy oracle. Every context is confused with probability P, independently of all others;
# then the model wants the lowest illegal symbol, and after it nothing.

NOISE = 0.1


def agreement(world: World[Any], state: Any, depth: int, noise: float) -> float:
    """P(two histories of `state` allow the same continuations of `depth` symbols).

    Both contexts are confused, or neither is and all that follows agrees. A sequence that has
    ended is not followed.
    """

    @cache
    def from_here(state: Any, depth: int) -> float:
        if depth == 0:
            return 1.0
        following = [
            1.0 if symbol == world.end else from_here(world.step(state, symbol), depth - 1)
            for symbol in world.legal(state)
        ]
        return noise**2 + (1 - noise) ** 2 * prod(following)

    return from_here(state, depth)


def disagreement(world: Any, state: Any, depth: int, noise: float) -> float:
    """P(a continuation of at most `depth` symbols, drawn after one history, is rejected).

    One context of the two is confused, or none is and the next one differs. A confused context
    in which every symbol is legal accepts nothing, so nothing is drawn there.
    """

    @cache
    def from_here(state: Any, depth: int) -> float:
        legal = world.legal(state)
        drawn_confused = float(len(legal) < len(world.alphabet))
        if depth == 0:
            return 0.0
        if not legal:
            return noise * (1 - noise)
        goal = world.toward_goal(state)
        later = 0.0
        for symbol in legal:
            share = 0.5 / len(legal) + 0.5 * (symbol == goal)
            if symbol != world.end:
                later += share * from_here(world.step(state, symbol), depth - 1)
        return noise * (1 - noise) * (1 + drawn_confused) + (1 - noise) ** 2 * later

    return from_here(state, depth)


def orders(n: int) -> list[tuple[int, ...]]:
    return list(permutations(range(n)))


def boards(rows: int) -> list[tuple[int, ...]]:
    """Heights that two different histories reach and that leave room."""
    every = product(range(rows + 1), repeat=7)
    return [board for board in every if sum(h > 0 for h in board) > 1 and sum(board) < 7 * rows]


def recall_of(world: World[Any], pair: tuple[Any, Any], depth: int, noise: float) -> float:
    """Expected boundary recall where only END is ever illegal (the Cayley graph).

    A boundary string of length L is accepted after the first history where L contexts are
    clear, and also after the second where L - 1 are clear and the last one is confused.
    """

    def ratios(depth: int) -> list[float]:
        found = []
        for first, second in (pair, pair[::-1]):
            counts = boundary(world, first, second, depth).counts
            if sum(counts):
                hits = [
                    count * (1 - noise) ** n * (1 - noise * (1 - noise) ** (n - 1))
                    for n, count in enumerate(counts, start=1)
                ]
                found.append(sum(hits) / sum(counts))
        return found

    deeper = separation(world, *pair)
    assert deeper is not None
    return fmean(ratios(depth) or ratios(deeper))


def setting_of(world: World[Any], **terms: Any) -> Setting:
    return Setting(
        world=world,
        histories=uniform_histories(world),
        sequences=terms.pop("sequences", SequenceBatch.of([])),
        **terms,
    )


def covers(estimate: Estimate, truth: float) -> bool:
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.low < estimate.high
    return estimate.low <= truth <= estimate.high


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "states"),
    [(Cayley(4), orders(4)), (ConnectFour(1), boards(1))],
    ids=["cayley", "connect-four"],
)
def test_compression_of_the_noisy_oracle_when_everything_is_followed(
    world: World[Any], states: list[Any]
) -> None:
    setting = setting_of(world, trials=600, samples=0, depth=2)
    found = COMPRESSION.run(setting, NoisyOracle(world, NOISE, seed=1))
    agree = fmean(agreement(world, state, 2, NOISE) for state in states)
    differ = fmean(disagreement(world, state, 2, NOISE) for state in states)
    assert 0.15 < agree < 0.7
    assert covers(found.precision, agree)
    assert covers(found.disagreement, differ)


@pytest.mark.slow
def test_disagreement_of_the_noisy_oracle_among_draws() -> None:
    world = Cayley(4)
    setting = setting_of(world, trials=400, samples=10, length=4)
    found = COMPRESSION.run(setting, NoisyOracle(world, NOISE, seed=2))
    truth = fmean(disagreement(world, state, 4, NOISE) for state in orders(4))
    assert covers(found.disagreement, truth)


@pytest.mark.slow
def test_recall_of_the_noisy_oracle() -> None:
    world = Cayley(3)
    setting = setting_of(world, trials=400, samples=1, depth=4)
    found = DISTINCTION.run(setting, NoisyOracle(world, NOISE, seed=3))
    pairs = list(permutations(orders(3), 2))
    assert covers(found.recall, fmean(recall_of(world, pair, 4, NOISE) for pair in pairs))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["midtown", "cayley:n=4", "connect-four:rows=6"])
def test_the_noisy_oracle_errs_in_its_share_of_positions(name: str) -> None:
    world = open_world(name)
    sequences = draw_sequences(world, "random", 100, 5)
    setting = setting_of(world, sequences=sequences, trials=100)
    found = NEXT_SYMBOL.run(setting, NoisyOracle(world, NOISE, seed=4)).legal
    assert covers(found, 1 - NOISE)
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["midtown", "cayley:n=4", "connect-four:rows=6"])
def test_the_noisy_oracle_arrives_where_the_whole_way_is_clear(name: str) -> None:
    world: Any = open_world(name)
    sequences = draw_sequences(world, "shortest", 400, 5)
    setting = setting_of(world, sequences=sequences, trials=400)
    found = TRAVERSAL.run(setting, NoisyOracle(world, NOISE / 2, seed=5)).shares
    if world.prompt_length:
        prompts = [sequence[: world.prompt_length].tolist() for sequence in sequences]
    else:
        rng = np.random.default_rng(0)
        prompts = [world.sample_trip(rng) for _ in range(4000)]
    steps = [world.steps_to_goal(world.run(prompt)) for prompt in prompts]
    truth = fmean((1 - NOISE / 2) ** count for count in steps)
    assert covers(found["valid"], truth)
    assert found["optimal"] == found["valid"]


def simulated(name: str) -> tuple[float, Callable[[int], Estimate]]:
    """True score of a metric, and its estimate from a small evaluation with a seed."""
    noise = 0.05
    world: Any = Cayley(3) if name == "recall" else Cayley(4)

    def small(seed: int, **terms: Any) -> tuple[Setting, NoisyOracle]:
        return setting_of(world, seed=seed, **terms), NoisyOracle(world, noise, seed)

    if name == "precision":
        truth = fmean(agreement(world, state, 2, noise) for state in orders(4))
        return (
            truth,
            lambda seed: COMPRESSION.run(*small(seed, trials=25, samples=0, depth=2)).precision,
        )
    if name == "disagreement":
        truth = fmean(disagreement(world, state, 2, noise) for state in orders(4))
        return (
            truth,
            lambda seed: COMPRESSION.run(*small(seed, trials=25, samples=0, depth=2)).disagreement,
        )
    if name == "recall":
        pairs = list(permutations(orders(3), 2))
        truth = fmean(recall_of(world, pair, 3, noise) for pair in pairs)
        return (
            truth,
            lambda seed: DISTINCTION.run(*small(seed, trials=25, samples=1, depth=3)).recall,
        )
    played = draw_sequences(world, "random", 3000, 0)
    return (
        1 - noise,
        lambda seed: (
            NEXT_SYMBOL.run(
                *small(seed, trials=12, sequences=played.take(np.arange(12 * seed, 12 * seed + 12)))
            ).legal
        ),
    )


@pytest.mark.long
@pytest.mark.parametrize("name", ["precision", "disagreement", "recall", "next_symbol"])
def test_intervals_of_small_evaluations_cover_the_true_score(name: str) -> None:
    repeats = 250
    truth, run = simulated(name)
    found = [run(seed) for seed in range(repeats)]
    assert fmean(covers(estimate, truth) for estimate in found) >= 0.93
    values = [estimate.value for estimate in found if estimate.value is not None]
    error = np.std(values) / np.sqrt(len(values))
    assert abs(fmean(values) - truth) < 4 * error, "the estimate itself is off"
