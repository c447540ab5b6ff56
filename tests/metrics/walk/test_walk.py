from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from nerode.metrics.acceptance import Acceptance
from nerode.metrics.walk.pairs import Pair
from nerode.metrics.walk.walk import walk
from tests.metrics import dumb

ALPHABET = ("end", "a", "b", "c")
END = 0
ACCEPTANCE = Acceptance(0.05, (0.01, 0.2))
SAMPLES, LENGTH = 12, 5


def some_pairs(count: int, seed: int = 0) -> list[Pair]:
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(count):
        first, second = (
            tuple(int(a) for a in rng.integers(1, 4, rng.integers(1, 6))) for _ in range(2)
        )
        scripts = tuple(
            (int(rng.integers(2)), tuple(int(a) for a in rng.integers(0, 4, rng.integers(1, 5))))
            for _ in range(6)
        )
        pairs.append(Pair((first, second), rng.random((2, SAMPLES, LENGTH)), 0, scripts))
    return pairs


@pytest.fixture(scope="module")
def model() -> dumb.HashModel:
    return dumb.HashModel(ALPHABET, sharpness=0.6)


@pytest.mark.slow
def test_the_walk_finds_what_the_dumb_version_finds_draw_by_draw(model: dumb.HashModel) -> None:
    pairs = some_pairs(40)
    outcomes = walk(model, pairs, ACCEPTANCE, end=END)
    closed = 0
    for pair, outcome in zip(pairs, outcomes, strict=True):
        assert pair.uniforms is not None
        for at, epsilon in enumerate(ACCEPTANCE.thresholds):
            texts = [
                [
                    dumb.draw(model, pair.histories[side], float(epsilon), END, LENGTH, numbers)
                    for numbers in pair.uniforms[side]
                ]
                for side in range(2)
            ]
            agree, disagreement = dumb.compression_of(model, pair.histories, texts, float(epsilon))
            assert outcome.rejected[:, at].mean() == pytest.approx(disagreement, abs=1e-12)
            expected = dumb.boundary_strings(model, pair.histories, texts, float(epsilon))
            found = {(text.direction, text.symbols) for text in outcome.boundary if text.at[at]}
            assert found == expected
            assert agree == (not found)
            closed += len(found)
    assert closed > 100, "the model must be incoherent enough for this test to bite"


@pytest.mark.slow
def test_enumeration_finds_every_boundary_string_and_the_exact_disagreement(
    model: dumb.HashModel,
) -> None:
    pairs = [Pair(pair.histories, None, 3) for pair in some_pairs(15)]
    for pair, outcome in zip(pairs, walk(model, pairs, ACCEPTANCE, end=END), strict=True):
        for at, epsilon in enumerate(ACCEPTANCE.thresholds):
            rates = []
            expected = set()
            for side in range(2):
                other = pair.histories[1 - side]
                rate = 0.0
                for text, weight in dumb.all_accepted(
                    model, pair.histories[side], float(epsilon), END, 3
                ):
                    cut = dumb.first_rejection(model, other, text, float(epsilon))
                    if cut is not None:
                        rate += weight
                        expected.add((side, cut))
                rates.append(rate)
            assert outcome.rejected[:, at] == pytest.approx(rates, abs=1e-6)
            found = {(text.direction, text.symbols) for text in outcome.boundary if text.at[at]}
            assert found == expected


@pytest.mark.slow
def test_scripts_are_judged_as_the_dumb_version_judges_them(model: dumb.HashModel) -> None:
    pairs = some_pairs(60, seed=1)
    accepted = 0
    for pair, outcome in zip(pairs, walk(model, pairs, ACCEPTANCE, end=END), strict=True):
        for (side, text), smallest in zip(pair.scripts, outcome.scripts, strict=True):
            for epsilon in ACCEPTANCE.thresholds:
                here, there = pair.histories[side], pair.histories[1 - side]
                expected = dumb.accepts(model, here, text, float(epsilon)) and not dumb.accepts(
                    model, there, text, float(epsilon)
                )
                found = smallest[side] > epsilon and smallest[1 - side] <= epsilon
                assert found == expected
                accepted += found
    assert accepted > 20, "the model must accept enough for this test to bite"


@pytest.mark.slow
def test_batches_do_not_change_anything(model: dumb.HashModel) -> None:
    pairs = some_pairs(23)
    together = walk(model, pairs, ACCEPTANCE, end=END)
    for size in (1, 4):
        starts = range(0, len(pairs), size)
        apart = [walk(model, pairs[i : i + size], ACCEPTANCE, end=END) for i in starts]
        for outcome, other in zip(chain(*apart), together, strict=True):
            assert np.array_equal(outcome.rejected, other.rejected)
            assert np.array_equal(outcome.scripts, other.scripts)
            names = [(text.direction, text.symbols, text.probability) for text in outcome.boundary]
            assert names == [
                (text.direction, text.symbols, text.probability) for text in other.boundary
            ]


@pytest.mark.slow
def test_the_walk_is_distributed_like_whole_continuations_drawn_one_by_one() -> None:
    """Other random numbers, the same law: a bias of five points would be seen."""
    model = dumb.HashModel(ALPHABET, sharpness=2.0)
    histories = ((1, 2, 3), (2, 1))
    trials, samples = 1500, 2
    rng = np.random.default_rng(7)
    pairs = [Pair(histories, rng.random((2, samples, LENGTH))) for _ in range(trials)]
    outcomes = walk(model, pairs, ACCEPTANCE, end=END)
    fast = np.mean([not outcome.rejected[:, ACCEPTANCE.main].any() for outcome in outcomes])
    fast_rate = np.mean([outcome.rejected[:, ACCEPTANCE.main].mean() for outcome in outcomes])
    slow, slow_rate = [], []
    for _ in range(400):
        texts = [
            [dumb.draw(model, history, 0.05, END, LENGTH, rng) for _ in range(samples)]
            for history in histories
        ]
        agree, rate = dumb.compression_of(model, histories, texts, 0.05)
        slow.append(agree)
        slow_rate.append(rate)
    assert 0.05 < fast < 0.95
    spread = np.sqrt(fast * (1 - fast) * (1 / trials + 1 / 400))
    assert abs(fast - np.mean(slow)) < 2 * spread < 0.06
    assert abs(fast_rate - np.mean(slow_rate)) < 2 * np.std(slow_rate) / np.sqrt(400) + 0.01


def test_the_published_cut_draws_where_nothing_is_accepted() -> None:
    flat = dumb.HashModel(tuple(f"s{i}" for i in range(200)), sharpness=1000.0)
    pair = Pair(((1, 2), (3, 4)), np.random.default_rng(0).random((1, 30, 4)))
    (by_definition,) = walk(flat, [pair], Acceptance(0.01, ()), end=None)
    assert not by_definition.boundary, "an empty language has no boundary"
    (published,) = walk(flat, [pair], Acceptance(0.01, ()), end=None, keep=50)
    assert published.rejected[0, 0] == pytest.approx(1)


def test_walks_stop_where_the_model_cannot_read_on() -> None:
    short = dumb.HashModel(ALPHABET, sharpness=50.0, context_length=4)
    pair = Pair(((1, 2, 3), (2, 1)), np.random.default_rng(0).random((2, 5, 9)))
    (outcome,) = walk(short, [pair], Acceptance(0.3, (0.01,)), end=None)
    assert {len(text.symbols) for text in outcome.boundary} <= {1}


def test_no_pairs_give_no_outcomes(model: dumb.HashModel) -> None:
    assert walk(model, [], ACCEPTANCE, end=END) == []
