"""Evaluate one chat model on one world: plan, ask, score and record in a run folder.

run.json          what was asked for; a run goes on only under the same terms
answers.jsonl     every answer as it came (nerode/chat/store.py)
failures.jsonl    questions that the provider did not answer, and why
trials.jsonl      what they come to, trial by trial
logs/             Inspect's own logs: `inspect view --log-dir FOLDER/logs`
evaluation.json   the result, written last
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from nerode.chat.callbacks import DoneCallback, ProgressCallback, RetryCallback
from nerode.chat.cost import REPLY, Cost, estimate
from nerode.chat.narration.registry import open_narration
from nerode.chat.offline import answer_all, is_simulated, open_simulated
from nerode.chat.options import GenerationOptions
from nerode.chat.plan import CHAT_METRIC_NAMES, TrialPlan, make_plan
from nerode.chat.record import run_terms, trials_of, write_result
from nerode.chat.result import AskResult
from nerode.chat.store import AnswerStore
from nerode.errors import InvalidParameter, MissingExtra
from nerode.interrupted import state_what_remains
from nerode.progress import count_progress, notebook_progress
from nerode.runs import RESULT, read_json
from nerode.worlds.world import AnyWorld

DEFAULT_TRIALS = 100
MOST_CHAT_TRIALS = 100_000
"""Trials of one metric; a slip of the pen above that would plan for hours."""


@dataclass(frozen=True)
class ChatConfig:
    """Configuration of a chat run: language and words, trials, metrics and protocol.

    Attributes
    ----------
    language
        `en` or `ru`, or what else `open_narration` takes.
    obfuscate
        Made-up words stand for people and things, so that no remembered puzzle helps.
    trials
        Trials per metric.
    metrics
        Names out of capability, compression and distinction; None for all.
    most_listed
        Precision of distinction is measured where a world has at most so many statements (None:
        20): all of them are asked about, after both histories of every trial. Not measured under
        protocol `paper`.
    protocol
        `exact`, or `paper`: seating puzzles as in the published experiment, which asks about single
        statements (nerode/chat/published.py).
    """

    language: str = "en"
    obfuscate: bool = False
    trials: int = DEFAULT_TRIALS
    metrics: Sequence[str] | None = None
    seed: int = 0
    most_listed: int | None = None
    protocol: str = "exact"

    def plan(self, world: AnyWorld) -> TrialPlan:
        """The trials of a world and their questions."""
        if self.seed < 0:
            raise InvalidParameter(f"expected a seed of at least 0, got {self.seed}")
        if self.trials > MOST_CHAT_TRIALS:
            message = f"expected trials of at most {MOST_CHAT_TRIALS:,}, got {self.trials}"
            raise InvalidParameter(message)
        narration = open_narration(world, self.language, obfuscate=self.obfuscate, seed=self.seed)
        return make_plan(
            world,
            narration,
            self.metrics,
            trials=self.trials,
            seed=self.seed,
            most_listed=self.most_listed,
            protocol=self.protocol,
        )


class ChatResult(NamedTuple):
    """Result of a run.

    Attributes
    ----------
    record
        As it stands in evaluation.json.
    answered, failed
        Of this call alone: how many questions were answered, and failed, by cause.
    words
        What the provider said last, by cause of failure.
    """

    record: dict[str, Any]
    answered: int
    failed: Mapping[str, int]
    words: Mapping[str, str] = MappingProxyType({})


def cost(world: AnyWorld, config: ChatConfig, reply: int = REPLY) -> Cost:
    """Estimate the questions and tokens of a run; nothing is sent."""
    return estimate(config.plan(world).questions(), reply)


@notebook_progress("questions", lambda bar, given: count_progress(bar, given["world"].name))
def chat(
    world: AnyWorld,
    model: str,
    config: ChatConfig,
    *,
    out: Path | str,
    options: GenerationOptions | None = None,
    progress: ProgressCallback | None = None,
    on_retry: RetryCallback | None = None,
) -> ChatResult:
    """Ask a chat model about a world, and write what came of it to the folder `out`.

    A run that was stopped goes on where it was, and asks nothing again that was answered. What the
    folder has measured before, other metrics or more trials, stays in its result.

    Parameters
    ----------
    model
        `provider/name`, as Inspect knows it. Its key is read from the environment. Or a simulated
        model, `simulated/solver` say (nerode/chat/offline.py), for which nobody is asked.
    progress
        Called with how many questions are done, and how many there are.
    on_retry
        Called before `progress`, and whenever an attempt failed that will be made again, with how
        many questions wait for that, and what the provider said last.

    Raises
    ------
    UnknownName, InvalidParameter
        For a language, protocol, metric, number or model that does not exist, a protocol that the
        world does not have, or a key that is missing.
    MissingExtra
        Where Inspect is not installed.
    RunMismatch, FormatError
        Where `out` holds something else, or is damaged.
    Unreachable
        Where the provider refuses the key, or answers nothing any more; answers are kept.
    """
    options = GenerationOptions() if options is None else options
    plan = config.plan(world)
    begun = run_terms(plan, model, obfuscate=config.obfuscate, **options.terms())
    # Before the folder: a name that does not exist is not what a run is begun with.
    ask = _opened(model, options, plan)
    with AnswerStore(Path(out), begun) as answers:
        keys = [question.key in answers for question in plan.questions()]
        there, total = sum(keys), len(keys)

        def on_done(done: int) -> None:
            if progress is not None:
                progress(there + done, total)

        with state_what_remains(answers.remains):
            on_done(0)
            result = ask(answers, on_done, on_retry)
            whole = _with_earlier(plan, config, Path(out))
            record = write_result(whole, answers, begun)
            return ChatResult(record, result.answered, result.failed, result.words)


_Ask = Callable[[AnswerStore, DoneCallback, RetryCallback | None], AskResult]


def _opened(model: str, options: GenerationOptions, plan: TrialPlan) -> _Ask:
    """What asks a model all questions of a plan that have no answer yet. Raises as `chat` does."""
    if is_simulated(model):
        answerer = open_simulated(model, plan.narration, plan.seed)
        return lambda answers, on_done, _: answer_all(
            plan.questions(), answers, plan.narration, answerer, on_done
        )
    try:
        from nerode.chat.ask import ask, open_model  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra(f"chat models need `pip install 'nerode[chat]'` ({error})") from None
    opened = open_model(model, options)
    return lambda answers, on_done, on_retry: ask(
        plan.questions(), answers, plan.narration, opened, on_done, on_retry
    )


def _with_earlier(plan: TrialPlan, config: ChatConfig, folder: Path) -> TrialPlan:
    """The plan with what the folder's result has measured before: other metrics, more trials."""
    result = folder / RESULT
    if not result.exists():
        return plan
    trials = dict(plan.trials)
    for metric, count in trials_of(read_json(result), str(result)).items():
        if count > len(trials.get(metric, ())):
            earlier = replace(config, metrics=[metric], trials=count)
            trials |= earlier.plan(plan.world).trials
    return replace(
        plan, trials={name: trials[name] for name in CHAT_METRIC_NAMES if name in trials}
    )
