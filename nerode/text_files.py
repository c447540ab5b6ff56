"""Files from anywhere: unpacked on the way, and text in whatever encoding and line ends it has."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from nerode.errors import FormatError

_PACKED: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
"""What opens a packed file, by the bytes that it begins with (names may say anything)."""

_OTHERS = {
    b"PK\x03\x04": "a zip archive (unpack it first)",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive (unpack it first)",
    b"\x28\xb5\x2f\xfd": "a file packed by zstd (unpack it first)",
    b"PAR1": "a Parquet file",
    b"version https://git-lfs.github.com": "a pointer of Git LFS (git lfs pull fetches the file)",
}
"""Files that are neither text nor unpacked here, by the bytes that they begin with."""

_LONGEST_MARK = max(map(len, _OTHERS))

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Encodings by the mark that a text may begin with; without one it is UTF-8."""


def kind_of(start: bytes) -> str | None:
    """What a file that begins with these bytes is, in words; None where they do not tell."""
    return next((kind for mark, kind in _OTHERS.items() if start.startswith(mark)), None)


def kind_of_file(path: Path) -> str | None:
    """The same of a file."""
    with path.open("rb") as file:
        return kind_of(file.read(_LONGEST_MARK))


@contextmanager
def open_unpacked(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file; what gzip, bzip2 or xz has packed is unpacked while it is read.

    Raises FormatError, also from within the block, where the packed file is damaged or cut.
    """
    with path.open("rb") as file:
        start = file.read(_LONGEST_MARK)
    opener = next((each for mark, each in _PACKED.items() if start.startswith(mark)), None)
    with path.open("rb") if opener is None else opener(path) as stream:
        try:
            yield stream
        except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
            # An OSError with a number is the system's, or of another file.
            if opener is None or (isinstance(error, OSError) and error.errno is not None):
                raise
            raise FormatError(f"{path}: expected a whole packed file, got {error}") from None


def text_lines(path: Path, newline: str | None = None) -> Iterator[str]:
    """The lines of a text, each with its end; LF, CR LF and CR alone all end a line.

    The text may be packed (`open_unpacked`) and may begin with the mark of UTF-8, UTF-16 or
    UTF-32; without one it is UTF-8. `newline` is that of `open`: by default every line ends in
    LF here, "" leaves the ends as they are.

    Raises FormatError, with the line where it is known, for what is no such text.
    """
    with open_unpacked(path) as stream:
        buffered = io.BufferedReader(cast(io.RawIOBase, stream))
        start = buffered.peek(_LONGEST_MARK)[:_LONGEST_MARK]
        other = kind_of(start)
        if other is not None:
            raise FormatError(f"{path}:1: expected text, got {other}")
        encoding = next((name for mark, name in _MARKS.items() if start.startswith(mark)), "utf-8")
        # Bytes that are no UTF-8 pass as lone surrogates, so that their line can be named.
        errors = "surrogateescape" if encoding.startswith("utf-8") else "strict"
        lines = io.TextIOWrapper(buffered, encoding=encoding, errors=errors, newline=newline)
        try:
            for number, line in enumerate(lines, start=1):
                if not line.isascii():
                    _refuse_surrogates(line, f"{path}:{number}")
                yield line
        except UnicodeDecodeError as error:
            name = encoding.upper()
            raise FormatError(f"{path}: expected {name} text, got {error.reason}") from None


def _refuse_surrogates(line: str, where: str) -> None:
    """Raise FormatError where a line of UTF-8 had bytes that are none."""
    stray = next((letter for letter in line if "\udc80" <= letter <= "\udcff"), None)
    if stray is not None:
        byte = ord(stray) - 0xDC00
        raise FormatError(f"{where}: expected UTF-8 text, got the byte 0x{byte:02x}")
