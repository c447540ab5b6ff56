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

from nerode.errors import NoTrial
from nerode.metrics.metric import Metric, Score, no_baseline
from nerode.metrics.parallel import Batch, batches, measured
from nerode.metrics.reconstruction.config import ReconstructionConfig
from nerode.metrics.reconstruction.record import ReconstructionRecord, reconstruct_with_noise
from nerode.metrics.reconstruction.sample import write
from nerode.metrics.result import ExtraFields
from nerode.metrics.rollouts import prompt_of
from nerode.metrics.setting import Setting
from nerode.models.model import Model
from nerode.schema.trial import SkippedTrial, Trial
from nerode.sequences.batch import SequenceBatch
from nerode.stats.estimate import Estimate
from nerode.worlds.world import AnyStreetPlan, AnyWorld, StreetPlan

_NAME = "reconstruction"

_BLOCK = 1 << 12


class ReconstructionTrial(Trial, frozen=True, kw_only=True):
    """One sequence that the model wrote; the map is made of all of them."""

    sequence: str
    """All symbols, those of the prompt first."""


@dataclass(frozen=True, eq=False)
class ReconstructionResult:
    """Shares of sequences and symbols; and the map, unless no trial could be run."""

    shares: dict[str, Estimate]
    """`valid`, `given_up` and `new` as `estimates_of` tells them: the last two with no interval."""
    record: ReconstructionRecord | None

    def estimates(self) -> dict[str, Estimate]:
        """Estimates by name."""
        return self.shares

    def parts(self) -> ExtraFields:
        """The map, unless there is none."""
        return {} if self.record is None else {"reconstruction": self.record.as_field()}


def measure(
    setting: Setting, model: Model, trials: Iterable[int]
) -> Iterator[ReconstructionTrial | SkippedTrial]:
    """One trial per number, that is per sequence, or why it could not be run."""
    work = partial(_batch, setting, model)
    return measured(model, work, batches(setting, trials, model), ReconstructionTrial)


def _batch(
    setting: Setting, model: Model, trials: Batch
) -> Iterator[ReconstructionTrial | SkippedTrial]:
    world = setting.world
    prompts, uniforms = {}, []
    for trial in trials:
        rng = setting.generator(_NAME, trial)
        try:
            drawable(world)
            prompts[trial] = prompt_of(setting, model, trial, rng)
        except NoTrial as reason:
            yield SkippedTrial(trial=trial, skipped=str(reason))
            continue
        uniforms.append(rng.random(drawable(world).steps_allowed(prompts[trial])))
    written = write(model, list(prompts.values()), uniforms, world.end)
    for trial, sequence in zip(prompts, written, strict=True):
        yield ReconstructionTrial(trial=trial, sequence=world.decode(sequence))


def drawable(world: AnyWorld) -> AnyStreetPlan:
    """The world, if it is one that can be drawn. Raises NoTrial otherwise."""
    if not isinstance(world, StreetPlan):
        raise NoTrial(f"world {world.name} is no street map")
    return world


def summarise(
    setting: Setting, trials: Iterable[ReconstructionTrial | SkippedTrial]
) -> ReconstructionResult:
    """The map that the sequences of all trials imply."""
    world, config, tally = setting.world, ReconstructionConfig(seed=setting.seed), Counter[str]()
    if not isinstance(world, StreetPlan):
        return _nothing(sum(1 for _ in trials))
    batch = SequenceBatch.concat(list(_sequences(world, trials, tally)))
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
    world: AnyStreetPlan,
    trials: Iterable[ReconstructionTrial | SkippedTrial],
    tally: Counter[str],
) -> Iterator[SequenceBatch]:
    """What was written, some thousand sequences at a time; those skipped are counted."""

    def written() -> Iterator[tuple[int, ...]]:
        for trial in trials:
            if isinstance(trial, SkippedTrial):
                tally["skipped"] += 1
            else:
                yield world.encode(trial.sequence)

    sequences = written()
    while block := list(islice(sequences, _BLOCK)):
        yield SequenceBatch.of(block)


def _no_map(world: AnyWorld) -> str | None:
    return None if isinstance(world, StreetPlan) else "a street map"


_OF_ALL = (
    "they belong to all sequences of a run together, to how many they are and to their order, and "
    "have no interval: what is drawn for one sequence serves or blocks the next"
)
"""Why such scores are never compared: sets of one model's sequences differ in them by chance."""

RECONSTRUCTION = Metric(
    name=_NAME,
    title="Reconstruction",
    about=(
        "The streets that would have to exist for the sequences that the model writes to be "
        "walkable: some are true, some it invents."
    ),
    scores={
        "valid": Score(
            "walkable",
            depends_on=(),
            sentence=("writes sequences of which {} can be walked", "{}"),
        ),
        "given_up": Score(
            "given up", best=0.0, depends_on=(), never_compared=_OF_ALL, has_interval=False
        ),
        "new": Score(
            "new per symbol", best=0.0, depends_on=(), never_compared=_OF_ALL, has_interval=False
        ),
    },
    terms={
        "Valid": "Sequences that walk the true streets and end where they said they would.",
        "Given up": (
            "Sequences for which no street could be invented within the limits on how many streets "
            "leave a crossing and how far one reaches."
        ),
        "Impossible": (
            "Invented streets that cannot exist: longer than any true one, off the bearing that "
            "their label names, or across true streets."
        ),
    },
    trial=ReconstructionTrial,
    needs=_no_map,
    baselines=no_baseline,  # noise stands in for them
    measure=measure,
    summarise=summarise,
)
