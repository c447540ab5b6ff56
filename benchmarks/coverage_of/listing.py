"""Every estimate with an interval in real records: which of them have no row, and why.

The records are those of small evaluations with all metrics, so that an estimate that is added to a
record one day shows up here.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from benchmarks.coverage_of.pools import CHECKPOINTS, FIT_STEPS
from nerode.chat.narration.registry import open_narration
from nerode.chat.plan import make_plan
from nerode.chat.record import run_terms, write_result
from nerode.chat.simulated import flipping
from nerode.chat.store import AnswerStore, Reply
from nerode.evaluation.evaluation import evaluate
from nerode.metrics.probe import probe
from nerode.metrics.registry import METRICS
from nerode.worlds.registry import open_world

LEFT_OUT = {
    "baselines ": "the same estimators as of the model",
    "answers baselines ": "the same estimators as of the model",
    "reconstruction score ": "the scores under metrics, once more",
}
"""Why estimates that begin so are not simulated."""


def of_street_map() -> dict[str, Any]:
    steps, probe.STEPS = probe.STEPS, FIT_STEPS
    found = evaluate(
        open_world("midtown"),
        f"{CHECKPOINTS}/midtown-shortest",
        list(METRICS),
        trials=24,
        samples=2,
        length=20,
        baselines=["ngram:3"],
    )
    probe.STEPS = steps
    return found.record


def of_chat() -> dict[str, Any]:
    world = open_world("seating:seats=3")
    plan = make_plan(world, open_narration(world, "en"), trials=12)
    begun = run_terms(plan, "flipping", obfuscate=False, temperature=0.0)
    answerer = flipping(0.1, plan.narration.places)
    with tempfile.TemporaryDirectory() as folder, AnswerStore(Path(folder), begun) as answers:
        for question in plan.questions():
            said = answerer(question)
            answers.append(question.key, Reply(said or "", said, 1, 1))
        return write_result(plan, answers, begun)


def intervals(node: Any, path: str = "") -> Iterator[str]:
    """Paths of all parts of a record that have a lower and an upper bound, numbers as #."""
    if isinstance(node, dict):
        if "low" in node and "high" in node:
            if node["low"] is not None:
                yield path
            return
        for name, child in node.items():
            yield from intervals(child, f"{path} {name}".strip())
    elif isinstance(node, list):
        for child in node:
            yield from intervals(child, f"{path} #".strip())


def named(path: str) -> str:
    """The row of a path in the table."""
    for pattern, name in (
        (r"^metrics (.*)", r"\1"),
        (r"^curves (\w+) (\w+) #", r"\1 \2, at any threshold"),
        (r"^lengths (\w+) (\w+) #", r"\1 \2, by length"),
        (r"^answers yes$", "answers yes, all"),
        (r"^answers yes_if_(yes|no)$", r"answers yes, \1 is right"),
    ):
        found, count = re.subn(pattern, name, path)
        if count:
            return found
    return path


def left_out(simulated: Collection[str]) -> Iterator[tuple[str, str]]:
    """Estimates of the records that have no row among those simulated, and the reason."""
    met: dict[str, str] = {}
    for record in (of_street_map(), of_chat()):
        for path in intervals(record):
            if named(path) in simulated:
                continue
            why = next((why for start, why in LEFT_OUT.items() if path.startswith(start)), None)
            is_range = re.search(r"orders|noise|growth|ranges", path)
            if why is None and is_range:
                why = "a range over random orders or draws, no interval of an estimate"
            met[path] = why or "NOT SIMULATED"
    yield from met.items()
