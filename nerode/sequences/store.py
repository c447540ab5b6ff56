"""Sequences on disk: a folder of Parquet shards and a manifest.

    manifest.json          what the sequences are and where they come from
    train-00000.parquet    one column, `symbols`: list<int32>; rows in the order drawn
    held_out-00000.parquet

The manifest is written last and at once, so a folder with a manifest is whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nerode.errors import FormatError, InvalidParameter, MissingFile
from nerode.files import whole_file
from nerode.schema.decoding import DamageError, decoded, encoded
from nerode.schema.sequences import Manifest
from nerode.sequences.batch import SequenceBatch

__all__ = [
    "Manifest",
    "Shards",
    "clear_shards",
    "folder_state",
    "prepare_folder",
    "read_manifest",
    "read_shards",
    "write_manifest",
]

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
SPLITS = ("train", "held_out")
SHARD_ROWS = 1 << 20
"""Sequences in one shard, the last one apart."""

_SCHEMA = pa.schema([pa.field("symbols", pa.list_(pa.int32()))])

_WRITING: dict[str, object] = {
    "compression": "zstd",
    "use_dictionary": False,
    "column_encoding": {"symbols.list.element": "BYTE_STREAM_SPLIT"},
}
"""Symbols are small numbers: their bytes, put apart by place, shrink to 4 bits a symbol, in less
time and room than numbers from a dictionary do."""


class Shards:
    """Writes the sequences of one split; use as a context manager."""

    def __init__(self, folder: Path, split: str) -> None:
        self._folder = folder
        self._split = split
        self._shard = 0
        self._rows = 0
        self._file: IO[bytes] | None = None
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def write(self, batch: SequenceBatch) -> None:
        """Append one row group (two where a shard is full)."""
        while len(batch):
            writer = self._writer or self._open()
            room = SHARD_ROWS - self._rows
            now = batch.part(0, min(room, len(batch)))
            column = pa.ListArray.from_arrays(now.offsets.astype(np.int32), now.symbols)
            writer.write_table(pa.table([column], schema=_SCHEMA))
            self._rows += len(now)
            if self._rows == SHARD_ROWS:
                self._close()
            batch = batch.part(len(now), len(batch))

    def _open(self) -> pq.ParquetWriter:
        # Through Python's own file: a full disk then is the OSError it should be.
        path = self._folder / f"{self._split}-{self._shard:05d}.parquet"
        self._file = path.open("wb")
        self._writer = pq.ParquetWriter(self._file, _SCHEMA, **_WRITING)
        self._shard += 1
        self._rows = 0
        return self._writer

    def _close(self) -> None:
        writer, file = self._writer, self._file
        self._writer = self._file = None
        try:
            if writer is not None:
                writer.close()
        finally:
            if file is not None:
                file.close()


def prepare_folder(folder: Path) -> None:
    """Make the folder, clear of shards of an attempt that did not come to its end.

    Raises InvalidParameter where it holds finished sequences already.
    """
    if (folder / MANIFEST).exists():
        raise InvalidParameter(f"expected a folder without sequences, got {folder}/{MANIFEST}")
    if folder.exists() and not folder.is_dir():
        raise InvalidParameter(f"expected a folder to write, got the file {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    clear_shards(folder)


def clear_shards(folder: Path) -> None:
    """Remove the shards of an attempt that did not come to its end, and a manifest before them."""
    (folder / MANIFEST).unlink(missing_ok=True)
    for split in SPLITS:
        for shard in folder.glob(f"{split}-?????.parquet"):
            shard.unlink()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write manifest.json whole or not at all."""
    with whole_file(folder / MANIFEST) as file:
        json.dump(encoded(manifest), file, indent=1)
        file.write("\n")


def read_manifest(folder: Path) -> Manifest:
    """Read and check manifest.json. Raises MissingFile and FormatError."""
    path = folder / MANIFEST
    if not path.is_file():
        raise MissingFile(f"expected a folder of sequences with {MANIFEST}, got {folder}")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise FormatError(f"{path}:{error.lineno}: expected JSON, got {error.msg}") from None
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: expected UTF-8 text, got {error.reason}") from None
    except (ValueError, RecursionError) as error:  # numbers too long, brackets too deep
        raise FormatError(f"{path}: expected JSON, got {error}") from None
    version = content.get("format_version") if isinstance(content, dict) else None
    if version != FORMAT_VERSION:
        raise FormatError(f"{path}: expected format_version {FORMAT_VERSION}, got {version!r}")
    try:
        return decoded(content, Manifest)
    except DamageError as damage:
        raise FormatError(f"{path}: expected a manifest of sequences; {damage}") from None


def folder_state(folder: Path) -> list[object]:
    """The manifest of a folder, and name, size and time of change of every shard.

    It is another one wherever the sequences are others. Raises OSError where it cannot be read.
    """
    state: list[object] = [(folder / MANIFEST).read_text(encoding="utf-8")]
    for split in SPLITS:
        for shard in sorted(folder.glob(f"{split}-?????.parquet")):
            status = shard.stat()
            state.append([shard.name, status.st_size, status.st_mtime_ns])
    return state


def read_shards(folder: Path, split: str, manifest: Manifest) -> Iterator[SequenceBatch]:
    """Sequences of one split, a row group at a time.

    Raises MissingFile and FormatError where the shards do not hold what the manifest says.
    """
    expected, got = manifest.count(split), 0
    paths = sorted(folder.glob(f"{split}-?????.parquet"))
    if expected and not paths:
        raise MissingFile(f"expected {folder / split}-00000.parquet, got no such file")
    for path in paths:
        for batch in _read_shard(path):
            got += len(batch)
            symbols = batch.symbols
            if len(symbols) and not 0 <= symbols.min() <= symbols.max() < len(manifest.alphabet):
                raise FormatError(
                    f"{path}: expected symbols below {len(manifest.alphabet)}, "
                    f"got {symbols.min()} to {symbols.max()}"
                )
            yield batch
    if got != expected:
        raise FormatError(f"{folder}: expected {expected} {split} sequences, got {got}")


def _read_shard(path: Path) -> Iterator[SequenceBatch]:
    try:
        with pq.ParquetFile(path) as file:
            _check_columns(file.schema_arrow, path)
            for group in range(file.num_row_groups):
                for column in file.read_row_group(group).column("symbols").chunks:
                    yield _to_batch(column, path)
    except FormatError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:  # names may be no UTF-8
        reason = " ".join(str(error).split())[:200]
        raise FormatError(f"{path}: expected a Parquet file, got {reason}") from None


def _check_columns(schema: pa.Schema, path: Path) -> None:
    if not schema.equals(_SCHEMA):
        found = ", ".join(str(field) for field in schema)
        raise FormatError(f"{path}: expected one column symbols: list<int32>, got {found:.80}")


def _to_batch(column: pa.ListArray, path: Path) -> SequenceBatch:
    if column.null_count or column.values.null_count:
        raise FormatError(f"{path}: expected sequences without gaps, got nulls")
    symbols = column.flatten().to_numpy()
    offsets = column.offsets.to_numpy().astype(np.int64)
    return SequenceBatch(symbols, offsets - offsets[0])
