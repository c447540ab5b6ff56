"""Scores of a reconstructed map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nerode.metrics.reconstruction.algorithm import NEW, ReconstructedMap
from nerode.metrics.reconstruction.judge import MALFORMED, VALID
from nerode.metrics.reconstruction.plane import CROSSINGS, Faults, Plane
from nerode.stats.estimate import Estimate, estimate

THOUSAND = 1000
_MIDDLE = (2.5, 97.5)

Range = dict[str, float | None]
"""{"mean", "low", "high"}: of several maps the mean of a number, and where the middle 95 % of them
lie; None where it is undefined."""

MapEstimates = dict[str, Estimate]


@dataclass(frozen=True, eq=False)
class ReconstructionScore:
    """Scores of a reconstructed map; None where undefined."""

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


def score_of(
    made: ReconstructedMap, plane: Plane, crossings: int = CROSSINGS
) -> ReconstructionScore:
    """The score of a reconstruction on its map laid flat."""
    new = made.kind == NEW
    faults = plane.faults(made.origin[new], made.to[new], made.label[new], crossings)
    counts = made.counts | _counted(faults)
    return ReconstructionScore(
        counts,
        _ratio(counts["true"], counts["true"] + counts["new"]),
        _ratio(counts["true"], counts["true"] + counts["unused"]),
    )


def range_of(values: Sequence[float | None]) -> Range:
    """Mean and middle 95 % of those that are defined."""
    found = [value for value in values if value is not None]
    if not found:
        return {"mean": None, "low": None, "high": None}
    low, high = np.percentile(found, _MIDDLE).tolist()
    return {"mean": float(np.mean(found)), "low": low, "high": high}


def ranges_of(scores: Sequence[ReconstructionScore]) -> dict[str, Range]:
    """The range of each of `ReconstructionScore.numbers` over one or more maps."""
    numbers = [score.numbers for score in scores]
    return {name: range_of([each[name] for each in numbers]) for name in numbers[0]}


def estimates_of(
    made: ReconstructedMap, over_orders: dict[str, Range] | None = None
) -> MapEstimates:
    """Shares: `valid` with its 95 % interval, `given_up` and `new` with none.

    `valid` and `given_up` are shares of the sequences that are well-formed (the others, nearly
    always cut off before they arrived, are skipped), and `new` is the new streets per symbol.

    The interval of `valid` covers what other sequences of the same model, as many, would come to,
    as far as sequences are independent. `given_up` and `new` are properties of all sequences
    together, of how many they are and of their order: what is drawn for one serves or blocks those
    after it. An interval from the spread of sequences covered `given_up` in as few as 38 % of
    cases, so there is none. With `over_orders` (ranges of `ReconstructionScore.numbers`)
    they are the means over those orders.
    """
    formed = made.verdict != MALFORMED
    n, skipped = int(formed.sum()), int((~formed).sum())
    lost: float | None = float(made.gave_up[formed].mean()) if n else None
    symbols = int(made.turns.sum())
    new = _ratio(float(made.new_streets.sum()), symbols)
    if over_orders is not None:
        lost = over_orders["given_up"]["mean"]
        rate = over_orders["new_per_1000"]["mean"]
        new = None if rate is None else rate / THOUSAND
    return {
        "valid": estimate(made.verdict[formed] == VALID, skipped=skipped),
        "given_up": Estimate(lost, None, None, n, skipped),
        "new": Estimate(new, None, None, symbols, 0),
    }


def per_thousand(share: Estimate) -> Estimate:
    """New streets per 1,000 symbols, from those per symbol."""
    bounds = (share.value, share.low, share.high)
    value, low, high = (None if each is None else THOUSAND * each for each in bounds)
    return replace(share, value=value, low=low, high=high)


def _counted(faults: Faults) -> dict[str, int]:
    flags = {
        "impossible": faults.impossible,
        "longer": faults.longer,
        "off_bearing": faults.off_bearing,
        "crossing": faults.crossing,
    }
    return {name: int(np.count_nonzero(flag)) for name, flag in flags.items()}


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
