"""Atomic writes, and I/O errors that name their file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A text file to write to, which stands at `path` once the block has ended well.

    Until then, and for ever if the block or the disk fails, `path` is as it was: what is written
    goes to `NAME.part` beside it, reaches the disk, and takes the name in one step. Lines end as
    they are written. What is no plain file (a pipe, `/dev/stdout`) is written directly.

    Raises OSError, which names `path`, where it cannot be written.
    """
    target = path.resolve()  # a link stays a link
    part = target.with_name(target.name + ".part")
    with naming(path, instead_of=part):
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="") as stream:
                yield stream
            return
        try:
            with part.open("w", encoding="utf-8", newline="") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            if target.exists():
                part.chmod(stat.S_IMODE(target.stat().st_mode))
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def naming(path: Path | str, *, instead_of: Path | None = None) -> Iterator[None]:
    """Let an OSError of a stream, which does not know its file, name a path.

    So does one that names the file `instead_of`, which nobody knows.
    """
    try:
        yield
    except OSError as error:
        nameless = {None, None if instead_of is None else str(instead_of)}
        if error.errno is None or error.filename not in nameless:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from None
