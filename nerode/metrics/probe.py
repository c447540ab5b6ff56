"""Probe: can the true state be read off the model's hidden states by a linear map?

A softmax regression for every layer, embeddings included, is fitted on training sequences and
measured on held-out ones, so that no sequence is in both (docs/paper.md, section 4, defect 11).
What it
tells are the features of a state (nerode/worlds/featured.py). Beside it stand a control task, as
Hewitt and Liang (EMNLP 2019) have it, and the most common class of each feature, which is what can
be said without a look at the model. Under `paper`: the last layer alone, no control, and positions
of training sequences split at random into those fitted on and those measured.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nerode.errors import NoTrial
from nerode.metrics.estimate import Answers, Estimate, estimate_of_counts, paired_difference
from nerode.metrics.fields import BOARDS, COUNT, RIGHT
from nerode.metrics.parallel import Batch, batches
from nerode.metrics.probe_task import Labels, Task
from nerode.metrics.setting import Metric, Record, Setting, check_symbols, in_order
from nerode.models.hidden import HiddenStates
from nerode.models.model import Model, absent_symbols
from nerode.sequences.batch import SequenceBatch
from nerode.worlds.featured import Featured
from nerode.worlds.othello import Othello
from nerode.worlds.othello_labels import MARKS

if TYPE_CHECKING:
    from torch import Tensor

    from nerode.metrics.probe_fit import Example, Probes

NAME = "probe"

SEQUENCES = 20_000
"""Training sequences that probes are fitted on, at most."""
COUNTED = 500
"""Training sequences among which the most common class of each feature is found."""
STEPS = 1_000
POSITIONS = 1_024
"""Positions of a step, or a few more: sequences are not cut."""
DRAWN = 8
"""Trials of Othello whose boards are kept as the probe sees them, at so many positions:"""
MOMENTS = 4
_LAST = "last"


@dataclass(frozen=True)
class ProbeResult:
    """Shares of features told rightly, by layer."""

    accuracy: dict[str, Estimate]
    control: dict[str, Estimate]
    selectivity: dict[str, Estimate]
    """Accuracy less control; its interval is that of paired sequences."""
    majority: Estimate
    """The same share for who always tells the most common class."""
    boards: tuple[Record, ...] = ()

    def estimates(self) -> dict[str, Any]:
        """Estimates by name and layer."""
        layers = {
            "accuracy": self.accuracy,
            "control": self.control,
            "selectivity": self.selectivity,
        }
        told: dict[str, Any] = {name: found for name, found in layers.items() if found}
        return told | {"majority": self.majority}

    def parts(self) -> dict[str, Any]:
        """Boards as the probe sees them, where there are any."""
        return {"probe_boards": list(self.boards)} if self.boards else {}


@dataclass(frozen=True, eq=False)
class _Probing:
    """A model with probes that were fitted on it."""

    model: Any  # a Model with HiddenStates
    task: Task
    probes: Probes
    common: NDArray[np.int64]  # (features,)
    layers: slice
    sequences: SequenceBatch

    @property
    def numbers(self) -> range:
        """Numbers of the layers that are probed."""
        return range(self.model.hidden_layers)[self.layers]

    def states(self, sequences: list[Any]) -> Tensor:
        return _states(self.model, self.task, self.layers, sequences)


def probe(setting: Setting, model: Model) -> ProbeResult:
    """Measure all trials of the setting."""
    return summarise(setting, in_order(measure(setting, model, range(setting.trials))))


def measure(setting: Setting, model: Model, trials: Iterable[int]) -> Iterator[Record]:
    """One record per trial, that is per sequence, after the probes are fitted.

    {"trial", "positions", "told": features at all positions, "right": of these, by layer,
    "control": the same for the control (not under `paper`), "majority"}, and for a few trials
    "boards". A trial is skipped where the model shows no hidden states, the world has no features
    or there are no sequences.
    """
    reason = _reason(setting, model)
    if reason is not None:
        yield from ({"trial": trial, "skipped": reason} for trial in trials)
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
    from nerode.metrics.probe_fit import fit  # noqa: PLC0415

    assert setting.training is not None  # noqa: S101 - `_reason` has looked; for the type
    paper = setting.protocol == "paper"
    sequences = _readable(model, setting.training(SEQUENCES))
    rng = setting.generator(NAME, 0)
    task = Task(setting.world, model.context_length, 0 if paper else None)
    counted = next(task.portions(map(task.cut, sequences.part(0, COUNTED)), 2**62))
    classes = task.labels(counted)[0]
    if not paper:
        task = task.with_control(int(rng.integers(2**63)))
    count = len(task.featured.classes)
    common = np.array([np.bincount(column, minlength=count).argmax() for column in classes.T])
    layers = slice(model.hidden_layers - 1 if paper else 0, None)
    probes = fit(
        _examples(task, model, layers, sequences, rng),
        count,
        STEPS,
        lambda done: setting.heard(done, STEPS),
    )
    if paper:
        task = Task(setting.world, model.context_length, 1)
    return _Probing(model, task, probes, common, layers, sequences if paper else setting.sequences)


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
) -> Iterator[Example]:
    """Hidden states and classes without end; every round in another order."""
    while True:
        order = rng.permutation(len(sequences))
        chosen = (task.cut(sequences[index]) for index in order)
        for together in task.portions(chosen, POSITIONS):
            yield _states(model, task, layers, together), task.labels(together)


def _states(model: Any, task: Task, layers: slice, sequences: list[Any]) -> Tensor:
    """Hidden states at the positions: (layers, positions, width)."""
    states: Tensor = model.hidden_states([symbols[:-1] for symbols in sequences])
    import torch  # noqa: PLC0415 - as above

    return states[layers, torch.from_numpy(task.rows(sequences)).to(states.device)]


def _batch(probing: _Probing, trials: Batch) -> Iterator[Record]:
    available = len(probing.sequences)
    task, sequences = probing.task, {}
    for trial in trials:
        if trial >= available:
            yield {"trial": trial, "skipped": f"only {available} sequences to measure on"}
            continue
        sequences[trial] = task.cut(probing.sequences[trial])
        try:
            check_symbols(probing.model, [sequences[trial]], "sequence")
        except NoTrial as reason:
            yield {"trial": trial, "skipped": str(reason)}
            del sequences[trial]
            continue
        if not len(task.positions(sequences[trial])):
            yield {"trial": trial, "skipped": "a sequence without a position to probe"}
            del sequences[trial]
    numbers = iter(sequences)
    for together in task.portions(sequences.values(), POSITIONS):
        yield from _told(probing, {next(numbers): symbols for symbols in together})


def _told(probing: _Probing, sequences: dict[int, Any]) -> Iterator[Record]:
    """The records of some sequences, by trial."""
    task, symbols = probing.task, list(sequences.values())
    classes = task.labels(symbols)
    layers: list[list[NDArray[np.int64]]] = [[] for _ in classes]
    for number, _, found in probing.probes.told(probing.states(symbols)):
        layers[number].append(found)
    best = int(np.argmin(probing.probes.losses))
    begin = 0
    for trial, sequence in sequences.items():
        span = slice(begin, begin + len(task.positions(sequence)))
        begin = span.stop
        true = classes[0, span]
        rights = [
            [int((found[span] == wanted[span]).sum()) for found in told]
            for told, wanted in zip(layers, classes, strict=True)
        ]
        record = {
            "trial": trial,
            "positions": len(true),
            "told": true.size,
            **dict(zip(("right", "control"), rights, strict=False)),
            "majority": int((true == probing.common).sum()),
        }
        if isinstance(task.world, Othello) and trial < DRAWN:
            layer = probing.numbers[best]
            record["boards"] = _boards(task, sequence, true, layers[0][best][span], layer)
        yield record


def _boards(task: Task, symbols: list[int], true: Labels, seen: Labels, layer: int) -> list[Record]:
    """Some boards of a game, the true ones and those that the probe of a layer sees."""
    positions = task.positions(symbols)
    places = np.unique(np.linspace(0, len(positions) - 1, MOMENTS + 2).astype(int))[1:-1]
    return [
        {
            "sequence": task.world.decode(symbols[: positions[place]]),
            "position": int(positions[place]),
            "layer": layer,
            "true": "".join(MARKS[number] for number in true[place]),
            "seen": "".join(MARKS[number] for number in seen[place]),
        }
        for place in places
    ]


class _Sums:
    """What is kept of the records while they pass by: some numbers of each."""

    def __init__(self) -> None:
        self.sizes, self.majority = array("q"), array("q")
        self.layers: dict[str, list[array[int]]] = {"right": [], "control": []}
        self.boards: list[Record] = []
        self.skipped = 0

    def see(self, record: Record) -> None:
        if "skipped" in record:
            self.skipped += 1
            return
        self.sizes.append(record["told"])
        self.majority.append(record["majority"])
        self.boards += record.get("boards", ())
        for name, columns in self.layers.items():
            columns += [array("q") for _ in record.get(name, ())[len(columns) :]]
            for column, count in zip(columns, record.get(name, ()), strict=True):
                column.append(count)

    def estimate(self, counts: array[int]) -> Estimate:
        return estimate_of_counts(counts, self.sizes, skipped=self.skipped)

    def answers(self, counts: array[int]) -> Answers:
        return Answers(np.array(counts, dtype=float), np.array(self.sizes, dtype=float))


def summarise(setting: Setting, records: Iterable[Record]) -> ProbeResult:
    """Estimates over all features at all positions, clustered by sequence."""
    sums = _Sums()
    for record in records:
        sums.see(record)
    right, control = sums.layers["right"], sums.layers["control"]
    if not right:
        return ProbeResult({}, {}, {}, sums.estimate(array("q")))
    last = _LAST if setting.protocol == "paper" else None
    names = [str(layer) if last is None else last for layer in range(len(right))]
    selectivity = {
        name: _less(sums, sums.answers(given), sums.answers(random))
        for name, given, random in zip(names, right, control, strict=False)
    }
    return ProbeResult(
        {name: sums.estimate(counts) for name, counts in zip(names, right, strict=True)},
        {name: sums.estimate(counts) for name, counts in zip(names, control, strict=False)},
        selectivity,
        sums.estimate(sums.majority),
        tuple(sums.boards),
    )


def _less(sums: _Sums, accuracy: Answers, control: Answers) -> Estimate:
    """Accuracy less control, of the same sequences."""
    n = int(accuracy.sizes.sum())
    found = paired_difference(control, accuracy, n)
    return Estimate(found.value, found.low, found.high, n, sums.skipped)


def _untrained(model: Model) -> bool:
    """Of baselines only those can be asked that show hidden states."""
    return isinstance(model, HiddenStates)


FIELDS = {
    "positions": COUNT,
    "told": COUNT,
    "right": RIGHT,
    "control": RIGHT.optional(),
    "majority": COUNT,
    "boards": BOARDS.optional(),
}
PROBE = Metric(NAME, measure, summarise, FIELDS, beside=_untrained, by_default=False)
