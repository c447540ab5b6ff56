"""The arguments of an evaluation as plain data, to be sent or kept, and back."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from nerode.errors import InvalidParameter
from nerode.evaluation.plan import EvaluationOptions, Progress
from nerode.metrics.registry import METRICS
from nerode.models.outside import own_model
from nerode.schema.shard import EvaluateCommand
from nerode.worlds.registry import is_listed


def command_of(world: str, model: str, options: EvaluationOptions) -> EvaluateCommand:
    """An evaluation as plain data. Raises InvalidParameter for metrics that have no name."""
    metrics = options.metrics
    unnamed = next((each for each in metrics or () if not isinstance(each, str)), None)
    if unnamed is not None:
        message = "expected metrics by their names, for they are opened elsewhere"
        raise InvalidParameter(f"{message}, got {unnamed!r}")
    return EvaluateCommand(
        world=world,
        model=model,
        metrics=None if metrics is None else [str(each) for each in metrics],
        trials=options.trials,
        samples=options.samples,
        epsilon=options.epsilon,
        curve=options.curve,
        protocol=options.protocol,
        histories=options.histories,
        sequences=None if options.sequences is None else str(options.sequences),
        baselines=None if options.baselines is None else list(options.baselines),
        depth=options.depth,
        length=options.length,
        dtype=options.dtype,
        first_token=options.first_token,
        seed=options.seed,
    )


def options_of(
    command: EvaluateCommand, out: Path | None = None, progress: Progress | None = None
) -> EvaluationOptions:
    """The options of an evaluation that was told so."""
    told = structs.asdict(command)
    del told["world"], told["model"]
    return EvaluationOptions(**told, fresh=False, out=out, progress=progress)


def users_part(command: EvaluateCommand) -> str | None:
    """The name of a world, model or metric that is code of the user's own; None without one.

    Such code is loaded only where the user names it: a file that names it loads nothing.
    """
    if not is_listed(command.world):
        return command.world
    models = [command.model, *(command.baselines or ())]
    named = [each for each in models if own_model(each) is not None]
    named += [each for each in command.metrics or () if each not in METRICS]
    return named[0] if named else None
