from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerode.errors import InvalidParameter
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.split import BY_CLASS, BY_PROMPT, Split, held_out_mask
from nerode.worlds.cayley import Cayley
from nerode.worlds.othello.othello import Othello

sequences = st.lists(st.integers(0, 5000), min_size=0, max_size=6)


@pytest.mark.slow
@given(st.lists(sequences, min_size=1, max_size=6), st.lists(st.integers(0, 8), max_size=4))
def test_only_the_prompt_decides(rows: list[list[int]], tail: list[int]) -> None:
    alone = held_out_mask(SequenceBatch.of(rows), 2, seed=1, share=0.5)
    longer = [row + tail if len(row) >= 2 else row for row in rows]
    assert held_out_mask(SequenceBatch.of(longer), 2, seed=1, share=0.5).tolist() == alone.tolist()
    one_by_one = [held_out_mask(SequenceBatch.of([row]), 2, 1, 0.5)[0] for row in rows]
    assert one_by_one == alone.tolist()
    assert [Split(1, 0.5).holds_out(row, 2) for row in rows] == alone.tolist()
    whole = held_out_mask(SequenceBatch.of(rows), 0, 1, 0.5).tolist()
    assert [Split(1, 0.5).holds_out(row, 0) for row in rows] == whole


def test_the_share_is_kept_and_seeds_split_apart() -> None:
    pairs = np.stack(np.divmod(np.arange(40_000), 200), axis=1)
    batch = SequenceBatch.of(pairs)
    first, second = (held_out_mask(batch, 2, seed, 0.1) for seed in (1, 2))
    deviation = np.sqrt(0.1 * 0.9 / len(pairs))
    for mask in (first, second):
        assert abs(mask.mean() - 0.1) < 5 * deviation
        by_origin = mask.reshape(200, 200).mean(axis=1)
        by_destination = mask.reshape(200, 200).mean(axis=0)
        for shares in (by_origin, by_destination):
            assert abs(shares.std() - np.sqrt(0.1 * 0.9 / 200)) < 0.006
    assert abs((first & second).mean() - 0.01) < 5 * np.sqrt(0.01 / len(pairs))
    assert not held_out_mask(batch, 2, 1, 0.0).any()
    more = held_out_mask(batch, 2, 1, 0.3)
    assert (more | ~first).all(), "a larger share holds out what a smaller one does"


def test_without_prompts_the_whole_sequence_counts() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 3, size=(2000, 12))
    mask = held_out_mask(SequenceBatch.of(rows), 0, 1, 0.5)
    rows[:, -1] = (rows[:, -1] + 1) % 3
    assert 0.4 < (held_out_mask(SequenceBatch.of(rows), 0, 1, 0.5) != mask).mean() < 0.6


def test_the_split_of_a_seed_never_changes() -> None:
    """Models remember their split by its seed: another hash would leak what was held out."""
    batch = SequenceBatch.of([[9 + a, 9 + b, 1, 0] for a in range(6) for b in range(6) if a != b])
    held_out = np.flatnonzero(held_out_mask(batch, 2, seed=7, share=0.25))
    assert held_out.tolist() == [2, 3, 6, 16, 20, 23]


OTHELLO = Othello(6)


def images(rows: list[list[int]], number: int) -> SequenceBatch:
    image = OTHELLO.symmetries[number]
    return SequenceBatch.of([[image[symbol] for symbol in row] for row in rows])


games = st.lists(st.lists(st.integers(0, 31), max_size=8), min_size=1, max_size=8)


@pytest.mark.slow
@given(games, st.integers(0, 3), st.integers(0, 3), st.integers(0, 9))
def test_a_sequence_and_its_images_lie_on_one_side(
    rows: list[list[int]], number: int, prompt_length: int, seed: int
) -> None:
    split = Split.of(OTHELLO, seed, 0.5)
    mask = split.held_out(SequenceBatch.of(rows), prompt_length)
    turned = images(rows, number)
    assert split.held_out(turned, prompt_length).tolist() == mask.tolist()
    one_by_one = [split.holds_out(row.tolist(), prompt_length) for row in turned]
    assert one_by_one == mask.tolist()
    # It is the hash of the smallest image, by a version that looks at all of them.
    smallest = [
        min(
            tuple(image[symbol] for symbol in row[: prompt_length or len(row)])
            for image in OTHELLO.symmetries
        )
        for row in rows
    ]
    assert Split(seed, 0.5).held_out(SequenceBatch.of(smallest), 0).tolist() == mask.tolist()


def test_images_do_not_change_the_share() -> None:
    batch = draw_sequences(OTHELLO, "random", 4000, 1)
    mask = held_out_mask(batch, 0, seed=1, share=0.1, symmetries=OTHELLO.symmetries)
    assert abs(mask.mean() - 0.1) < 5 * np.sqrt(0.09 / 4000)
    assert (mask != held_out_mask(batch, 0, seed=1, share=0.1)).any()


def test_the_rule_is_that_of_the_world_unless_told_otherwise() -> None:
    assert Split.of(OTHELLO, 3, 0.2).rule == BY_CLASS
    assert Split.of(OTHELLO, 3, 0.2, BY_PROMPT) == Split(3, 0.2)
    assert Split.of(Cayley(3), 3, 0.2) == Split(3, 0.2)
    assert Split(3, 0.2).rule == BY_PROMPT


def test_the_split_by_class_never_changes_either() -> None:
    batch = draw_sequences(OTHELLO, "random", 60, 1)
    held_out = np.flatnonzero(Split.of(OTHELLO, 7, 0.2).held_out(batch, 0))
    assert held_out.tolist() == [4, 5, 7, 12, 15, 17, 18, 33, 34, 43, 50, 56, 58]


@pytest.mark.parametrize(("seed", "share"), [(-1, 0.1), (0, -0.1), (0, 1.0)])
def test_a_share_is_below_one_and_a_seed_is_not_negative(seed: int, share: float) -> None:
    with pytest.raises(InvalidParameter):
        held_out_mask(SequenceBatch.of([[1]]), 0, seed, share)
