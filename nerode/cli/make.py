"""Commands that make things: sequences of a world, models of sequences."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from nerode.cli.options import Quiet, Seed, WorldName
from nerode.errors import InvalidParameter
from nerode.interrupted import state_what_remains

if TYPE_CHECKING:
    from nerode.worlds.world import World


def worlds(
    world: Annotated[
        str | None, typer.Argument(help="Check the promises of this one (docs/extend.md).")
    ] = None,
) -> None:
    """List the worlds and their parameters, or check one: which promises does it break?"""
    if world is not None:
        from nerode.worlds.check.check import check_world
        from nerode.worlds.registry import open_world

        print(check_world(open_world(world)))  # noqa: T201 - the answer
        return
    from rich.console import Console
    from rich.table import Table

    from nerode.worlds.outside import announced
    from nerode.worlds.registry import worlds as entries

    table = Table("world", "parameters", "what it is", box=None, pad_edge=False)
    for entry in entries():
        table.add_row(entry.name, entry.parameters or "-", entry.summary)
    for own in announced():
        table.add_row(own.name, "?NAME=VALUE&...", f"installed: {own.value}")
    table.add_row("FILE.py:CLASS", "?NAME=VALUE&...", "a world of your own (docs/extend.md)")
    table.add_row("PACKAGE.MODULE:CLASS", "?NAME=VALUE&...", "the same, in an installed package")
    Console().print(table)


def sequences(
    world: WorldName,
    policy: Annotated[
        str,
        typer.Option(
            help="shortest, noisy, random, strong, championship, or one that the world has of its "
            "own (a name that it does not have prints those that it has)."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write (Parquet and manifest.json).")],
    count: Annotated[
        int | None,
        typer.Option(help="Sequences in all, held-out ones included (championship: all games)."),
    ] = None,
    seed: Seed = 0,
    wthor: Annotated[
        Path | None, typer.Option(help="championship: a folder of WTHOR files (.wtb).")
    ] = None,
    synthetic: Annotated[float, typer.Option(help="Share of random sequences among them.")] = 0.0,
    text: Annotated[
        Path | None, typer.Option(help="Also write the training sequences as text, one a line.")
    ] = None,
    tokenizer: Annotated[
        Path | None,
        typer.Option(help="Also write a tokenizer for that text (a Hugging Face folder)."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Draw sequences from a world: training and held-out ones, split by origin and destination."""
    from nerode.progress import Bar, count_progress
    from nerode.sequences.dataset import open_sequences, write_sequences
    from nerode.sequences.mixed import write_mixed
    from nerode.sequences.text import write_text
    from nerode.worlds.registry import open_world

    opened = open_world(world)
    if tokenizer is not None:
        _check_tokenizer_folder(tokenizer)  # the rest may take long
    if text is not None and text.exists():
        raise InvalidParameter(f"expected a new file for --text, got {text}, which is there")
    with Bar("sequences", f"sequences {world} --policy {policy}", quiet=quiet) as bar:
        if policy == "championship":
            from nerode.sequences.championship import write_championship

            written = write_championship(opened, wthor, out, count, seed, synthetic=synthetic)
            manifest = written.manifest
            for line in written.told():
                typer.echo(f"{wthor}: {line}", err=True)
        else:
            total = _given(count, "--count", f"policy {policy}")
            if synthetic:
                manifest = write_mixed(opened, policy, total, seed, out, synthetic)
            else:
                show = count_progress(bar, policy, total)
                manifest = write_sequences(opened, policy, total, seed, out, progress=show)
        if tokenizer is not None:
            _write_tokenizer(opened, tokenizer)
        if text is not None:
            with state_what_remains(lambda: f"the sequences in {out} are whole"):
                write_text(open_sequences(out).read("train"), opened, text)
    typer.echo(f"{out}: {manifest.train} training and {manifest.held_out_count} held-out sequences")


def train(
    sequences: Annotated[Path, typer.Argument(help="A folder that `nerode sequences` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder for the model (Hugging Face format).")],
    world: Annotated[
        str | None,
        typer.Option(help="The world of the sequences, where it is your own: FILE.py:CLASS."),
    ] = None,
    layers: Annotated[int, typer.Option(help="Transformer layers.")] = 4,
    width: Annotated[int, typer.Option(help="Width of the residual stream.")] = 128,
    heads: Annotated[int, typer.Option(help="Attention heads.")] = 4,
    minutes: Annotated[
        float | None,
        typer.Option(help="Stop after so many minutes (30 where --epochs is not given either)."),
    ] = None,
    epochs: Annotated[
        float | None, typer.Option(help="Stop after so many passes over the sequences.")
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Sequences per step.")] = 256,
    learning_rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 1e-3,
    seed: Seed = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it stopped.")] = False,
    keep: Annotated[
        str | None,
        typer.Option(help="Checkpoints to leave in OUT/checkpoints: the last so many, or `all`."),
    ] = None,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Log for TensorBoard.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Train a GPT-2 on sequences; ends in a folder that Hugging Face opens."""
    from nerode.training import train as run
    from nerode.worlds.registry import open_world

    record = run(
        sequences,
        out,
        world=None if world is None else open_world(world),
        layers=layers,
        width=width,
        heads=heads,
        minutes=minutes,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        resume=resume,
        keep=_checkpoints(keep),
        tensorboard=tensorboard,
        quiet=quiet,
    )
    done = record["training"]
    told = f"{done['steps']:,} steps in {done['seconds']:,.0f} s"
    for name, way in {"loss": ".4f", "held_out_loss": ".4f", "legal": ".2%"}.items():
        if done.get(name) is not None:
            told += f", {name.replace('_', '-')} {done[name]:{way}}"
    typer.echo(f"{out}: {told}")
    left = len(list((out / "checkpoints").glob("checkpoint-*")))
    if left:
        typer.echo(f"{out / 'checkpoints'}: {left}, each of which can be measured as {out} can")
    command = [
        "nerode",
        "evaluate",
        world or record["world"],
        str(out),
        "--sequences",
        str(sequences),
    ]
    typer.echo(f"{out}: measure it with `{shlex.join(command)}`")


def _checkpoints(text: str | None) -> int | Literal["all"] | None:
    """How many checkpoints to keep."""
    if text is None:
        return None
    if text == "all":
        return "all"
    if not (text.isascii() and text.isdecimal()):
        raise InvalidParameter(f"expected --keep with a whole number or `all`, got {text!r}")
    return int(text)


def _check_tokenizer_folder(folder: Path) -> None:
    from nerode.models.registry import no_torch

    try:
        from nerode.models.hf.tokenizer import clear_tokenizer
    except ImportError as error:
        raise no_torch(error) from None
    clear_tokenizer(folder)


def _write_tokenizer(world: World[Any], folder: Path) -> None:
    """Written when the sequences are whole, so that a command that was stopped can be repeated."""
    from nerode.models.hf.tokenizer import write_tokenizer

    typer.echo(f"{folder}: a tokenizer of {write_tokenizer(world, folder)} tokens")


def _given(value: int | None, option: str, what: str) -> int:
    """A value that some commands need; one clear line where it is absent."""
    if value is None:
        raise typer.BadParameter(f"expected {option} with {what}, got none")
    return value
