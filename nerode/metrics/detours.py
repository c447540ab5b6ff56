"""Detours: does the model still arrive when it is made to turn otherwise now and then?

docs/paper.md, section 2.
At each step, with probability p, the model's choice is replaced by another
legal symbol from which the goal is still within the length budget: a uniformly drawn one
(`random`) or the one that the model ranks last (`adversarial`). Success: the whole sequence is
legal and stops at the goal. Each trial uses the same trip and the same random numbers for
all p and both kinds, so that the points of a curve are paired.

How many turns were really replaced, and how many detours a trip survives, is in
nerode/metrics/dose.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerode.errors import NoTrial
from nerode.metrics.dose import Dose
from nerode.metrics.fields import Field, counts, flags
from nerode.metrics.metric import Metric, Part, Score, as_percent
from nerode.metrics.parallel import Batch, batches, measured
from nerode.metrics.rollouts import Detour, Kind, drive, lacks_goal, prompt_of
from nerode.metrics.setting import Record, Setting
from nerode.models.model import Model
from nerode.stats.estimate import Estimate, estimate
from nerode.worlds.world import HasGoal

NAME = "detours"
KINDS: tuple[Kind, ...] = ("random", "adversarial")
SHARES = {"0": 0.0, "0.01": 0.01, "0.1": 0.1, "0.5": 0.5, "0.75": 0.75}


@dataclass(frozen=True)
class DetoursResult:
    """What trips came to.

    Attributes
    ----------
    arrived
        Share of trips that arrive, by kind of detour and its probability.
    replaced
        Share of symbols that a detour replaced, likewise; empty where trials do not say (those of
        older runs).
    survival
        Share of trips that arrive, by kind and the number of detours that they met; empty likewise.
    """

    arrived: dict[str, dict[str, Estimate]]
    replaced: dict[str, dict[str, Estimate]] = field(default_factory=dict)
    survival: dict[str, dict[str, Estimate]] = field(default_factory=dict)

    def estimates(self) -> dict[str, Any]:
        """Estimates by kind and probability; `replaced` and `survival` where they are known."""
        dose = {"replaced": self.replaced, "survival": self.survival}
        return self.arrived | {name: found for name, found in dose.items() if found}


def measure(setting: Setting, model: Model, trials: Iterable[int]) -> Iterator[Record]:
    """One record per trial: {"trial", "random": {"0": true, ...}, "adversarial": {...}, "symbols"}.

    "symbols" says of each trip how many symbols the model chose itself, and how many a detour
    replaced: {"random": {"0": [12, 0], ...}, "adversarial": {...}}.
    """
    return measured(model, partial(_batch, setting, model), batches(setting, trials, model))


def _batch(setting: Setting, model: Model, trials: Batch) -> Iterator[Record]:
    plan: list[tuple[int, Kind, str]] = []
    prompts: list[tuple[int, ...]] = []
    strikes: list[Detour | None] = []
    for trial in trials:
        try:
            prompt, uniforms = _trial(setting, model, trial)
        except NoTrial as reason:
            yield {"trial": trial, "skipped": str(reason)}
            continue
        for kind, name, detour in _detours(uniforms):
            plan.append((trial, kind, name))
            prompts.append(prompt)
            strikes.append(detour)
    arrived: dict[int, Record] = {}
    for (trial, kind, name), trip in zip(
        plan, drive(setting, model, prompts, strikes) if plan else (), strict=True
    ):
        empty: Record = {"trial": trial, **{k: {} for k in KINDS}}
        empty["symbols"] = {k: {} for k in KINDS}
        record = arrived.setdefault(trial, empty)
        record[kind][name] = trip.valid
        record["symbols"][kind][name] = [trip.chosen, trip.replaced]
    for record in arrived.values():
        # Without detours the two kinds are the same trip.
        for told in (record, record["symbols"]):
            told["adversarial"] = {"0": told["random"]["0"], **told["adversarial"]}
        yield record


def _trial(
    setting: Setting, model: Model, trial: int
) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    rng = setting.generator(NAME, trial)
    prompt = prompt_of(setting, model, trial, rng)
    assert isinstance(setting.world, HasGoal)  # noqa: S101 - `prompt_of` has checked; for the type
    return prompt, rng.random((setting.world.steps_allowed(prompt), 2))


def _detours(uniforms: NDArray[np.float64]) -> Iterator[tuple[Kind, str, Detour]]:
    for kind in KINDS:
        for name, share in SHARES.items():
            if kind == "random" or share > 0:
                yield kind, name, Detour(kind, share, uniforms)


def summarise(_setting: Setting, records: Iterable[Record]) -> DetoursResult:
    """Estimates over all records; trips are independent of each other."""
    yes, skipped = {(kind, name): bytearray() for kind in KINDS for name in SHARES}, 0
    dose = Dose(KINDS, tuple(SHARES))
    for record in records:
        if "skipped" in record:
            skipped += 1
            continue
        for (kind, name), arrived in yes.items():
            arrived.append(record[kind][name])
        dose.see(record)
    return DetoursResult(
        {
            kind: {name: estimate(yes[kind, name], skipped=skipped) for name in SHARES}
            for kind in KINDS
        },
        dose.replaced(skipped),
        dose.survival(skipped),
    )


FIELDS: dict[str, Field] = {
    **{kind: flags(tuple(SHARES)) for kind in KINDS},
    "symbols": counts(KINDS, tuple(SHARES), 2).optional(),  # older runs do not have them
}


def _parts(record: Record, _: int) -> Iterator[Part]:
    for kind in KINDS:
        for share in SHARES:
            yield (kind, share), float(record[kind][share]), 1.0


DETOURS = Metric(
    name=NAME,
    title="Detours",
    about=(
        "At each step, with the given chance, another legal turn is taken than the model's: a "
        "random one, or the one the model likes least."
    ),
    scores={
        "random": Score("random", depends_on=()),
        "random/0.1": Score(
            "random 10 %",
            depends_on=(),
            sentence=("ARRIVES {} of TRIPS with 10 % of its TURNS replaced", "ON {}"),
        ),
        "adversarial": Score("adversarial", depends_on=()),
        "replaced": Score("replaced", best=None, depends_on=(), reference=True, in_table=False),
        "survival": Score(
            "detours met",
            best=None,
            depends_on=(),
            in_table=False,
            meaning=(
                "How often a trip was really sent another way than the model wanted. There is "
                "nothing to replace at the destination, nor where one turn alone is left, so that "
                "this is less often than was asked for."
            ),
        ),
    },
    key_label=lambda key: f" {as_percent(key)}",
    fields=FIELDS,
    parts=_parts,
    needs=lacks_goal,
    measure=measure,
    summarise=summarise,
)
