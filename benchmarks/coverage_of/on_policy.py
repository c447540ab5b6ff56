"""On-policy pairs, which share sequences: fresh sets of sequences, a real evaluation of each.

Trials drawn from a pool would not share sequences as those of one evaluation do. So a pool has many
groups, each with sequences of its own; the truth is the mean over all groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.coverage_of.pools import (
    SHORTEST,
    Pool,
    file_of,
    in_groups,
    opened,
    setting_of,
    trials_in,
    write,
)
from benchmarks.coverage_of.simulate import Found, Table, leaves, tallied
from nerode.engine.cores import OnAllCores
from nerode.metrics.metric import in_order
from nerode.metrics.registry import METRICS
from nerode.metrics.setting import Setting
from nerode.models.baselines.simple import Oracle, OracleContexts
from nerode.schema.trial import Trial
from nerode.sequences.corpus import fresh_corpus
from nerode.sequences.histories import on_policy_histories
from nerode.worlds.world import World

WALKS = ("compression", "distinction")
SEQUENCES, TRIALS = 300, 200
WRONG = 0.1
"""Share of the prompts that the made-up model is wrong about."""

ON_POLICY = replace(SHORTEST, name="shortest, on-policy", metrics=WALKS, curve=False, samples=5)
PROMPTS = Pool("wrong prompts, on-policy", "midtown", "", WALKS, samples=3, length=10)
OTHER_PROMPTS = replace(PROMPTS, name="other wrong prompts, on-policy", seed=1)
GROUPS = (ON_POLICY, PROMPTS)


@dataclass(frozen=True)
class WrongContexts:
    oracle: OracleContexts
    wrong: NDArray[np.bool_]

    @property
    def probabilities(self) -> NDArray[np.float32]:
        found = self.oracle.probabilities.copy()
        found[self.wrong] = 0
        return found

    def extend(self, rows: NDArray[np.int64], symbols: NDArray[np.int64]) -> WrongContexts:
        return WrongContexts(self.oracle.extend(rows, symbols), self.wrong[rows])


@dataclass(frozen=True)
class WrongAboutPrompts(OnAllCores):
    """The oracle, which expects nothing at all after a share WRONG of the prompts."""

    world: World[Any]
    seed: int
    context_length: int | None = None
    name: str = "wrong-about-prompts"

    @property
    def alphabet(self) -> tuple[str, ...]:
        return self.world.alphabet

    def read(self, histories: Sequence[Sequence[int]]) -> WrongContexts:
        wrong = [
            self._is_wrong(tuple(history[: self.world.prompt_length])) for history in histories
        ]
        return WrongContexts(Oracle(self.world).read(histories), np.array(wrong, dtype=np.bool_))

    def _is_wrong(self, prompt: tuple[int, ...]) -> bool:
        words = [self.seed, *map(int, prompt)]
        return bool(np.random.default_rng(words).random() < WRONG)


def fill(folder: Path, pool: Pool, metric: str, groups: int) -> None:
    """Measure the trials of all groups, unless the folder has them."""
    path = file_of(folder, pool, metric, groups)
    if not path.exists():
        write(path, list(_measured(pool, metric, groups)))


def _measured(pool: Pool, metric: str, groups: int) -> Iterator[Trial]:
    if pool.model:
        world, model, _ = opened(pool, 1)
    else:
        world = setting_of(pool).world
        model = WrongAboutPrompts(world, pool.seed)
    given: dict[str, Any] = {"acceptance": pool.acceptance, "trials": TRIALS}
    given |= {"samples": pool.samples, "length": pool.length}
    for group in range(groups):
        sequences = fresh_corpus(
            world, SEQUENCES, group, getattr(model, "trained_on", None)
        ).held_out
        histories = on_policy_histories(world, sequences)
        setting = Setting(world, histories, sequences, seed=group, **given)
        yield from in_order(METRICS[metric].measure(setting, model, range(TRIALS)))


def simulated(folder: Path, pool: Pool, metric: str, groups: int, trials: int) -> Table:
    """Evaluations of so many trials, none of them in two evaluations."""
    setting = setting_of(pool)
    records = trials_in(file_of(folder, pool, metric, groups), metric)

    def evaluations() -> Iterator[list[Found]]:
        for group in in_groups(records, TRIALS):
            for some in in_groups(group, trials):
                found = METRICS[metric].summarise(setting, some)
                yield [(f"{metric} {name}", each, None) for name, each in leaves(found.estimates())]

    return tallied(evaluations(), trials)
