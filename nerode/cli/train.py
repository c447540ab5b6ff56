"""The command that trains a network."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from nerode.cli.command import command
from nerode.cli.options import Quiet, Seed, names_of
from nerode.errors import InvalidParameter

if TYPE_CHECKING:
    from nerode.training.measure_config import MeasureConfig


@dataclass(frozen=True)
class TrainOptions:
    """Options of `nerode train`; nerode/training/run.py says what they mean."""

    sequences: Annotated[Path, typer.Argument(help="A folder that `nerode sequences` wrote.")]
    out: Annotated[Path, typer.Option(help="Folder for the model (Hugging Face format).")]
    world: Annotated[
        str | None,
        typer.Option(help="The world of the sequences, where it is your own: FILE.py:CLASS."),
    ] = None
    architecture: Annotated[str, typer.Option(help="gpt2, llama, lstm or gru.")] = "gpt2"
    objective: Annotated[
        str,
        typer.Option(
            help="What it is trained by: next-token, next-latent, multi-token, state, consistency, "
            "legal-set:policy or legal-set:legal; parameters as next-latent:steps=4, several as "
            "legal-set:policy+state."
        ),
    ] = "next-token"
    layers: Annotated[int, typer.Option(help="Layers.")] = 4
    width: Annotated[int, typer.Option(help="Width of the residual stream.")] = 128
    heads: Annotated[int, typer.Option(help="Attention heads.")] = 4
    minutes: Annotated[
        float | None,
        typer.Option(help="Stop after so many minutes (30 where --epochs is not given either)."),
    ] = None
    epochs: Annotated[
        float | None, typer.Option(help="Stop after so many passes over the sequences.")
    ] = None
    clock: Annotated[
        str,
        typer.Option(help="What minutes are: `wall`, or `cpu` for processor time of the process."),
    ] = "wall"
    batch_size: Annotated[int, typer.Option(help="Sequences per step, on all devices.")] = 256
    learning_rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 1e-3
    seed: Seed = 0
    start_from: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Begin with the weights of this model: a folder, or a bundled one.",
        ),
    ] = None
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it stopped.")] = False
    keep: Annotated[
        str | None,
        typer.Option(help="Checkpoints to leave in OUT/checkpoints: the last so many, or `all`."),
    ] = None
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Log for TensorBoard.")] = False
    measure: Annotated[
        float | None,
        typer.Option(
            help="Measure its world model into OUT/series meanwhile; with 0.05 the training takes "
            "5 % longer."
        ),
    ] = None
    metrics: Annotated[
        str | None,
        typer.Option(help="What --measure measures (next_symbol,compression,distinction)."),
    ] = None
    trials: Annotated[int, typer.Option(help="Trials of each metric of --measure.")] = 200
    stop_on: Annotated[
        str | None,
        typer.Option(
            metavar="METRIC.SCORE:N",
            help="Stop when the score has not become better in N measurements, beyond chance.",
        ),
    ] = None
    keep_best: Annotated[
        str | None,
        typer.Option(
            metavar="METRIC.SCORE", help="Keep the network with the best score in OUT/best."
        ),
    ] = None
    quiet: Quiet = False


@command(TrainOptions)
def train(options: TrainOptions) -> None:
    """Train a network on sequences; ends in a folder that Hugging Face opens."""
    record = _train(options)
    out = options.out
    if os.environ.get("RANK", "0") != "0":
        return  # the first of several processes tells
    typer.echo(f"{out}: {_training_summary(record)}")
    left = len(list((out / "checkpoints").glob("checkpoint-*")))
    if left:
        typer.echo(f"{out / 'checkpoints'}: {left}, each of which can be measured as {out} can")
    done = record["training"]
    if "measured" in done:
        typer.echo(
            f"{out / 'series'}: {done['measured']} measurements in {done['measuring']:,.0f} s; "
            f"`{shlex.join(['nerode', 'report', str(out / 'series')])}` draws them"
        )
    if "stopped_on" in done:
        typer.echo(f"{out}: stopped by --stop-on {done['stopped_on']}")
    if (out / "best").is_dir():
        typer.echo(f"{out / 'best'}: the best by {options.keep_best or 'an earlier --keep-best'}")
    words = ["nerode", "evaluate", options.world or record["world"], str(out)]
    words += ["--sequences", str(options.sequences)]
    typer.echo(f"{out}: measure it with `{shlex.join(words)}`")


def _train(options: TrainOptions) -> dict[str, Any]:
    """Train, and the record of the model (nerode.json)."""
    from nerode.training import train as run
    from nerode.worlds.registry import open_world

    return run(
        options.sequences,
        options.out,
        world=None if options.world is None else open_world(options.world),
        architecture=options.architecture,
        objective=options.objective,
        layers=options.layers,
        width=options.width,
        heads=options.heads,
        minutes=options.minutes,
        epochs=options.epochs,
        clock=options.clock,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        seed=options.seed,
        start_from=options.start_from,
        resume=options.resume,
        keep=_checkpoints(options.keep),
        tensorboard=options.tensorboard,
        measure=_measure_config(options),
        quiet=options.quiet,
    )


def _measure_config(options: TrainOptions) -> MeasureConfig | None:
    """What is measured meanwhile; one clear line for options that need --measure."""
    from nerode.series.best import ScoreName, StopRule
    from nerode.series.config import SERIES_METRICS
    from nerode.training.measure_config import DEFAULT_SHARE, MeasureConfig

    needs = {
        "--metrics": options.metrics,
        "--stop-on": options.stop_on,
        "--keep-best": options.keep_best,
    }
    if options.measure is None:
        given = [name for name, value in needs.items() if value is not None]
        if given:
            raise InvalidParameter(
                f"expected --measure SHARE (such as {DEFAULT_SHARE}) with {given[0]}, got none"
            )
        return None
    return MeasureConfig(
        share=options.measure,
        metrics=names_of(options.metrics) or SERIES_METRICS,
        trials=options.trials,
        stop=None if options.stop_on is None else StopRule.parse(options.stop_on),
        keep_best=None if options.keep_best is None else ScoreName.parse(options.keep_best),
    )


def _training_summary(record: dict[str, Any]) -> str:
    """How long a training took, and the losses at its end."""
    done = record["training"]
    summary = f"{done['steps']:,} steps in {done['seconds']:,.0f} s"
    for name, form in {"loss": ".4f", "held_out_loss": ".4f", "legal": ".2%"}.items():
        if done.get(name) is not None:
            summary += f", {name.replace('_', '-')} {done[name]:{form}}"
    return summary


def _checkpoints(text: str | None) -> int | Literal["all"] | None:
    """How many checkpoints to keep."""
    if text is None:
        return None
    if text == "all":
        return "all"
    if not (text.isascii() and text.isdecimal()):
        raise InvalidParameter(f"expected --keep with a whole number or `all`, got {text!r}")
    return int(text)
