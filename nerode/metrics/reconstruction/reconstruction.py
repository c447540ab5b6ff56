"""The metric: the map implied by the model's own sequences (docs/paper.md, section 2).

Each trial is one sequence that the model writes by sampling after the prompt of a held-out
sequence; together they are made walkable (`reconstruct`), those that are valid first. Only street
maps can be drawn. Baselines are not asked: what the map is compared with is noise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

from nerode.errors import NoTrial
from nerode.metrics.fields import TEXT
from nerode.metrics.parallel import Batch, batches, measured
from nerode.metrics.reconstruction.record import (
    ReconstructionConfig,
    ReconstructionRecord,
    reconstruct_with_noise,
)
from nerode.metrics.reconstruction.sample import write
from nerode.metrics.rollouts import prompt_of
from nerode.metrics.setting import Metric, Record, Setting, in_order
from nerode.models.model import Model
from nerode.sequences.batch import SequenceBatch
from nerode.stats.estimate import Estimate
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import World

NAME = "reconstruction"

_BLOCK = 1 << 12


@dataclass(frozen=True, eq=False)
class ReconstructionResult:
    """Shares of sequences and symbols; and the map, unless no trial could be run."""

    shares: dict[str, Estimate]
    """`valid`, `given_up` and `new` as `estimates_of` tells them: the last two with no interval."""
    record: ReconstructionRecord | None

    def estimates(self) -> dict[str, Estimate]:
        """Estimates by name."""
        return self.shares

    def parts(self) -> dict[str, Any]:
        """What an evaluation's record holds besides (nerode/metrics/reconstruction/record.py)."""
        return {} if self.record is None else {NAME: self.record.as_dict()}


def reconstruction(setting: Setting, model: Model) -> ReconstructionResult:
    """Measure all trials of the setting."""
    return summarise(setting, in_order(measure(setting, model, range(setting.trials))))


def measure(setting: Setting, model: Model, trials: Iterable[int]) -> Iterator[Record]:
    """One record per trial: {"trial", "sequence"}."""
    return measured(model, partial(_batch, setting, model), batches(setting, trials, model))


def _batch(setting: Setting, model: Model, trials: Batch) -> Iterator[Record]:
    world = setting.world
    prompts, uniforms = {}, []
    for trial in trials:
        rng = setting.generator(NAME, trial)
        try:
            drawable(world)
            prompts[trial] = prompt_of(setting, model, trial, rng)
        except NoTrial as reason:
            yield {"trial": trial, "skipped": str(reason)}
            continue
        uniforms.append(rng.random(drawable(world).steps_allowed(prompts[trial])))
    written = write(model, list(prompts.values()), uniforms, world.end)
    for trial, sequence in zip(prompts, written, strict=True):
        yield {"trial": trial, "sequence": world.decode(sequence)}


def drawable(world: World[Any]) -> StreetMap:
    """The world, if it is one that can be drawn. Raises NoTrial otherwise."""
    if not isinstance(world, StreetMap):
        raise NoTrial(f"world {world.name} is no street map")
    return world


def summarise(setting: Setting, records: Iterable[Record]) -> ReconstructionResult:
    """Reconstruct the map of the sequences of all records."""
    world, config, tally = setting.world, ReconstructionConfig(seed=setting.seed), Counter[str]()
    if not isinstance(world, StreetMap):
        return _nothing(sum(1 for _ in records))
    batch = SequenceBatch.concat(list(_sequences(world, records, tally)))
    if not len(batch):
        return _nothing(tally["skipped"])
    found = reconstruct_with_noise(world, [batch], config)
    shares = {
        name: replace(share, skipped=share.skipped + tally["skipped"])
        for name, share in found.shares.items()
    }
    return ReconstructionResult(shares, found)


def _nothing(skipped: int) -> ReconstructionResult:
    """The result where no trial could be run."""
    undefined = Estimate(None, None, None, 0, skipped)
    return ReconstructionResult(dict.fromkeys(("valid", "given_up", "new"), undefined), None)


def _sequences(
    world: StreetMap, records: Iterable[Record], tally: Counter[str]
) -> Iterator[SequenceBatch]:
    """What was written, some thousand sequences at a time; those skipped are counted."""

    def written() -> Iterator[tuple[int, ...]]:
        for record in records:
            if "skipped" in record:
                tally["skipped"] += 1
            else:
                yield world.encode(record["sequence"])

    sequences = written()
    while block := list(islice(sequences, _BLOCK)):
        yield SequenceBatch.of(block)


def _nobody(_model: Model) -> bool:
    """No baselines: noise controls take their place."""
    return False


RECONSTRUCTION = Metric(NAME, measure, summarise, {"sequence": TEXT}, beside=_nobody)
