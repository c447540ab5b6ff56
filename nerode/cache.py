"""The user's cache: files that can be made again at any time, on disk between two calls.

`NERODE_CACHE` names another folder, and turns the cache off where it is empty. Nothing here is ever
an error: a file that cannot be read is as good as none, one that cannot be written is not kept.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nerode.files import whole_file

CACHE_VARIABLE = "NERODE_CACHE"
CACHE_LIMIT = 500_000_000
"""Bytes of all files in one folder."""

_OURS = re.compile(r"[0-9a-f]{64}\.jsonl(\..+)?")
"""Names of files that are written here, and of parts that a killed process left. No others are ever
removed."""


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The folder of the cache, which need not be there yet; None where the cache is off.

    `NERODE_CACHE`, or else the place that the system has for such files.
    """
    if CACHE_VARIABLE in environment:
        named = environment[CACHE_VARIABLE].strip()
        return Path(named).expanduser().absolute() if named else None
    try:
        home = Path.home()
    except RuntimeError:  # nobody's home
        return None
    if sys.platform == "win32":
        local = environment.get("LOCALAPPDATA")
        return (Path(local) if local else home / "AppData" / "Local") / "nerode" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "nerode"
    given = Path(environment.get("XDG_CACHE_HOME", ""))
    return (given if given.is_absolute() else home / ".cache") / "nerode"


@dataclass(frozen=True)
class CachedFiles:
    """Files in one folder, each under a name of 64 hexadecimal digits.

    Several processes may read and write at once: each file appears whole, and of two under one name
    the later one stays. Where all of them together exceed `limit` bytes, those whose last use is
    longest ago are removed.
    """

    folder: Path
    limit: int = CACHE_LIMIT

    def read(self, name: str) -> bytes | None:
        """What a file holds; None where there is none. This counts as a use."""
        path = self._path(name)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        with suppress(OSError):  # a folder that can only be read
            os.utime(path)
        return content

    def write(self, name: str, content: str) -> None:
        """Keep a file, unless the disk or the limit does not allow it."""
        if len(content) > self.limit:
            return
        path = self._path(name)
        own = path.with_name(f"{path.name}.{secrets.token_hex(8)}")  # no other process writes to it
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                with whole_file(own) as file:
                    file.write(content)
                own.replace(path)
            finally:
                own.unlink(missing_ok=True)
            self._remove_oldest()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl"

    def _remove_oldest(self) -> None:
        found = sorted(self._found(), key=lambda file: file.last_use)
        excess = sum(file.size for file in found) - self.limit
        for file in found:
            if excess <= 0:
                return
            excess -= file.size
            with suppress(OSError):  # another process was faster, or reads it
                file.path.unlink()

    def _found(self) -> Iterator[_Found]:
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if not _OURS.fullmatch(entry.name):
                    continue
                with suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    yield _Found(Path(entry.path), status.st_size, status.st_mtime_ns)


@dataclass(frozen=True)
class _Found:
    """A file in the folder: bytes, and nanoseconds of its last use."""

    path: Path
    size: int
    last_use: int
