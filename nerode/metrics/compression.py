"""Compression: histories that reach one state must allow the same continuations.

docs/paper.md, section 1. Two different histories of one state are read. Under `exact`, M
continuations are drawn after each of the two and looked at after the other:

    precision     1 where no continuation is rejected, else 0, averaged over pairs: it falls as M
                  grows, and bounds from above the share of pairs that agree everywhere
    disagreement  share of continuations that are rejected (δ); it does not depend on M
    first_symbol  1 where both histories allow the same next symbols, else 0, averaged over pairs;
                  exact, nothing is drawn
    disagree_within  share of pairs that are known to disagree within k symbols, for several k: 1
                  less first_symbol for k = 1; for all symbols 1 less precision, and what differs at
                  the next symbol without any continuation that came upon it
    slip          how often the model slips, per symbol of continuations: a yardstick that compares
                  across worlds and lengths (nerode/metrics/summary/slips.py)

A continuation that the model's context ends before it is as long as it should be counts as far as
it goes; the record tells the share of such ("cut"). A pair after which there is too little room is
left out (`check_room`).

Under `paper`, continuations are drawn after the first history only, behind the published
code's hidden cut at the 50 most probable symbols.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nerode.metrics.fields import HISTORIES, SHARE, SHARES, SOURCES, SYMBOLS, TEXT, WITNESS
from nerode.metrics.metric import Metric, Score
from nerode.metrics.setting import (
    Record,
    Setting,
    check_length,
    check_symbols,
    cluster_of,
)
from nerode.metrics.summary.clusters import gathered
from nerode.metrics.summary.cut_short import CutShort
from nerode.metrics.summary.first_disagreement import KEY as FIRST
from nerode.metrics.summary.first_disagreement import FirstDisagreements, first_disagreement
from nerode.metrics.summary.lengths import ByLength, Lengths
from nerode.metrics.summary.slips import KEY, SLIPS, Slips, slips
from nerode.metrics.walk.pairs import Outcome, Pair
from nerode.metrics.walk.trials import (
    PairedResult,
    check_room,
    continuations,
    cut_of,
    paired_trials,
    parts_at,
)
from nerode.models.model import Model
from nerode.sequences.histories import HistoryPair
from nerode.stats.estimate import Estimate

NAME = "compression"
SCORES = {"precision": "agree", "disagreement": "disagreement", "first_symbol": "first_symbol"}
"""The scores, and where a record holds them."""
FIRST_WITHIN, SLIP = "disagree_within", "slip"
"""Scores that have a value for each of several numbers of symbols."""


@dataclass(frozen=True)
class CompressionResult(PairedResult):
    """Estimates at the threshold ε, the curve over all thresholds, and ε's over lengths.

    `lengths` says how the score at ε hangs on the length of the histories; `disagree_within` which
    share of pairs has disagreed within so many symbols at ε, by that number (as text); `slip` how
    often the model slips per symbol up to several lengths, in the same way. They are empty where
    trials do not say: under the `paper` protocol, or where earlier versions measured them.
    """

    lengths: ByLength
    disagree_within: Mapping[str, Estimate]
    slip: Mapping[str, Estimate]

    @property
    def precision(self) -> Estimate:
        """Share of pairs without a disagreement."""
        return self.curve["precision"][self.main]

    @property
    def first_symbol(self) -> Estimate:
        """Share of pairs whose two histories allow the same next symbols."""
        return self.curve["first_symbol"][self.main]

    @property
    def disagreement(self) -> Estimate:
        """Share of continuations that are rejected (δ)."""
        return self.curve["disagreement"][self.main]

    def estimates(self) -> dict[str, Any]:
        """Estimates at ε, by name; `disagree_within` and `slip` are nested one deeper."""
        nested = {FIRST_WITHIN: dict(self.disagree_within), SLIP: dict(self.slip)}
        return super().estimates() | {name: found for name, found in nested.items() if found}


def measure(setting: Setting, model: Model, trials: Iterable[int]) -> Iterator[Record]:
    """One record per trial, with these entries beside "trial" and "histories":

    "agree", "disagreement", "first_symbol": one value per threshold; "first_disagreement": symbols
    at which the pair first disagrees at ε, None where it is not known to; "slips": how many symbols
    of continuations were looked at and rejected at ε, by their place; "cut": share of continuations
    that the context ended, at ε, where there are any; "witness": the shortest contradiction. A
    trial that cannot be run is {"trial", "skipped": reason}.
    """

    def draw(trial: int) -> tuple[Pair, HistoryPair]:
        rng = setting.generator(NAME, trial)
        drawn = setting.histories.same_state(rng)
        check_length(model, max(map(len, drawn.histories)), "history")
        check_room(setting, model, drawn)
        check_symbols(model, drawn.histories, "history")
        return continuations(setting, drawn.histories, rng), drawn

    def record(trial: int, drawn: HistoryPair, outcome: Outcome) -> Record:
        return _record(setting, trial, drawn, outcome)

    return paired_trials(setting, model, trials, draw, record)


def _record(setting: Setting, trial: int, drawn: HistoryPair, outcome: Outcome) -> Record:
    agree = np.ones(len(setting.acceptance.thresholds), dtype=bool)
    for found in outcome.found:
        agree &= ~found.at
    state = drawn.states[0]
    record: Record = {
        "trial": trial,
        **cluster_of(setting, drawn),
        "histories": [setting.world.decode(history) for history in drawn.histories],
        "agree": agree.tolist(),
        "disagreement": outcome.rejected.mean(axis=0).tolist(),
        "first_symbol": outcome.alike.tolist(),
        **first_disagreement(setting, outcome),
        **slips(setting, outcome),
        **cut_of(setting, drawn, outcome),
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
    lengths, cut = Lengths(SCORES, setting.acceptance.main), CutShort()
    first, slipped = FirstDisagreements(), Slips()
    seen = slipped.seen(first.seen(cut.seen(lengths.seen(records))))
    curve, witnesses = gathered(setting, seen, SCORES)
    return CompressionResult(
        curve,
        setting.acceptance.main,
        witnesses,
        cut.share,
        lengths.result(),
        first.within(setting),
        slipped.rates(setting),
    )


FIELDS = {
    "state": TEXT.optional(),
    "sources": SOURCES.optional(),
    "histories": HISTORIES,
    "agree": SHARES,
    "disagreement": SHARES,
    "first_symbol": SHARES.optional(),  # trials of earlier versions have none
    FIRST: SYMBOLS.optional(),
    KEY: SLIPS.optional(),
    "cut": SHARE.optional(),
    "witness": WITNESS.optional(),
}
COMPRESSION = Metric(
    name=NAME,
    title="Compression",
    about=(
        "Two histories that reach the same state must be continued alike. Precision: pairs for "
        "which no difference was found. Disagreement: single continuations on which the two differ."
    ),
    scores={
        "first_symbol": Score("first symbol", depends_on=("protocol", "epsilon"), curve=False),
        "precision": Score(
            "precision",
            depends_on=("protocol", "epsilon", "samples", "length"),
            sentence=("continues {} of pairs of PAIRS alike", "{}"),
        ),
        "disagreement": Score(
            "disagreement",
            best=0.0,
            depends_on=("protocol", "epsilon", "length"),
            curve=False,
        ),
        FIRST_WITHIN: Score("disagree within", best=None, in_table=False),
        SLIP: Score(
            "slips",
            best=None,
            in_table=False,
            meaning=(
                "How often, per symbol of continuations, one of two histories of the same state "
                "must have misled the model. A perfect map that slips so often at random is as "
                "incoherent, in any world and on continuations of any length. A model that slips "
                "most right after the histories has another rate for each length."
            ),
        ),
    },
    reads_histories=True,
    fields=FIELDS,
    parts=parts_at(SCORES),
    question="histories",
    measure=measure,
    summarise=summarise,
)
