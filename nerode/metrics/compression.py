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

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nerode.errors import NoTrial
from nerode.metrics.estimate import Estimate, estimate
from nerode.metrics.pairs import Outcome, Pair, Script
from nerode.metrics.setting import (
    Metric,
    Record,
    Setting,
    check_length,
    cluster_of,
    clusters_of,
)
from nerode.metrics.walk import in_batches
from nerode.models.model import Model

NAME = "compression"
PUBLISHED_CUT = 50
PUBLISHED_LENGTH = 128


@dataclass(frozen=True)
class CompressionResult:
    """Estimates at the threshold ε; `curve` has one pair per threshold of the acceptance."""

    precision: Estimate
    disagreement: Estimate
    curve: tuple[tuple[Estimate, Estimate], ...]
    witnesses: tuple[Record, ...]

    def estimates(self) -> dict[str, Estimate]:
        """Estimates by name."""
        return {"precision": self.precision, "disagreement": self.disagreement}

    def curves(self) -> dict[str, list[Estimate]]:
        """Estimates over the thresholds, by name."""
        return {
            "precision": [precision for precision, _ in self.curve],
            "disagreement": [disagreement for _, disagreement in self.curve],
        }


def compression(setting: Setting, model: Model) -> CompressionResult:
    """Measure all trials of the setting."""
    return summarise(setting, list(measure(setting, model, range(setting.trials))))


def measure(setting: Setting, model: Model, trials: Iterable[int]) -> Iterator[Record]:
    """One record per trial: {"trial", "histories", "agree", "disagreement", "witness"}.

    "agree" and "disagreement" hold one value per threshold. A trial that cannot be run is
    {"trial", "skipped": reason}.
    """
    skipped: list[Record] = []

    def pairs() -> Iterator[tuple[int, Pair]]:
        for trial in trials:
            try:
                yield trial, _pair(setting, model, trial)
            except NoTrial as reason:
                skipped.append({"trial": trial, "skipped": str(reason)})

    keep = PUBLISHED_CUT if setting.protocol == "paper" else None
    walks = in_batches(model, pairs(), setting.acceptance, end=setting.world.end, keep=keep)
    for trial, pair, outcome in walks:
        yield from skipped
        skipped.clear()
        yield _record(setting, trial, pair, outcome)
    yield from skipped


def _pair(setting: Setting, model: Model, trial: int) -> Pair:
    rng = setting.generator(NAME, trial)
    drawn = setting.histories.same_state(rng)
    reason = check_length(model, max(map(len, drawn.histories)))
    if reason:
        message = f"history {reason}"
        raise NoTrial(message)
    return continuations(setting, drawn.histories, rng)


def continuations(
    setting: Setting,
    histories: tuple[tuple[int, ...], tuple[int, ...]],
    rng: np.random.Generator,
    scripts: tuple[Script, ...] = (),
) -> Pair:
    """The pair as the walk wants it: with the random numbers of its continuations."""
    if setting.samples == 0:
        return Pair(histories, None, setting.depth, scripts)
    if setting.protocol == "paper":
        length = max(1, PUBLISHED_LENGTH - max(map(len, histories)))
        return Pair(histories, rng.random((1, setting.samples, length)), 0, scripts)
    return Pair(histories, rng.random((2, setting.samples, setting.length)), 0, scripts)


def _record(setting: Setting, trial: int, pair: Pair, outcome: Outcome) -> Record:
    if not outcome.complete:
        return {"trial": trial, "skipped": "too many accepted continuations to follow them all"}
    agree = np.ones(len(setting.acceptance.thresholds), dtype=bool)
    for text in outcome.boundary:
        agree &= ~text.at
    state = setting.world.run(pair.histories[0])
    record: Record = {
        "trial": trial,
        **cluster_of(setting, state),
        "histories": [setting.world.decode(history) for history in pair.histories],
        "agree": agree.tolist(),
        "disagreement": outcome.rejected.mean(axis=0).tolist(),
    }
    at_main = [text for text in outcome.boundary if text.at[setting.acceptance.main]]
    if at_main:
        text = at_main[0]
        legal = setting.world.accepts(text.symbols, state)
        record["witness"] = {
            "kind": "compression",
            "continuation": setting.world.decode(text.symbols),
            "world": [legal, legal],
            "model": list(text.probability),
        }
    return record


def summarise(setting: Setting, records: Sequence[Record]) -> CompressionResult:
    """Estimates over all records; pairs are independent unless they share sequences."""
    skipped = sum("skipped" in record for record in records)
    kept = [record for record in records if "skipped" not in record]
    clusters = clusters_of(kept)

    def over(values: Iterable[float]) -> Estimate:
        return estimate(values, clusters=clusters, skipped=skipped)

    curve = tuple(
        (
            over(float(record["agree"][at]) for record in kept),
            over(record["disagreement"][at] for record in kept),
        )
        for at in range(len(setting.acceptance.thresholds))
    )
    precision, disagreement = curve[setting.acceptance.main]
    witnesses = tuple(witness for record in kept for witness in witnesses_of(record))
    return CompressionResult(precision, disagreement, curve, witnesses)


def witnesses_of(record: Record) -> list[Record]:
    """The contradictions that a trial found, each complete with its two histories."""
    found = [record["witness"]] if "witness" in record else record.get("witnesses", [])
    first, second = record.get("histories", ("", ""))
    return [{**witness, "history1": first, "history2": second} for witness in found]


COMPRESSION = Metric(NAME, measure, summarise)
