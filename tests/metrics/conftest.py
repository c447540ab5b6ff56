"""Worlds and models that the metrics are tried on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from nerode.metrics import parallel
from nerode.metrics.acceptance import Acceptance
from nerode.metrics.metric import AnyMetric, Description
from nerode.metrics.setting import Setting
from nerode.models.baselines.ngram import Ngram
from nerode.models.baselines.simple import NoisyOracle
from nerode.models.model import Model
from nerode.schema.decoding import DamageError
from nerode.schema.trial import AnyTrial, PlainTrial, Trial, entries_of
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.histories import uniform_histories
from nerode.worlds.automata.table import Table, table
from nerode.worlds.cayley import Cayley
from nerode.worlds.world import World
from tests.metrics.dumb import HashModel

MODELS = ("hash", "noisy", "ngram")
ACCEPTANCE = Acceptance(0.05, (0.01, 0.2))
SAMPLES, LENGTH = 4, 6


def setting_of(world: World[Any], **terms: Any) -> Setting:
    """A small setting of uniform histories, in which everything may be given otherwise."""
    given: dict[str, Any] = {
        "world": world,
        "histories": uniform_histories(world, same_length=terms.get("protocol") == "paper"),
        "sequences": SequenceBatch.of([]),
        "acceptance": ACCEPTANCE,
        "samples": SAMPLES,
        "length": LENGTH,
    }
    return Setting(**(given | terms))


def batches_of(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Measure so many trials together, whatever is asked for."""
    monkeypatch.setattr(parallel, "SMALLEST", size)
    monkeypatch.setattr(parallel, "TRIAL_BLOCK", size)


def as_dicts(metric: AnyMetric) -> Callable[..., Iterator[PlainTrial]]:
    """How a metric measures; its trials are as JSON has them."""

    def measure(setting: Setting, model: Model, trials: Iterable[int]) -> Iterator[PlainTrial]:
        return map(json_of, metric.measure(setting, model, trials))

    return measure


def json_of(trial: AnyTrial) -> PlainTrial:
    """A trial as JSON has it, with lists for tuples."""
    return dict(json.loads(json.dumps(entries_of(trial))))


def typed(metric: AnyMetric, trials: Iterable[AnyTrial]) -> list[Any]:
    """Trials as the metric has them, of dictionaries too."""
    return [
        trial if isinstance(trial, Trial) else metric.decode(json.dumps(trial).encode())
        for trial in trials
    ]


def damage_of(metric: Description, trial: AnyTrial, thresholds: int) -> str | None:
    """What a metric says is wrong with a trial in a file; None where it is whole."""
    try:
        read = metric.decode(json.dumps(entries_of(trial)).encode())
        metric.check(read, thresholds)
    except DamageError as damage:
        return str(damage)
    return None


def records_in(
    monkeypatch: pytest.MonkeyPatch,
    measure: Callable[..., Iterator[PlainTrial]],
    size: int,
    *given: Any,
) -> list[PlainTrial]:
    """Trials of a metric whose pairs are walked `size` at a time."""
    batches_of(monkeypatch, size)
    return sorted(measure(*given), key=lambda record: record["trial"])


@pytest.fixture(scope="session")
def automaton() -> Table:
    """Four states, one of them a dead end before END, and no goal."""
    rules = {
        "p": {"a": "q", "b": "p", "c": "r"},
        "q": {"a": "r", "b": "q", "end": "over"},
        "r": {"a": "q", "c": "s", "b": "p"},
        "s": {"c": "over", "a": "p"},
        "over": {},
    }
    return table(rules, start="p", alphabet=("end", "a", "b", "c"))


@pytest.fixture(scope="session")
def worlds(town: World[Any], automaton: Table) -> dict[str, World[Any]]:
    return {"town": town, "automaton": automaton, "cayley": Cayley(3)}


@pytest.fixture(scope="session")
def held_out(worlds: dict[str, World[Any]]) -> dict[str, SequenceBatch]:
    """Sequences of every world, to measure on and to fit on."""
    return {name: draw_sequences(world, "random", 80, 3) for name, world in worlds.items()}


@pytest.fixture(scope="session")
def models(
    worlds: dict[str, World[Any]], held_out: dict[str, SequenceBatch]
) -> dict[tuple[str, str], Model]:
    """Models that are wrong in different ways, by world and kind."""
    made: dict[tuple[str, str], Model] = {}
    for name, world in worlds.items():
        made[name, "hash"] = HashModel(world.alphabet, sharpness=0.6)
        made[name, "noisy"] = NoisyOracle(world, 0.15, seed=1)
        made[name, "ngram"] = Ngram.fit(world.alphabet, held_out[name], 2)
    return made
