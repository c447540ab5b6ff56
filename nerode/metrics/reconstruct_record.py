"""A reconstruction as it stands in evaluation.json.

{"parameters": {"degree", "miles", "crossings", "noise": [share, ...], "draws", "seed"},
 "counts": {"sequences", "valid", "illegal_step", "wrong_destination", "malformed", "symbols",
            "new", "true", "unused", "given_up", "impossible", "longer", "off_bearing", "crossing"},
 "score": {"new_per_1000": E, "given_up": E, "precision", "recall"},
 "noise": [{"share", "matched", "draws", "valid" | ...: {"mean", "low", "high"}}, ...],
 "streets": {"from", "to", "label", "kind", "first", "uses", "metres", "crossings", "why"},
 "longest": [metres of the longest true street],
 "gave_up": [number of a sequence, ...]}

E = {value, low, high, n, skipped}. The streets are columns, one entry a street; nodes are numbers
of the drawing's, and sequences are counted from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nerode.metrics.reconstruct import KINDS, NEW, Reconstruction, Rules
from nerode.metrics.reconstruct_noise import DRAWS, SHARES, Noise, noise_controls
from nerode.metrics.reconstruct_plane import CROSSINGS, Plane
from nerode.metrics.reconstruct_score import estimates_of, per_thousand, score_of
from nerode.worlds.street_map import StreetMap


@dataclass(frozen=True)
class Dials:
    """How a reconstruction is made and scored."""

    rules: Rules = field(default_factory=Rules)
    crossings: int = CROSSINGS
    """True streets that a new one must cross to be impossible."""
    shares: tuple[float, ...] = SHARES
    """Noise to compare with, the matched one apart."""
    draws: int = DRAWS
    """How often each noise is drawn; 0: there are no controls."""
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Told:
    """A reconstruction with its score and its noise controls."""

    world: StreetMap
    made: Reconstruction
    dials: Dials
    noise: Sequence[Noise]

    def as_dict(self) -> dict[str, Any]:
        """The form in which it is written to JSON."""
        plane, dials = Plane(self.world), self.dials
        score, shares = score_of(self.made, plane, dials.crossings), estimates_of(self.made)
        return {
            "parameters": {
                "degree": dials.rules.degree,
                "miles": dials.rules.miles,
                "crossings": dials.crossings,
                "noise": list(dials.shares),
                "draws": dials.draws,
                "seed": dials.seed,
            },
            "counts": score.counts,
            "score": {
                "new_per_1000": per_thousand(shares["new"]).as_dict(),
                "given_up": shares["given_up"].as_dict(),
                "precision": score.precision,
                "recall": score.recall,
            },
            "noise": [noise.as_dict() for noise in self.noise],
            "streets": self._streets(plane),
            "longest": [round(plane.longest / 1000)],
            "gave_up": np.flatnonzero(self.made.gave_up).tolist(),
        }

    def _streets(self, plane: Plane) -> dict[str, list[Any]]:
        made = self.made
        new = np.flatnonzero(made.kind == NEW)
        why = [""] * len(made.kind)
        reasons = plane.reasons(
            made.origin[new], made.to[new], made.label[new], self.dials.crossings
        )
        for street, reason in zip(new.tolist(), reasons, strict=True):
            why[street] = reason
        return {
            "from": made.origin.tolist(),
            "to": made.to.tolist(),
            "label": [self.world.alphabet[label] for label in made.label.tolist()],
            "kind": [KINDS[kind] for kind in made.kind.tolist()],
            "first": made.first.tolist(),
            "uses": made.uses.tolist(),
            "metres": plane.metres(made.origin, made.to).tolist(),
            "crossings": plane.crossed(made.origin, made.to).tolist(),
            "why": why,
        }


def told(
    world: StreetMap,
    made: Reconstruction,
    dials: Dials,
    progress: Callable[[int, int], object] | None = None,
) -> Told:
    """A reconstruction beside its noise controls. Raises as `noise_controls` does."""
    if not dials.draws:
        return Told(world, made, dials, ())
    noise = noise_controls(
        world,
        made,
        dials.rules,
        shares=dials.shares,
        crossings=dials.crossings,
        draws=dials.draws,
        seed=dials.seed,
        progress=progress,
    )
    return Told(world, made, dials, noise)
