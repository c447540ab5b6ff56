from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nerode.errors import InvalidParameter
from nerode.sequences.dataset import Sequences, draw_sequences, open_sequences
from nerode.sequences.mixed import random_among, write_mixed
from nerode.worlds.cayley import Cayley

WORLD = Cayley(4)  # any world will do; shortest ways to the identity, and random words


def written(folder: Path, count: int, synthetic: float) -> Sequences:
    write_mixed(WORLD, "shortest", count, 1, folder, synthetic)
    return open_sequences(folder)


def all_of(folder: Sequences) -> list[tuple[int, ...]]:
    return [tuple(each.tolist()) for split in ("train", "held_out") for each in folder.read(split)]


def drawn(policy: str, count: int) -> list[tuple[int, ...]]:
    return [tuple(each.tolist()) for each in draw_sequences(WORLD, policy, count, 1)]


@pytest.mark.slow
def test_a_mix_is_of_both_policies_and_of_nothing_else(tmp_path: Path) -> None:
    folder = written(tmp_path / "mix", 200, 0.25)
    assert sorted(all_of(folder)) == sorted(drawn("shortest", 150) + drawn("random", 50))
    assert folder.manifest.policy == "shortest, 0.25 of it random"
    train = [tuple(each.tolist()) for each in folder.read("train")]
    random = [each in set(drawn("random", 50)) for each in train]
    assert 0 < np.mean(random[: len(train) // 2]) < 0.5  # and not one after the other


def test_without_a_share_it_is_the_policy_as_it_is(tmp_path: Path) -> None:
    folder = written(tmp_path / "plain", 50, 0.0)
    assert (sorted(all_of(folder)), folder.manifest.policy) == (
        sorted(drawn("shortest", 50)),
        "shortest",
    )


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_share_that_is_none_is_told(tmp_path: Path, share: float) -> None:
    with pytest.raises(InvalidParameter, match="share of synthetic sequences from 0 to below 1"):
        random_among(10, share)
    with pytest.raises(InvalidParameter, match="a sequence of policy shortest in it, got 1"):
        write_mixed(WORLD, "shortest", 1, 1, tmp_path / "none", 0.9)
    with pytest.raises(InvalidParameter, match="other than random"):
        write_mixed(WORLD, "random", 10, 1, tmp_path / "none", 0.5)
    assert not (tmp_path / "none").exists()
