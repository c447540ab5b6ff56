"""The command that draws sequences of a world."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerode.cli.command import command
from nerode.cli.options import Cluster, Quiet, Seed, WorldName, workers_of
from nerode.errors import InvalidParameter
from nerode.interrupted import state_what_remains

if TYPE_CHECKING:
    from nerode.progress import Bar
    from nerode.sequences.store import Manifest
    from nerode.worlds.elsewhere import Workers
    from nerode.worlds.world import AnyWorld


@dataclass(frozen=True)
class SequencesOptions:
    """Options of `nerode sequences`."""

    world: WorldName
    policy: Annotated[
        str,
        typer.Option(
            help="shortest, noisy, random, wandering, strong, championship, or one that the world "
            "has of its own (a name that it does not have prints those that it has)."
        ),
    ]
    out: Annotated[Path, typer.Option(help="Folder to write (Parquet and manifest.json).")]
    count: Annotated[
        int | None,
        typer.Option(help="Sequences in all, held-out ones included (championship: all games)."),
    ] = None
    seed: Seed = 0
    wthor: Annotated[
        Path | None, typer.Option(help="championship: a folder of WTHOR files (.wtb).")
    ] = None
    synthetic: Annotated[float, typer.Option(help="Share of random sequences among them.")] = 0.0
    text: Annotated[
        Path | None, typer.Option(help="Also write the training sequences as text, one a line.")
    ] = None
    tokenizer: Annotated[
        Path | None,
        typer.Option(help="Also write a tokenizer for that text (a Hugging Face folder)."),
    ] = None
    cluster: Cluster = None
    quiet: Quiet = False


@command(SequencesOptions)
def sequences(options: SequencesOptions) -> None:
    """Draw sequences from a world: training and held-out ones, split by origin and destination."""
    from nerode.progress import Bar
    from nerode.worlds.registry import open_world

    world = open_world(options.world)
    _check_new_files(options)  # the rest may take long
    title = f"sequences {options.world} --policy {options.policy}"
    with Bar("sequences", title, quiet=options.quiet) as bar:
        with workers_of(options.cluster, options.world, world) as workers:
            manifest = _write_sequences(world, options, bar, workers)
        if options.tokenizer is not None:
            _write_tokenizer(world, options.tokenizer)
        if options.text is not None:
            _write_training_text(world, options.out, options.text)
    counts = f"{manifest.train} training and {manifest.held_out_count} held-out sequences"
    typer.echo(f"{options.out}: {counts}")


def _check_new_files(options: SequencesOptions) -> None:
    """Raise InvalidParameter where what is to be written beside the sequences exists already."""
    if options.tokenizer is not None:
        _check_tokenizer_folder(options.tokenizer)
    text = options.text
    if text is not None and text.exists():
        raise InvalidParameter(f"expected a new file for --text, got {text}, which is there")


def _write_sequences(
    world: AnyWorld, options: SequencesOptions, bar: Bar, workers: Workers | None
) -> Manifest:
    """Write the folder of sequences: tournament games, random ones among others, or one policy."""
    from nerode.progress import count_progress
    from nerode.sequences.dataset import write_sequences
    from nerode.sequences.mixed import write_mixed

    policy, seed, out = options.policy, options.seed, options.out
    if policy == "championship":
        return _write_championship(world, options, workers)
    count = _given(options.count, "--count", f"policy {policy}")
    if options.synthetic:
        return write_mixed(world, policy, count, seed, out, options.synthetic, workers=workers)
    progress = count_progress(bar, policy, count)
    return write_sequences(world, policy, count, seed, out, workers=workers, progress=progress)


def _write_championship(
    world: AnyWorld, options: SequencesOptions, workers: Workers | None
) -> Manifest:
    """Write tournament games; what was wrong with their files goes to standard error."""
    from nerode.sequences.championship import write_championship

    written = write_championship(
        world,
        options.wthor,
        options.out,
        options.count,
        options.seed,
        synthetic=options.synthetic,
        workers=workers,
    )
    for line in written.remarks():
        typer.echo(f"{options.wthor}: {line}", err=True)
    return written.manifest


def _write_training_text(world: AnyWorld, folder: Path, text: Path) -> None:
    """Write the training sequences of a folder as text."""
    from nerode.sequences.dataset import open_sequences
    from nerode.sequences.text import write_text

    with state_what_remains(lambda: f"the sequences in {folder} are whole"):
        write_text(open_sequences(folder).read("train"), world, text)


def _check_tokenizer_folder(folder: Path) -> None:
    from nerode.models.registry import no_torch

    try:
        from nerode.models.hf.tokenizer import clear_tokenizer
    except ImportError as error:
        raise no_torch(error) from None
    clear_tokenizer(folder)


def _write_tokenizer(world: AnyWorld, folder: Path) -> None:
    """Written when the sequences are whole, so that a command that was stopped can be repeated."""
    from nerode.models.hf.tokenizer import write_tokenizer

    typer.echo(f"{folder}: a tokenizer of {write_tokenizer(world, folder)} tokens")


def _given(value: int | None, option: str, what: str) -> int:
    """A value that some commands need; one clear line where it is absent."""
    if value is None:
        raise typer.BadParameter(f"expected {option} with {what}, got none")
    return value
