"""A file is written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from nerode.errors import MissingFile
from nerode.files import whole_file


def full(_: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_stands_there_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("before")
    with whole_file(path) as file:
        file.write("after\nö\n")
        file.flush()
        assert path.read_text() == "before"
    assert path.read_bytes() == "after\nö\n".encode()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("before", ["before", None])
def test_on_a_full_disk_it_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    path = tmp_path / "page.html"
    if before is not None:
        path.write_text(before)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left") as caught, whole_file(path) as file:
        file.write("after")
    assert caught.value.filename == str(path)
    left = [] if before is None else [(path, before)]
    assert [(each, each.read_text()) for each in tmp_path.iterdir()] == left


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError(), MissingFile("no other file")])
def test_what_fails_in_the_middle_leaves_it_as_it_was(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "page.html"
    path.write_text("before")

    def write() -> None:
        with whole_file(path) as file:
            file.write("half")
            raise error

    with pytest.raises(type(error)) as caught:
        write()
    assert caught.value is error
    assert [each.read_text() for each in tmp_path.iterdir()] == ["before"]


def test_links_and_permissions_stay(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "page.html", tmp_path / "page.html"
    real.write_text("before")
    real.chmod(0o640)
    link.symlink_to(real)
    with whole_file(link) as file:
        file.write("after")
    assert link.is_symlink()
    assert real.read_text() == "after"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    came: list[str] = []
    reader = Thread(target=lambda: came.append(pipe.read_text()))
    reader.start()
    with whole_file(pipe) as file:
        file.write("through")
    reader.join(timeout=60)
    assert came == ["through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("place", ["folder", "no/such/folder/page.html"])
def test_errors_name_the_file_that_was_wanted(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="director") as caught, whole_file(tmp_path / place) as file:
        file.write("x")
    assert caught.value.filename == str(tmp_path / place)
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]
