"""Sequences of a world: drawn into memory, written to a folder, read from a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nerode.errors import FormatError, ModelMismatch, UnknownName
from nerode.files import naming
from nerode.interrupted import state_what_remains
from nerode.progress import count_progress, notebook_progress
from nerode.sequences.ahead import ahead
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.pieces import engine_for, stream_in_pieces
from nerode.sequences.policies import POLICIES, Draw, stream
from nerode.sequences.split import Split, held_out_mask
from nerode.sequences.store import (
    SPLITS,
    Manifest,
    Shards,
    clear_shards,
    prepare_folder,
    read_manifest,
    read_shards,
    write_manifest,
)
from nerode.worlds.elsewhere import Workers
from nerode.worlds.registry import may_be_same
from nerode.worlds.world import AnyWorld

__all__ = [
    "POLICIES",
    "Manifest",
    "SequenceBatch",
    "Sequences",
    "draw_sequences",
    "held_out_mask",
    "open_sequences",
    "write_batches",
    "write_sequences",
]

HELD_OUT_SHARE = 0.1
"""Share of prompts that is held out unless the caller says otherwise."""

AT_ONCE = 1 << 20
"""Sequences drawn in one piece into memory: few pieces, for putting them together copies them."""


def draw_sequences(
    world: AnyWorld,
    policy: str,
    count: int,
    seed: int,
    *,
    split: str | None = None,
    held_out: float = HELD_OUT_SHARE,
    split_seed: int | None = None,
    fewer: bool = False,
) -> SequenceBatch:
    """Draw `count` sequences into memory; `stream` says what each policy is.

    With `split` they all lie on that side of the split that `held_out_mask` makes with
    `split_seed` (default: `seed`) and the world's symmetries. So held-out sequences that a model
    has not met come from another `seed` and the `split_seed` of its training set. With `fewer`, a
    world that has fewer such sequences gives all that it has.

    Raises UnknownName for a policy that there is not and InvalidParameter for a request
    that the world cannot meet.
    """
    division = Split.of(world, seed if split_seed is None else split_seed, held_out)
    return draw_into_memory(world, Draw(policy, count, seed, division, split, fewer))


def draw_into_memory(world: AnyWorld, draw: Draw) -> SequenceBatch:
    """The sequences of a request, which may be on a side of any split. Raises as `stream` does."""
    return SequenceBatch.concat(list(stream(world, draw, AT_ONCE)))


@notebook_progress(
    "sequences", lambda bar, given: count_progress(bar, given["policy"], given["count"])
)
def write_sequences(
    world: AnyWorld,
    policy: str,
    count: int,
    seed: int,
    out: str | Path,
    *,
    held_out: float = HELD_OUT_SHARE,
    workers: Workers | None = None,
    progress: Callable[[int], object] | None = None,
) -> Manifest:
    """Draw `count` sequences into the folder `out`, training and held-out ones apart.

    The files are the same whoever draws them: processes on all cores, or the `workers` of an
    engine (nerode/sequences/pieces.py). Needs little memory however many there are. `progress`
    hears how many are written; without it, a notebook shows a bar. Where drawing or writing fails
    (OSError on a full disk) no sequences are left, and a later call into the same folder begins
    anew. Raises as `draw_sequences` does, and InvalidParameter where the folder holds sequences
    already.
    """
    draw = Draw(policy, count, seed, Split.of(world, seed, held_out))
    batches = stream_in_pieces(world, draw, workers)
    # Processes are forked by this thread, not by one beside it: they are ahead by themselves.
    by_thread = engine_for(world, draw, workers) is None
    return write_batches(world, policy, batches, draw.split, out, progress, by_thread=by_thread)


def write_batches(
    world: AnyWorld,
    policy: str,
    batches: Iterator[SequenceBatch],
    split: Split,
    out: str | Path,
    progress: Callable[[int], object] | None = None,
    *,
    by_thread: bool = True,
) -> Manifest:
    """Write sequences that come from anywhere, as `write_sequences` does; `policy` names them.

    A thread makes the next batch while one is written, unless `by_thread` is false.
    """
    folder = Path(out)
    prepare_folder(folder)
    remains = f"no sequences are left in {folder}; the same command begins anew"
    with state_what_remains(lambda: remains), naming(folder):
        try:
            divided = (_divide(batch, split, world.prompt_length) for batch in batches)
            with closing(ahead(divided) if by_thread else divided) as coming:
                counts = _write(folder, coming, progress)
            manifest = Manifest(
                world=world.name,
                policy=policy,
                seed=split.seed,
                held_out=split.share,
                alphabet=world.alphabet,
                prompt_length=world.prompt_length,
                split_rule=split.rule,
                train=counts["train"],
                held_out_count=counts["held_out_count"],
                symbols=counts["symbols"],
                longest=counts["longest"],
            )
            write_manifest(folder, manifest)
        except BaseException:
            clear_shards(folder)
            raise
    return manifest


def _write(
    folder: Path,
    divided: Iterator[tuple[SequenceBatch, SequenceBatch]],
    progress: Callable[[int], object] | None,
) -> dict[str, int]:
    """Write the training and the held-out sequences of every batch; what the manifest counts."""
    train = held_out = symbols = longest = 0
    with Shards(folder, "train") as train_shards, Shards(folder, "held_out") as held_out_shards:
        for train_batch, held_out_batch in divided:
            train_shards.write(train_batch)
            held_out_shards.write(held_out_batch)
            train += len(train_batch)
            held_out += len(held_out_batch)
            for batch in (train_batch, held_out_batch):
                symbols += len(batch.symbols)
                longest = max(longest, int(batch.lengths.max(initial=0)))
            if progress is not None:
                progress(train + held_out)
    return {"train": train, "held_out_count": held_out, "symbols": symbols, "longest": longest}


def _divide(
    batch: SequenceBatch, division: Split, prompt_length: int
) -> tuple[SequenceBatch, SequenceBatch]:
    """The training and the held-out sequences of a batch."""
    mask = division.held_out(batch, prompt_length)
    return batch.take(~mask), batch.take(mask)


@dataclass(frozen=True)
class Sequences:
    """A folder of sequences that is whole, as its manifest says."""

    folder: Path
    manifest: Manifest
    numbers: NDArray[np.int32] | None = None
    """The world's number of each symbol of the manifest, where they differ; -1: it has none."""

    def read(self, split: str) -> SequenceBatch:
        """Every sequence of `train` or `held_out`, in the order drawn.

        Raises FormatError and MissingFile where the shards are broken.
        """
        return SequenceBatch.concat(list(self.batches(split)))

    def batches(self, split: str) -> Iterator[SequenceBatch]:
        """The same, some thousand sequences at a time."""
        if split not in SPLITS:
            raise UnknownName(f"expected split {' or '.join(SPLITS)}, got {split!r}")
        batches = read_shards(self.folder, split, self.manifest)
        return batches if self.numbers is None else map(self._renumbered, batches)

    def _renumbered(self, batch: SequenceBatch) -> SequenceBatch:
        assert self.numbers is not None  # noqa: S101 - `batches` has looked
        symbols = self.numbers[batch.symbols]
        if symbols.min(initial=0) < 0:
            name = self.manifest.alphabet[batch.symbols[symbols.argmin()]]
            raise FormatError(
                f"{self.folder}: expected symbols that {self.manifest.world} allows, got {name}"
            )
        return SequenceBatch(symbols, batch.offsets)


