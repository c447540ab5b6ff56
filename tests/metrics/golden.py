"""Outcomes of deterministic models, trial by trial, in the form in which they are kept.

`golden.json` beside this file was written by the engine as it was before walks shared batches
(version 0.1.0): a faster engine may not change what is measured. Written anew since were the cases
of the paper protocol where ε is above all probabilities, for its sampler keeps the best symbol.
Midtown's alphabet had all eight directions then, which uniform and noisy-oracle depend on: they
still have them here.

    python -m tests.metrics.golden    # writes it anew; only when a definition changes
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from nerode.metrics.compression import COMPRESSION
from nerode.metrics.distinction import DISTINCTION
from nerode.metrics.metric import AnyMetric, in_order
from nerode.metrics.setting import Setting
from nerode.models.registry import open_model
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.histories import on_policy_histories, uniform_histories
from nerode.worlds.registry import open_world
from tests.metrics.conftest import json_of

FILE = Path(__file__).with_name("golden.json")
TRIALS = 40
CASES = [
    (world, model, protocol, samples, histories)
    for world in ("midtown", "cayley", "connect-four:rows=6")
    for model in ("oracle", "uniform", "ngram:3", "noisy-oracle:0.05")
    for protocol, samples, histories in (
        ("exact", 30, "uniform"),
        ("exact", 5, "on-policy"),
        ("exact", 0, "uniform"),
        ("paper", 30, "uniform"),
    )
    if not (samples == 0 and model != "oracle")
    and not (world == "midtown" and model == "uniform" and samples == 30)  # long and all alike
]
METRICS: dict[str, AnyMetric] = {each.name: each for each in (COMPRESSION, DISTINCTION)}


def name_of(case: tuple[Any, ...], metric: str) -> str:
    """How a case is called in the file."""
    return " ".join(map(str, (*case, metric)))


def outcomes(case: tuple[Any, ...], metric: str) -> list[str]:
    """What every trial came to (values per threshold and witnesses), as a digest each."""
    name, model, protocol, samples, histories = case
    world = open_world(name).with_unused_symbols()
    sequences = draw_sequences(world, "random", 300, 0)
    source = (
        on_policy_histories(world, sequences)
        if histories == "on-policy"
        else uniform_histories(world, same_length=protocol == "paper")
    )
    setting = Setting(
        world=world,
        histories=source,
        sequences=sequences,
        protocol=protocol,
        samples=samples,
        length=20,
        depth=3,
    )
    opened = open_model(model, world, sequences=sequences, seed=0)
    trials = in_order(METRICS[metric].measure(setting, opened, range(TRIALS)))
    return [_digest(json_of(trial)) for trial in trials]


def _digest(record: dict[str, Any]) -> str:
    names = ("skipped", "agree", "disagreement", "precision", "recall", "witness", "witnesses")
    kept = json.dumps([_rounded(record[name]) for name in names if name in record])
    return hashlib.blake2b(kept.encode(), digest_size=4).hexdigest()


def _rounded(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):  # sums of probabilities differ in their last digits
        return round(value, 6)
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return value


def main() -> None:
    found = {
        name_of(case, metric): " ".join(outcomes(case, metric))
        for case in CASES
        for metric in METRICS
    }
    FILE.write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
