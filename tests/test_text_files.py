"""Files are unpacked on the way, and text is read in whatever encoding and line ends it has."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nerode.errors import FormatError
from nerode.text_files import open_unpacked, text_lines

WAYS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
in_a_file = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def lines_of(folder: Path, content: bytes, newline: str | None = None) -> list[str]:
    (folder / "a").write_bytes(content)
    return list(text_lines(folder / "a", newline))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("way", [None, *WAYS])
def test_text_is_read_however_it_is_encoded_and_packed(
    tmp_path: Path, encoding: str, way: str | None
) -> None:
    content = "é 東\r\nb\rc\n\nd\u2028e".encode(encoding)
    packed = content if way is None else WAYS[way](content)
    assert lines_of(tmp_path, packed) == ["é 東\n", "b\n", "c\n", "\n", "d\u2028e"]
    assert lines_of(tmp_path, packed, "") == ["é 東\r\n", "b\r", "c\n", "\n", "d\u2028e"]


def test_big_endian_marks_are_known(tmp_path: Path) -> None:
    for encoding in ("utf-16-be", "utf-32-be", "utf-16-le", "utf-32-le"):
        assert lines_of(tmp_path, "\ufeffab".encode(encoding)) == ["ab"]


@pytest.mark.parametrize("way", WAYS)
def test_what_is_cut_or_damaged_is_told(tmp_path: Path, way: str) -> None:
    whole = WAYS[way](b"".join(b"%d\n" % number for number in range(999)))
    for content in (whole[:-5], whole[: len(whole) // 2], whole[:12] + b"damaged" + whole[19:]):
        with pytest.raises(FormatError, match="a: expected a whole packed file, got ") as caught:
            lines_of(tmp_path, content)
        assert "\n" not in str(caught.value)


def test_errors_of_others_pass_through_an_open_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(b"a", mtime=0))
    for error in (OSError(28, "no space"), ValueError("own")):
        with pytest.raises(type(error)) as caught, open_unpacked(tmp_path / "a"):
            raise error
        assert caught.value is error


@in_a_file
@given(
    st.binary(max_size=80),
    st.sampled_from(
        [b"", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\x00", b"\xff\xfe", b"\xff\xfe\x00\x00"]
    ),
)
def test_any_bytes_are_text_or_refused_with_their_file(
    tmp_path: Path, content: bytes, start: bytes
) -> None:
    try:
        lines = lines_of(tmp_path, start + content)
    except FormatError as error:
        assert str(error).startswith(f"{tmp_path / 'a'}:")  # noqa: PT017 (read or refused)
    else:
        assert "".join(lines).encode("utf-8", "strict") is not None