def open_sequences(folder: str | Path, world: AnyWorld | None = None) -> Sequences:
    """Open a folder that `write_sequences` wrote.

    With a `world` the sequences come in the numbers of its symbols, also where the folder was
    written when its alphabet still had `unused_symbols`.

    Raises MissingFile where the folder or its manifest is absent, FormatError where the
    manifest is not what it should be, ModelMismatch where it speaks of another world.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if world is None:
        return Sequences(folder, manifest)
    _check_world(folder, manifest, world)
    if manifest.alphabet == world.alphabet:
        return Sequences(folder, manifest)
    numbers = [world.index.get(name, -1) for name in manifest.alphabet]
    return Sequences(folder, manifest, np.array(numbers, dtype=np.int32))


def _check_world(folder: Path, manifest: Manifest, world: AnyWorld) -> None:
    """Raise ModelMismatch unless the manifest speaks of sequences of this world."""
    used = [
        [name for name in alphabet if name not in world.unused_symbols]
        for alphabet in (manifest.alphabet, world.alphabet)
    ]
    if used[0] != used[1]:
        differs = "whose symbols differ"
    elif manifest.prompt_length != world.prompt_length:
        differs = f"whose prompts have {manifest.prompt_length} symbols, not {world.prompt_length}"
    elif not may_be_same(manifest.world, world.name):
        differs = "another world"
    else:
        return
    raise ModelMismatch(
        f"{folder}: expected sequences of {world.name}, got those of {manifest.world}, {differs}"
    )
