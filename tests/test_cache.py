"""The user's cache: where it is, and that its files are whole and within a limit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nerode.cache import CachedFiles, cache_folder

FIRST, SECOND, THIRD = ("a" * 64, "b" * 64, "c" * 64)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_variable_names_the_folder_or_turns_the_cache_off(tmp_path: Path) -> None:
    assert cache_folder({"NERODE_CACHE": str(tmp_path)}) == tmp_path
    assert cache_folder({"NERODE_CACHE": "~/there"}) == Path.home() / "there"
    assert cache_folder({"NERODE_CACHE": ""}) is None
    assert cache_folder({"NERODE_CACHE": " "}) is None


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {}, ".cache/nerode"),
        ("linux", {"XDG_CACHE_HOME": "/elsewhere"}, "/elsewhere/nerode"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, ".cache/nerode"),
        ("linux", {"XDG_CACHE_HOME": ""}, ".cache/nerode"),
        ("darwin", {}, "Library/Caches/nerode"),
        ("win32", {}, "AppData/Local/nerode/Cache"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/nerode/Cache"),
    ],
)
def test_without_it_the_system_says_where(
    platform: str, environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert cache_folder(environment) == Path.home() / expected


def test_what_was_written_is_read(tmp_path: Path) -> None:
    files = CachedFiles(tmp_path / "new" / "folder")
    assert files.read(FIRST) is None
    files.write(FIRST, "one\n")
    files.write(SECOND, "two\n")
    files.write(FIRST, "three\n")
    assert files.read(FIRST) == b"three\n"
    assert files.read(SECOND) == b"two\n"
    assert names(files.folder) == [f"{FIRST}.jsonl", f"{SECOND}.jsonl"]


def test_the_files_not_used_for_longest_are_removed(tmp_path: Path) -> None:
    files = CachedFiles(tmp_path, limit=25)
    (tmp_path / "letter.txt").write_text("x" * 100)
    files.write(FIRST, "1" * 10)
    files.write(SECOND, "2" * 10)
    for name, age in ((FIRST, 200), (SECOND, 100)):
        os.utime(tmp_path / f"{name}.jsonl", (age, age))
    files.read(FIRST)
    files.write(THIRD, "3" * 10)
    assert names(tmp_path) == [f"{FIRST}.jsonl", f"{THIRD}.jsonl", "letter.txt"]


def test_parts_that_a_killed_process_left_count_and_are_removed(tmp_path: Path) -> None:
    part = tmp_path / f"{FIRST}.jsonl.0123.part"
    part.write_text("x" * 20)
    os.utime(part, (100, 100))
    CachedFiles(tmp_path, limit=25).write(SECOND, "2" * 10)
    assert names(tmp_path) == [f"{SECOND}.jsonl"]


def test_a_file_beyond_the_limit_is_not_kept(tmp_path: Path) -> None:
    files = CachedFiles(tmp_path, limit=25)
    files.write(FIRST, "1" * 10)
    files.write(SECOND, "2" * 26)
    assert names(tmp_path) == [f"{FIRST}.jsonl"]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    files = CachedFiles(tmp_path / "file")
    files.write(FIRST, "one\n")
    assert files.read(FIRST) is None


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    CachedFiles(tmp_path).write(FIRST, "one\n")
    assert names(tmp_path) == []


WRITER = """
import sys
from pathlib import Path
from nerode.cache import CachedFiles
files = CachedFiles(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(200):
    files.write("a" * 64, sys.argv[2] * 300_000)
"""


@pytest.mark.slow
def test_two_processes_write_one_file_and_it_is_always_whole(tmp_path: Path) -> None:
    files = CachedFiles(tmp_path)
    files.write(FIRST, "0" * 300_000)
    commands = [[sys.executable, "-c", WRITER, str(tmp_path), letter] for letter in "12"]
    pipe = subprocess.PIPE
    writers = [
        subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, stderr=pipe)
        for command in commands
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    seen = set()
    while any(writer.poll() is None for writer in writers):
        content = files.read(FIRST)
        assert content is not None
        assert len(content) == 300_000
        assert len(set(content)) == 1
        seen.add(content[:1])
    assert [writer.communicate()[1] for writer in writers] == ["", ""]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert len(seen) > 1
    assert names(tmp_path) == [f"{FIRST}.jsonl"]
