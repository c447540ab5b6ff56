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

from nerode.errors import NoTrial
from nerode.metrics.fields import COST, FLAG
from nerode.metrics.metric import Metric, Part, Score
from nerode.metrics.parallel import Batch, batches, measured
from nerode.metrics.rollouts import drive, lacks_goal, prompt_of
from nerode.metrics.setting import Record, Setting
from nerode.models.model import Model
from nerode.stats.estimate import Estimate, estimate
from nerode.worlds.world import HasGoal

NAME = "traversal"
MARGINS = {"optimal": 0, "within_1": 1, "within_5": 5, "within_10": 10, "within_50": 50}


@dataclass(frozen=True)
class TraversalResult:
    """Shares of all trips; `shares` holds valid, optimal, within_1, ... within_50."""

    shares: dict[str, Estimate]

    def estimates(self) -> dict[str, Estimate]:
        """Estimates by name."""
        return self.shares


def measure(setting: Setting, model: Model, trials: Iterable[int]) -> Iterator[Record]:
    """One record per trial: {"trial", "sequence", "valid", "cost", "cheapest"}."""
    return measured(model, partial(_batch, setting, model), batches(setting, trials, model))


def _batch(setting: Setting, model: Model, trials: Batch) -> Iterator[Record]:
    prompts: dict[int, tuple[int, ...]] = {}
    for trial in trials:
        try:
            rng = setting.generator(NAME, trial)
            prompts[trial] = prompt_of(setting, model, trial, rng)
        except NoTrial as reason:
            yield {"trial": trial, "skipped": str(reason)}
    world = setting.world
    if not isinstance(world, HasGoal):
        return  # and every trial was skipped for it
    trips = drive(setting, model, list(prompts.values()))
    for trial, trip in zip(prompts, trips, strict=True):
        yield {
            "trial": trial,
            "sequence": world.decode(trip.symbols),
            "valid": trip.valid,
            "cost": trip.cost,
            "cheapest": world.cost_to_goal(world.run(prompts[trial])),
        }


def summarise(_setting: Setting, records: Iterable[Record]) -> TraversalResult:
    """Estimates over all records; trips are independent of each other."""
    yes, skipped = {name: bytearray() for name in ("valid", *MARGINS)}, 0
    for record in records:
        if "skipped" in record:
            skipped += 1
            continue
        for name, told in reached(record).items():
            yes[name].append(told)
    return TraversalResult({name: estimate(told, skipped=skipped) for name, told in yes.items()})


def reached(record: Record) -> dict[str, bool]:
    """What one trip came to, under each of the names."""
    valid, cost, cheapest = (record[name] for name in ("valid", "cost", "cheapest"))
    # Costs are whole numbers, so "at most so many percent more" needs no tolerance.
    within = {
        name: valid and cost * 100 <= cheapest * (100 + percent)
        for name, percent in MARGINS.items()
    }
    return {"valid": valid, **within}


def _parts(record: Record, _: int) -> Iterator[Part]:
    for name, yes in reached(record).items():
        yield (name,), float(yes), 1.0


FIELDS = {"valid": FLAG, "cost": COST, "cheapest": COST}
TRAVERSAL = Metric(
    name=NAME,
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
    fields=FIELDS,
    parts=_parts,
    question="cheapest",
    needs=lacks_goal,
    measure=measure,
    summarise=summarise,
)
