"""A reconstruction as it stands in evaluation.json.

nerode/schema/reconstruction.py says what it holds, field by field. "counts" and "streets" are those
of the map that is drawn; "score" is that of the stated order: for `mean` the mean over "orders",
otherwise that of the map. The streets are columns, one entry a street; nodes are numbers of the
drawing's, and sequences are counted from 0 as they were walked.
Records from before there was an "order" were walked as given; they have no "orders", no "growth",
and bounds in all estimates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import UNSET

from nerode.metrics.reconstruction.algorithm import NEW, STREET_KINDS, ReconstructedMap
from nerode.metrics.reconstruction.config import DRAWS, ReconstructionConfig
from nerode.metrics.reconstruction.judge import MALFORMED
from nerode.metrics.reconstruction.noise import Noise, noise_controls, noise_maps, spreads
from nerode.metrics.reconstruction.order import map_order
from nerode.metrics.reconstruction.plane import Plane
from nerode.metrics.reconstruction.score import Range, estimates_of, per_thousand, score_of
from nerode.metrics.reconstruction.walks import JudgedSequences, of_parts, over_orders, part_sizes
from nerode.schema.reconstruction import (
    Counts,
    Growth,
    GrowthOfNoise,
    MapScore,
    Reconstruction,
    ReconstructionParameters,
    Spreads,
    Streets,
)
from nerode.sequences.batch import SequenceBatch
from nerode.stats.estimate import Estimate
from nerode.worlds.elsewhere import Workers
from nerode.worlds.world import AnyStreetPlan


@dataclass(frozen=True, eq=False)
class ReconstructionRecord:
    """A reconstruction with its score, noise controls, and ranges over random orders."""

    world: AnyStreetPlan
    made: ReconstructedMap
    """The map that is drawn."""
    config: ReconstructionConfig
    noise: Sequence[Noise]
    orders: dict[str, Range] | None
    """Ranges of `ReconstructionScore.numbers` over random orders; None where there are none."""
    growth: Sequence[dict[str, Range]]
    """What an eighth, a quarter and half of the sequences need: `growth_of`."""

    @property
    def shares(self) -> dict[str, Estimate]:
        """`valid`, `given_up` and `new` of the stated order, as `estimates_of` tells them."""
        return estimates_of(self.made, self._mean)

    @property
    def _mean(self) -> dict[str, Range] | None:
        return self.orders if self.config.order == "mean" else None

    def as_field(self) -> Reconstruction:
        """The field `reconstruction` of a record."""
        plane, config = Plane(self.world), self.config
        score, shares, mean = score_of(self.made, plane, config.crossings), self.shares, self._mean
        return Reconstruction(
            parameters=ReconstructionParameters(
                degree=config.rules.degree,
                miles=config.rules.miles,
                crossings=config.crossings,
                noise=list(config.shares),
                draws=config.draws,
                seed=config.seed,
                order=config.order,
                orders=config.orders,
            ),
            counts=Counts(**score.counts),
            score=MapScore(
                new_per_1000=per_thousand(shares["new"]),
                given_up=shares["given_up"],
                precision=mean["precision"]["mean"] if mean else score.precision,
                recall=mean["recall"]["mean"] if mean else score.recall,
            ),
            orders=UNSET
            if self.orders is None
            else Spreads(draws=config.orders, **spreads(self.orders)),
            noise=[noise.as_field() for noise in self.noise],
            growth=self._growth(),
            streets=self._streets(plane),
            longest=[round(plane.longest / 1000)],
            gave_up=np.flatnonzero(self.made.gave_up).tolist(),
        )

    def _growth(self) -> list[Growth]:
        """Parts of the sequences and all of them, with those of the matched noise."""
        formed = int((self.made.verdict != MALFORMED).sum())
        mean, lost, new = (
            self._mean,
            self.shares["given_up"].value,
            float(self.made.new_streets.sum()),
        )
        whole = {"new": _only(new), "given_up": _only(lost)}
        whole = {name: mean[name] for name in whole} if mean else whole
        sizes = [*part_sizes(formed), formed]
        parts: list[dict[str, Range] | None] = [None] * len(sizes)
        for noise in self.noise:
            if noise.matched:
                own = {name: noise.ranges[name] for name in whole}
                parts = [*noise.growth, own]
        return [
            Growth(
                sequences=count,
                noise=UNSET if matched is None else GrowthOfNoise(**spreads(matched)),
                **spreads(part),
            )
            for count, part, matched in zip(sizes, [*self.growth, whole], parts, strict=True)
        ]

    def _streets(self, plane: Plane) -> Streets:
        made = self.made
        new = np.flatnonzero(made.kind == NEW)
        why = [""] * len(made.kind)
        reasons = plane.reasons(
            made.origin[new], made.to[new], made.label[new], self.config.crossings
        )
        for street, reason in zip(new.tolist(), reasons, strict=True):
            why[street] = reason
        return Streets(
            from_=made.origin.tolist(),
            to=made.to.tolist(),
            label=[self.world.alphabet[label] for label in made.label.tolist()],
            kind=[STREET_KINDS[kind] for kind in made.kind.tolist()],
            first=made.first.tolist(),
            uses=made.uses.tolist(),
            metres=plane.metres(made.origin, made.to).tolist(),
            crossings=plane.crossed(made.origin, made.to).tolist(),
            why=why,
        )


def reconstruct_with_noise(
    world: AnyStreetPlan,
    batches: Iterable[SequenceBatch],
    config: ReconstructionConfig,
    progress: Callable[[int, int], object] | None = None,
    workers: Workers | None = None,
) -> ReconstructionRecord:
    """Reconstruct a map, in the stated order and in random ones, with noise controls.

    Takes the memory of the sequences. `progress` is called with the
    number of maps drawn, and of all maps. `workers` draw the noise controls; raises as
    `noise_controls` does.
    """
    written = JudgedSequences.of(world, batches, config.rules)
    made = written.draw_map(map_order(config.order))
    parts = DRAWS if len(part_sizes(int((made.verdict != MALFORMED).sum()))) else 0
    count = _Count(config.orders + parts + noise_maps(made, config), progress)
    orders = None
    if config.orders:
        orders = over_orders(
            written, config.orders, crossings=config.crossings, seed=config.seed, on_map=count.one
        )
    growth = of_parts(written, config.order, parts, seed=config.seed, on_map=count.one)
    noise: Sequence[Noise] = ()
    if config.draws:
        noise = noise_controls(world, made, config, workers=workers, on_map=count.one)
    count.end()
    return ReconstructionRecord(world, made, config, noise, orders, growth)


class _Count:
    """Calls back with the number of maps drawn, of at most so many."""

    def __init__(self, most: int, progress: Callable[[int, int], object] | None) -> None:
        self._done, self._most, self._progress = 0, most, progress
        self._report()

    def one(self) -> None:
        """One more."""
        self._done += 1
        self._report()

    def end(self) -> None:
        """All that there are: some noise is drawn only once."""
        self._done = self._most
        self._report()

    def _report(self) -> None:
        if self._progress is not None:
            self._progress(self._done, self._most)


def _only(value: float | None) -> Range:
    """The range of one map."""
    return {"mean": value, "low": value, "high": value}
