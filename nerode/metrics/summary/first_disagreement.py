"""Where the two histories of a pair first disagree: at the next symbol, or how far on.

A pair has disagreed within k symbols where a string of at most k symbols is known that the model
accepts after one history and rejects after the other. For k = 1 that is exact: all next symbols are
compared. From 2 on it is known from the continuations that were drawn. What none of them came to
stays unknown, so that the share of such pairs bounds from below the share of those that disagree
within k symbols anywhere.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from nerode.metrics.setting import Record, Setting
from nerode.metrics.summary.clusters import Shared
from nerode.metrics.walk.pairs import Outcome
from nerode.stats.estimate import Estimate

KEY = "first_disagreement"
"""Where the record of a trial holds its number of symbols, None where no disagreement is known."""

_NEVER = np.inf


def first_disagreement(setting: Setting, outcome: Outcome) -> Record:
    """Symbols, from 1, at which the pair first disagrees at ε, as an entry of a record.

    None under the `paper` protocol, whose continuations differ in length from pair to pair: "within
    100 symbols" would be another question for each.
    """
    if setting.protocol == "paper":
        return {}
    if not outcome.alike[setting.acceptance.main]:
        return {KEY: 1}
    refused = np.flatnonzero(outcome.refused)
    return {KEY: int(refused[0]) + 1 if refused.size else None}


def steps(setting: Setting) -> list[int]:
    """The numbers of symbols within which pairs are counted: 1, 2, 3, 5, 10, 20, 50, ..., all."""
    most = setting.length if setting.samples else setting.depth
    decades = range(len(str(most)))
    round_ = {1, 2, 3, 5} | {k * 10**decade for decade in decades for k in (1, 2, 5)}
    return sorted({step for step in round_ if step < most} | {most})


class FirstDisagreements:
    """Collects, while records of pairs pass by, where each first disagrees."""

    def __init__(self) -> None:
        self._shared = Shared()
        self._first = array("d")
        self._skipped = 0

    def seen(self, records: Iterable[Record]) -> Iterator[Record]:
        """The same records, looked at on their way."""
        for record in records:
            if "skipped" in record:
                self._skipped += 1
            else:
                self._shared.see(record)
                first = record.get(KEY, np.nan)  # trials of earlier versions do not say
                self._first.append(_NEVER if first is None else first)
            yield record

    def within(self, setting: Setting) -> Mapping[str, Estimate]:
        """Share of pairs that have disagreed within so many symbols, by that number.

        Empty where no trial says when, or there is none.
        """
        first = np.array(self._first)
        unknown = np.isnan(first)
        if unknown.all():
            return {}
        return {
            str(step): self._shared.estimate(
                np.where(unknown, np.nan, first <= step), skipped=self._skipped
            )
            for step in steps(setting)
        }
