"""Compression: histories that reach one state must allow the same continuations.

PAPER.md section 1. Two different histories of one state are read. Under `exact`, M
continuations are drawn after each of the two and looked at after the other:

    precision     1 where no continuation is rejected, else 0, averaged over pairs
    disagreement  share of continuations that are rejected (δ); precision falls with M like
                  (1 - δ)^M, so it is never shown without δ

Under `paper`, continuations are drawn after the first history only, behind the published
code's hidden cut at the 50 most probable symbols.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from nerode.metrics.estimate import Estimate
from nerode.metrics.fields import HISTORIES, SHARES, TEXT, WITNESS
from nerode.metrics.gathered import gathered
from nerode.metrics.lengths import ByLength, Lengths
from nerode.metrics.paired import PairedResult, continuations, walked
from nerode.metrics.pairs import Outcome, Pair
from nerode.metrics.setting import (
    Metric,
    Record,
    Setting,
    check_length,
    check_symbols,
    cluster_of,
    in_order,
)
from nerode.models.model import Model
from nerode.sequences.histories import HistoryPair

NAME = "compression"


@dataclass(frozen=True)
class CompressionResult(PairedResult):
    """Estimates at the threshold ε, the curve over all thresholds, and ε's over lengths.

    `lengths` says how the score at ε hangs on the length of the histories.
    """

    lengths: ByLength

    @property
    def precision(self) -> Estimate:
        """Share of pairs without a disagreement."""
        return self.curve["precision"][self.main]

    @property
    def disagreement(self) -> Estimate:
        """Share of continuations that are rejected (δ)."""
        return self.curve["disagreement"][self.main]


def compression(setting: Setting, model: Model) -> CompressionResult:
    """Measure all trials of the setting."""
    return summarise(setting, in_order(measure(setting, model, range(setting.trials))))


def measure(setting: Setting, model: Model, trials: Iterable[int]) -> Iterator[Record]:
    """One record per trial: {"trial", "histories", "agree", "disagreement", "witness"}.

    "agree" and "disagreement" hold one value per threshold. A trial that cannot be run is
    {"trial", "skipped": reason}.
    """

    def draw(trial: int) -> tuple[Pair, HistoryPair]:
        rng = setting.generator(NAME, trial)
        drawn = setting.histories.same_state(rng)
        check_length(model, max(map(len, drawn.histories)), "history")
        check_symbols(model, drawn.histories, "history")
        return continuations(setting, drawn.histories, rng), drawn

    def record(trial: int, drawn: HistoryPair, outcome: Outcome) -> Record:
        return _record(setting, trial, drawn, outcome)

    return walked(setting, model, trials, draw, record)


def _record(setting: Setting, trial: int, drawn: HistoryPair, outcome: Outcome) -> Record:
    agree = np.ones(len(setting.acceptance.thresholds), dtype=bool)
    for found in outcome.found:
        agree &= ~found.at
    state = drawn.states[0]
    record: Record = {
        "trial": trial,
        **cluster_of(setting, state),
        "histories": [setting.world.decode(history) for history in drawn.histories],
        "agree": agree.tolist(),
        "disagreement": outcome.rejected.mean(axis=0).tolist(),
    }
    text = outcome.shortest(setting.acceptance.main)
    if text is not None:
        legal = setting.world.accepts(text.symbols, state)
        record["witness"] = {
            "kind": "compression",
            "continuation": setting.world.decode(text.symbols),
            "world": [legal, legal],
            "model": list(text.probability),
        }
    return record


def summarise(setting: Setting, records: Iterable[Record]) -> CompressionResult:
    """Estimates over all records."""
    keys = {"precision": "agree", "disagreement": "disagreement"}
    lengths = Lengths(keys, setting.acceptance.main)
    curve, witnesses = gathered(setting, lengths.seen(records), keys)
    return CompressionResult(curve, setting.acceptance.main, witnesses, lengths.result())


FIELDS = {
    "state": TEXT.optional(),
    "histories": HISTORIES,
    "agree": SHARES,
    "disagreement": SHARES,
    "witness": WITNESS.optional(),
}
COMPRESSION = Metric(NAME, measure, summarise, FIELDS)
