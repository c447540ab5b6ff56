"""How often a model slips, in symbols: a yardstick for compression.

The precision of compression falls with the number and the length of continuations, and disagreement
grows with their length. A rate does not: of all the symbols that were looked at after the other
history, until one was rejected or the continuation was over, which share was rejected? Either of
the two histories may have misled the model, so half of that share is its rate of slips: a perfect
map that slips after a share p of all histories, wherever it is (`noisy-oracle:p`), has the rate p
(1 - p), whatever the world, the length and the number of continuations (benchmarks/slips.py).

A model that slips most right after the histories has a higher rate on short continuations than on
long ones: a rate always says up to which length it was counted.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from nerode.arrays import Floats
from nerode.metrics.fields import Field, counts
from nerode.metrics.setting import Record, Setting
from nerode.metrics.summary.clusters import Shared
from nerode.metrics.walk.pairs import Outcome
from nerode.stats.estimate import Estimate

KEY = "slips"
"""Where the record of a trial holds its counts."""
PLACES = (1, 5, 20)
"""Counts are kept apart for the first symbol, the 2nd to 5th, the 6th to 20th, and all others."""

_REJECTED, _LOOKED_AT = "rejected", "looked_at"
_PARTS = len(PLACES) + 1
_HISTORIES = 2


def _fits(value: object, record: Mapping[str, object], thresholds: int) -> bool:
    """Whether an entry holds whole numbers of which no part exceeds what was looked at."""
    known = counts(("",), (_REJECTED, _LOOKED_AT), _PARTS)
    if not known.fits({"": value}, record, thresholds):
        return False
    assert isinstance(value, dict)  # noqa: S101 - for the type; it fits
    return all(r <= n for r, n in zip(value[_REJECTED], value[_LOOKED_AT], strict=True))


SLIPS = Field(
    f"{_PARTS} whole numbers each for {_LOOKED_AT} and {_REJECTED}, which are no more", _fits
)


def slips(setting: Setting, outcome: Outcome) -> Record:
    """How many symbols were looked at in a trial and rejected, at ε, as an entry of its record.

    Nothing under the `paper` protocol, nor where continuations are not drawn.
    """
    if setting.protocol == "paper" or not setting.samples:
        return {}

    def parts(by_place: Floats) -> list[int]:
        return [int(part.sum()) for part in np.split(by_place, PLACES)]

    return {KEY: {_REJECTED: parts(outcome.refused), _LOOKED_AT: parts(outcome.compared)}}


class Slips:
    """Collects, while records of pairs pass by, their counts."""

    def __init__(self) -> None:
        self._shared = Shared()
        self._counts = {_REJECTED: array("q"), _LOOKED_AT: array("q")}
        self._skipped = 0

    def seen(self, records: Iterable[Record]) -> Iterator[Record]:
        """The same records, looked at on their way."""
        for record in records:
            # Trials of earlier versions have no counts; others may have none to draw from.
            if sum(record.get(KEY, {}).get(_LOOKED_AT, ())):
                self._shared.see(record)
                for name, column in self._counts.items():
                    column.extend(record[KEY][name])
            else:
                self._skipped += 1
            yield record

    def rates(self, setting: Setting) -> Mapping[str, Estimate]:
        """Slips per symbol up to several lengths of continuations, by length (as text).

        Empty where no trial has counts.
        """
        drawn = _HISTORIES * setting.samples
        rejected, looked_at = (
            np.array(column).reshape(-1, _PARTS).cumsum(axis=1) / max(drawn, 1)
            for column in self._counts.values()
        )
        if not rejected.size:
            return {}
        lengths = [place for place in PLACES[1:] if place < setting.length]
        ends = [*range(1, 1 + len(lengths)), _PARTS - 1]
        return {
            str(length): self._slips(rejected[:, end], looked_at[:, end])
            for length, end in zip([*lengths, setting.length], ends, strict=True)
        }

    def _slips(self, rejected: Floats, looked_at: Floats) -> Estimate:
        """Half the rate of rejections: one may be due to either of the two histories."""
        found = self._shared.rate(rejected, looked_at)
        value, low, high = (
            None if bound is None else bound / _HISTORIES
            for bound in (found.value, found.low, found.high)
        )
        return Estimate(value, low, high, found.n, self._skipped)
