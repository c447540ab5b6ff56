"""Probe: can the true state be read off the model's hidden states by a linear map?

A softmax regression for every layer, embeddings included, is fitted on training sequences and
measured on held-out ones, so that no sequence is in both (docs/paper.md, section 4, defect 11).
What it classifies are the features of a state (nerode/worlds/world.py). Two scores say how well:

- accuracy, the share of features that are classified rightly at the end of the fit;
- bits, the length of an online code per feature (`Probes.bits`): how little the probe has to learn
  before it knows them. Of two layers in which accuracy is the same, the one in which the state lies
  more openly takes fewer bits.

Both are held against the same probe of less and of more: the most common class of each feature and
a code that knows class frequencies (no look at the model); `no_memory`, the last symbol and the
number of symbols read; `true_state`, the features themselves, each class as a random direction. A
control task, as Hewitt and Liang (EMNLP 2019) have it, says yes or no: whether the probe could
learn by heart. Accuracy less control, selectivity, is no measure of how openly the state lies:
hidden states with more noise can have more of it (tests/metrics/test_probe_bits.py).

Intervals cover held-out sequences and fits alike (nerode/metrics/probe/interval.py). Under `paper`:
the last layer alone, accuracy alone, and positions of training sequences split at random into those
fitted on and those measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from nerode.errors import NoTrial
from nerode.metrics.metric import Metric, Score
from nerode.metrics.parallel import Batch, batches
from nerode.metrics.probe.scores import (
    REFERENCES,
    ProbeResult,
    ProbeTrial,
    ReferenceScores,
    Refits,
    contributions,
    difference,
    layer_name,
    summarise_trials,
)
from nerode.metrics.probe.task import Labels, Task
from nerode.metrics.setting import Setting, check_symbols
from nerode.models.hidden import HiddenStates
from nerode.models.model import Model, absent_symbols
from nerode.schema.drawing import ProbedBoard
from nerode.schema.trial import SkippedTrial
from nerode.sequences.batch import SequenceBatch
from nerode.worlds.world import BOARD_MARKS, Featured, OnBoard

if TYPE_CHECKING:
    from torch import Tensor

    from nerode.metrics.probe.fit import Example, Probes

_NAME = "probe"

SEQUENCES = 20_000
"""Training sequences that probes are fitted on, at most."""
COUNTED = 500
"""Training sequences in which the classes of each feature are counted."""
REFITS = 4
"""Fits under other weights of the training sequences: what they differ by, fresh ones would."""
STEPS = 1_000
POSITIONS = 1_024
"""Positions of a step, or a few more: sequences are not cut."""
DRAWN = 8
"""Trials on a board whose positions are kept as the probe sees them, at so many positions:"""
MOMENTS = 4
_DIGITS = 3
"""Decimals of bits in a record: those beyond depend on what else was in a batch."""


@dataclass(frozen=True, eq=False)
class _Probing:
    """A model with probes that were fitted on it."""

    model: Any  # a Model with HiddenStates
    task: Task
    probes: Probes
    counts: NDArray[np.int64]  # (features, classes)
    layers: slice
    sequences: SequenceBatch

    @property
    def numbers(self) -> range:
        """Numbers of the layers that are probed."""
        return range(self.model.hidden_layers)[self.layers]

    @property
    def common(self) -> NDArray[np.int64]:
        """Most common class of each feature: (features,)."""
        most: NDArray[np.int64] = self.counts.argmax(axis=1)
        return most

    def frequency_bits(self, true: Labels) -> float:
        """Bits of these classes in a code that knows class frequencies; no class has none."""
        known = (self.counts + 1) / (self.counts + 1).sum(axis=1, keepdims=True)
        return float(-np.log2(known[np.arange(len(known)), true]).sum())


def measure(
    setting: Setting, model: Model, trials: Iterable[int]
) -> Iterator[ProbeTrial | SkippedTrial]:
    """One trial per number, that is per sequence, after the probes are fitted.

    A trial is skipped where the model shows no hidden states, the world has no features or there
    are no sequences.
    """
    reason = _reason(setting, model)
    if reason is not None:
        yield from (SkippedTrial(trial=trial, skipped=reason) for trial in trials)
        return
    probing = _fitted(setting, model)
    # In this process: measuring is little beside fitting, which has used all of torch's threads.
    for batch in batches(setting, trials, model):
        yield from _batch(probing, batch)


def _reason(setting: Setting, model: Model) -> str | None:
    """Why there is nothing to probe; None where there is."""
    if not isinstance(model, HiddenStates):
        return f"{model.name} shows no hidden states"
    if not isinstance(setting.world, Featured):
        return f"world {setting.world.name} has no features to probe for"
    if setting.training is None or not len(setting.training(1)):
        return "no training sequences to fit probes on"
    return None


def _fitted(setting: Setting, model: Any) -> _Probing:
    # Here, for it loads torch; a model with hidden states has done so already.
    from nerode.metrics.probe.fit import fit  # noqa: PLC0415

    assert setting.training is not None  # noqa: S101 - `_reason` has looked; for the type
    paper = setting.protocol == "paper"
    sequences = _readable(model, setting.training(SEQUENCES))
    rng = setting.generator(_NAME, 0)
    task = Task(setting.world, model.context_length, 0 if paper else None)
    counted = next(task.portions(map(task.cut, sequences.part(0, COUNTED)), 2**62))
    classes = task.labels(counted)[0]
    if not paper:
        task = task.with_control(int(rng.integers(2**63)))
        task = task.with_references(model.hidden_width, max(map(len, map(task.cut, sequences))))
    count = len(task.featured.classes)
    counts = np.array([np.bincount(column, minlength=count) for column in classes.T])
    layers = slice(model.hidden_layers - 1 if paper else 0, None)
    # Numbers of their own, so that the fit itself is the same with or without refits.
    refits = setting.generator(_NAME, 1).exponential(size=(len(sequences), 0 if paper else REFITS))
    probes = fit(
        _examples(task, model, layers, sequences, rng, refits.astype(np.float32)),
        count,
        STEPS,
        lambda done: setting.progress(done, STEPS),
        scaled=not paper,
    )
    if paper:
        task = replace(task, half=1)
    return _Probing(model, task, probes, counts, layers, sequences if paper else setting.sequences)


def _readable(model: Any, sequences: SequenceBatch) -> SequenceBatch:
    """The sequences whose symbols the model has, all of them."""
    lacking = np.isin(sequences.symbols, absent_symbols(model))
    until = np.concatenate([[0], np.cumsum(lacking)])[sequences.offsets]
    return sequences.take(np.diff(until) == 0)


def _examples(
    task: Task,
    model: Any,
    layers: slice,
    sequences: SequenceBatch,
    rng: np.random.Generator,
    weights: NDArray[np.float32],
) -> Iterator[Example]:
    """Hidden states and classes without end; every round in another order.

    `weights` has one row for each sequence, a number for each refit.
    """
    while True:
        order = rng.permutation(len(sequences))
        read: list[int] = []

        def chosen(order: NDArray[np.int64] = order, read: list[int] = read) -> Iterator[list[int]]:
            for index in order:
                symbols = task.cut(sequences[index])
                read += [int(index)] * len(task.positions(symbols))
                yield symbols

        for together in task.portions(chosen(), POSITIONS):
            # Sequences are read one by one until a portion is full: these positions are its own.
            yield _example(model, task, layers, together, weights[read])
            read.clear()


def _example(
    model: Any,
    task: Task,
    layers: slice,
    sequences: list[Any],
    weights: NDArray[np.float32] | None = None,
) -> Example:
    """Hidden states and classes at the positions of these sequences.

    After the layers comes what the probe is given instead of hidden states, where there is any.
    """
    import torch  # noqa: PLC0415 - as above

    from nerode.metrics.probe.fit import Example  # noqa: PLC0415

    states: Tensor = model.hidden_states([symbols[:-1] for symbols in sequences])
    rows = torch.from_numpy(task.rows(sequences)).to(states.device)
    labels = task.labels(sequences)
    read = states[layers, rows]
    if (instead := task.references(sequences, labels[0])) is not None:
        read = torch.cat((read, torch.from_numpy(instead).to(read)))
    return Example(read, labels, weights)


def _batch(probing: _Probing, trials: Batch) -> Iterator[ProbeTrial | SkippedTrial]:
    available = len(probing.sequences)
    task, sequences = probing.task, {}
    for trial in trials:
        if trial >= available:
            yield SkippedTrial(trial=trial, skipped=f"only {available} sequences to measure on")
            continue
        sequences[trial] = task.cut(probing.sequences[trial])
        try:
            check_symbols(probing.model, [sequences[trial]], "sequence")
        except NoTrial as reason:
            yield SkippedTrial(trial=trial, skipped=str(reason))
            del sequences[trial]
            continue
        if not len(task.positions(sequences[trial])):
            yield SkippedTrial(trial=trial, skipped="a sequence without a position to probe")
            del sequences[trial]
    numbers = iter(sequences)
    for together in task.portions(sequences.values(), POSITIONS):
        yield from _measured(probing, {next(numbers): symbols for symbols in together})


def _measured(probing: _Probing, sequences: dict[int, Any]) -> Iterator[ProbeTrial]:
    """The trials of some sequences, by number."""
    from nerode.metrics.probe.fit import most_bits  # noqa: PLC0415

    task, symbols = probing.task, list(sequences.values())
    example = _example(probing.model, task, probing.layers, symbols)
    true, count = example.labels[0], len(probing.numbers)
    exact = task.control is not None
    fits = 1 + REFITS if exact else 1
    tasks = [0] * fits + [1] * exact
    best = int(np.argmin(probing.probes.losses[:count]))
    rights, seen = [], true
    for source, found in enumerate(probing.probes.classes_of(example)):
        rights.append((found == example.labels[tasks]).sum(axis=2))  # (fits, positions)
        seen = found[0] if source == best else seen
    bits = list(probing.probes.bits(example)) if exact else []
    begin = 0
    for trial, sequence in sequences.items():
        span = slice(begin, begin + len(task.positions(sequence)))
        begin = span.stop
        right = [each[:, span].sum(axis=1).tolist() for each in rights]
        measured = ProbeTrial(
            trial=trial,
            positions=len(true[span]),
            features=true[span].size,
            right=[each[0] for each in right[:count]],
            majority=int((true[span] == probing.common).sum()),
        )
        if exact:
            lengths = [each[:, span].sum(axis=1).round(_DIGITS).tolist() for each in bits]
            given = {
                name: ReferenceScores(
                    right=[each[0]], bits=[sizes[0]], refits=_refits([each], [sizes])
                )
                for name, each, sizes in zip(
                    REFERENCES, right[count:], lengths[count:], strict=True
                )
            }
            measured = structs.replace(
                measured,
                control=[each[-1] for each in right[:count]],
                bits=[each[0] for each in lengths[:count]],
                refits=_refits(right[:count], lengths[:count]),
                frequencies=round(probing.frequency_bits(true[span]), _DIGITS),
                most_bits=most_bits(probing.probes.classes),
                **given,
            )
        if trial < DRAWN and _squares_are_probed(task.world):
            layer = probing.numbers[best]
            boards = _boards(task, sequence, true[span], seen[span], layer)
            measured = structs.replace(measured, boards=boards)
        yield measured


def _refits(right: list[list[int]], bits: list[list[float]]) -> Refits:
    """Of some sources: a list for each, the fit first, then its refits (and the control)."""
    return Refits(right=[each[1 : 1 + REFITS] for each in right], bits=[each[1:] for each in bits])


def _squares_are_probed(world: object) -> bool:
    """Whether what is probed are the squares of a board, as the player to move sees them."""
    if not (isinstance(world, OnBoard) and isinstance(world, Featured)):
        return False
    return list(world.features) == list(world.square_names) and set(world.classes) <= set(
        BOARD_MARKS
    )


def _boards(
    task: Task, symbols: list[int], true: Labels, seen: Labels, layer: int
) -> list[ProbedBoard]:
    """Some boards of a game, the true ones and those that the probe of a layer sees."""
    assert isinstance(task.world, Featured)  # noqa: S101 - callers have looked
    marks = [BOARD_MARKS[name] for name in task.world.classes]
    positions = task.positions(symbols)
    places = np.unique(np.linspace(0, len(positions) - 1, MOMENTS + 2).astype(int))[1:-1]
    return [
        ProbedBoard(
            sequence=task.world.decode(symbols[: positions[place]]),
            position=int(positions[place]),
            layer=layer,
            true="".join(marks[number] for number in true[place]),
            seen="".join(marks[number] for number in seen[place]),
        )
        for place in places
    ]


def summarise(setting: Setting, trials: Iterable[ProbeTrial | SkippedTrial]) -> ProbeResult:
    """Estimates over all features at all positions, clustered by sequence."""
    return summarise_trials(trials, paper=setting.protocol == "paper")


def _shows_hidden_states(model: Model) -> bool:
    """Of baselines only these can be probed."""
    return isinstance(model, HiddenStates)


_FEWER = (
    "Bits of a probe: fewer are better, and none takes 0; beside them stand those of a probe "
    "without memory and of one that is given the true state. Its selectivity says yes or no alone"
)
_YES_OR_NO = "it says yes or no alone: states with more noise in them can have more of it"


def _layer(key: str) -> str:
    """A layer behind the label of a score."""
    return f", {layer_name(key)}"


def _held_against(label: str, unit: str = "share") -> Score:
    """What the probe is held against: a model is neither better nor worse for it.

    How well shuffled classes can be learned, how common classes are, what it reads off without a
    model.
    """
    reading = _FEWER if unit == "bits" else ""
    return Score(label, best=None, depends_on=(), unit=unit, reference=True, reading=reading)


PROBE = Metric(
    name=_NAME,
    title="Probe",
    about=(
        "A linear map, fitted to tell the features of the true state from the hidden states of one "
        "layer, and measured on other sequences. Accuracy: features told rightly. That they can be "
        "read off does not say that the model uses them."
    ),
    scores={
        "accuracy": Score("accuracy", depends_on=()),
        "bits": Score(
            "bits",
            best=0.0,
            depends_on=(),
            unit="bits",
            reading=_FEWER,
            meaning=(
                "What a feature costs in a code whose learner is the probe: it pays for what it "
                "has not learned yet. The more openly the state lies in a layer, the fewer. It "
                "depends on how long probes are fitted, the same for every model."
            ),
        ),
        "no_memory/accuracy": _held_against("no memory, accuracy"),
        "no_memory/bits": _held_against("no memory, bits", "bits"),
        "true_state/accuracy": _held_against("true state, accuracy"),
        "true_state/bits": _held_against("true state, bits", "bits"),
        "majority": _held_against("most common"),
        "frequencies": _held_against("frequencies, bits", "bits"),
        "control": _held_against("control"),
        "selectivity": Score(
            "selectivity",
            best=None,
            depends_on=(),
            reference=True,
            never_compared=_YES_OR_NO,
            meaning=(
                "Accuracy less that of a control task, in which classes are shuffled for each "
                "symbol. Above 0: the probe reads more than it could learn by heart. Yes or no: "
                "its size ranks neither models nor layers, for states with more noise can have "
                "more of it."
            ),
        ),
    },
    terms={
        "No memory, true state": (
            "The same probe where it is given the last symbol and the number of symbols alone, or "
            "the true state as random directions, as wide as a hidden state. A layer without more "
            "than the first holds no state; one may do better than the second."
        ),
    },
    key_label=_layer,
    trial=ProbeTrial,
    parts=contributions,
    difference=difference,
    reads_hidden_states=True,
    baselines=_shows_hidden_states,
    by_default=False,
    fits_first=True,
    measure=measure,
    summarise=summarise,
)
