"""What the trials of a probe come to: scores by layer, and of what the layers are held against."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerode.metrics.probe.interval import mean_over_sequences, over_fits
from nerode.metrics.setting import Record
from nerode.stats.estimate import Answers, Estimate, estimate_of_counts, paired_difference

REFERENCES = ("no_memory", "true_state")
"""What the same probe is given beside hidden states, as nerode/metrics/probe/task.py tells."""
BITS = "bits"
LAST = "last"
"""Name of the one layer that is probed under `paper`."""

Keys = tuple[str, ...]
"""Where a score stands among those of the probe."""


@dataclass(frozen=True)
class ProbeResult:
    """Shares of features told rightly and bits per feature, by layer."""

    accuracy: dict[str, Estimate]
    control: dict[str, Estimate]
    selectivity: dict[str, Estimate]
    """Accuracy less control; its interval is that of paired sequences."""
    majority: Estimate
    """The same share for who always tells the most common class."""
    bits: dict[str, Estimate] = field(default_factory=dict)
    frequencies: Estimate | None = None
    """Bits of a code that knows the classes' frequencies alone."""
    references: dict[str, dict[str, Estimate]] = field(default_factory=dict)
    """Accuracy and bits by the name of what the probe was given instead of hidden states."""
    boards: tuple[Record, ...] = ()

    def estimates(self) -> dict[str, Any]:
        """Estimates by name and layer."""
        layers = {
            "accuracy": self.accuracy,
            "bits": self.bits,
            "control": self.control,
            "selectivity": self.selectivity,
        }
        found: dict[str, Any] = {name: each for name, each in layers.items() if each}
        found |= {"majority": self.majority}
        found |= {} if self.frequencies is None else {"frequencies": self.frequencies}
        return found | self.references

    def parts(self) -> dict[str, Any]:
        """Boards as the probe sees them, where there are any."""
        return {"probe_boards": list(self.boards)} if self.boards else {}


def parts_of(record: Record) -> Iterator[tuple[Keys, float]]:
    """Each score that a trial has a part in, by name, and the part: a sum over its features.

    Those of refits have the number of the refit behind the name of their score.
    """
    yield ("majority",), record["majority"]
    layers = [str(layer) for layer in range(len(record["right"]))]
    for layer, count in zip(layers, record.get("control", ()), strict=False):
        yield ("control", layer), count
    for source, names in (
        (record, [("{}", layer) for layer in layers]),
        *((record[name], [(name, "{}")]) for name in REFERENCES if name in record),
    ):
        for score, key in (("accuracy", "right"), ("bits", "bits")):
            refits = source.get("refits", {}).get(key, [()] * len(names))
            for path, value, others in zip(names, source.get(key, ()), refits, strict=False):
                whole = tuple(part.format(score) for part in path)
                yield whole, value
                yield from (((*whole, f"refit {k}"), each) for k, each in enumerate(others))
    if "frequencies" in record:
        yield ("frequencies",), record["frequencies"]


def layer_name(key: str) -> str:
    """A layer as people write it: `0` are the embeddings."""
    return {"0": "embeddings", LAST: "last layer"}.get(key, f"layer {key}")


def is_bits(path: Keys) -> bool:
    """Whether a score of the probe is counted in bits; the others are shares."""
    return "bits" in path or path == ("frequencies",)


class _Sums:
    """What is kept of the records while they pass by: some numbers of each."""

    def __init__(self, *, paper: bool) -> None:
        self.paper = paper
        self.sizes = array("q")
        self.totals: dict[Keys, array[float]] = {}
        self.boards: list[Record] = []
        self.skipped = 0
        self.most = 0.0

    def see(self, record: Record) -> None:
        if "skipped" in record:
            self.skipped += 1
            return
        for path, value in parts_of(record):
            # Trials of a run that an earlier version began lack some scores.
            column = self.totals.setdefault(path, array("d", [np.nan] * len(self.sizes)))
            column.append(value)
        self.sizes.append(record["told"])
        for column in self.totals.values():
            column.extend([np.nan] * (len(self.sizes) - len(column)))
        self.boards += record.get("boards", ())
        self.most = max(self.most, record.get("most_bits", 0.0))

    def answers(self, path: Keys) -> Answers:
        """Of the trials that have the score."""
        totals, sizes = np.array(self.totals[path]), np.array(self.sizes, dtype=float)
        there = ~np.isnan(totals)
        return Answers(totals[there], sizes[there])

    def refits(self, path: Keys) -> NDArray[np.float64]:
        """The score of each refit."""
        found: list[float] = []
        while (refit := (*path, f"refit {len(found)}")) in self.totals:
            found.append(self.answers(refit).mean)
        return np.array(found)

    def estimate(self, path: Keys) -> Estimate:
        """A score with its interval over held-out sequences and fits."""
        if path not in self.totals:
            return Estimate(None, None, None, 0, self.skipped)
        answers = self.answers(path)
        lacking = self.skipped + len(self.sizes) - len(answers.sizes)
        n = int(answers.sizes.sum())
        if self.paper:
            return estimate_of_counts(answers.totals, answers.sizes, skipped=lacking)
        most = self.most if is_bits(path) else 1.0
        found = mean_over_sequences(answers, most, n=n, skipped=lacking)
        return over_fits(found, self.refits(path), most=most)

    def selectivity(self, layer: str) -> Estimate:
        """Accuracy less control, of the same sequences."""
        control, accuracy = (self.answers((name, layer)) for name in ("control", "accuracy"))
        n = int(accuracy.sizes.sum())
        found = paired_difference(control, accuracy, n)
        return Estimate(found.value, found.low, found.high, n, self.skipped)


def summarise_records(records: Iterable[Record], *, paper: bool) -> ProbeResult:
    """Estimates over all features at all positions, clustered by sequence."""
    sums = _Sums(paper=paper)
    for record in records:
        sums.see(record)
    layers = [path[1] for path in sums.totals if path[0] == "accuracy" and len(path) == 2]  # noqa: PLR2004

    def by_layer(score: str) -> dict[str, Estimate]:
        there = [layer for layer in layers if (score, layer) in sums.totals]
        return {LAST if paper else layer: sums.estimate((score, layer)) for layer in there}

    references = {
        name: {score: sums.estimate((name, score)) for score in ("accuracy", "bits")}
        for name in REFERENCES
        if (name, "bits") in sums.totals
    }
    control = [layer for layer in layers if ("control", layer) in sums.totals]
    return ProbeResult(
        by_layer("accuracy"),
        by_layer("control"),
        {layer: sums.selectivity(layer) for layer in control},
        sums.estimate(("majority",)),
        by_layer("bits"),
        sums.estimate(("frequencies",)) if ("frequencies",) in sums.totals else None,
        references,
        tuple(sums.boards),
    )
