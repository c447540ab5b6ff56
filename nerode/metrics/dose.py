"""The dose of detours: how many there really were, and how many a trip survives.

A detour that is asked for with probability p is met less often: who is at the destination is not
sent away again, and where a single turn is left there is no other to take. So the realised share of
replaced symbols stands beside p. And a share of arrivals at one p mixes trips that met no detour
with trips that met many; survival tells them apart, all probabilities together.

A trip that goes wrong is over, and meets no further detours: among the trips that met few, those
that failed are more than a share of detours survived would be. The numbers compare models that were
asked for the same detours, in one world.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, MutableSequence, Sequence

import numpy as np

from nerode.metrics.setting import Record
from nerode.stats.estimate import Estimate, estimate_of_counts, estimate_of_ratio

Counts = MutableSequence[int]
"""Whole numbers, one a trial."""

MET = {"0": (0, 0), "1": (1, 1), "2": (2, 2), "3-5": (3, 5), "6+": (6, None)}
"""Groups of trips by the number of detours that they met: the fewest and the most; None: any."""


class Dose:
    """Counts by trial, of which it takes some bytes each.

    The trips of a trial share their prompt and their random numbers, and without a detour they are
    one and the same: a trial is a cluster, its trips are no independent values.
    """

    def __init__(self, kinds: Sequence[str], shares: Sequence[str]) -> None:
        """For trips of these kinds, asked for detours with these probabilities."""
        self._kinds, self._shares = tuple(kinds), tuple(shares)
        trips = [(kind, share) for kind in kinds for share in shares]
        self._replaced = {trip: array("I") for trip in trips}
        self._symbols = {trip: array("I") for trip in trips}
        self._arrived = {(kind, met): bytearray() for kind in kinds for met in MET}
        self._trips = {(kind, met): bytearray() for kind in kinds for met in MET}
        self._without = 0

    def see(self, record: Record) -> None:
        """Take note of one more trial that was not skipped."""
        if "symbols" not in record:
            self._without += 1
            return
        for kind in self._kinds:
            arrived, trips = dict.fromkeys(MET, 0), dict.fromkeys(MET, 0)
            for share in self._shares:
                chosen, replaced = record["symbols"][kind][share]
                self._replaced[kind, share].append(replaced)
                self._symbols[kind, share].append(chosen + replaced)
                met = group(replaced)
                trips[met] += 1
                arrived[met] += record[kind][share]
            for met in MET:
                self._arrived[kind, met].append(arrived[met])
                self._trips[kind, met].append(trips[met])

    def replaced(self, skipped: int) -> dict[str, dict[str, Estimate]]:
        """Share of symbols after the prompt that were replaced, by kind and probability above 0.

        Of all symbols of all trips, the last one among them. Empty where no trial says it;
        `skipped` trials had no trip at all.
        """
        asked = [share for share in self._shares if float(share) > 0]
        return self._estimates(estimate_of_ratio, self._replaced, self._symbols, asked, skipped)

    def survival(self, skipped: int) -> dict[str, dict[str, Estimate]]:
        """Share of trips that arrive, by kind and number of detours met (the names of MET)."""
        return self._estimates(estimate_of_counts, self._arrived, self._trips, list(MET), skipped)

    def _estimates(
        self,
        made: Callable[..., Estimate],
        yes: Mapping[tuple[str, str], Counts],
        sizes: Mapping[tuple[str, str], Counts],
        names: Sequence[str],
        skipped: int,
    ) -> dict[str, dict[str, Estimate]]:
        if not len(sizes[self._kinds[0], names[0]]):
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
            for kind in self._kinds
        }


def group(detours: int) -> str:
    """The name of the group of trips that met so many detours."""
    return next(
        name
        for name, (least, most) in MET.items()
        if detours >= least and (most is None or detours <= most)
    )
