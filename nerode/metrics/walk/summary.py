"""What trials of compression and distinction have in common when they are summed up.

Trials are read once, in the order of their numbers, and forgotten: of each stay its values, eight
bytes apiece, and what it depends on (nerode/metrics/walk/clusters.py).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from msgspec import UNSET, UnsetType
from numpy.typing import NDArray

from nerode.metrics.walk.clusters import Shared
from nerode.metrics.walk.trials import PairTrial, PairTrialT
from nerode.schema.drawing import Contradiction
from nerode.schema.trial import SkippedTrial, entry_of
from nerode.stats.estimate import Estimate

MOST_BINS = 6
TRIALS_A_BIN = 10
MOST_WITNESSES = 20

Curve = dict[str, tuple[Estimate, ...]]

_Size = tuple[int, int]


class PairSummary:
    """Streaming accumulators over trials about pairs of histories."""

    def __init__(self, fields: Mapping[str, str], thresholds: int, main: int) -> None:
        """For scores by name, whose values stand in these fields; `main` is the place of ε."""
        self.shared = Shared()
        self.skipped = 0
        self._fields, self._thresholds, self._main = fields, thresholds, main
        self._columns = {name: array("d") for name in fields}
        self._lengths = array("q")
        self._shortest = Shortest()
        self._cut = 0.0

    def run(self, trials: Iterable[PairTrialT | SkippedTrial]) -> Iterator[PairTrialT]:
        """The trials that were not skipped; each is noted on its way."""
        for trial in trials:
            if isinstance(trial, SkippedTrial):
                self.skipped += 1
            else:
                self._see(trial)
                yield trial

    def _see(self, trial: PairTrial) -> None:
        self.shared.see(trial)
        self._shortest.see(trial)
        self._lengths.append(max(len(text.split()) for text in trial.histories))
        for name, field in self._fields.items():
            values = entry_of(trial, field)
            if not isinstance(values, list):  # a trial of an earlier version
                values = [None] * self._thresholds
            self._columns[name].extend(np.nan if value is None else value for value in values)

    def see_cut(self, cut: float | UnsetType) -> None:
        """Note the share of continuations of one trial that the context ended."""
        self._cut += 0.0 if cut is UNSET else cut

    @property
    def cut(self) -> float:
        """The share over all trials; 0 where there is none."""
        return self._cut / len(self._lengths) if len(self._lengths) else 0.0

    @property
    def witnesses(self) -> tuple[Contradiction, ...]:
        """The shortest contradictions, in order."""
        return self._shortest.kept

    def curve(self) -> Curve:
        """Estimates over the thresholds by name; pairs that share sources are not independent."""
        return {
            name: tuple(
                self.shared.estimate(over, skipped=self.skipped) for over in self._values(name).T
            )
            for name in self._columns
        }

    def by_length(self) -> ByLength:
        """Estimates at ε over bins of history lengths."""
        lengths = np.array(self._lengths, dtype=np.int64)
        bins = binned(lengths)
        members = [bins == at for at in range(int(bins.max()) + 1 if bins.size else 0)]
        return ByLength(
            tuple((int(lengths[m].min()), int(lengths[m].max())) for m in members),
            {
                name: tuple(
                    self.shared.estimate(self._values(name)[m, self._main], m) for m in members
                )
                for name in self._columns
            },
            len(np.unique(lengths)),
        )

    def _values(self, name: str) -> NDArray[np.float64]:
        """Values of a score, NaN where it is undefined: (trials, thresholds)."""
        column = self._columns[name]
        values = np.frombuffer(column) if column else np.zeros(0)
        return values.reshape(-1, self._thresholds)


@dataclass(frozen=True)
class ByLength:
    """Estimates over bins of history lengths, by name.

    `spans` are the shortest and the longest history of each bin, in symbols: of a pair the longer
    of its two counts, prompt included. Bins hold about as many trials each. `different` is the
    number of lengths met, counted in the same way.
    """

    spans: tuple[tuple[int, int], ...]
    curve: Mapping[str, tuple[Estimate, ...]]
    different: int


class Shortest:
    """The contradictions that take fewest symbols to tell, out of all that pass by.

    Of equally short ones the earlier stay.
    """

    def __init__(self) -> None:
        self._sizes: list[_Size] = []
        self._kept: list[Contradiction] = []

    def see(self, trial: PairTrial) -> None:
        """Look at what one trial found."""
        first, second = trial.histories
        for witness in trial.contradictions:
            self._see(
                Contradiction(
                    kind=witness.kind,
                    continuation=witness.continuation,
                    world=witness.world,
                    model=witness.model,
                    history1=first,
                    history2=second,
                )
            )

    def _see(self, witness: Contradiction) -> None:
        size = _size(witness)
        place = bisect_right(self._sizes, size)
        if place < MOST_WITNESSES:
            self._sizes.insert(place, size)
            self._kept.insert(place, witness)
            del self._sizes[MOST_WITNESSES:], self._kept[MOST_WITNESSES:]

    @property
    def kept(self) -> tuple[Contradiction, ...]:
        """The shortest so far, in order, each complete with its two histories."""
        return tuple(self._kept)


def _size(witness: Contradiction) -> _Size:
    """Symbols in all, and those of the two histories alone."""
    histories = len(witness.history1.split()) + len(witness.history2.split())
    return histories + len(witness.continuation.split()), histories


def binned(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the bin of each length, 0, 1, ... from the shortest on: (trials,).

    At most `MOST_BINS` bins, of `TRIALS_A_BIN` trials or more as far as equal lengths allow, which
    always share a bin.
    """
    if not lengths.size:
        return lengths
    bins = min(MOST_BINS, max(1, lengths.size // TRIALS_A_BIN))
    _, at, counts = np.unique(lengths, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - counts / 2
    wanted = (bins * middles / lengths.size).astype(np.int64)
    return np.asarray(np.unique(wanted, return_inverse=True)[1][at], dtype=np.int64)
