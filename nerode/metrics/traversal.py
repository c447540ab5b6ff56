"""Traversal: does the model arrive, and how much farther than it must?

Greedy generation from held-out prompts (docs/paper.md, section 2). `valid`: every symbol is
legal and the sequence stops at the goal, within the world's length budget. `optimal` and
`within_1` ... `within_50`: valid, and at most 0, 1, 5, 10, 50 % more costly than the cheapest way.
All shares are of all trips, as published, so that none exceeds `valid`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from msgspec import UNSET, UnsetType

from nerode.errors import NoTrial
from nerode.metrics.metric import Contribution, Metric, Score
from nerode.metrics.parallel import Batch, batches, measured
from nerode.metrics.rollouts import drive, lacks_goal, prompt_of
from nerode.metrics.setting import Setting
from nerode.models.model import Model
from nerode.schema.decoding import DamageError
from nerode.schema.trial import SkippedTrial, Trial
from nerode.stats.estimate import Estimate, estimate
from nerode.worlds.world import HasGoal

_NAME = "traversal"
_MARGINS = {"optimal": 0, "within_1": 1, "within_5": 5, "within_10": 10, "within_50": 50}


class TraversalTrial(Trial, frozen=True, kw_only=True):
    """A held-out prompt, and what the model wrote after it."""

    sequence: str | UnsetType = UNSET
    """All symbols, those of the prompt first."""
    valid: bool
    """Whether every symbol is legal and the sequence stops at the goal."""
    cost: int | float | None
    """What the symbols after the prompt cost; null where it is not valid."""
    cheapest: int | float | None
    """The same of the cheapest way."""

    def check(self, thresholds: int) -> None:
        """As of `Trial`; and what is valid has its costs."""
        super().check(thresholds)
        for name, cost in (("cost", self.cost), ("cheapest", self.cheapest)):
            if self.valid and cost is None:
                raise DamageError(name, "a number where the trip is valid", cost)


@dataclass(frozen=True)
class TraversalResult:
    """Shares of all trips; `shares` holds valid, optimal, within_1, ... within_50."""

    shares: dict[str, Estimate]

    def estimates(self) -> dict[str, Estimate]:
        """Estimates by name."""
        return self.shares


def measure(
    setting: Setting, model: Model, trials: Iterable[int]
) -> Iterator[TraversalTrial | SkippedTrial]:
    """One trial per number, that is per prompt, or why it could not be run."""
    work = partial(_batch, setting, model)
    return measured(model, work, batches(setting, trials, model), TraversalTrial)


def _batch(
    setting: Setting, model: Model, trials: Batch
) -> Iterator[TraversalTrial | SkippedTrial]:
    prompts: dict[int, tuple[int, ...]] = {}
    for trial in trials:
        try:
            rng = setting.generator(_NAME, trial)
            prompts[trial] = prompt_of(setting, model, trial, rng)
        except NoTrial as reason:
            yield SkippedTrial(trial=trial, skipped=str(reason))
    world = setting.world
    if not isinstance(world, HasGoal):
        return  # and every trial was skipped for it
    trips = drive(setting, model, list(prompts.values()))
    for trial, trip in zip(prompts, trips, strict=True):
        yield TraversalTrial(
            trial=trial,
            sequence=world.decode(trip.symbols),
            valid=trip.valid,
            cost=trip.cost,
            cheapest=world.cost_to_goal(world.run(prompts[trial])),
        )


def summarise(
    _setting: Setting, trials: Iterable[TraversalTrial | SkippedTrial]
) -> TraversalResult:
    """Estimates over all trials; trips are independent of each other."""
    yes, skipped = {name: bytearray() for name in ("valid", *_MARGINS)}, 0
    for trial in trials:
        if isinstance(trial, SkippedTrial):
            skipped += 1
            continue
        for name, reached in _reached(trial).items():
            yes[name].append(reached)
    return TraversalResult({name: estimate(each, skipped=skipped) for name, each in yes.items()})


def _reached(trial: TraversalTrial) -> dict[str, bool]:
    """What one trip came to, under each of the names."""
    cost, cheapest = trial.cost, trial.cheapest
    # Costs are whole numbers, so "at most so many percent more" needs no tolerance.
    within = {
        name: trial.valid
        and cost is not None
        and cheapest is not None
        and cost * 100 <= cheapest * (100 + percent)
        for name, percent in _MARGINS.items()
    }
    return {"valid": trial.valid, **within}


def _parts(trial: TraversalTrial, _: int) -> Iterator[Contribution]:
    for name, yes in _reached(trial).items():
        yield (name,), float(yes), 1.0


TRAVERSAL = Metric(
    name=_NAME,
    title="Traversal",
    about=(
        "Trips of the model's own that stay on the map and arrive, and how many of them are at "
        "most so much longer than the shortest way."
    ),
    scores={
        "valid": Score("valid", depends_on=(), sentence=("ARRIVES {} of TRIPS", "ON {}")),
        "optimal": Score("optimal", depends_on=()),
        "within_1": Score("within 1 %", depends_on=()),
        "within_5": Score("within 5 %", depends_on=()),
        "within_10": Score("within 10 %", depends_on=()),
        "within_50": Score("within 50 %", depends_on=()),
    },
    trial=TraversalTrial,
    parts=_parts,
    question="cheapest",
    needs=lacks_goal,
    measure=measure,
    summarise=summarise,
)
