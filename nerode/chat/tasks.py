"""The same questions as tasks of Inspect: `inspect eval nerode/seating_compression --model ...`.

Inspect keeps the answers then, in its own logs, and shows the estimates of nerode as metrics.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset
from inspect_ai.model import GenerateConfig, get_model
from inspect_ai.scorer import Metric, SampleScore, Scorer, Value, accuracy, metric, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from nerode.chat.ask import right, samples
from nerode.chat.options import GenerationOptions
from nerode.chat.plan import TrialPlan
from nerode.chat.provider import prepare_provider
from nerode.chat.run import DEFAULT_TRIALS, ChatConfig
from nerode.chat.scoring import by_key, measure, summarise
from nerode.worlds.registry import open_world


@solver(name="nerode_ask")
def ask_once() -> Solver:
    """Solver that generates one reply and keeps keys out of Inspect's log."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        prepare_provider(get_model())
        return await generate(state)

    return solve


def _task(world: str, metric_: str, config: ChatConfig) -> Task:
    """The questions of one metric in one world."""
    plan = config.plan(open_world(world))
    options = GenerationOptions()
    return Task(
        dataset=MemoryDataset(list(samples(plan.questions([metric_])))),
        solver=ask_once(),
        scorer=_scorer(plan, metric_),
        config=GenerateConfig(temperature=options.temperature, max_tokens=options.max_tokens),
        name=f"{world.partition(':')[0]}_{metric_}",
        metadata={
            "world": plan.world.name,
            "protocol": config.protocol,
            "language": config.language,
            "seed": config.seed,
        },
    )


def _scorer(plan: TrialPlan, metric_: str) -> Scorer:
    """Whether each answer is right, and over all of them the estimates of nerode."""

    @metric(name="nerode_estimates")
    def estimates() -> Metric:
        def of(scores: list[SampleScore]) -> Value:
            return estimates_of(plan, metric_, scores)

        return of

    @scorer(metrics=[accuracy(), estimates()], name="nerode_right")
    def scored() -> Scorer:
        return right(plan.narration)

    return scored()


def estimates_of(
    plan: TrialPlan, metric_: str, scores: list[SampleScore]
) -> dict[str, float | None]:
    """Value and interval of each score, and how many answers could not be parsed.

    Scores are as Inspect hands them to metrics: numbers, of several epochs the mean. What is
    undefined is not there. A question that was answered differently in different epochs has no
    answer, as one that could not be parsed; "differing" says how many were right in some only.
    """
    # Of a question that failed the score is not a number (`right` in nerode/chat/ask.py).
    there = [each for each in scores if not math.isnan(each.score.as_float())]
    answers = {str(each.sample_id): each.score.answer for each in there}
    found = summarise(plan, metric_, measure(plan, metric_, by_key(answers)))
    values: dict[str, float | None] = {}
    for name, each in found.estimates.items():
        if each.value is not None:
            values |= {name: each.value, f"{name}_low": each.low, f"{name}_high": each.high}
    differing = sum(0 < each.score.as_float() < 1 for each in there)
    values["unparsed"] = sum(answer is None for answer in answers.values()) - differing
    return values | ({"differing": differing} if differing else {})


def _seating(asks: str) -> Callable[..., Task]:
    def make(
        seats: int = 3,
        language: str = "en",
        trials: int = DEFAULT_TRIALS,
        seed: int = 0,
        *,
        obfuscate: bool = False,
        protocol: str = "exact",
    ) -> Task:
        config = ChatConfig(language, obfuscate, trials, [asks], seed, protocol=protocol)
        return _task(f"seating:seats={seats}", asks, config)

    return task(name=f"seating_{asks}")(make)


def _cups(asks: str) -> Callable[..., Task]:
    def make(
        n: int = 4,
        language: str = "en",
        trials: int = DEFAULT_TRIALS,
        seed: int = 0,
        *,
        obfuscate: bool = False,
    ) -> Task:
        config = ChatConfig(language, obfuscate, trials, [asks], seed)
        return _task(f"cups:n={n}", asks, config)

    return task(name=f"cups_{asks}")(make)


seating_capability = _seating("capability")
seating_compression = _seating("compression")
seating_distinction = _seating("distinction")
cups_capability = _cups("capability")
cups_compression = _cups("compression")
cups_distinction = _cups("distinction")
