"""What a reconstruction is worth in numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nerode.metrics.estimate import Estimate, estimate, estimate_of_counts
from nerode.metrics.reconstruct import NEW, Reconstruction
from nerode.metrics.reconstruct_kernel import MALFORMED, VALID
from nerode.metrics.reconstruct_plane import CROSSINGS, Faults, Plane

THOUSAND = 1000


@dataclass(frozen=True, eq=False)
class Score:
    """A reconstruction told in numbers; None is what is undefined."""

    counts: dict[str, int]
    """Those of the reconstruction, and the new streets that cannot be (`impossible`), by reason
    (`longer`, `off_bearing`, `crossing`; one street may have several)."""
    precision: float | None
    """Share of the used streets that are true."""
    recall: float | None
    """Share of the true streets that are used."""

    @property
    def numbers(self) -> dict[str, float | None]:
        """What is compared with noise.

        `valid` and `given_up` are shares of the sequences that are well-formed.
        """
        counts = self.counts
        formed = counts["sequences"] - counts["malformed"]
        return {
            "valid": _ratio(counts["valid"], formed),
            "new": float(counts["new"]),
            "new_per_1000": _ratio(THOUSAND * counts["new"], counts["symbols"]),
            "impossible": float(counts["impossible"]),
            "given_up": _ratio(counts["given_up"], formed),
            "precision": self.precision,
            "recall": self.recall,
        }


def score_of(made: Reconstruction, plane: Plane, crossings: int = CROSSINGS) -> Score:
    """The score of a reconstruction on its map laid flat."""
    new = made.kind == NEW
    faults = plane.faults(made.origin[new], made.to[new], made.label[new], crossings)
    counts = made.counts | _counted(faults)
    return Score(
        counts,
        _ratio(counts["true"], counts["true"] + counts["new"]),
        _ratio(counts["true"], counts["true"] + counts["unused"]),
    )


def estimates_of(made: Reconstruction) -> dict[str, Estimate]:
    """Shares with their 95 % intervals.

    `valid` and `given_up` of the sequences that are well-formed (the others, nearly always cut off
    before they arrived, are skipped), and `new`, the new streets per symbol.

    The intervals cover what other sequences of the same model, as many, would come to, as far as
    sequences are independent. Those of `given_up` and `new` are not quite: what is drawn for
    one sequence serves those after it. A symbol is a yes where a street was drawn for it;
    the symbols of one sequence are a cluster.
    """
    formed = made.verdict != MALFORMED
    skipped = int((~formed).sum())
    return {
        "valid": estimate(made.verdict[formed] == VALID, skipped=skipped),
        "given_up": estimate(made.gave_up[formed], skipped=skipped),
        "new": estimate_of_counts(made.drawn[formed], made.turns[formed]),
    }


def per_thousand(share: Estimate) -> Estimate:
    """New streets per 1,000 symbols, from those per symbol."""
    if share.value is None or share.low is None or share.high is None:
        return share
    low, high = THOUSAND * share.low, THOUSAND * share.high
    return replace(share, value=THOUSAND * share.value, low=low, high=high)


def _counted(faults: Faults) -> dict[str, int]:
    flags: dict[str, Any] = {
        "impossible": faults.impossible,
        "longer": faults.longer,
        "off_bearing": faults.off_bearing,
        "crossing": faults.crossing,
    }
    return {name: int(np.count_nonzero(flag)) for name, flag in flags.items()}


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
