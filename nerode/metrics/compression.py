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
                  across worlds and lengths (`_Slips`)

A continuation that the model's context ends before it is as long as it should be counts as far as
it goes; the record tells the share of such ("cut"). A pair after which there is too little room is
left out (`check_room`).

Under `paper`, continuations are drawn after the first history only, behind the published
code's hidden cut at the 50 most probable symbols.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import UNSET, Meta, UnsetType

from nerode.arrays import Floats
from nerode.metrics.metric import Metric, Score
from nerode.metrics.setting import Setting, check_length, check_symbols
from nerode.metrics.walk.clusters import Shared
from nerode.metrics.walk.pairs import Outcome, Pair
from nerode.metrics.walk.summary import ByLength, PairSummary
from nerode.metrics.walk.trials import (
    PairedResult,
    PairTrial,
    Witness,
    check_room,
    continuations,
    cut_of,
    paired_trials,
    parts_at,
    sources_of,
    state_of,
)
from nerode.models.model import Model
from nerode.schema.decoding import DamageError
from nerode.schema.part import Count, Part, Positive
from nerode.schema.trial import Proportion, SkippedTrial, ThresholdShares
from nerode.sequences.histories import HistoryPair
from nerode.stats.estimate import Estimate

SLIP_PLACES = (1, 5, 20)
"""Slips are counted apart for the first symbol, the 2nd to 5th, the 6th to 20th, and all others."""

_NAME = "compression"
_SCORES = {"precision": "agree", "disagreement": "disagreement", "first_symbol": "first_symbol"}
"""The scores with a value for each threshold, and in which field of a trial it stands."""
_WITHIN, _SLIP = "disagree_within", "slip"
"""Scores that have a value for each of several numbers of symbols."""
_PARTS = len(SLIP_PLACES) + 1
_HISTORIES = 2
_NEVER = np.inf
_PartCounts = Annotated[
    tuple[Count, Count, Count, Count], Meta(description=f"{_PARTS} whole numbers")
]


class SlipCounts(Part, frozen=True, kw_only=True):
    """Symbols of continuations by their place (`SLIP_PLACES`)."""

    rejected: _PartCounts
    looked_at: _PartCounts


class CompressionTrial(PairTrial, frozen=True, kw_only=True):
    """A pair of histories that reach one state. Lists have a value for each threshold."""

    per_threshold = ("agree", "disagreement", "first_symbol")

    agree: ThresholdShares
    """Whether no continuation is rejected."""
    disagreement: ThresholdShares
    """Share of continuations that are rejected."""
    first_symbol: ThresholdShares | UnsetType = UNSET
    """Whether both histories allow the same next symbols; trials of older versions lack it."""
    first_disagreement: Positive | UnsetType | None = UNSET
    """Symbols at which the pair first disagrees at ε; null where it is not known to."""
    slips: SlipCounts | UnsetType = UNSET
    """How many symbols were looked at and rejected at ε."""
    cut: Proportion | UnsetType = UNSET
    """Share of continuations that the context ended, at ε, where there are any."""
    witness: Witness | UnsetType = UNSET
    """The shortest contradiction."""

    @property
    def contradictions(self) -> Sequence[Witness]:
        """The shortest one."""
        return () if self.witness is UNSET else (self.witness,)

    def check(self, thresholds: int) -> None:
        """As of `Trial`; and no more symbols are rejected than looked at."""
        super().check(thresholds)
        if self.slips is UNSET:
            return
        for place, (part, whole) in enumerate(
            zip(self.slips.rejected, self.slips.looked_at, strict=True)
        ):
            if part > whole:
                raise DamageError(f"slips.rejected.{place}", f"at most {whole} (looked at)", part)


