"""Text in and out, and the score of written sequences."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nerode.errors import FormatError, MissingFile
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.scoring import SequenceScore, judge, score
from nerode.sequences.text import BadLine, read_text, write_text
from nerode.worlds.connect_four import ConnectFour
from nerode.worlds.streets.street_map import StreetMap
from tests.sequences.maps import grid
from tests.terminal import runner

MANHATTAN = Path(__file__).parents[2].parent / "shared" / "data" / "manhattan"
TOWN = grid(3, 3)

in_a_file = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.slow
@in_a_file
@given(
    st.lists(
        st.lists(st.integers(0, len(TOWN.alphabet) - 1), min_size=1, max_size=6),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_written_is_read(tmp_path: Path, rows: list[list[int]]) -> None:
    batch = SequenceBatch.of(rows)
    write_text(batch, TOWN, tmp_path / "a.txt")
    assert read_text(tmp_path / "a.txt", TOWN) == batch


@pytest.mark.slow
@in_a_file
@given(
    st.binary(max_size=60)
    | st.text(max_size=60).map(str.encode)
    | st.text(alphabet="c12 N\nend\r\t", max_size=60).map(str.encode)
    | st.text(alphabet="c12 N\n\r\ufeff", max_size=60).map(lambda text: text.encode("utf-16"))
)
def test_any_file_is_read_or_refused_with_a_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fuzz.txt"
    path.write_bytes(content)
    refusal = ""
    try:
        batch = read_text(path, TOWN)
    except FormatError as error:
        refusal = str(error)
    if refusal:
        assert refusal.startswith(f"{path}:")
        assert "\n" not in refusal
    else:
        names = [TOWN.decode(row.tolist()) for row in batch]
        marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        encoding = "utf-16" if marked else "utf-8-sig"
        lines = re.split("\r\n|\r|\n", content.decode(encoding))
        plain = " ".join(line.removeprefix("\ufeff") for line in lines)
        assert " ".join(names).split() == plain.split()
        assert len(batch) > 0


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", 1),
        (b"c0 c1 N end\nc0 c99 N end\n", 2),
        (b"c0 c1 N end\rc0 c99 N end\r", 2),
        (b"c0\n\nc1\n", 2),
        (b"c0 \x00\n", 1),
        (b"c0\nc1\n\xff\n", 3),
    ],
)
def test_the_line_of_a_mistake_is_told(tmp_path: Path, content: bytes, line: int) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=rf"a\.txt:{line}: expected"):
        read_text(path, TOWN)


THREE = ("c0 c1 E end", "c0 c1 E W E end", "c0 c1 N end")


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    [
        "\r".join(THREE),
        "\r".join([*THREE, ""]),
        "\r\n".join([*THREE, ""]),
        "\n\r".join(THREE[:1]) + "\r" + "\n".join(THREE[1:]),  # put together from several
        "\n".join([*THREE, "", ""]),
        "\r\n".join([*THREE, "", " \t", "", ""]),
        "\r".join([*THREE, "", "\r"]),
        "\ufeff" + "\n".join(THREE),
        "\ufeff" + "\r".join([*THREE, ""]),
        "\ufeff" + "\n\ufeff".join(THREE),  # put together from several marked ones
        *(end.join(THREE) for end in ("\f", "\v", "\x1e", "\x85", "\u2028", "\u2029")),
        "\n\f".join([*THREE, ""]),  # pages
    ],
)
def test_line_ends_marks_and_empty_last_lines_change_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.txt"
    whole = content.encode()
    versions = [
        whole,
        content.removeprefix("\ufeff").encode("utf-16"),
        gzip.compress(whole, mtime=0),
    ]
    for version in versions:
        path.write_bytes(version)
        assert score(TOWN, path) == SequenceScore(3, 2, 0, 1, 0)
        assert [TOWN.decode(row.tolist()) for row in read_text(path, TOWN)] == list(THREE)


SPECIAL = ["<pad>", "<unk>", "</s>", "<|endoftext|>", "[PAD]", "c0\x00", "N,", "\ufffd"]


@pytest.mark.slow
@pytest.mark.parametrize("word", SPECIAL)
@pytest.mark.parametrize("place", ["{} c0 c1 E end", "c0 c1 {} E end", "c0 c1 E end {}", "{}"])
def test_a_line_with_an_unknown_word_is_malformed(tmp_path: Path, word: str, place: str) -> None:
    path = tmp_path / "a.txt"
    lines = [THREE[0], place.format(word), THREE[2], "c0 c1 E", place.format("<mask>")]
    path.write_text("\n".join(lines), encoding="utf-8")
    found = score(TOWN, path)
    assert found == SequenceScore(5, 1, 0, 1, 3, unreadable=2, first_unreadable=BadLine(2, word))
    assert found.as_dict()["first_unreadable"] == {"line": 2, "word": word}
    with pytest.raises(FormatError, match=r"a\.txt:2: expected symbols of grid, got the unknown"):
        read_text(path, TOWN)


def test_an_empty_line_before_others_is_malformed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"\n{THREE[0]}\n \n\n{THREE[0]}\n\n\n")
    found = score(TOWN, path)
    assert found == SequenceScore(5, 2, 0, 0, 3, unreadable=3, first_unreadable=BadLine(1, ""))
    path.write_text("1 7\n\n2\n")  # a world without END has malformed lines of this kind alone
    assert score(ConnectFour(rows=2), path).malformed == 1


def test_unknown_words_on_every_line_are_counted_where_others_are_known(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(f"{line} <pad> <pad>\n" for line in THREE))
    first = BadLine(1, "<pad>")
    assert score(TOWN, path) == SequenceScore(3, 0, 0, 0, 3, unreadable=3, first_unreadable=first)


def test_where_all_is_read_nothing_else_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(THREE[0])
    assert score(TOWN, path).as_dict() == {
        "sequences": 1, "valid": 1, "illegal_step": 0, "wrong_destination": 0, "malformed": 0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", ":1: expected a sequence on every line, got an empty file"),
        (b"\n\n", ":1: expected a sequence on every line, got an empty file"),
        (b"\xef\xbb\xbf", ":1: expected a sequence on every line, got an empty file"),
        (b"<pad>\n\n<unk>\n", ":1: expected symbols of grid, got the unknown symbol '<pad>'"),
        (
            b"c9" + b"9" * 99,
            r":1: expected symbols of grid, got the unknown symbol 'c9{39}\.\.\.",
        ),
        ("c0 c1".encode("utf-16-le"), r":1: .* \(is it UTF-16 without its mark\?\)"),
        (b"c0 c1 E end\nc0\xff", ":2: expected UTF-8 text, got the byte 0xff"),
        (
            gzip.compress(b"c0 c1 E end\n" * 99, mtime=0)[:-9],
            ": expected a whole packed file, got Compressed",
        ),
        (b"PK\x03\x04", r":1: expected text, got a zip archive \(unpack it first\)"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n",
            r":1: expected text, got a pointer of Git LFS \(git lfs pull fetches the file\)",
        ),
    ],
)
def test_a_text_in_which_nothing_can_be_read_is_refused(
    tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=rf"a\.txt{told}"):
        score(TOWN, path)


def test_the_command_names_the_first_unreadable_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nerode = runner(monkeypatch, capsys)
    path = tmp_path / "games.txt"
    path.write_text("1 1 7\n\n1 <pad>\n")
    said = nerode("score", "connect-four:rows=2", path)
    assert said.out.splitlines()[-1] == (
        "2 of the malformed are not written in the world's symbols; the first is line 2: "
        "an empty line"
    )
    said = nerode("score", "connect-four:rows=2", path, "--json")
    assert json.loads(said.out) == {
        "sequences": 3, "valid": 1, "illegal_step": 0, "wrong_destination": 0, "malformed": 2,
        "unreadable": 2, "first_unreadable": {"line": 2, "word": ""},
    }  # fmt: skip


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="nothing"):
        read_text(tmp_path / "nothing.txt", TOWN)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("c0 c1 E end", "valid"),
        ("c0 c1 E W E end", "valid"),
        ("c0 c1 N end", "wrong_destination"),
        ("c0 c1 W end", "illegal_step"),
        ("c0 c1 S N end", "illegal_step"),
        ("c0 c1 E end end", "illegal_step"),  # nothing follows the end
        ("c0 c1 N end end", "wrong_destination"),
        ("c0 c1 E end N", "illegal_step"),
        ("c0 c1 N end W", "wrong_destination"),
        ("c0 c0 end", "malformed"),
        ("c0 end", "malformed"),
        ("c0 c1 E", "malformed"),
        ("c0 E c1 end", "illegal_step"),
        ("c0 c1 c2 end", "illegal_step"),
    ],
)
def test_the_first_violation_decides(text: str, verdict: str) -> None:
    assert judge(TOWN, TOWN.encode(text)) == verdict


def test_a_world_without_end_has_nothing_malformed(tmp_path: Path) -> None:
    path = tmp_path / "games.txt"
    path.write_text("1 1 7\n1 1 1\n2\n")
    assert score(ConnectFour(rows=2), path) == SequenceScore(3, 2, 1, 0, 0)


def test_drawn_sequences_are_valid(tmp_path: Path) -> None:
    for policy in ("shortest", "noisy", "random"):
        write_text(draw_sequences(TOWN, policy, 50, 1), TOWN, tmp_path / "a.txt")
        assert score(TOWN, tmp_path / "a.txt") == SequenceScore(50, 50, 0, 0, 0)


@pytest.mark.slow
@pytest.mark.skipif(not MANHATTAN.is_dir(), reason="no ../shared/data/manhattan here")
@pytest.mark.parametrize(
    ("streets", "generated", "expected"),
    [
        ("shortest", "shortest", SequenceScore(6400, 4651, 1315, 434, 0)),
        ("noisy_random", "noisy", SequenceScore(6400, 4077, 1463, 850, 10)),
    ],
)
def test_the_published_sequences(streets: str, generated: str, expected: SequenceScore) -> None:
    world = StreetMap.from_folder(MANHATTAN / streets)
    assert score(world, MANHATTAN / "generated" / f"{generated}.txt") == expected
