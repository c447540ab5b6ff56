"""Pools of real trials, measured once and kept in a folder: what evaluations are simulated from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from nerode.evaluation.subject import open_subject
from nerode.files import whole_file
from nerode.metrics.acceptance import Acceptance
from nerode.metrics.metric import in_order
from nerode.metrics.probe import probe
from nerode.metrics.registry import METRICS
from nerode.metrics.setting import Setting
from nerode.models.model import Model
from nerode.models.registry import DTYPES
from nerode.schema.trial import Trial, entries_of
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.corpus import Corpus
from nerode.sequences.histories import on_policy_histories, uniform_histories
from nerode.worlds.registry import open_world
from nerode.worlds.world import World

CHECKPOINTS = "nerode/checkpoints"
EPSILON = 0.01
GOALS = ("next_symbol", "traversal", "compression", "distinction", "detours")
MAPS = (*GOALS, "reconstruction")
PROBED = (*MAPS, "probe")
FIT_STEPS = 100
"""Steps in which a pool's probes are fitted: a tenth, for intervals do not hang on how good they
are."""


@dataclass(frozen=True)
class Pool:
    """What the trials of a pool are trials of.

    `seed` is the model's, where it has one; trials of one number ask the same whatever it is.
    """

    name: str
    world: str
    model: str
    metrics: tuple[str, ...]
    curve: bool = False
    samples: int = 30
    length: int = 100
    seed: int = 0

    @property
    def acceptance(self) -> Acceptance:
        return Acceptance(EPSILON) if self.curve else Acceptance(EPSILON, curve=())


SHORTEST = Pool("shortest", "midtown", f"{CHECKPOINTS}/midtown-shortest", PROBED, curve=True)
NOISY = Pool("noisy 0.05", "midtown", "noisy-oracle:0.05", MAPS)
OTHER_NOISE = Pool("noisy 0.05, other noise", "midtown", "noisy-oracle:0.05", GOALS, seed=1)
"""As NOISY, confused in other contexts: a model that is equal in distribution."""
POOLS = (
    SHORTEST,
    # Nearly anything may follow after what it reads: the longest continuations take minutes.
    Pool("random", "midtown", f"{CHECKPOINTS}/midtown-random", MAPS, samples=3, length=30),
    Pool("othello", "othello:size=6", f"{CHECKPOINTS}/othello6-random", (*GOALS, "probe")),
    Pool("noisy 0.01", "midtown", "noisy-oracle:0.01", MAPS),
    NOISY,
    Pool("ngram:3", "midtown", "ngram:3", MAPS),
)


@lru_cache(maxsize=1)
def opened(pool: Pool, trials: int, seed: int = 0) -> tuple[World[Any], Model, Corpus]:
    world = open_world(pool.world)
    how: dict[str, Any] = {"dtype": DTYPES[0], "first_token": None}
    model, corpus = open_subject(world, pool.model, None, trials, seed=seed, **how)
    if pool.seed != seed:
        model, _ = open_subject(world, pool.model, None, trials, seed=pool.seed, **how)
    return world, model, corpus


@lru_cache
def setting_of(pool: Pool) -> Setting:
    """The setting as far as scores need it: nothing can be measured in it."""
    world, nothing = open_world(pool.world), SequenceBatch.of([])
    histories = on_policy_histories(world, nothing)
    return Setting(world, histories, nothing, pool.acceptance)


def file_of(folder: Path, pool: Pool, metric: str, trials: int) -> Path:
    return folder / f"{pool.name.replace(' ', '-').replace(',', '')}-{metric}-{trials}.jsonl"


def fill(folder: Path, pool: Pool, metric: str, trials: int) -> None:
    """Measure the trials of a metric, unless the folder has them."""
    path = file_of(folder, pool, metric, trials)
    if path.exists():
        return
    world, model, corpus = opened(pool, trials)
    setting = Setting(
        world,
        uniform_histories(world),
        corpus.held_out,
        pool.acceptance,
        trials=trials,
        samples=pool.samples,
        length=pool.length,
        training=corpus.training,
    )
    steps, probe.STEPS = probe.STEPS, FIT_STEPS
    records = in_order(METRICS[metric].measure(setting, model, range(trials)))
    probe.STEPS = steps
    write(path, records)


def write(path: Path, trials: list[Trial]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        for trial in trials:
            # Scores need none of these, and they are most of a file.
            bare = {
                k: v
                for k, v in entries_of(trial).items()
                if k not in ("witness", "witnesses", "boards")
            }
            file.write(json.dumps(bare) + "\n")


@lru_cache(maxsize=4)
def trials_in(path: Path, metric: str) -> list[Any]:
    with path.open("rb") as lines:
        return [METRICS[metric].decode(line) for line in lines]


def in_groups(trials: list[Any], size: int) -> Iterator[list[Any]]:
    """Whole groups of so many trials, one after the other."""
    left = iter(trials)
    while len(group := list(islice(left, size))) == size:
        yield group