@dataclass(frozen=True)
class CompressionResult(PairedResult):
    """Estimates at the threshold ε, the curve over all thresholds, and ε's over lengths.

    `lengths` says how the score at ε depends on the length of the histories; `disagree_within`
    which share of pairs has disagreed within so many symbols at ε, by that number (as text); `slip`
    how often the model slips per symbol up to several lengths, in the same way. They are empty
    where trials do not say: under the `paper` protocol, or where earlier versions measured them.
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

    def estimates(self) -> dict[str, Estimate | dict[str, Estimate]]:
        """Estimates at ε, by name; `disagree_within` and `slip` are nested one deeper."""
        nested = {_WITHIN: dict(self.disagree_within), _SLIP: dict(self.slip)}
        return self.at_epsilon() | {name: found for name, found in nested.items() if found}


def measure(
    setting: Setting, model: Model, trials: Iterable[int]
) -> Iterator[CompressionTrial | SkippedTrial]:
    """One trial per number, or why it could not be run."""

    def draw(number: int) -> tuple[Pair, HistoryPair]:
        rng = setting.generator(_NAME, number)
        drawn = setting.histories.same_state(rng)
        check_length(model, max(map(len, drawn.histories)), "history")
        check_room(setting, model, drawn)
        check_symbols(model, drawn.histories, "history")
        return continuations(setting, drawn.histories, rng), drawn

    def note(number: int, drawn: HistoryPair, outcome: Outcome) -> CompressionTrial:
        return _trial(setting, number, drawn, outcome)

    return paired_trials(setting, model, trials, CompressionTrial, draw, note)


def _trial(setting: Setting, number: int, drawn: HistoryPair, outcome: Outcome) -> CompressionTrial:
    agree = np.ones(len(setting.acceptance.thresholds), dtype=bool)
    for found in outcome.found:
        agree &= ~found.at
    first, second = map(setting.world.decode, drawn.histories)
    return CompressionTrial(
        trial=number,
        state=state_of(setting, drawn),
        sources=sources_of(setting, drawn),
        histories=(first, second),
        agree=agree.tolist(),
        disagreement=outcome.rejected.mean(axis=0).tolist(),
        first_symbol=outcome.alike.tolist(),
        first_disagreement=_first_disagreement(setting, outcome),
        slips=_slip_counts(setting, outcome),
        cut=cut_of(setting, drawn, outcome),
        witness=_witness(setting, drawn, outcome),
    )


def _witness(setting: Setting, drawn: HistoryPair, outcome: Outcome) -> Witness | UnsetType:
    text = outcome.shortest(setting.acceptance.main)
    if text is None:
        return UNSET
    legal = setting.world.accepts(text.symbols, drawn.states[0])
    return Witness(
        kind=_NAME,
        continuation=setting.world.decode(text.symbols),
        world=(legal, legal),
        model=text.probability,
    )


def _first_disagreement(setting: Setting, outcome: Outcome) -> int | UnsetType | None:
    """Symbols, from 1, at which the pair first disagrees at ε; None where it is not known to.

    A pair has disagreed within k symbols where a string of at most k symbols is known that the
    model accepts after one history and rejects after the other. For k = 1 that is exact: all next
    symbols are compared. From 2 on it is known from the continuations that were drawn. What none of
    them came to stays unknown, so that the share of such pairs bounds from below the share of those
    that disagree within k symbols anywhere.

    UNSET under the `paper` protocol, whose continuations differ in length from pair to pair:
    "within 100 symbols" would be another question for each.
    """
    if setting.protocol == "paper":
        return UNSET
    if not outcome.alike[setting.acceptance.main]:
        return 1
    refused = np.flatnonzero(outcome.refused)
    return int(refused[0]) + 1 if refused.size else None


def _slip_counts(setting: Setting, outcome: Outcome) -> SlipCounts | UnsetType:
    """How many symbols were looked at in a trial and rejected, at ε.

    UNSET under the `paper` protocol, and where continuations are not drawn.
    """
    if setting.protocol == "paper" or not setting.samples:
        return UNSET

    def parts(by_place: Floats) -> tuple[int, int, int, int]:
        first, few, some, more = (int(part.sum()) for part in np.split(by_place, SLIP_PLACES))
        return first, few, some, more

    return SlipCounts(rejected=parts(outcome.refused), looked_at=parts(outcome.compared))


def summarise(
    setting: Setting, trials: Iterable[CompressionTrial | SkippedTrial]
) -> CompressionResult:
    """Estimates over all trials."""
    acceptance = setting.acceptance
    pairs = PairSummary(_SCORES, len(acceptance.thresholds), acceptance.main)
    first, slips = array("d"), _Slips()
    for trial in pairs.run(trials):
        pairs.see_cut(trial.cut)
        slips.see(trial)
        when = trial.first_disagreement  # trials of earlier versions do not say
        first.append(np.nan if when is UNSET else _NEVER if when is None else when)
    return CompressionResult(
        pairs.curve(),
        acceptance.main,
        pairs.witnesses,
        pairs.cut,
        pairs.by_length(),
        _disagree_within(setting, pairs, np.array(first)),
        slips.rates(setting, pairs.skipped),
    )


def _disagree_within(setting: Setting, pairs: PairSummary, first: Floats) -> dict[str, Estimate]:
    """Share of pairs that have disagreed within so many symbols, by that number.

    Empty where no trial says when, or there is none.
    """
    unknown = np.isnan(first)
    if unknown.all():
        return {}
    return {
        str(most): pairs.shared.estimate(
            np.where(unknown, np.nan, first <= most), skipped=pairs.skipped
        )
        for most in numbers_of_symbols(setting)
    }


def numbers_of_symbols(setting: Setting) -> list[int]:
    """The numbers of symbols within which pairs are counted: 1, 2, 3, 5, 10, 20, 50, ..., all."""
    most = setting.length if setting.samples else setting.depth
    decades = range(len(str(most)))
    round_ = {1, 2, 3, 5} | {k * 10**decade for decade in decades for k in (1, 2, 5)}
    return sorted({number for number in round_ if number < most} | {most})


class _Slips:
    """How often a model slips, in symbols: a yardstick for compression.

    The precision of compression falls with the number and the length of continuations, and
    disagreement grows with their length. A rate does not: of all the symbols that were looked at
    after the other history, until one was rejected or the continuation was over, which share was
    rejected? Either of the two histories may have misled the model, so half of that share is its
    rate of slips: a perfect map that slips after a share p of all histories, wherever it is
    (`noisy-oracle:p`), has the rate p (1 - p), whatever the world, the length and the number of
    continuations (benchmarks/slips.py).

    A model that slips most right after the histories has a higher rate on short continuations than
    on long ones: a rate always says up to which length it was counted.
    """

    def __init__(self) -> None:
        self._shared = Shared()
        self._rejected, self._looked_at = array("q"), array("q")
        self._skipped = 0

    def see(self, trial: CompressionTrial) -> None:
        """Note the counts of one more trial."""
        # Trials of earlier versions have no counts; others may have none to draw from.
        if trial.slips is UNSET or not any(trial.slips.looked_at):
            self._skipped += 1
            return
        self._shared.see(trial)
        self._rejected.extend(trial.slips.rejected)
        self._looked_at.extend(trial.slips.looked_at)

    def rates(self, setting: Setting, skipped: int) -> dict[str, Estimate]:
        """Slips per symbol up to several lengths of continuations, by length (as text).

        Empty where no trial has counts.
        """
        samples = max(_HISTORIES * setting.samples, 1)
        rejected, looked_at = (
            np.array(column).reshape(-1, _PARTS).cumsum(axis=1) / samples
            for column in (self._rejected, self._looked_at)
        )
        if not rejected.size:
            return {}
        lengths = [place for place in SLIP_PLACES[1:] if place < setting.length]
        ends = [*range(1, 1 + len(lengths)), _PARTS - 1]
        return {
            str(length): self._rate(rejected[:, end], looked_at[:, end], skipped)
            for length, end in zip([*lengths, setting.length], ends, strict=True)
        }

    def _rate(self, rejected: Floats, looked_at: Floats, skipped: int) -> Estimate:
        """Half the rate of rejections: one may be due to either of the two histories."""
        found = self._shared.rate(rejected, looked_at)
        value, low, high = (
            None if bound is None else bound / _HISTORIES
            for bound in (found.value, found.low, found.high)
        )
        return Estimate(value, low, high, found.n, skipped + self._skipped)


COMPRESSION = Metric(
    name=_NAME,
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
        _WITHIN: Score("disagree within", best=None, in_table=False),
        _SLIP: Score(
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
    trial=CompressionTrial,
    parts=parts_at(_SCORES),
    question="histories",
    measure=measure,
    summarise=summarise,
)
