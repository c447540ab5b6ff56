"""Next symbol: how often is the most probable next symbol legal?

The test that models pass and that says little (docs/paper.md, sections 1 and 2):
over all positions of
held-out sequences after the prompt (from the second on for a model that cannot read the empty
history), the share at which the arg-max of the model is legal. Positions of one sequence are not
independent; the interval knows.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from nerode.errors import NoTrial
from nerode.metrics.metric import Contribution, Metric, Score
from nerode.metrics.parallel import Batch, batches, measured
from nerode.metrics.rollouts import choices
from nerode.metrics.setting import Setting, check_symbols
from nerode.models.model import Model, least_history
from nerode.schema.decoding import DamageError
from nerode.schema.part import Count
from nerode.schema.trial import SkippedTrial, Trial
from nerode.stats.estimate import Estimate, estimate_of_ratio


class NextSymbolTrial(Trial, frozen=True, kw_only=True):
    """A held-out sequence."""

    legal: Count
    """Positions at which the most probable symbol is legal."""
    positions: Count
    """Positions at which a symbol was predicted."""

    def check(self, thresholds: int) -> None:
        """As of `Trial`; and no more positions are legal than there are."""
        super().check(thresholds)
        if self.legal > self.positions:
            raise DamageError("legal", f"at most {self.positions} (its positions)", self.legal)


@dataclass(frozen=True)
class NextSymbolResult:
    """Share of positions at which the most probable symbol is legal."""

    legal: Estimate

    def estimates(self) -> dict[str, Estimate]:
        """Estimates by name."""
        return {"legal": self.legal}


def measure(
    setting: Setting, model: Model, trials: Iterable[int]
) -> Iterator[NextSymbolTrial | SkippedTrial]:
    """One trial per number, that is per held-out sequence, or why it could not be run."""
    work = partial(_batch, setting, model)
    return measured(model, work, batches(setting, trials, model), NextSymbolTrial)


def _batch(
    setting: Setting, model: Model, trials: Batch
) -> Iterator[NextSymbolTrial | SkippedTrial]:
    skipped, readable = _readable(setting, model, trials)
    yield from skipped
    trials, sequences = tuple(readable), list(readable.values())
    world = setting.world
    begin = max(world.prompt_length, least_history(model))
    states = [world.run(sequence[:begin]) for sequence in sequences]
    legal = np.zeros(len(trials), dtype=np.int64)
    rows = [row for row, sequence in enumerate(sequences) if len(sequence) > begin]
    if rows:
        contexts = model.read([sequences[row][:begin] for row in rows])
    depth = begin
    while rows:
        choice = choices(contexts.probabilities)
        for place, row in enumerate(rows):
            legal[row] += int(choice[place]) in world.legal(states[row])
        going = [place for place, row in enumerate(rows) if len(sequences[row]) > depth + 1]
        rows = [rows[place] for place in going]
        if rows:
            symbols = [sequences[row][depth] for row in rows]
            for row, symbol in zip(rows, symbols, strict=True):
                states[row] = world.step(states[row], symbol)
            contexts = contexts.extend(
                np.array(going, dtype=np.int64), np.array(symbols, dtype=np.int64)
            )
        depth += 1
    for row, trial in enumerate(trials):
        positions = max(0, len(sequences[row]) - begin)
        yield NextSymbolTrial(trial=trial, legal=int(legal[row]), positions=positions)


def _readable(
    setting: Setting, model: Model, trials: Batch
) -> tuple[list[SkippedTrial], dict[int, list[int]]]:
    """Trials that cannot be run, and the sequences of the others by trial."""
    available, limit = len(setting.sequences), model.context_length
    skipped: list[SkippedTrial] = []
    sequences: dict[int, list[int]] = {}
    for trial in trials:
        try:
            if trial >= available:
                message = f"only {available} held-out sequences"
                raise NoTrial(message)  # noqa: TRY301 - a reason like the other
            # The last symbol is only compared with, never read.
            sequence = setting.sequences[trial][: None if limit is None else limit + 1].tolist()
            check_symbols(model, [sequence], "sequence")
        except NoTrial as reason:
            skipped.append(SkippedTrial(trial=trial, skipped=str(reason)))
        else:
            sequences[trial] = sequence
    return skipped, sequences


def summarise(
    _setting: Setting, trials: Iterable[NextSymbolTrial | SkippedTrial]
) -> NextSymbolResult:
    """Estimate over all positions, clustered by sequence."""
    legal, positions, skipped = array("q"), array("q"), 0
    for trial in trials:
        if isinstance(trial, SkippedTrial):
            skipped += 1
        else:
            legal.append(trial.legal)
            positions.append(trial.positions)
    return NextSymbolResult(estimate_of_ratio(legal, positions, skipped=skipped))


def _parts(trial: NextSymbolTrial, _: int) -> Iterator[Contribution]:
    yield ("legal",), trial.legal, trial.positions


NEXT_SYMBOL = Metric(
    name="next_symbol",
    title="Next symbol",
    about=("Legal: how often the symbol that the model holds most likely may really come next."),
    scores={
        "legal": Score(
            "legal", depends_on=(), sentence=("names a legal next symbol {} of the time", "{}")
        )
    },
    trial=NextSymbolTrial,
    parts=_parts,
    measure=measure,
    summarise=summarise,
)
