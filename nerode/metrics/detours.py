"""Detours: does the model still arrive when it is made to turn otherwise now and then?

docs/paper.md, section 2.
At each step, with probability p, the model's choice is replaced by another
legal symbol from which the goal is still within the length budget: a uniformly drawn one
(`random`) or the one that the model ranks last (`adversarial`). Success: the whole sequence is
legal and stops at the goal. Each trial uses the same trip and the same random numbers for
all p and both kinds, so that the points of a curve are paired.

How many turns were really replaced, and how many detours a trip survives (`_Dose`): a detour of
probability p is met less often, for who is at the destination is not sent away again, and where a
single turn is left there is no other to take. So the realised share of replaced symbols stands next
to p. And a share of arrivals at one p mixes trips that met no detour with trips that met many;
survival tells them apart, all probabilities together. A trip that goes wrong is over, and meets no
further detours: among the trips that met few, those that failed are more than a share of detours
survived would be. The numbers compare models that were given the same detours, in one world.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSequence, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated

import numpy as np
from msgspec import UNSET, Meta, UnsetType

from nerode.arrays import Floats
from nerode.errors import NoTrial
from nerode.metrics.metric import Contribution, Metric, Score, as_percent
from nerode.metrics.parallel import Batch, batches, measured
from nerode.metrics.rollouts import Detour, DetourKind, drive, lacks_goal, prompt_of
from nerode.metrics.setting import Setting
from nerode.models.model import Model
from nerode.schema.decoding import DamageError
from nerode.schema.part import Count, Part
from nerode.schema.trial import SkippedTrial, Trial
from nerode.stats.estimate import Estimate, estimate, estimate_of_counts, estimate_of_ratio
from nerode.worlds.world import HasGoal

DETOUR_KINDS: tuple[DetourKind, ...] = ("random", "adversarial")
DETOUR_SHARES = {"0": 0.0, "0.01": 0.01, "0.1": 0.1, "0.5": 0.5, "0.75": 0.75}
"""Probabilities of a detour, by their name in files."""
DETOURS_MET = {"0": (0, 0), "1": (1, 1), "2": (2, 2), "3-5": (3, 5), "6+": (6, None)}
"""Groups of trips by the number of detours that they met: the fewest and the most; None: any."""

_NAME = "detours"
_Arrivals = Annotated[
    dict[str, bool], Meta(description=f"yes or no for {', '.join(DETOUR_SHARES)}")
]
_Symbols = Annotated[
    dict[str, tuple[Count, Count]],
    Meta(description=f"two whole numbers for {', '.join(DETOUR_SHARES)}"),
]


class DetourSymbols(Part, frozen=True, kw_only=True):
    """By kind and probability: symbols that the model chose, and those that a detour replaced."""

    random: _Symbols
    adversarial: _Symbols


class DetoursTrial(Trial, frozen=True, kw_only=True):
    """A held-out prompt, driven once for each kind of detour and probability."""

    random: _Arrivals
    """By probability: whether the trip arrives, with random detours."""
    adversarial: _Arrivals
    """The same with those that the model ranks last."""
    symbols: DetourSymbols | UnsetType = UNSET
    """How many symbols were replaced; older trials lack it."""

    def arrived(self, kind: DetourKind) -> Mapping[str, bool]:
        """Whether the trips of a kind arrive, by probability."""
        return self.random if kind == "random" else self.adversarial

    def check(self, thresholds: int) -> None:
        """As of `Trial`; and every probability is there."""
        super().check(thresholds)
        tables: dict[str, Mapping[str, object]] = {k: self.arrived(k) for k in DETOUR_KINDS}
        if self.symbols is not UNSET:
            tables |= {f"symbols.{k}": _of_kind(self.symbols, k) for k in DETOUR_KINDS}
        for place, table in tables.items():
            if lacking := [name for name in DETOUR_SHARES if name not in table]:
                raise DamageError(place, f"an entry for {lacking[0]}", table)


def _of_kind(symbols: DetourSymbols, kind: DetourKind) -> Mapping[str, tuple[int, int]]:
    return symbols.random if kind == "random" else symbols.adversarial


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

    def estimates(self) -> dict[str, dict[str, Estimate] | dict[str, dict[str, Estimate]]]:
        """Estimates by kind and probability; `replaced` and `survival` where they are known."""
        dose = {"replaced": self.replaced, "survival": self.survival}
        return self.arrived | {name: found for name, found in dose.items() if found}


def measure(
    setting: Setting, model: Model, trials: Iterable[int]
) -> Iterator[DetoursTrial | SkippedTrial]:
    """One trial per number, that is per prompt, or why it could not be run."""
    work = partial(_batch, setting, model)
    return measured(model, work, batches(setting, trials, model), DetoursTrial)


def _batch(setting: Setting, model: Model, trials: Batch) -> Iterator[DetoursTrial | SkippedTrial]:
    plan: list[tuple[int, DetourKind, str]] = []
    prompts: list[tuple[int, ...]] = []
    strikes: list[Detour | None] = []
    for trial in trials:
        try:
            prompt, uniforms = _prompt(setting, model, trial)
        except NoTrial as reason:
            yield SkippedTrial(trial=trial, skipped=str(reason))
            continue
        for kind, name, detour in _detours(uniforms):
            plan.append((trial, kind, name))
            prompts.append(prompt)
            strikes.append(detour)
    arrived: dict[int, dict[str, dict[str, bool]]] = {}
    symbols: dict[int, dict[str, dict[str, tuple[int, int]]]] = {}
    trips = drive(setting, model, prompts, strikes) if plan else ()
    for (trial, kind, name), trip in zip(plan, trips, strict=True):
        for table in (arrived, symbols):
            table.setdefault(trial, {each: {} for each in DETOUR_KINDS})
        arrived[trial][kind][name] = trip.valid
        symbols[trial][kind][name] = (trip.chosen, trip.replaced)
    for trial, ways in arrived.items():
        # Without detours the two kinds are the same trip.
        counts = symbols[trial]
        yield DetoursTrial(
            trial=trial,
            random=ways["random"],
            adversarial={"0": ways["random"]["0"], **ways["adversarial"]},
            symbols=DetourSymbols(
                random=counts["random"],
                adversarial={"0": counts["random"]["0"], **counts["adversarial"]},
            ),
        )


def _prompt(setting: Setting, model: Model, trial: int) -> tuple[tuple[int, ...], Floats]:
    """The prompt of a trial, and random numbers for its detours: (steps, 2)."""
    rng = setting.generator(_NAME, trial)
    prompt = prompt_of(setting, model, trial, rng)
    assert isinstance(setting.world, HasGoal)  # noqa: S101 - `prompt_of` has checked; for the type
    return prompt, rng.random((setting.world.steps_allowed(prompt), 2))


def _detours(uniforms: Floats) -> Iterator[tuple[DetourKind, str, Detour]]:
    for kind in DETOUR_KINDS:
        for name, share in DETOUR_SHARES.items():
            if kind == "random" or share > 0:
                yield kind, name, Detour(kind, share, uniforms)


def summarise(_setting: Setting, trials: Iterable[DetoursTrial | SkippedTrial]) -> DetoursResult:
    """Estimates over all trials; trips are independent of each other."""
    yes = {(kind, name): bytearray() for kind in DETOUR_KINDS for name in DETOUR_SHARES}
    dose, skipped = _Dose(), 0
    for trial in trials:
        if isinstance(trial, SkippedTrial):
            skipped += 1
            continue
        for (kind, name), arrived in yes.items():
            arrived.append(trial.arrived(kind)[name])
        dose.see(trial)
    return DetoursResult(
        {
            kind: {name: estimate(yes[kind, name], skipped=skipped) for name in DETOUR_SHARES}
            for kind in DETOUR_KINDS
        },
        dose.replaced(skipped),
        dose.survival(skipped),
    )


class _Dose:
    """Counts by trial, of which it takes some bytes each.

    The trips of a trial share their prompt and their random numbers, and without a detour they are
    one and the same: a trial is a cluster, its trips are no independent values.
    """

    def __init__(self) -> None:
        kinds: tuple[str, ...] = DETOUR_KINDS
        trips = [(kind, share) for kind in kinds for share in DETOUR_SHARES]
        self._replaced = {trip: array("I") for trip in trips}
        self._symbols = {trip: array("I") for trip in trips}
        self._arrived = {(kind, met): bytearray() for kind in kinds for met in DETOURS_MET}
        self._trips = {(kind, met): bytearray() for kind in kinds for met in DETOURS_MET}
        self._without = 0

    def see(self, trial: DetoursTrial) -> None:
        """Note the counts of one more trial."""
        if trial.symbols is UNSET:
            self._without += 1
            return
        for kind in DETOUR_KINDS:
            arrived, trips = dict.fromkeys(DETOURS_MET, 0), dict.fromkeys(DETOURS_MET, 0)
            for share in DETOUR_SHARES:
                chosen, replaced = _of_kind(trial.symbols, kind)[share]
                self._replaced[kind, share].append(replaced)
                self._symbols[kind, share].append(chosen + replaced)
                met = group_of(replaced)
                trips[met] += 1
                arrived[met] += trial.arrived(kind)[share]
            for met in DETOURS_MET:
                self._arrived[kind, met].append(arrived[met])
                self._trips[kind, met].append(trips[met])

    def replaced(self, skipped: int) -> dict[str, dict[str, Estimate]]:
        """Share of symbols after the prompt that were replaced, by kind and probability above 0.

        Of all symbols of all trips, the last one among them. Empty where no trial says it;
        `skipped` trials had no trip at all.
        """
        above = [name for name, share in DETOUR_SHARES.items() if share > 0]
        return self._estimates(estimate_of_ratio, self._replaced, self._symbols, above, skipped)

    def survival(self, skipped: int) -> dict[str, dict[str, Estimate]]:
        """Share of trips that arrive, by kind and number of detours met (DETOURS_MET)."""
        return self._estimates(
            estimate_of_counts, self._arrived, self._trips, list(DETOURS_MET), skipped
        )

    def _estimates(
        self,
        made: Callable[..., Estimate],
        yes: Mapping[tuple[str, str], MutableSequence[int]],
        sizes: Mapping[tuple[str, str], MutableSequence[int]],
        names: Sequence[str],
        skipped: int,
    ) -> dict[str, dict[str, Estimate]]:
        if not len(sizes[DETOUR_KINDS[0], names[0]]):
            return {}
        return {
            kind: {
                name: made(
                    np.asarray(yes[kind, name]),
                    np.asarray(sizes[kind, name]),
                    skipped=skipped + self._without,
                )
                for name in names
            }
            for kind in DETOUR_KINDS
        }


def group_of(detours: int) -> str:
    """The name of the group of trips that met so many detours."""
    return next(
        name
        for name, (least, most) in DETOURS_MET.items()
        if detours >= least and (most is None or detours <= most)
    )


def _parts(trial: DetoursTrial, _: int) -> Iterator[Contribution]:
    for kind in DETOUR_KINDS:
        for share in DETOUR_SHARES:
            yield (kind, share), float(trial.arrived(kind)[share]), 1.0


DETOURS = Metric(
    name=_NAME,
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
    trial=DetoursTrial,
    parts=_parts,
    needs=lacks_goal,
    measure=measure,
    summarise=summarise,
)
