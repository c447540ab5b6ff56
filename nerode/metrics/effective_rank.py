"""Effective rank: in how many directions do the model's last hidden states spread?

One hidden state of each held-out sequence, at a random place, makes a row of a matrix H. With its
singular values s_1, s_2, ... and p_i = s_i / (s_1 + s_2 + ...) the effective rank is

    exp(- sum over i of p_i log p_i)

(Roy and Vetterli, The effective rank, EUSIPCO 2007): 1 where all states lie on one line, the width
where they spread evenly. Beside it stand the untrained network and the true state: the effective
rank of a matrix that has, in the same places, a 1 for the class of every feature of the state. A
model that has only the state in mind needs no more directions; one with fewer may still tell states
apart, since there is room for many directions that are nearly orthogonal. So no value is the best.

It grows with the number of trials until that is well above the width: models are compared over the
same number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from msgspec import UNSET, Meta, UnsetType
from numpy.typing import NDArray

from nerode.errors import NoTrial
from nerode.metrics.metric import Metric, Score
from nerode.metrics.parallel import Batch, batches
from nerode.metrics.setting import Setting, check_symbols
from nerode.models.hidden import HiddenStates
from nerode.models.model import Model
from nerode.schema.part import Count
from nerode.schema.trial import SkippedTrial, Trial
from nerode.stats.estimate import Estimate
from nerode.worlds.world import Featured, first_labelled

_NAME = "effective_rank"
_AT_ONCE = 256
"""Rows that are multiplied together."""
_LEAST = 1e-7
"""Singular values smaller than this share of the largest are rounding."""
_DIGITS = 5
"""Significant digits of the numbers of a hidden state in a trial."""
_HiddenState = Annotated[list[float], Meta(min_length=1, description="numbers")]


class EffectiveRankTrial(Trial, frozen=True, kw_only=True):
    """One place of a held-out sequence."""

    hidden: _HiddenState
    """The last hidden state there."""
    state: list[Count] | UnsetType = UNSET
    """Class of each feature of the true state; worlds without features have none."""


@dataclass(frozen=True)
class EffectiveRankResult:
    """Effective rank of the hidden states, and that of the true state in the same places."""

    rank: Estimate
    true_state: Estimate | None

    def estimates(self) -> dict[str, Estimate]:
        """Estimates by name."""
        known = {} if self.true_state is None else {"true_state": self.true_state}
        return {"rank": self.rank, **known}


def effective_rank(values: NDArray[np.floating]) -> float:
    """Exponential of the entropy of normalised singular values: from 1 on, 0 where all are 0.

    >>> effective_rank(np.ones(4))
    4.0
    """
    total = values.sum()
    if total <= 0:
        return 0.0
    shares = values[values > 0] / total
    return float(round(np.exp(-(shares * np.log(shares)).sum()), 10))


class HiddenRows:
    """Singular values of a matrix whose rows come one after the other.

    Kept is the product of the matrix with itself, (columns, columns), however many rows there are:
    its eigenvalues are the squares of the singular values.
    """

    def __init__(self) -> None:
        self.count = 0
        self._waiting: list[list[float]] = []
        self._product: NDArray[np.float64] | None = None

    def see(self, row: list[float]) -> None:
        """One more row."""
        self.count += 1
        self._waiting.append(row)
        if len(self._waiting) == _AT_ONCE:
            self._add()

    def _add(self) -> None:
        if self._waiting:
            rows = np.asarray(self._waiting, dtype=np.float64)
            self._product = rows.T @ rows + (0.0 if self._product is None else self._product)
            self._waiting = []

    @property
    def singular_values(self) -> NDArray[np.float64]:
        """Of all rows so far; none where there is none."""
        self._add()
        if self._product is None:
            return np.zeros(0)
        found: NDArray[np.float64] = np.sqrt(np.clip(np.linalg.eigvalsh(self._product), 0.0, None))
        # Squares keep half of the digits: what is smaller than that is 0.
        found[found < _LEAST * found.max(initial=0.0)] = 0.0
        return found


def measure(
    setting: Setting, model: Model, trials: Iterable[int]
) -> Iterator[EffectiveRankTrial | SkippedTrial]:
    """One trial per number, that is per held-out sequence, or why it could not be run."""
    if not isinstance(model, HiddenStates):
        reason = f"{model.name} shows no hidden states"
        yield from (SkippedTrial(trial=trial, skipped=reason) for trial in trials)
        return
    for batch in batches(setting, trials, model):
        yield from _batch(setting, model, batch)


def _batch(
    setting: Setting, model: Any, trials: Batch
) -> Iterator[EffectiveRankTrial | SkippedTrial]:
    parts: dict[int, list[int]] = {}
    for trial in trials:
        try:
            parts[trial] = _part(setting, model, trial)
        except NoTrial as reason:
            yield SkippedTrial(trial=trial, skipped=str(reason))
    if not parts:
        return
    histories = [part[:-1] for part in parts.values()]
    states = model.hidden_states(histories)[-1].float().cpu().numpy()
    ends = np.cumsum([len(history) for history in histories]) - 1
    for (trial, part), row in zip(parts.items(), states[ends], strict=True):
        yield EffectiveRankTrial(
            trial=trial, hidden=_rounded(row), state=_classes(setting.world, part)
        )


def _part(setting: Setting, model: Model, trial: int) -> list[int]:
    """A held-out sequence up to a random place behind the prompt, and one symbol more."""
    available = len(setting.sequences)
    if trial >= available:
        raise NoTrial(f"only {available} sequences to measure on")
    sequence = [int(symbol) for symbol in setting.sequences[trial]]
    if model.context_length is not None:
        sequence = sequence[: model.context_length + 1]
    first = first_labelled(setting.world.prompt_length)
    if len(sequence) <= first:
        raise NoTrial("a sequence without a place behind its prompt")
    check_symbols(model, [sequence], "sequence")
    place = int(setting.generator(_NAME, trial).integers(first, len(sequence)))
    return sequence[: place + 1]


def _rounded(row: NDArray[np.float32]) -> list[float]:
    return [float(f"{number:.{_DIGITS}g}") for number in row.tolist()]


def _classes(world: object, part: list[int]) -> list[int] | UnsetType:
    """Class of each feature before the last symbol."""
    if not isinstance(world, Featured):
        return UNSET
    return [int(number) for number in world.labels(part)[-1]]


def summarise(
    _setting: Setting, trials: Iterable[EffectiveRankTrial | SkippedTrial]
) -> EffectiveRankResult:
    """One number over all trials together, without an interval."""
    hidden, states = HiddenRows(), StateRows()
    skipped = 0
    for trial in trials:
        if isinstance(trial, SkippedTrial):
            skipped += 1
            continue
        hidden.see(trial.hidden)
        if trial.state is not UNSET:
            states.see(trial.state)
    if not hidden.count:
        return EffectiveRankResult(Estimate(None, None, None, 0, skipped), None)

    def estimate(rows: HiddenRows | StateRows) -> Estimate:
        return Estimate(effective_rank(rows.singular_values), None, None, rows.count, skipped)

    known = estimate(states) if states.count == hidden.count else None
    return EffectiveRankResult(estimate(hidden), known)


class StateRows:
    """The same of rows that have a 1 for the class of each feature, and a column for each class."""

    def __init__(self) -> None:
        self.count = 0
        self._together: Counter[tuple[tuple[int, int], tuple[int, int]]] = Counter()

    def see(self, classes: list[int]) -> None:
        """One more row: the class of every feature."""
        self.count += 1
        named = list(enumerate(classes))
        self._together.update((one, other) for one in named for other in named)

    @property
    def singular_values(self) -> NDArray[np.float64]:
        """Of all rows so far; none where there is none."""
        if all(one == other for one, other in self._together):  # one feature: columns are apart
            return np.sqrt(np.array(list(self._together.values()), dtype=np.float64))
        columns = {one: at for at, one in enumerate(sorted({one for one, _ in self._together}))}
        squares = np.zeros((len(columns), len(columns)))
        for (one, other), count in self._together.items():
            squares[columns[one], columns[other]] = count
        found: NDArray[np.float64] = np.sqrt(np.clip(np.linalg.eigvalsh(squares), 0.0, None))
        return found


def _shows_hidden_states(model: Model) -> bool:
    return isinstance(model, HiddenStates)


_TOGETHER = "it is a number of all trials together"

EFFECTIVE_RANK = Metric(
    name=_NAME,
    title="Effective rank",
    about=(
        "In how many directions the last hidden states spread: the exponential of the entropy of "
        "their normalised singular values. It grows with the number of trials until that is well "
        "above the width of the network."
    ),
    scores={
        "rank": Score(
            "rank",
            best=None,
            depends_on=(),
            unit="directions",
            never_compared=_TOGETHER,
            has_interval=False,
        ),
        "true_state": Score(
            "true state, one-hot",
            best=None,
            depends_on=(),
            unit="directions",
            reference=True,
            never_compared=_TOGETHER,
            has_interval=False,
            meaning="The same of the true state's features in the same places, a column a class.",
        ),
    },
    trial=EffectiveRankTrial,
    reads_hidden_states=True,
    baselines=_shows_hidden_states,
    by_default=False,
    measure=measure,
    summarise=summarise,
)
